"""What becomes due while an apply submits is published in between: at its time, and once."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from afsync.errors import Exit
from tests.harness import Done, Sent, lines
from tests.held.world import HeldWorld
from tests.scenarios.world import Fields, a_job, valid

HALF = 0.5
"""Hours from now at which the held jobs are due; an hour passes with the second submission."""


def held(world: HeldWorld, *names: str, **fields: Any) -> Fields:
    return {name: world.a_held(hours=HALF, topic=name, **fields) for name in names}


def a_long_apply(world: HeldWorld, names: str = "a", **fields: Any) -> tuple[Fields, list[str]]:
    """Held jobs that are produced, and three new ones in the files; what is declared of them, and their ids."""
    declared = held(world, *names, **fields)
    ids = world.submitted(**declared)
    world.becomes("complete", *ids)
    declare(world, declared)
    world.control.rehearse("POST /jobs#2", {"call": "clock", "advance": 3600})
    return declared, ids


def declare(world: HeldWorld, jobs: Fields, **top: Any) -> None:
    """These jobs and three new ones."""
    world.declare(jobs={**jobs, **{f"new{n}": a_job(topic=f"New {n}") for n in range(3)}}, **top)


def approving(job: str) -> str:
    return f"POST /jobs/{job}/approve-publish"


def run(world: HeldWorld, *args: str, code: int = 0, **more: Any) -> tuple[Done, list[Sent]]:
    with world.watched() as sent:
        done = world.applied(*args, code=code, **more)
    return done, sent


def test_it_is_published_between_two_submissions(world: HeldWorld) -> None:
    declared, (job,) = a_long_apply(world)
    due = datetime.fromisoformat(declared["a"]["schedule"]).astimezone(ZoneInfo("Europe/Berlin"))
    done, sent = run(world)
    assert lines(sent) == ["POST /jobs", "POST /jobs", approving(job), "POST /jobs"]
    told = done.out.splitlines()
    assert f"job.a: its publish time, {due:%a %Y-%m-%d %H:%M %Z}, has come" in told
    assert "Approved: 1 job." in told
    assert told[-1] == "Apply complete! Resources: 3 added, 0 changed, 0 destroyed."
    assert world.record("job.a")["approved"] and world.of_service(job)["approved_at"]
    world.is_settled()


def test_two_that_are_due_take_one_look(world: HeldWorld) -> None:
    _, ids = a_long_apply(world, "ab")
    with world.watched(reads=True) as sent:
        world.applied()
    begun = lines(sent).index("POST /jobs")
    between = [line for line in lines(sent)[begun:] if line != "POST /jobs"]
    assert between[:4] == ["GET /account", "GET /jobs", *map(approving, ids)]


def test_what_is_submitted_in_the_same_run_is_published_at_its_time_as_well(world: HeldWorld) -> None:
    declare(world, held(world, "a"))
    world.control.rehearse("POST /jobs#3", {"call": "clock", "advance": 3600}, {"call": "advance", "to": "complete"})
    _, sent = run(world)
    assert lines(sent) == ["POST /jobs", "POST /jobs", "POST /jobs", approving(world.ids()["job.a"]), "POST /jobs"]


def test_nothing_more_is_read_while_nothing_is_due(world: HeldWorld) -> None:
    declared = {"a": world.a_held(hours=2, topic="a")}
    world.submitted(**declared)
    declare(world, declared)
    world.control.rehearse("POST /jobs#2", {"call": "clock", "advance": 3600})
    with world.watched(reads=True) as sent:
        world.applied()
    told = lines(sent)
    first = told.index("POST /jobs")
    assert told[first : first + 3] == ["POST /jobs"] * 3


def test_what_is_not_produced_is_looked_at_again_after_ten_minutes(world: HeldWorld) -> None:
    declared = held(world, "a")
    (job,) = world.submitted(**declared)
    new = {f"new{n}": a_job(topic=f"New {n}") for n in range(6)}
    world.declare(jobs={**declared, **new})
    for number, seconds in ((1, 3600), (3, 500), (5, 300)):
        world.control.rehearse(f"POST /jobs#{number}", {"call": "clock", "advance": seconds})
    world.control.rehearse("POST /jobs#4", {"call": "advance", "to": "complete", "job_ids": [job]})
    with world.watched(reads=True) as sent:
        world.applied()
    told = lines(sent)
    told = told[told.index("POST /jobs") :]
    look = ["GET /account", f"GET /jobs/{job}"]
    assert told[:12] == [
        "POST /jobs", *look, *["POST /jobs"] * 4, *look, approving(job), "POST /jobs", told[11]
    ]  # fmt: skip


def test_what_is_late_is_withheld_and_named(world: HeldWorld) -> None:
    declared = held(world, "a")
    (job,) = world.submitted(**declared)
    declare(world, declared)
    world.control.rehearse("POST /jobs#1", {"call": "clock", "advance": 8 * 3600})
    world.becomes("complete", job)
    done, sent = run(world, code=Exit.REFUSED)
    assert lines(sent) == ["POST /jobs"] * 3
    assert done.out.count("longer ago than `api.late`") == 1
    assert "1 change held back: see above what is to be decided.\n" in done.err
    assert "Apply incomplete. Resources: 3 added, 0 changed, 0 destroyed; 1 held back." in done.out
    assert world.publications(job) == 0


def test_what_the_service_does_not_call_staged_is_withheld(world: HeldWorld) -> None:
    job = world.by_hand("POST", "/jobs", a_job(topic="T", platforms=["tiktok"]))["jobId"]
    declared = {"a": world.a_held(hours=HALF, topic="T")}
    world.declare(jobs=declared, **{"import": {"job.a": job}})
    world.applied()
    world.becomes("complete", job)
    declare(world, declared)
    world.control.rehearse("POST /jobs#1", {"call": "clock", "advance": 3600})
    done, sent = run(world, code=Exit.REFUSED)
    assert approving(job) not in lines(sent)
    assert "the service does not call it staged" in done.out


def test_the_policy_is_judged_when_the_time_has_come(world: HeldWorld) -> None:
    declared, _ = a_long_apply(world)
    new = {f"new{n}": {**a_job(topic=f"New {n}"), "staging": True} for n in range(3)}
    world.declare(jobs={**declared, **new}, policy={"blackouts": [{"hours": "00:00 to 24:00"}]})
    done, sent = run(world, code=Exit.REFUSED)
    assert lines(sent) == ["POST /jobs"] * 3
    assert "job.a would be published" in done.out and "in a blackout of the policy" in done.out
    _, sent = run(world, "--ignore-policy")
    assert len(sent) == 1


def test_a_refused_approval_does_not_stop_the_submissions(world: HeldWorld) -> None:
    _, (job,) = a_long_apply(world)
    world.control.fault(f"{approving(job)}: received-then-status(422)")
    done, sent = run(world, code=Exit.ERROR)
    assert lines(sent) == ["POST /jobs", "POST /jobs", approving(job), "POST /jobs"]
    assert "Apply incomplete. Resources: 3 added, 0 changed, 0 destroyed; 1 failed." in done.out
    world.does("apply", "--due", "--auto-approve")
    assert world.of_service(job)["approved_at"]


@pytest.mark.parametrize("fault", ["committed-then-close", "received-then-close"])
def test_an_approval_whose_answer_is_lost_is_sent_once(world: HeldWorld, fault: str) -> None:
    _, (job,) = a_long_apply(world)
    world.control.fault(f"{approving(job)}: {fault}")
    done_anyway = fault.startswith("committed")
    code = Exit.OK if done_anyway else Exit.UNRESOLVED
    done, sent = run(world, code=code)
    assert lines(sent) == ["POST /jobs", "POST /jobs", approving(job), "POST /jobs"]
    assert ("job.a: unresolved: " in done.out) is not done_anyway
    for command in (("apply",), ("apply", "--due")):
        with world.watched() as again:
            assert world.call(*command, "--auto-approve").code == code
        assert again == []


def test_with_fail_fast_a_failed_approval_stops_the_run(world: HeldWorld) -> None:
    _, (job,) = a_long_apply(world)
    world.control.fault(f"{approving(job)}: received-then-status(422)")
    _, sent = run(world, "--fail-fast", code=Exit.ERROR)
    assert lines(sent) == ["POST /jobs", "POST /jobs", approving(job)]


def test_what_cannot_be_looked_at_is_not_attempted_and_named(world: HeldWorld) -> None:
    _, (job,) = a_long_apply(world)
    """Not even where the service forbids it: whether the key still counts is for the next submission to find out."""
    world.control.fault(f"GET /jobs/{job}#*: received-then-status(403)")
    done, sent = run(world, code=Exit.ERROR)
    assert lines(sent) == ["POST /jobs"] * 3
    assert "job.a: not attempted: its time has come, but the account could not be read: " in done.out
    assert "3 added, 0 changed, 0 destroyed; 1 not attempted." in done.out


def test_an_approval_that_was_to_be_recorded_publishes_once_its_time_has_come(world: HeldWorld) -> None:
    declared, (job,) = a_long_apply(world, staging=True)
    declare(world, {"a": {**declared["a"], "approve": job}})
    done, sent = run(world)
    assert lines(sent) == ["POST /jobs", "POST /jobs", approving(job), "POST /jobs"]
    assert "Approved: 1 job." in done.out
    assert f"job.a: approved after 0 s ({job}): its time came in this run" in done.out
    assert "approval" not in world.record("job.a")
    world.is_settled()


@pytest.mark.parametrize("command", [("apply", "--target", "job.new*"), ("destroy",)])
def test_a_run_that_does_something_else_publishes_nothing(world: HeldWorld, command: tuple[str, ...]) -> None:
    _, (job,) = a_long_apply(world)
    with world.watched() as sent:
        world.does(*command, "--auto-approve")
    assert approving(job) not in lines(sent)


def test_it_is_told_as_json_and_as_markdown(world: HeldWorld) -> None:
    a_long_apply(world)
    path = world.root / "done.md"
    done, _ = run(world, "--json", "--markdown-into", str(path))
    for event in done.events:
        valid("apply", event)
    types = [e["type"] for e in done.events]
    (due,) = (e for e in done.events if e["type"] == "due")
    assert [(c["address"], c["action"], c["reason"]) for c in due["changes"]] == [("job.a", "approve", "due")]
    assert types.index("due") < types.index("change_start", types.index("due"))
    assert {"done": 4, "total": 4}.items() <= [e for e in done.events if e["type"] == "progress"][-1].items()
    assert done.events[-1]["approved"] == 1 and done.events[-1]["added"] == 3
    assert "job.a: approved after" in path.read_text(encoding="utf-8")
