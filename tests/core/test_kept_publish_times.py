"""Whether publish times were kept, judged by what is seen, and what a plan does about those that were not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.plan import Plan
from afsync.core.records import UNSEEN, Effect, Finding, RecordedJob, Trust
from afsync.core.remote_account import JobResult
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    PAST,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    at,
    planned,
)

KEPT, LOST, UNKNOWN = Finding.KEPT, Finding.LOST, Finding.UNKNOWN
SET, GONE, MOVED, SILENT = {"job_1": AHEAD}, dict[str, datetime](), {"job_1": LATER}, None
TWICE: dict[str, Any] = {"schedule_repeats": 1}
STAGED: dict[str, Any] = {"staged": True}
APPROVED: dict[str, Any] = {"staged": True, "approved": True}
TOO_LATE: dict[str, Any] = {"schedule_finding": UNKNOWN}
JUST_SET: dict[str, Any] = {"schedule_unseen_since": NOW - timedelta(seconds=119)}
SET_BEFORE: dict[str, Any] = {"schedule_unseen_since": NOW - timedelta(seconds=120)}

# the record, the status now, what GET /schedule tells, and what is known then
FINDINGS = {
    "still ahead in the queue is only seen": ({}, "queued", SET, None),
    "still set past production": ({}, "complete", SET, KEPT),
    "moved by a person": ({}, "complete", MOVED, None),
    "gone for the first time in the queue": ({}, "queued", GONE, None),
    "gone for the first time in production": ({}, "running", GONE, None),
    "gone again, although it was set twice": (TWICE, "running", GONE, LOST),
    "gone again, and busy": (TWICE, "processing", GONE, None),
    "gone past production": ({}, "complete", GONE, LOST),
    "gone past production, in a list that may lag": (JUST_SET, "complete", GONE, None),
    "gone past production, and settled": (SET_BEFORE, "complete", GONE, LOST),
    "gone again, in a list that may lag": ({**TWICE, **JUST_SET}, "running", GONE, None),
    "gone, where the service lists no times": (TWICE, "complete", SILENT, None),
    "published before its time": ({}, "published", SILENT, LOST),
    "staged, past production, without its time": (STAGED, "complete", GONE, LOST),
    "staged, and approved by a person before its time": (STAGED, "published", GONE, None),
    "approved before its time": (APPROVED, "published", GONE, None),
    "kept, and then gone": ({"schedule_finding": KEPT}, "complete", GONE, LOST),
    "lost, and there again": ({"schedule_finding": LOST}, "complete", SET, LOST),
    "failed": (TWICE, "failed", GONE, None),
}
AFTERWARDS = {
    "published, seen after its time for the first time": ({"status": "running"}, "published", GONE, KEPT),
    "published, as it was seen before": ({"status": "published"}, "published", GONE, None),
    "complete, of which nothing can be said": ({"status": "running"}, "complete", GONE, UNKNOWN),
    "published after that, perhaps by a person": ({"status": "complete", **TOO_LATE}, "published", GONE, UNKNOWN),
    "staged, so that it was approved by a person": ({"status": "running", **STAGED}, "published", GONE, None),
    "staged, and still waiting": ({"status": "running", **STAGED}, "complete", GONE, None),
}


def judge(record: RecordedJob, status: str, told: dict[str, datetime] | None, **more: Any) -> Plan:
    remote = replace(a_remote(a_remote_job(status=status), publish_times=told), **more)
    return planned(a_job(schedule=record.schedule), recorded=a_recorded({"job.best": record}, trust={}), remote=remote)


def finding(plan: Plan, record: RecordedJob) -> Finding | None:
    seen = plan.refreshed.get("job.best", record)
    assert isinstance(seen, RecordedJob)
    return seen.schedule_finding


@pytest.mark.parametrize(("over", "status", "told", "expected"), FINDINGS.values(), ids=FINDINGS)
def test_finding(over: dict[str, Any], status: str, told: dict[str, datetime] | None, expected: Finding | None) -> None:
    record = a_recorded_job(a_job(schedule=AHEAD), **over)

    plan = judge(record, status, told)

    assert finding(plan, record) is expected
    new = expected is not record.schedule_finding
    assert plan.trust.get(Effect.SCHEDULE, UNSEEN) == _counted(expected if new else None)


@pytest.mark.parametrize(("over", "status", "told", "expected"), AFTERWARDS.values(), ids=AFTERWARDS)
def test_finding_once_the_time_has_passed(
    over: dict[str, Any], status: str, told: dict[str, datetime] | None, expected: Finding | None
) -> None:
    record = a_recorded_job(a_job(schedule=PAST), **over)

    plan = judge(record, status, told)

    assert finding(plan, record) is expected
    assert plan.withheld == plan.changes == ()


def _counted(found: Finding | None) -> Trust:
    return UNSEEN if found in (None, UNKNOWN) else UNSEEN.with_finding(found, NOW)


def test_an_approval_after_its_time_does_not_restore_trust() -> None:
    """It was published early, which was not seen; after its time it is only `complete`, until a person publishes it."""
    record = a_recorded_job(a_job(schedule=PAST), status="running")
    first = judge(record, "complete", GONE)
    seen = first.refreshed["job.best"]
    assert isinstance(seen, RecordedJob)

    then = judge(seen, "published", GONE)

    assert then.trust.get(Effect.SCHEDULE, UNSEEN) == UNSEEN


@pytest.mark.parametrize("seconds", [119, 120])
def test_a_service_may_still_be_publishing_just_after_the_time(seconds: int) -> None:
    record = a_recorded_job(a_job(schedule=at(NOW - timedelta(seconds=seconds))), status="running")

    assert finding(judge(record, "complete", GONE), record) is (UNKNOWN if seconds == 120 else None)


def lost(**over: Any) -> RecordedJob:
    return a_recorded_job(a_job(schedule=AHEAD), **{"status": "complete", "schedule_finding": LOST, **over})


def test_a_lost_time_is_withheld_and_never_set_again() -> None:
    plan = judge(lost(status="running", schedule_repeats=1), "running", GONE)

    assert plan.changes == ()
    assert [(c.action, c.reason) for c in plan.withheld] == [(Action.RESCHEDULE, Reason.SCHEDULE_NOT_KEPT)]
    (problem,) = plan.violations
    assert "accepted its publish time" in problem.message and "moved" not in problem.message
    assert problem.hint is not None and "ignore_changes: [schedule]" in problem.hint


def test_where_it_was_published_is_said_as_far_as_its_result_tells() -> None:
    record = a_recorded_job(a_job(schedule=AHEAD), status="running")
    result = JobResult("job_1", "complete", ready=True, platforms=({"platform": "tiktok", "status": "published"},))

    plan = judge(record, "complete", GONE, results={"job_1": result})

    assert "it was published before that, on tiktok" in plan.violations[0].message
    seen = plan.refreshed["job.best"]
    assert isinstance(seen, RecordedJob) and seen.published_on == ("tiktok",)


WAYS_OUT = {
    "schedule removed": a_job(),
    "schedule ignored": a_job(schedule=AHEAD, ignore_changes=("schedule",)),
    "another time ignored": a_job(schedule=LATER, ignore_changes=("schedule",)),
}


@pytest.mark.parametrize("declared", WAYS_OUT.values(), ids=WAYS_OUT)
@pytest.mark.parametrize("status", ["running", "complete"])
def test_ways_out_send_nothing(declared: Any, status: str) -> None:
    record = lost(status=status)
    remote = a_remote(a_remote_job(status=status), publish_times=GONE)

    plan = planned(declared, recorded={"job.best": record}, remote=remote)

    assert plan.changes == plan.withheld == ()
    assert plan.violations == plan.notices == ()
    assert plan.refreshed == {}


def test_what_is_lost_and_produced_is_no_longer_looked_up() -> None:
    from afsync.core.plan.lookups import lookups
    from tests.builders import desired

    assert lookups(desired(a_job(schedule=AHEAD)), a_recorded({"job.best": lost()}), NOW).jobs == {}


def test_what_is_not_seen_yet_is_a_note() -> None:
    plan = judge(a_recorded_job(a_job(schedule=AHEAD), **JUST_SET), "queued", GONE)

    assert plan.changes == plan.withheld == ()
    assert [n.code for n in plan.notices] == ["schedule_unseen"]


def test_a_time_that_is_gone_needs_not_be_taken_off() -> None:
    record = a_recorded_job(a_job(schedule=AHEAD), status="queued")
    remote = a_remote(a_remote_job(status="queued"), publish_times=GONE)

    plan = planned(a_job(), recorded={"job.best": record}, remote=remote)

    assert plan.changes == plan.withheld == ()
    assert plan.refreshed == {"job.best": replace(record, schedule=None, time_missing=True)}


def test_a_time_that_is_not_seen_yet_is_taken_off() -> None:
    record = a_recorded_job(a_job(schedule=AHEAD), status="queued", **JUST_SET)
    remote = a_remote(a_remote_job(status="queued"), publish_times=GONE)

    plan = planned(a_job(), recorded={"job.best": record}, remote=remote)

    assert [(c.action, c.reason) for c in plan.changes] == [(Action.RESCHEDULE, Reason.SCHEDULE_CHANGED)]


@pytest.mark.parametrize(("status", "edit"), [("complete", None), ("complete", LATER), ("published", LATER)])
def test_a_time_that_the_files_changed_is_not_lost(status: str, edit: datetime | None) -> None:
    """A run that was killed may have taken it off, or set another, and not written that down."""
    record = a_recorded_job(a_job(schedule=AHEAD), status="running")
    remote = a_remote(a_remote_job(status=status), publish_times=GONE)

    plan = planned(a_job(schedule=edit), recorded=a_recorded({"job.best": record}, trust={}), remote=remote)

    assert finding(plan, record) is None
    assert plan.trust == {}


def test_what_is_not_declared_any_more_has_no_time_to_take_off() -> None:
    record = a_recorded_job(a_job(schedule=AHEAD), status="running")
    remote = a_remote(a_remote_job(status="complete"), publish_times=GONE)

    plan = planned(recorded=a_recorded({"job.best": record}, trust={}), remote=remote, allow_empty=True)

    assert [(c.action, c.retire) for c in plan.changes] == [(Action.DELETE, Retire.LEAVE)]
    assert plan.trust == {}


def test_findings_of_what_is_moved_are_kept() -> None:
    record = a_recorded_job(a_job(schedule=AHEAD), status="running", schedule_repeats=1)
    remote = a_remote(a_remote_job(status="running"), publish_times=GONE)

    plan = planned(a_job("other", schedule=AHEAD), recorded=a_recorded({"job.best": record}, trust={}), remote=remote)

    moved = plan.changes[0]
    assert moved.action is Action.MOVE
    assert isinstance(moved.before, RecordedJob) and moved.before.schedule_finding is LOST
    assert plan.refreshed["job.best"] == moved.before
    assert plan.trust[Effect.SCHEDULE].lost == 1


def test_the_service_clock_decides_where_it_is_far_ahead() -> None:
    record = a_recorded_job(a_job(schedule=at(NOW + timedelta(hours=1))), status="running")

    plan = judge(record, "published", GONE, server_time=NOW + timedelta(hours=2))

    assert finding(plan, record) is KEPT


DECIDED: dict[str, tuple[Trust, dict[str, Any], bool]] = {
    "nothing was seen yet": (UNSEEN, {}, False),
    "one was lost": (Trust(0, 1, None, PAST), {}, True),
    "one was kept since": (Trust(1, 1, NOW, PAST), {}, False),
    "one was lost since": (Trust(1, 1, PAST, NOW), {}, True),
    "one was lost, and the service is declared": (Trust(0, 1, None, PAST), {"publish_declared": True}, False),
    "one was lost, and it is held": (Trust(0, 1, None, PAST), {"publish_declared": True, "held": True}, False),
    "one was lost, and there is no schedule": (Trust(0, 1, None, PAST), {"schedule": None}, False),
}


@pytest.mark.parametrize(("trust", "over", "held"), DECIDED.values(), ids=DECIDED)
def test_submissions_that_rely_on_a_publish_time(trust: Trust, over: dict[str, Any], held: bool) -> None:
    job = replace(a_job(schedule=AHEAD), **over)

    plan = planned(job, recorded=a_recorded(trust={Effect.SCHEDULE: trust}), remote=a_remote())

    assert [c.reason for c in plan.withheld] == ([Reason.SCHEDULE_UNPROVEN] if held else [])
    relies = bool(plan.changes) and job.schedule is not None and not job.held
    assert [n.code for n in plan.notices] == (["schedule_unproven"] if relies and not trust.kept else [])


@pytest.mark.parametrize("number", [1, 3])
def test_what_was_never_seen_kept_is_said_once_with_the_number_of_jobs(number: int) -> None:
    jobs = [a_job(f"j{n}", schedule=AHEAD, topic=f"No {n}") for n in range(number)]

    plan = planned(*jobs, a_job("plain"), recorded=a_recorded(trust={}, costs={}), remote=a_remote())

    first, second = (n.message for n in plan.notices if n.code in ("cost_unproven", "schedule_unproven"))
    assert "(short): the first can cost more than estimated" in first
    assert second.startswith(f"{number} job{'s' if number > 1 else ''} of this plan rel")
    assert second.endswith("on a publish time, and no job shows yet whether this account keeps them")
