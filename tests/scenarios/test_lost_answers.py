"""A submission whose answer is lost: where the service tells topics, and its topic occurs once, it is found."""

from __future__ import annotations

import pytest

from tests.dialects import DIALECTS
from tests.harness import lines
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import OTHER_URL, a_job

WAIT = {"AFSYNC_QUARANTINE": "10m"}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_unique_topic_resolves_by_itself(make_world: MakeWorld, dialect: str) -> None:
    world = make_world(dialect, echo="full")  # the documented dialect promises no topics, and then a person decides
    world.declare(jobs={"best": a_job(), "other": a_job(topic="Another", url=OTHER_URL)})
    world.control.fault("POST /jobs#1: committed-then-close")
    world.applied(code=3, env=WAIT)
    world.pass_time(minutes=11)

    with world.watched() as sent:
        world.applied(env=WAIT)

    assert lines(sent) == ["POST /jobs"], "only the one that was not attempted before"
    assert {j["job_id"] for j in world.control.jobs(key=world.key)} == set(world.ids().values())
    world.is_settled()
