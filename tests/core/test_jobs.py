"""The first table of "What plan decides": every situation, in every status there is, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change, Credits, FieldChange
from afsync.core.plan.lookups import group_when_seen
from afsync.core.plan.plan import Plan
from afsync.core.records import Finding, RecordedJob
from afsync.core.resources import Job
from afsync.core.service_statuses import Group, group_of
from afsync.errors import Problem, Severity
from tests.builders import AHEAD, LATER, NOW, PAST, a_job, a_recorded_job, a_remote, a_remote_job, at, planned

OPEN = ("queued", "running", "scheduled")
BUSY = ("processing", "publishing", "queued_scheduled", "ready_to_publish")
UNKNOWN = ("rendering", "COMPLETE", "Queued", "")
FAILED = ("failed", "non-compliant")
NAMED = (*OPEN, *BUSY, "complete", "published", *FAILED, "cancelled")


class Stand(Struct, frozen=True):
    """A recorded job as it stands: its status, the publish time that is set, whether it waits for an approval.

    A missing one is gone from the account, and `status` is what it was when last seen.
    """

    group: str
    status: str
    publish_at: datetime | None = None
    staged: bool = False
    approved: bool = False
    missing: bool = False

    @property
    def name(self) -> str:
        time = {None: "", AHEAD: ", publish time ahead", PAST: ", publish time gone by"}[self.publish_at]
        staged = ", approved" if self.approved else ", waits for approval" if self.staged else ""
        return f"{'missing, was ' if self.missing else ''}{self.status or '(empty)'}{time}{staged}"


ALIVE = (
    *(Stand("open", status) for status in OPEN),
    *(Stand("open", status, AHEAD) for status in OPEN),
    *(Stand("open", status, PAST) for status in OPEN),
    *(Stand("busy", status) for status in (*BUSY, *UNKNOWN)),
    *(Stand("busy", status, AHEAD, staged=True) for status in (*BUSY, *UNKNOWN)),
    Stand("produced", "complete", AHEAD),
)
WAITING = (Stand("waiting", "complete", staged=True), Stand("waiting", "complete", AHEAD, staged=True))
OVER = (
    Stand("done", "complete"),
    Stand("done", "complete", PAST),
    Stand("done", "complete", staged=True, approved=True),
    Stand("done", "published"),
    Stand("done", "published", AHEAD, staged=True, approved=True),  # otherwise not kept: test_kept
    Stand("done", "published", staged=True),
)
STOPPED = (*(Stand("failed", status, AHEAD) for status in FAILED), Stand("cancelled", "cancelled", AHEAD))
MISSING = (
    *(replace(s, group="lost", missing=True) for s in (*ALIVE, *WAITING)),
    *(replace(s, group="purged", missing=True) for s in OVER),
)
STANDS = (*ALIVE, *WAITING, *OVER, *STOPPED, *MISSING)


class Case(Struct, frozen=True):
    """One cell of the table: how the job stands, what is recorded, what is declared now."""

    stand: Stand
    record: RecordedJob
    declared: Job | None
    requested: bool = False

    @property
    def plan(self) -> Plan:
        stand, id = self.stand, self.record.id
        return planned(
            *([self.declared] if self.declared else []),
            recorded={"job.best": self.record},
            remote=a_remote(missing=[id]) if stand.missing else a_remote(a_remote_job(id, stand.status)),
            replace=frozenset({"job.best"} if self.requested else ()),
        )


class Expected(Struct, frozen=True):
    """What is to be planned: changes, and the notices by severity and code."""

    change: Change | None = None
    notice: tuple[Severity, str] | None = None


def nothing(case: Case) -> Expected:
    """A word that is not known is said, where nothing else says that the job is left alone."""
    unread = case.stand.status in UNKNOWN and not case.stand.missing
    return Expected(notice=(Severity.WARNING, "not_known")) if unread else Expected()


def warns(code: str) -> Callable[[Case], Expected]:
    return lambda case: Expected(notice=(Severity.WARNING, code))


def notes(code: str) -> Callable[[Case], Expected]:
    return lambda case: Expected(notice=(Severity.NOTE, code))


def _change(case: Case, action: Action, reason: Reason) -> Change:
    return Change(
        "job.best", action, reason, before=case.record, after=case.declared, id="job_1", credits=Credits(0, 1)
    )


def reschedules(case: Case) -> Expected:
    return Expected(_change(case, Action.RESCHEDULE, Reason.SCHEDULE_CHANGED))


def reschedules_only(case: Case) -> Expected:
    return replace(reschedules(case), notice=(Severity.NOTE, "produced"))


def _submits(case: Case, action: Action, reason: Reason, retire: Retire | None) -> Expected:
    assert case.declared is not None
    tone = case.declared.values["tone"]
    return Expected(
        replace(
            _change(case, action, reason),
            id=None if action is Action.CREATE else "job_1",
            retire=retire,
            credits=Credits(1, 1),
            fields=(FieldChange("tone", "hype", tone),) if tone != "hype" else (),
        )
    )


def replaces(reason: Reason, retire: Retire) -> Callable[[Case], Expected]:
    return lambda case: _submits(case, Action.REPLACE, reason, retire)


def submits_again(reason: Reason) -> Callable[[Case], Expected]:
    return lambda case: _submits(case, Action.CREATE, reason, None)


def deletes(retire: Retire) -> Callable[[Case], Expected]:
    return lambda case: Expected(replace(_change(case, Action.DELETE, Reason.REMOVED), retire=retire))


def forgets(reason: Reason) -> Callable[[Case], Expected]:
    return lambda case: Expected(_change(case, Action.FORGET, reason))


TABLE: dict[str, dict[str, Callable[[Case], Expected]]] = {
    "same": {
        "open": nothing,
        "busy": nothing,
        "produced": nothing,
        "waiting": nothing,
        "done": nothing,
        "failed": warns("failed"),
        "cancelled": warns("cancelled"),
        "lost": warns("missing"),
        "purged": nothing,
    },
    "other schedule": {
        "open": reschedules,
        "busy": warns("busy"),
        "produced": reschedules,
        "waiting": reschedules,
        "done": notes("finished"),
        "failed": warns("failed"),
        "cancelled": warns("cancelled"),
        "lost": warns("missing"),
        "purged": notes("finished"),
    },
    "other body": {
        "open": replaces(Reason.BODY_CHANGED, Retire.CANCEL),
        "busy": warns("busy"),
        "produced": notes("produced"),
        "waiting": notes("produced"),
        "done": notes("finished"),
        "failed": warns("failed"),
        "cancelled": warns("cancelled"),
        "lost": warns("missing"),
        "purged": notes("finished"),
    },
    "other body and schedule": {
        "open": replaces(Reason.BODY_CHANGED, Retire.CANCEL),
        "busy": warns("busy"),
        "produced": reschedules_only,
        "waiting": reschedules_only,
        "done": notes("finished"),
        "failed": warns("failed"),
        "cancelled": warns("cancelled"),
        "lost": warns("missing"),
        "purged": notes("finished"),
    },
    "other rerun": {
        "open": replaces(Reason.RERUN, Retire.CANCEL),
        "busy": warns("busy"),
        "produced": replaces(Reason.RERUN, Retire.UNSCHEDULE),
        "waiting": replaces(Reason.RERUN, Retire.LEAVE),
        "done": submits_again(Reason.RERUN),
        "failed": submits_again(Reason.RERUN),
        "cancelled": submits_again(Reason.RERUN),
        "lost": submits_again(Reason.RERUN),
        "purged": submits_again(Reason.RERUN),
    },
    "other rerun and body": {
        "open": replaces(Reason.RERUN, Retire.CANCEL),
        "busy": warns("busy"),
        "produced": replaces(Reason.RERUN, Retire.UNSCHEDULE),
        "waiting": replaces(Reason.RERUN, Retire.LEAVE),
        "done": submits_again(Reason.RERUN),
        "failed": submits_again(Reason.RERUN),
        "cancelled": submits_again(Reason.RERUN),
        "lost": submits_again(Reason.RERUN),
        "purged": submits_again(Reason.RERUN),
    },
    "--replace": {
        "open": replaces(Reason.REQUESTED, Retire.CANCEL),
        "busy": warns("busy"),
        "produced": replaces(Reason.REQUESTED, Retire.UNSCHEDULE),
        "waiting": replaces(Reason.REQUESTED, Retire.LEAVE),
        "done": submits_again(Reason.REQUESTED),
        "failed": submits_again(Reason.REQUESTED),
        "cancelled": submits_again(Reason.REQUESTED),
        "lost": submits_again(Reason.REQUESTED),
        "purged": submits_again(Reason.REQUESTED),
    },
    "removed": {
        "open": deletes(Retire.CANCEL),
        "busy": warns("busy"),
        "produced": deletes(Retire.UNSCHEDULE),
        "waiting": deletes(Retire.LEAVE),
        "done": forgets(Reason.FINISHED),
        "failed": forgets(Reason.FINISHED),
        "cancelled": forgets(Reason.FINISHED),
        "lost": forgets(Reason.MISSING),
        "purged": forgets(Reason.MISSING),
    },
}


def _case(situation: str, stand: Stand) -> Case:
    recorded = a_job(schedule=stand.publish_at)
    # What is submitted again needs a publish time that is still ahead.
    again = recorded if stand.publish_at != PAST else a_job(schedule=LATER)
    declared = {
        "same": recorded,
        "other schedule": a_job(schedule=LATER),
        "other body": a_job(schedule=again.schedule if stand.group == "open" else stand.publish_at, tone="calm"),
        "other body and schedule": a_job(schedule=LATER, tone="calm"),
        "other rerun": replace(again, rerun="2"),
        "other rerun and body": replace(a_job(schedule=again.schedule, tone="calm"), rerun="2"),
        "--replace": again,
        "removed": None,
    }[situation]
    if situation in ("other schedule", "other body and schedule") and stand.publish_at is None:
        recorded = a_job(schedule=PAST)  # one that was never given a time is in test_unset
    record = a_recorded_job(recorded, status=stand.status, staged=stand.staged, approved=stand.approved)
    if stand.publish_at == PAST and stand.group == "done" and not stand.staged:
        record = replace(record, schedule_finding=Finding.UNKNOWN)  # how it becomes that is in test_kept
    return Case(stand, record, declared, requested=situation == "--replace")


@pytest.mark.parametrize("stand", STANDS, ids=lambda s: s.name)
@pytest.mark.parametrize("situation", TABLE)
def test_recorded(situation: str, stand: Stand) -> None:
    case = _case(situation, stand)

    plan = case.plan

    expected = TABLE[situation][stand.group](case)
    changes = tuple(replace(c, warning=None) for c in plan.changes)  # what is said of a replacement: test_cancels
    assert changes == ((expected.change,) if expected.change else ())
    assert [(n.severity, n.code, n.address) for n in plan.notices] == (
        [(*expected.notice, "job.best")] if expected.notice else []
    )
    assert plan.withheld == ()
    assert plan.violations == ()
    assert plan.blocking == ()


def test_every_status_that_is_named_is_in_the_table() -> None:
    assert set(NAMED) <= {s.status for s in STANDS}
    assert {s.group for s in STANDS} == set(TABLE["same"])


@pytest.mark.parametrize("situation", TABLE)
def test_every_situation_says_something_about_every_group(situation: str) -> None:
    assert TABLE[situation].keys() == TABLE["same"].keys()


# --- the groups themselves ---

GROUPS = {
    **dict.fromkeys(OPEN, Group.OPEN),
    **dict.fromkeys((*BUSY, *UNKNOWN), Group.BUSY),
    "complete": Group.DONE,
    "published": Group.DONE,
    **dict.fromkeys(FAILED, Group.FAILED),
    "cancelled": Group.CANCELLED,
}


@pytest.mark.parametrize(("status", "group"), GROUPS.items())
def test_group(status: str, group: Group) -> None:
    assert group_of(status) is group


@pytest.mark.parametrize("status", [s for s in GROUPS if s != "complete"])
def test_only_complete_depends_on_what_is_still_to_come(status: str) -> None:
    assert group_of(status, waits=True) is GROUPS[status]


@pytest.mark.parametrize(
    ("publish_at", "staged", "group"),
    [
        (None, False, Group.DONE),
        (PAST, False, Group.DONE),
        (NOW, False, Group.DONE),
        (AHEAD, False, Group.PRODUCED),
        (None, True, Group.PRODUCED),
        (PAST, True, Group.PRODUCED),
    ],
)
def test_complete_is_produced_while_something_is_still_to_come(
    publish_at: datetime | None, staged: bool, group: Group
) -> None:
    record = a_recorded_job(a_job(schedule=publish_at), status="complete", staged=staged)

    assert group_when_seen(record, NOW) is group


# --- rows that need no record ---


def test_new_is_created() -> None:
    job = a_job(schedule=AHEAD)

    plan = planned(job)

    assert plan.changes == (Change("job.best", Action.CREATE, Reason.NEW, after=job, credits=Credits(1, 0)),)
    assert (plan.withheld, plan.notices, plan.violations) == ((), (), ())


@pytest.mark.parametrize("when", [PAST, NOW], ids=["gone by", "this very moment"])
def test_new_is_refused_when_its_time_is_past(when: datetime) -> None:
    job = a_job(schedule=at(when, "20 November, noon"))

    plan = planned(job)

    assert plan.changes == ()
    assert plan.withheld == (Change("job.best", Action.CREATE, Reason.PAST_SCHEDULE, after=job, credits=Credits(1, 0)),)
    assert plan.violations == (
        Problem(
            "past_schedule",
            "the publish time of job.best, 20 November, noon, has passed",
            "give it a time still ahead, or remove the job",
            address="job.best",
            field="schedule",
        ),
    )


def test_not_declared_and_not_recorded_is_nobodys_business() -> None:
    plan = planned(remote=a_remote(a_remote_job("job_9", "queued", topic="x")))

    assert (plan.changes, plan.withheld, plan.notices, plan.violations) == ((), (), (), ())


# --- notices, in words ---

AGAIN = "`rerun:` with a new value submits it again (that costs credits)"
WORDS: dict[tuple[str, str], tuple[str, str]] = {
    ("removed", "processing"): (
        "job.best is to be removed, but the service is working on it; it stays in the state",
        "plan again when it is finished",
    ),
    ("other body", "processing"): (
        "job.best is being worked on; edits do not reach it",
        "plan again when it is finished",
    ),
    ("other body", "complete"): ("job.best is produced; edits to its body no longer apply", AGAIN),
    ("other body", "published"): ("job.best is finished; edits no longer apply", AGAIN),
    ("same", "failed"): ("job.best (job_1) failed; it is not submitted again by itself", AGAIN),
    ("same", "cancelled"): (
        "job.best (job_1) is cancelled; it is not submitted again by itself",
        AGAIN,
    ),
    ("same", "missing"): (
        "job.best (job_1) was queued when last seen and is not in the account any more; it is paid for, so it is not "
        "submitted again by itself",
        "look into the account; `--replace job.best` submits it again (that costs credits)",
    ),
}


@pytest.mark.parametrize(("which", "words"), WORDS.items(), ids=lambda v: ", ".join(v) if len(v[0]) < 20 else "")
def test_notice(which: tuple[str, str], words: tuple[str, str]) -> None:
    situation, status = which
    missing = status == "missing"
    stand = Stand("any", "queued" if missing else status, AHEAD if status == "complete" else None, missing=missing)

    (notice,) = _case(situation, stand).plan.notices

    assert (notice.message, notice.hint) == words
