"""An approval that published nothing, or not everywhere: it is said, and published again only where it failed."""

from __future__ import annotations

import pytest

from afsync.errors import Exit
from tests.harness import lines
from tests.held.world import HeldWorld
from tests.scenarios.world import a_job, post, valid

BOTH = ["tiktok", "youtube"]


def failed(world: HeldWorld, fails: str = "tiktok") -> str:
    """`job.a`, approved, and not published to `fails`, some time ago."""
    world.control.options(publish_fails=fails)
    (job,) = world.submitted(a=a_job(staging=True, platforms=BOTH))
    world.becomes("complete", job)
    world.does("approve", "job.a", "--auto-approve")
    world.pass_time(minutes=10)
    world.control.options(publish_fails="")
    return job


def where(world: HeldWorld, job: str) -> list[list[str]]:
    return [sorted(one["platforms"]) for one in world.of_service(job)["publications"]]


def test_it_is_named_by_plan_status_and_account_and_counted_once(world: HeldWorld) -> None:
    failed(world)
    plan = world.planned()
    assert [v["code"] for v in plan["violations"]] == ["publish_failed"] and not plan["changes"]
    assert "publishing failed on tiktok (The platform refused the upload); it is published on youtube" in str(plan)
    text = world.does("plan").out
    assert "`afsync approve job.a` publishes it again, only on tiktok" in text and "No changes" not in text
    shown = world.does("status").out
    assert "publishing failed on tiktok" in shown and "publish job.a again with: afsync approve job.a" in shown
    document = world.does("status", "--json").json
    valid("status", document)
    assert [(j["phase"], j["failed_on"]) for j in document["jobs"]] == [("publish_failed", ["tiktok"])]
    assert world.call("status", "--until", "published", "--timeout", "5").code == Exit.ERROR
    with world.watched() as sent:
        for _ in range(2):
            world.applied(code=Exit.REFUSED)
    assert sent == []
    valid("state", world.state)
    assert (world.record("job.a")["publish_finding"], world.record("job.a")["failed_on"]) == ("lost", ["tiktok"])
    assert "0 of 1 publication" in world.does("account").out
    file = world.root / "plan.md"
    world.does("plan", "--markdown-into", str(file))
    assert "publishing failed on tiktok" in file.read_text(encoding="utf-8")


def test_it_is_published_again_only_where_it_failed(world: HeldWorld) -> None:
    job = failed(world)
    with world.watched() as sent:
        done = world.does("approve", "job.a", "--auto-approve")
    assert sent == [post(f"/jobs/{job}/approve-publish", platforms=["tiktok"])]
    assert "will be published again, only on tiktok" in done.out
    world.pass_time(minutes=10)
    assert where(world, job) == [["youtube"], ["tiktok"]]
    world.is_settled()
    world.is_settled()
    record = world.record("job.a")
    assert (record["publish_finding"], sorted(record["published_on"])) == ("kept", BOTH)
    with world.watched(reads=True) as sent:
        world.does("plan")
    assert len(sent) <= 4, lines(sent)
    assert "approved already" in world.does("approve", "job.a", "--auto-approve", code=1).err


def test_what_failed_everywhere_falls_back(world: HeldWorld) -> None:
    job = failed(world, "tiktok youtube")
    assert [v["code"] for v in world.planned()["violations"]] == ["publish_failed"]
    world.does("approve", "job.a", "--platform", "kick", "--auto-approve", code=1)
    world.does("approve", "job.a", "--platform", "tiktok", "--auto-approve")
    world.pass_time(minutes=10)
    assert where(world, job)[-1] == ["tiktok"]


def test_nothing_is_judged_before_it_had_time(world: HeldWorld) -> None:
    world.control.options(publish_fails="tiktok")
    (job,) = world.submitted(a=a_job(staging=True, platforms=["tiktok"]))
    world.becomes("complete", job)
    world.does("approve", "job.a", "--auto-approve")
    assert world.planned()["violations"] == []


def test_what_is_due_goes_the_same_way(world: HeldWorld) -> None:
    world.control.options(publish_fails="tiktok")
    job = world.produced()
    world.pass_time(hours=2, minutes=5)
    world.due()
    world.pass_time(minutes=10)
    with world.watched() as sent:
        for _ in range(2):
            assert "publishing failed on tiktok" in world.due(code=Exit.REFUSED).out
    assert sent == []
    world.control.options(publish_fails="")
    world.does("approve", "job.a", "--auto-approve")
    world.pass_time(minutes=10)
    assert where(world, job)[-1] == ["tiktok"]
    assert world.due().out == "Nothing is due.\n"
    with world.watched(reads=True) as sent:
        assert world.due().out == "Nothing is due.\n"
    assert sent == []


DONE, UNDONE = "committed-then-close", "received-then-close"


@pytest.mark.parametrize("fault", [DONE, UNDONE])
def test_a_second_approval_whose_answer_is_lost_is_never_sent_again(world: HeldWorld, fault: str) -> None:
    job = failed(world)
    world.control.call("POST", "/faults", fault=f"POST /jobs/{job}/approve-publish: {fault}")
    world.call("approve", "job.a", "--auto-approve")
    world.pass_time(minutes=30)
    with world.watched() as sent:
        again = world.call("apply", "--auto-approve")
    assert sent == []
    if fault == DONE:
        assert again.code == Exit.OK and where(world, job) == [["youtube"], ["tiktok"]]
        return
    assert again.code == Exit.UNRESOLVED and where(world, job) == [["youtube"]]
    refused = world.does("approve", "job.a", "--auto-approve", code=Exit.UNRESOLVED)
    assert "an approval whose outcome is not known" in refused.err and "afsync resolve job.a" in refused.err
    world.does("resolve", "job.a", "--absent")
    world.does("approve", "job.a", "--auto-approve")
    world.pass_time(minutes=10)
    assert where(world, job) == [["youtube"], ["tiktok"]]


def test_a_second_approval_that_is_killed_is_not_taken_for_the_first(world: HeldWorld) -> None:
    job = failed(world)
    world.applied(code=Exit.REFUSED)
    world.control.call("POST", "/faults", fault=f"POST /jobs/{job}/approve-publish: received-then-hold")
    run = world.start("approve", "job.a", "--auto-approve")
    assert world.control.held(wait=20)
    run.kill()
    run.communicate()
    world.control.release(drop=True)
    world.pass_time(minutes=30)
    with world.watched() as sent:
        assert world.call("apply", "--auto-approve").code == Exit.UNRESOLVED
    assert sent == [] and where(world, job) == [["youtube"]]


def test_without_any_platform_nothing_is_sent(world: HeldWorld) -> None:
    (job,) = world.submitted(a=a_job(staging=True))
    world.becomes("complete", job)
    with world.watched() as sent:
        refused = world.does("approve", "job.a", "--auto-approve", code=1)
        world.declare(jobs={"a": a_job(staging=True, approve=job)})
        assert "approve_no_platform" in str(world.planned()["violations"])
        world.applied(code=Exit.REFUSED)
    assert sent == []
    assert "has no platform to be published on" in refused.err and "--platform" in refused.err


def test_a_held_one_without_any_platform_is_held_back_at_its_time(world: HeldWorld) -> None:
    job = world.produced(platforms=None)
    world.pass_time(hours=2, minutes=5)
    with world.watched() as sent:
        assert "has no platform" in world.due(code=Exit.REFUSED).out
    assert sent == []
    if world.dialect == "router":
        world.does("approve", "job.a", "--platform", "tiktok", "--auto-approve")
        world.pass_time(minutes=10)
        assert where(world, job) == [["tiktok"]]
