"""Jobs that afsync publishes at their time, from the YAML to what is public."""

from __future__ import annotations

import pytest

from afsync.errors import Exit
from tests.harness import NO_CHANGES, lines
from tests.held.world import HeldWorld
from tests.scenarios.world import URL, Planned, a_job


def test_a_held_job_is_published_when_its_time_has_come(world: HeldWorld) -> None:
    world.declare(jobs={"a": world.a_held()})
    assert "publish: held" in world.does("plan").out
    with world.watched() as sent:
        world.applied()
    assert lines(sent) == ["POST /jobs"]
    assert sent[0].body["staging"] is True and "publishMode" not in sent[0].body
    job = world.ids()["job.a"]
    record = world.record("job.a")
    assert (record["publish"], record["schedule"]["utc"], record["staged"]) == ("held", world.at(hours=2), False)
    world.is_settled()
    with world.watched(reads=True) as sent:
        assert world.due().out == "Nothing is due.\n"
    assert sent == []
    world.becomes("complete", job)
    world.pass_time(hours=1)
    world.is_settled()
    assert world.publications(job) == 0
    world.pass_time(hours=1, minutes=5)
    assert [Planned.of(c) for c in world.planned()["changes"]] == [
        Planned("job.a", "approve", "due", spent=world.known(1))
    ]
    with world.watched() as sent:
        done = world.due()
    assert lines(sent) == [f"POST /jobs/{job}/approve-publish"]
    assert "Approved: 1 job." in done.out
    world.pass_time(minutes=5)
    assert world.publications(job) == 1
    world.becomes("published", job)
    world.is_settled()
    assert world.due().out == "Nothing is due.\n"


def test_any_apply_publishes_what_is_due_before_anything_else(world: HeldWorld) -> None:
    job = world.produced()
    declared = world.a_held()
    world.pass_time(hours=2, minutes=5)
    world.declare(jobs={"a": declared, "b": a_job(topic="Another")})
    with world.watched() as sent:
        world.applied()
    assert lines(sent) == [f"POST /jobs/{job}/approve-publish", "POST /jobs"]


def test_what_is_not_produced_waits_in_few_requests(world: HeldWorld) -> None:
    world.submitted(a=world.a_held(), b=world.a_held(topic="B"), c=world.a_held(topic="C"))
    world.pass_time(hours=2, minutes=5)
    with world.watched(reads=True) as sent:
        assert world.due().out.count("is not produced yet (queued)") == 3
    assert len(sent) <= 3, sent


def test_another_time_is_a_change_of_the_state_only(world: HeldWorld) -> None:
    job = world.produced()
    world.declare(jobs={"a": world.a_held(hours=5)})
    plan = world.planned()
    assert plan["requests"] == 0
    assert [Planned.of(c) for c in plan["changes"]] == [
        Planned("job.a", "reschedule", "schedule_changed", spent=world.known(1))
    ]
    world.pass_time(hours=3)
    with world.watched() as sent:
        world.due()
    assert sent == []
    assert world.publications(job) == 0
    world.is_settled()
    world.pass_time(hours=2, minutes=5)
    world.due()
    assert world.of_service(job)["approved_at"]


def test_later_than_late_a_person_decides(world: HeldWorld) -> None:
    job = world.produced()
    world.pass_time(hours=9)
    done = world.due(code=Exit.REFUSED)
    assert "longer ago than `api.late`" in done.out
    assert world.applied(code=Exit.REFUSED)
    assert world.publications(job) == 0
    world.does("approve", "job.a", "--auto-approve")
    assert world.of_service(job)["approved_at"]


def test_what_is_no_longer_declared_or_is_replaced_is_not_published(world: HeldWorld) -> None:
    job = world.produced()
    declared = world.a_held()
    world.pass_time(hours=2, minutes=5)
    world.declare(jobs={"a": {**declared, "rerun": 2}})
    assert world.due().out == "Nothing is due.\n"
    world.declare(jobs={"b": a_job(topic="Another")})
    assert world.due().out == "Nothing is due.\n"
    world.applied()
    assert "job.a" not in world.ids()
    assert world.of_service(job)["approved_at"] is None


def test_an_approval_of_another_submission_publishes_nothing(world: HeldWorld) -> None:
    job = world.produced()
    declared = world.a_held()
    world.pass_time(hours=2, minutes=5)
    world.declare(jobs={"a": {**declared, "approve": "job_8f31"}})
    world.applied(code=Exit.REFUSED)
    assert f"`approve` of job.a names job_8f31, but its current submission is {job}" in world.due(code=Exit.REFUSED).out
    assert world.of_service(job)["approved_at"] is None


def test_a_review_and_a_time_are_both_needed(world: HeldWorld) -> None:
    job = world.produced(staging=True)
    assert "waiting for approval" in world.does("status").out
    with world.watched() as sent:
        done = world.does("approve", "job.a", "--auto-approve")
    assert sent == []
    assert f"it will be published by the first apply after {world.at(hours=2)}" in done.out
    assert world.record("job.a")["approval"]["by"]
    assert "waiting for approval" not in world.does("status").out
    assert "was approved already" in world.does("approve", "job.a", "--auto-approve", code=1).err
    world.is_settled()
    world.pass_time(hours=2, minutes=5)
    world.due()
    assert world.of_service(job)["approved_at"]
    assert "approval" not in world.record("job.a")


def test_without_the_review_nothing_is_published_at_the_time(world: HeldWorld) -> None:
    job = world.produced(staging=True)
    declared = world.a_held(staging=True)
    world.pass_time(hours=2, minutes=5)
    assert world.due().out == "Nothing is due.\n"
    world.declare(jobs={"a": {**declared, "approve": job}})
    world.due()
    assert world.of_service(job)["approved_at"]


def test_an_approval_in_the_files_waits_for_the_time(world: HeldWorld) -> None:
    (job,) = world.submitted(a=world.a_held(staging=True))
    world.declare(jobs={"a": world.a_held(staging=True, approve=job)})
    early = world.does("plan").out
    assert "an apply after that records that, and one after its publish time publishes it" in early
    world.becomes("complete", job)
    with world.watched() as sent:
        world.applied()
    assert sent == [] and world.record("job.a")["approval"]
    world.is_settled()


def test_without_its_schedule_it_waits_for_a_person(world: HeldWorld) -> None:
    job = world.produced()
    world.declare(jobs={"a": a_job(platforms=["tiktok"])})
    plan = world.planned()
    assert [c["action"] for c in plan["changes"]] == ["reschedule"]
    assert [w["code"] for w in plan["warnings"]] == ["held_without_time"]
    with world.watched() as sent:
        world.applied()
    assert sent == []
    world.pass_time(hours=3)
    assert "afsync approve job.a" in world.does("plan").out
    assert "waiting for approval" in world.does("status").out
    assert world.publications(job) == 0
    world.does("approve", "job.a", "--auto-approve")
    assert world.of_service(job)["approved_at"]
    assert "warnings" not in world.planned() or world.planned()["warnings"] == []


def test_now_publishes_before_the_time(world: HeldWorld) -> None:
    job = world.produced()
    early = world.does("approve", "job.a", "--auto-approve", code=1).err
    assert " is to be published by the first apply after " in early and "`--now` publishes it at once" in early
    world.does("approve", "job.a", "--now", "--auto-approve")
    assert world.of_service(job)["approved_at"]


def test_a_switch_to_held_does_not_reach_what_is_submitted(world: HeldWorld) -> None:
    at = world.at(hours=2)
    world.submitted(a=a_job(schedule=at))
    world.declare(jobs={"a": a_job(schedule=at, publish="held")})
    plan = world.planned()
    assert [w["code"] for w in plan["warnings"]] == ["held_not_reached"]
    assert not plan["changes"]


def test_a_blackout_holds_back_what_is_due(world: HeldWorld) -> None:
    job = world.produced()
    declared = world.a_held()
    world.pass_time(hours=2, minutes=5)
    policy = {"blackouts": [{"hours": "00:00 to 24:00"}]}
    world.declare(jobs={"a": declared}, policy=policy)
    assert "in a blackout" in world.due(code=Exit.REFUSED).out
    assert world.of_service(job)["approved_at"] is None


def test_an_edit_of_its_time_that_is_ignored_leaves_the_recorded_one(world: HeldWorld) -> None:
    job = world.produced()
    for hours in (1, 50):
        world.declare(jobs={"a": world.a_held(hours=hours, lifecycle={"ignore_changes": ["schedule"]})})
        world.is_settled()
    world.pass_time(hours=1, minutes=10)
    assert world.due().out == "Nothing is due.\n"
    world.pass_time(hours=1)
    world.due()
    assert world.of_service(job)["approved_at"]


def test_an_open_submission_is_not_passed_over(world: HeldWorld) -> None:
    """Where nothing is due, it still says so by its exit code, as any apply does."""
    world.produced()
    world.declare(jobs={"a": world.a_held(), "b": a_job(topic="Another")})
    world.control.call("POST", "/faults", fault="POST /jobs: received-then-close")
    patient = {"AFSYNC_QUARANTINE": "10m"}
    world.applied(code=Exit.UNRESOLVED, env=patient)
    world.does("apply", "--due", "--auto-approve", code=Exit.UNRESOLVED, env=patient)


def test_the_end_of_an_apply_counts_no_publish_time_that_was_not_sent(world: HeldWorld) -> None:
    world.declare(jobs={"a": world.a_held()})
    seen = [line for line in world.applied().out.splitlines() if line.startswith("Seen")]
    assert seen == ["Seen: 1 of 1 submissions."]
    world.declare(jobs={"a": world.a_held(hours=5)})
    assert "Seen" not in world.applied().out


def test_more_than_a_page_of_them_are_published_at_once(world: HeldWorld) -> None:
    """How they were submitted is not known, so the service is asked of each whether it stops."""
    at, jobs, ids = world.at(hours=2), {}, {}
    for number in range(12):
        body = {"url": f"https://clips.twitch.tv/{number}", "topic": f"T {number}", "platforms": ["tiktok"]}
        answer = world.by_hand("POST", "/jobs", {**body, "entry": "fetch", "staging": True})
        jobs[f"j{number:02}"] = {**body, "publish": "held", "schedule": at}
        ids[f"job.j{number:02}"] = answer.get("jobId") or answer["job_id"]
    world.declare(jobs=jobs, **{"import": ids})
    world.applied()
    for job in ids.values():
        world.becomes("complete", job)
    world.pass_time(hours=2, minutes=1)
    assert "Approved: 12 jobs." in world.due().out
    assert {world.publications(job) for job in ids.values()} == {1}


@pytest.mark.parametrize("status", ["queued", "processing", "operator_review"])
def test_what_is_not_produced_at_its_time_is_named_and_later_held_back(world: HeldWorld, status: str) -> None:
    (job,) = world.submitted(a=world.a_held())
    if status != "queued":
        world.becomes(status, job)
    assert NO_CHANGES in world.applied().out
    world.pass_time(hours=2, minutes=5)
    for done in (world.does("plan"), world.applied(), world.due()):
        assert "is not produced yet (" in done.out and NO_CHANGES not in done.out
    world.pass_time(hours=7)
    for done in (world.applied(code=Exit.REFUSED), world.due(code=Exit.REFUSED)):
        assert "longer ago than `api.late`" in done.out
    assert world.publications(job) == 0


@pytest.mark.parametrize("staged", [False, True])
def test_a_complete_job_that_was_taken_over_may_be_published_already(world: HeldWorld, staged: bool) -> None:
    """The service alone knows whether it stops; until then nothing is promised."""
    made = world.by_hand("POST", "/jobs", {"url": URL, "topic": "X", "platforms": ["tiktok"], "staging": staged})
    world.becomes("complete", made["jobId"])
    world.declare(jobs={"a": a_job(topic="X", platforms=["tiktok"], publish="held", schedule=world.at(hours=1))})
    world.does("import", "job.a", made["jobId"])
    done = world.applied()
    assert (NO_CHANGES in done.out) is staged, done.out
    assert ("not known, and the service does not call it staged" in done.out) is not staged
    if not staged:
        assert "not known whether it stops before publishing" in world.does("status").out
