"""Whatever goes wrong while a job is published at its time, it is published once."""

from __future__ import annotations

import pytest

from afsync.errors import Exit
from tests.held.world import HeldWorld
from tests.scenarios.world import a_job

DONE = ("committed-then-close", "committed-then-proxy(502)", "committed-then-not-json", "half-then-reset")
UNDONE = ("received-then-close", "headers-then-reset", "received-then-status(503)", "received-then-proxy(504)")


def due_now(world: HeldWorld) -> str:
    """`job.a`, produced, whose time was an hour ago also by the clock of this machine."""
    world.pass_time(hours=-3)
    job = world.produced()
    world.pass_time(hours=3)
    return job


def approvals(world: HeldWorld, job: str) -> int:
    return sum(r["path"].endswith(f"/jobs/{job}/approve-publish") for r in world.control.requests())


@pytest.mark.parametrize("fault", [*DONE, *UNDONE])
def test_an_approval_whose_answer_is_lost_is_never_sent_again(world: HeldWorld, fault: str) -> None:
    job = due_now(world)
    world.control.call("POST", "/faults", fault=f"POST /jobs/{job}/approve-publish: {fault}")
    first = world.call("apply", "--due", "--auto-approve")
    assert first.code == (Exit.OK if fault in DONE else Exit.UNRESOLVED), first
    assert approvals(world, job) == 1
    for command in (("apply", "--due"), ("apply",)):
        again = world.call(*command, "--auto-approve")
        assert again.code == first.code, again
    assert approvals(world, job) == 1
    world.pass_time(minutes=20)
    assert bool(world.of_service(job)["approved_at"]) is (fault in DONE)
    assert world.publications(job) <= (fault in DONE)
    if fault in UNDONE:
        assert world.call("apply", "--due", "--auto-approve").code == Exit.UNRESOLVED
        assert approvals(world, job) == 1
        world.does("resolve", "job.a", "--absent")
        world.due()
        assert approvals(world, job) == 2 and world.of_service(job)["approved_at"]


def test_two_runners_publish_once(world: HeldWorld) -> None:
    job = due_now(world)
    runs = [world.start("apply", "--due", "--auto-approve") for _ in range(2)]
    codes = sorted(run.wait(120) for run in runs)
    for run in runs:
        run.communicate()
    assert codes in ([Exit.OK, Exit.OK], [Exit.OK, Exit.LOCKED]), codes
    assert approvals(world, job) == 1


@pytest.mark.parametrize("point", ["received", "committed"])
def test_a_run_that_is_killed_in_the_middle_publishes_once(world: HeldWorld, point: str) -> None:
    job = due_now(world)
    world.control.call("POST", "/faults", fault=f"POST /jobs/{job}/approve-publish: {point}-then-hold")
    run = world.start("apply", "--due", "--auto-approve")
    assert world.control.held(wait=20)
    run.kill()
    run.communicate()
    world.control.release(drop=True)
    again = world.call("apply", "--due", "--auto-approve")
    assert again.code in (Exit.OK, Exit.UNRESOLVED), again
    assert approvals(world, job) <= 1


@pytest.mark.parametrize("staged", [True, False])
def test_a_lost_state_publishes_only_what_the_service_calls_staged(world: HeldWorld, staged: bool) -> None:
    world.pass_time(hours=-3)
    fields = {"topic": "T", "platforms": ["tiktok"], "staging": staged}
    job = world.by_hand("POST", "/jobs", a_job(**fields))["jobId"]
    world.becomes("complete", job)
    world.declare(jobs={"a": world.a_held(topic="T")}, **{"import": {"job.a": job}})
    world.applied()
    assert world.record("job.a")["publish"] == "unknown"
    world.pass_time(hours=3)
    before = world.publications(job)
    if staged:
        world.due()
        assert approvals(world, job) == 1
        return
    for _ in range(2):
        done = world.due(code=Exit.REFUSED)
        assert "the service does not call it staged" in done.out
    assert approvals(world, job) == 0 and world.publications(job) == before
