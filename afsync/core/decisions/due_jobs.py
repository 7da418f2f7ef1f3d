"""Whether a held job (`publish: held`) is due, and the decision about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

from msgspec.structs import replace

from afsync.core.clocks import passed_on_both
from afsync.core.command_lines import approve_command, result_command
from afsync.core.held_jobs import time_of
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import NOTHING, Change, Decision, approval, do, warn, withhold
from afsync.core.plan.facts import Facts
from afsync.core.records import Publish, RecordedJob
from afsync.core.resources import Job, Schedule
from afsync.errors import Severity


class DueStatus(Enum):
    """Whether a produced job that was not approved yet is due."""

    AHEAD = auto()
    DUE = auto()
    LATE = auto()
    """So long ago that a person decides."""
    UNKNOWN = auto()
    """It has come, but whether the job stops before publishing is not known."""


def due_status(
    record: RecordedJob, *, staging: bool | None, now: datetime, service: datetime | None, late: float
) -> DueStatus:
    """Whether the job is due. `staging` is what the service reports of it, `service` the service's clock (None where
    not reported), `late` in seconds. A time has passed when both clocks say so."""
    both = passed_on_both(now, service)
    if record.schedule is None or record.schedule.utc > both:
        return DueStatus.AHEAD
    if record.publish is not Publish.HELD and staging is not True:
        return DueStatus.UNKNOWN
    decided = record.schedule.utc if record.approval is None else max(record.schedule.utc, record.approval.at)
    return DueStatus.LATE if both - decided > timedelta(seconds=late) else DueStatus.DUE


def due_status_from(record: RecordedJob, facts: Facts) -> DueStatus:
    """The due status by the facts that were read."""
    preview, remote = facts.remote.previews.get(record.id), facts.remote
    staging = preview.staging if preview else None
    here = facts.here or facts.now
    return due_status(record, staging=staging, now=here, service=remote.server_time, late=facts.options.late)


def decide_due(declared: Job, record: RecordedJob, facts: Facts) -> Decision:
    """The decision about a held job that is produced, not approved, and stays as it is recorded."""
    if declared.approve not in (None, record.id):
        return NOTHING  # that it is another submission's is said anyway
    if record.staged and record.approval is None and declared.approve is None:
        return NOTHING  # it waits for its review
    if record.schedule is None or _moves(declared, record):
        return NOTHING
    change = approval(declared.address, record, declared, Reason.DUE)
    if record.approval is not None:
        change = replace(change, platforms=record.approval.platforms)
    match due_status_from(record, facts):
        case DueStatus.DUE:
            return do(change)
        case DueStatus.LATE:
            return _late(change, record.schedule)
        case DueStatus.UNKNOWN:
            return _unknown(change, record.schedule)
        case DueStatus.AHEAD:
            return NOTHING if _stops_for_sure(record, facts) else _unknown_yet(change, record.schedule)


def decide_behind(declared: Job, record: RecordedJob, status: str, facts: Facts) -> Decision:
    """The decision about a held job that is not produced although its time has come."""
    at, here = record.schedule, passed_on_both(facts.here or facts.now, facts.remote.server_time)
    if record.approved or at is None or at.utc > here or _moves(declared, record):
        return NOTHING
    text = f"{declared.address} ({record.id}) was to be published at {at.written}, and is not produced yet ({status})"
    if here - at.utc <= timedelta(seconds=facts.options.late):
        hint = "an apply publishes it once it is produced, up to `api.late` after its time"
        return warn(declared.address, BEHIND, text, hint, "schedule")
    change = Change(declared.address, Action.APPROVE, Reason.LATE, before=record, after=declared, id=record.id)
    hint = "see in AuraFlux what it waits for; give it a time still ahead, or remove it from the files"
    return withhold(change, f"{text}, longer ago than `api.late`", hint, "schedule")


BEHIND = "not_produced"


def _moves(declared: Job, record: RecordedJob) -> bool:
    """Whether the declared time differs from the recorded one, which is a change of its own."""
    wanted = time_of(record, declared)
    return wanted is None or record.schedule is None or wanted.utc != record.schedule.utc


def _stops_for_sure(record: RecordedJob, facts: Facts) -> bool:
    preview = facts.remote.previews.get(record.id)
    return record.publish is Publish.HELD or (preview is not None and preview.staging is True)


def _unknown_yet(change: Change, schedule: Schedule) -> Decision:
    """Before its time nothing is decided yet, but a warning says that it is not certain to be published then."""
    withheld = _unknown(change, schedule)
    return Decision(notices=tuple(replace(p, severity=Severity.WARNING) for p in withheld.violations))


def _late(change: Change, schedule: Schedule) -> Decision:
    return withhold(
        replace(change, reason=Reason.LATE),
        f"{change.address} ({change.id}) was to be published at {schedule.written}, longer ago than `api.late`",
        f"publish it with {approve_command(change.address)}, or give it a time still ahead",
        "schedule",
    )


def _unknown(change: Change, schedule: Schedule) -> Decision:
    return withhold(
        replace(change, reason=Reason.PUBLISH_UNKNOWN),
        f"{change.address} ({change.id}) is to be published at {schedule.written}, but how it was submitted is not "
        "known, and the service does not call it staged: it may be published already",
        f"look at {result_command(change.address)}; if it was published, write `publish: service` on it, else "
        f"{approve_command(change.address)} publishes it",
        "publish",
    )


def held_without_time_notice(address: str, record: RecordedJob) -> Decision:
    """The warning about a held job whose publish time is no longer declared."""
    return warn(
        address,
        "held_without_time",
        f"{address} ({record.id}) was submitted as `publish: held`, so it stops before publishing, and no publish time "
        "is declared any more: it is not published by itself",
        f"give it a `schedule`; once it is produced, {approve_command(address)} publishes it",
        "schedule",
    )
