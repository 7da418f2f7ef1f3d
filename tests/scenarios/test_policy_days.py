"""How much is published on one day, over several applies."""

from __future__ import annotations

import pytest

from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import OTHER_URL, a_job

ONE = a_job(platforms=["tiktok"])
OTHER = a_job(url=OTHER_URL, topic="Other", platforms=["tiktok"])


@pytest.mark.parametrize("dialect", ["documented", "deployed"])
def test_a_rerun_does_not_make_its_day_forgotten(make_world: MakeWorld, dialect: str) -> None:
    """Published, run again and published on the same day: that is two, although one of them is recorded."""
    world = make_world(dialect)
    policy = {"max_per_day": {"tiktok": 2}}
    if int(world.control.now()[11:13]) >= 21:  # the day in Berlin must not end meanwhile
        world.pass_time(hours=6)
    world.declare(jobs={"one": ONE}, policy=policy)
    world.applied()
    first = world.ids()["job.one"]
    world.becomes("published", first)
    world.pass_time(minutes=1)
    again = {**ONE, "rerun": 2}
    world.declare(jobs={"one": again}, policy=policy)
    world.applied()
    assert world.ids()["job.one"] != first, "the policy leaves room for it"

    world.declare(jobs={"one": again, "other": OTHER}, policy=policy)
    balance = world.balance
    done = world.applied(code=4)

    assert "job.other would be one more on tiktok on" in done.text and "the policy allows 2 a day" in done.text
    assert world.balance == balance
    world.pass_time(days=1)
    world.applied()
    assert "job.other" in world.ids()
