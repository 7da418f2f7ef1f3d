"""Publish times of recorded jobs: only ever set to a moment still ahead, taken off, and put back where they drifted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.decisions.notices import everything_matches
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change, Credits
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob
from afsync.core.resources import Schedule
from afsync.errors import Severity
from tests.builders import AHEAD, LATER, NOW, PAST, a_job, a_recorded_job, a_remote, a_remote_job, at, planned


def reschedule(
    record: RecordedJob, to: datetime | None, reason: Reason = Reason.SCHEDULE_CHANGED, seen: datetime | None = None
) -> Change:
    return Change(
        "job.best",
        Action.RESCHEDULE,
        reason,
        before=record,
        after=a_job(schedule=to),
        id="job_1",
        credits=Credits(0, 1),
        observed=Schedule(seen.isoformat(), seen) if seen else None,
    )


def plan(
    record: RecordedJob,
    declared: datetime | None,
    status: str = "queued",
    told: dict[str, datetime] | None = None,
    covered: tuple[str, ...] | None = None,
    **job: Any,
) -> Plan:
    return planned(
        a_job(schedule=declared, **job),
        recorded={"job.best": record},
        remote=a_remote(a_remote_job(status=status), publish_times=told, covered=covered),
    )


def scheduled(when: datetime | None, **over: Any) -> RecordedJob:
    return a_recorded_job(a_job(schedule=when), **over)


@pytest.mark.parametrize("status", ["queued", "running", "scheduled"])
@pytest.mark.parametrize(
    ("recorded", "declared"),
    [(None, AHEAD), (AHEAD, LATER), (LATER, AHEAD), (PAST, AHEAD), (AHEAD, None)],
    ids=["set", "later", "earlier", "after the old one passed", "taken off"],
)
def test_rescheduled(recorded: datetime | None, declared: datetime | None, status: str) -> None:
    record = scheduled(recorded, status=status)

    reason = Reason.UNSET if recorded is None else Reason.SCHEDULE_CHANGED
    assert plan(record, declared, status).changes == (reschedule(record, declared, reason),)


@pytest.mark.parametrize(
    ("recorded", "declared"),
    [(PAST, PAST), (PAST, None), (NOW, None), (None, None)],
)
def test_a_time_that_has_passed_is_no_difference(recorded: datetime | None, declared: datetime | None) -> None:
    result = plan(scheduled(recorded), declared)

    assert (result.changes, result.withheld, result.notices) == ((), (), ())


@pytest.mark.parametrize("declared", [PAST, NOW], ids=["gone by", "this very moment"])
@pytest.mark.parametrize("status", ["queued", "running", "scheduled"])
def test_that_an_earlier_time_stays_set_is_said(declared: datetime, status: str) -> None:
    """A year that is mistyped must not pass in silence while the job is published at another time."""
    result = plan(scheduled(AHEAD, status=status), declared, status)

    assert (result.changes, result.withheld) == ((), ())
    (said,) = result.notices
    assert (said.code, said.severity, said.address, said.field) == ("passed", Severity.WARNING, "job.best", "schedule")
    assert f"has passed; {AHEAD.isoformat()} stays set" in said.message


def gone(record: RecordedJob, status: str) -> Plan:
    """The plan for a job whose publish time is ahead, where the service's list of times does not have it."""
    remote = replace(a_remote(a_remote_job("job_1", status)), publish_times={}, covered=frozenset({"job_1"}))
    return planned(a_job(schedule=AHEAD), recorded={"job.best": record}, remote=remote)


def test_a_time_that_an_approval_overtook_is_not_set_again() -> None:
    result = gone(scheduled(AHEAD, status="complete", staged=True, approved=True), "complete")

    assert (result.changes, result.withheld) == ((), ())


def test_a_time_that_is_gone_while_the_service_works_on_the_job_is_no_match() -> None:
    """It may be published right now, before its time; that is judged when it is over."""
    result = gone(scheduled(AHEAD), "publishing")

    assert (result.changes, [n.code for n in result.notices]) == ((), ["busy"])
    assert "does not report its publish time" in result.notices[0].message
    assert not everything_matches(result)


def test_the_same_moment_written_otherwise_is_no_difference() -> None:
    job = replace(a_job(), schedule=at(AHEAD, "27 November, 13:00"))
    result = planned(job, recorded={"job.best": scheduled(AHEAD)}, remote=a_remote(a_remote_job()))

    assert result.changes == ()
    assert result.refreshed["job.best"] == replace(scheduled(AHEAD), schedule=job.schedule)


def test_taken_off_what_is_produced() -> None:
    record = scheduled(AHEAD, status="complete")

    assert plan(record, None, "complete").changes == (reschedule(record, None),)


def test_set_on_what_waits_for_approval() -> None:
    record = scheduled(None, status="complete", staged=True)

    assert plan(record, AHEAD, "complete").changes == (reschedule(record, AHEAD, Reason.UNSET),)


def test_a_step_that_a_crash_left_out_is_a_free_reschedule() -> None:
    """A submission is recorded without its publish time; setting it is a step of its own."""
    record = replace(scheduled(AHEAD), schedule=None)

    assert plan(record, AHEAD).changes == (reschedule(record, AHEAD, Reason.UNSET),)
    assert plan(record, AHEAD).spend == 0


# --- replaced and submitted again ---


def test_a_replacement_is_refused_when_its_time_is_past() -> None:
    result = plan(scheduled(PAST), PAST, tone="calm")

    assert result.changes == ()
    assert [(c.action, c.reason) for c in result.withheld] == [(Action.REPLACE, Reason.PAST_SCHEDULE)]
    assert [v.code for v in result.violations] == ["past_schedule"]


@pytest.mark.parametrize("status", ["complete", "published", "failed", "cancelled"])
def test_another_submission_is_refused_when_its_time_is_past(status: str) -> None:
    result = plan(scheduled(PAST, status=status), PAST, status, rerun="2")

    assert result.changes == ()
    assert [(c.action, c.reason) for c in result.withheld] == [(Action.CREATE, Reason.PAST_SCHEDULE)]


# --- drift ---


@pytest.mark.parametrize("status", ["queued", "scheduled", "complete"])
def test_drift_is_put_back(status: str) -> None:
    record = scheduled(AHEAD, status=status)

    assert plan(record, AHEAD, status, told={"job_1": LATER}).changes == (
        reschedule(record, AHEAD, Reason.DRIFT, LATER),
    )


def test_drift_a_publish_time_that_is_gone_before_production_ends_is_set_again() -> None:
    record = scheduled(AHEAD, status="queued")

    assert plan(record, AHEAD, "queued", told={}).changes == (reschedule(record, AHEAD, Reason.DRIFT),)


@pytest.mark.parametrize("status", ["queued", "complete"])
def test_drift_a_publish_time_that_somebody_set_is_taken_off(status: str) -> None:
    record = scheduled(None, status=status)

    assert plan(record, None, status, told={"job_1": LATER}).changes == (reschedule(record, None, Reason.DRIFT, LATER),)


NO_DRIFT = {
    "as recorded": (AHEAD, AHEAD, {"job_1": AHEAD}, ("job_1",)),
    "not offered": (AHEAD, AHEAD, None, ()),
    "not covered": (AHEAD, AHEAD, {}, ("job_9",)),
    "nothing recorded, nothing told": (None, None, {}, ("job_1",)),
    "recorded one gone by, nothing told": (PAST, PAST, {}, ("job_1",)),
    "declared one gone by, another told": (PAST, PAST, {"job_1": LATER}, ("job_1",)),
    "declared this very moment, another told": (NOW, NOW, {"job_1": LATER}, ("job_1",)),
    "told one gone by meanwhile": (None, None, {"job_1": PAST}, ("job_1",)),
}


@pytest.mark.parametrize(("recorded", "declared", "told", "covered"), NO_DRIFT.values(), ids=NO_DRIFT)
def test_no_drift(
    recorded: datetime | None, declared: datetime | None, told: dict[str, datetime] | None, covered: tuple[str, ...]
) -> None:
    assert plan(scheduled(recorded), declared, told=told, covered=covered).changes == ()


def test_a_told_time_counts_even_where_the_job_is_not_covered() -> None:
    record = scheduled(AHEAD)

    assert plan(record, AHEAD, told={"job_1": LATER}, covered=()).changes == (
        reschedule(record, AHEAD, Reason.DRIFT, LATER),
    )


@pytest.mark.parametrize("status", ["processing", "published", "failed", "cancelled", "weird"])
def test_drift_is_left_alone_where_nothing_can_be_sent(status: str) -> None:
    assert plan(scheduled(AHEAD, status=status), AHEAD, status, told={"job_1": LATER}).changes == ()


def test_an_edit_of_a_drifted_time_is_an_edit() -> None:
    record = scheduled(AHEAD)
    third = AHEAD + timedelta(days=1)

    assert plan(record, third, told={"job_1": LATER}).changes == (
        reschedule(record, third, Reason.SCHEDULE_CHANGED, LATER),
    )


def test_an_edit_to_what_was_already_set_by_hand_is_still_recorded() -> None:
    record = scheduled(AHEAD)

    assert plan(record, LATER, told={"job_1": LATER}).changes == (reschedule(record, LATER),)


def test_a_time_set_by_hand_keeps_a_complete_job_alive() -> None:
    """Removed from the files while a publish time nobody recorded is still ahead: that time is taken off too."""
    record = scheduled(None, status="complete")
    result = planned(
        recorded={"job.best": record},
        remote=a_remote(a_remote_job(status="complete"), publish_times={"job_1": AHEAD}),
    )

    assert [(c.action, c.retire) for c in result.changes] == [(Action.DELETE, Retire.UNSCHEDULE)]


@pytest.mark.parametrize(("days", "warned"), [(365, False), (731, False), (740, True), (180 * 365, True)])
@pytest.mark.parametrize("recorded", [False, True])
def test_a_publish_time_far_ahead_may_be_a_slip_of_the_year(days: int, warned: bool, recorded: bool) -> None:
    when = NOW + timedelta(days=days)
    jobs = [a_job("one", schedule=when), a_job("two", url="https://two", topic="2", schedule=when)]
    known = {"job.one": a_recorded_job(a_job("one", schedule=AHEAD))} if recorded else {}
    plan = planned(*jobs, recorded=known, remote=a_remote(a_remote_job("job_1", "queued")) if recorded else None)
    told = [n for n in plan.notices if n.code == "far_ahead"]
    assert [n.address for n in told] == (["job.one"] if warned else [])
    assert all("and 1 more would be published more than two years ahead" in n.message for n in told)
