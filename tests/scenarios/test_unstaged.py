"""A service that takes a job for review, and says that it will not stop for one."""

from __future__ import annotations

import pytest

from tests.harness import lines
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import OTHER_URL, World, a_job

REVIEWED = {"a": a_job(staging=True), "b": a_job(staging=True, url=OTHER_URL, topic="Another")}


@pytest.fixture(params=["deployed", "router"])
def world(request: pytest.FixtureRequest, make_world: MakeWorld) -> World:
    """The documented dialect does not tell in its answer whether a job is staged."""
    return make_world(request.param, ignore_staging=True)


def test_it_is_cancelled_at_once_and_no_further_one_is_submitted(world: World) -> None:
    world.declare(jobs={**REVIEWED, "plain": a_job(topic="No review", url="https://clips.twitch.tv/three")})
    with world.watched() as sent:
        done = world.applied(code=1)
    first = world.ids()["job.a"]
    assert lines(sent) == ["POST /jobs", f"DELETE /jobs/{first}", "POST /jobs"]
    assert f"job.a: failed: submitted as {first}, but the service says that it does not stop for a review" in done.out
    assert "it was cancelled at once" in done.out
    assert "job.b: not attempted: the service ignores that jobs are to stop for a review" in done.out
    assert sorted(world.ids()) == ["job.a", "job.plain"]
    assert world.record("job.a")["status"] == "cancelled"


def test_it_is_neither_paid_for_again_nor_forgotten(world: World) -> None:
    world.declare(jobs=REVIEWED)
    world.applied(code=1)
    first = world.ids()["job.a"]
    for _ in range(2):
        with world.watched() as sent:
            done = world.applied(code=4)
        assert sent == []
        assert f"job.b waits for a review, and the service ignored that for {first}" in done.out
        assert "submit it all the same with --accept-unstaged" in done.out
    assert world.planned()["violations"][0]["code"] == "staging_ignored"


def test_a_person_may_go_on_all_the_same(world: World) -> None:
    world.declare(jobs=REVIEWED)
    world.applied(code=1)
    world.control.options(ignore_staging=False)
    assert "job.b will be submitted" in world.does("plan", "--accept-unstaged").out
    reviewed = str(world.root / "reviewed.plan")
    world.does("plan", "--accept-unstaged", "--out", reviewed)
    world.does("apply", reviewed)
    assert world.record("job.b")["staged"] is True
    assert "staging_ignored" not in world.state


def test_a_job_without_review_does_not_care(world: World) -> None:
    world.declare(jobs={"best": a_job()})
    world.applied()
    assert "staging_ignored" not in world.state
