"""A held job is published once its time has come by both clocks: the one here and the service's."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.held.world import HeldWorld


@pytest.mark.parametrize("ahead", ["service", "here"])
def test_one_clock_alone_publishes_nothing(world: HeldWorld, ahead: str) -> None:
    job = world.produced()
    if ahead == "service":
        world.control.advance_clock(3 * 3600)
        world.apart = -timedelta(hours=3)
    else:
        world.apart = timedelta(hours=3)
    with world.watched() as sent:
        world.applied()
        world.due()
        assert "`--now` publishes it at once" in world.does("approve", "job.a", "--auto-approve", code=1).err
    assert sent == [] and world.of_service(job)["approved_at"] is None

    world.control.advance_clock(2 * 3600 + 300)
    world.due()
    assert world.of_service(job)["approved_at"]
