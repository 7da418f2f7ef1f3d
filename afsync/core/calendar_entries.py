"""The entries of the calendar: what is declared, recorded, in the account and upcoming, with the changes of a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.addresses import Kind, matches, occurrence_of
from afsync.core.calendar import CalendarEntry, Entries, EntryState, Window
from afsync.core.credits import estimate
from afsync.core.job_status import JobPhase, JobStatus
from afsync.core.moves.moves import moved
from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Plan
from afsync.core.remote_account import NOTHING_READ, Remote, RemoteJob
from afsync.core.resources import EMPTY, Desired, Job, Schedule, Values
from afsync.core.series.occurrence_notices import RowDate
from afsync.core.series.series import Occurrence
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import RecordedJob
from afsync.core.status_lines import statuses, with_template
from afsync.errors import Problem, Severity

_MARKS: Mapping[JobPhase, EntryState] = {
    JobPhase.ACTIVE: EntryState.ACTIVE,
    JobPhase.WAITING_FOR_APPROVAL: EntryState.WAITING,
    JobPhase.DONE: EntryState.DONE,
    JobPhase.FAILED: EntryState.FAILED,
    JobPhase.CANCELLED: EntryState.CANCELLED,
    JobPhase.MISSING: EntryState.MISSING,
    JobPhase.UNKNOWN: EntryState.UNRESOLVED,
}

_OBVIOUS = {"offline"}
"""What the calendar says in its own words."""


_FAILED = (JobPhase.FAILED, JobPhase.CANCELLED, JobPhase.MISSING)


class Known(Struct, frozen=True):
    """The values that entries are made from. `upcoming` are jobs beyond the horizon, `dates` occurrences there of which
    only the time could be read. `publish_times` are those that the account reports, by the service's id."""

    desired: Desired
    recorded: Recorded
    plan: Plan
    now: datetime
    upcoming: Mapping[str, Job] = field(default_factory=dict)
    dates: tuple[Occurrence, ...] = ()
    missed: tuple[Occurrence | RowDate, ...] = ()
    passed_over: tuple[Occurrence, ...] = ()
    without_row: tuple[Occurrence, ...] = ()
    seen: Remote = NOTHING_READ
    publish_times: Mapping[str, datetime] = field(default_factory=dict)


def entries(known: Known, window: Window, globs: tuple[str, ...] = (), platforms: tuple[str, ...] = ()) -> Entries:
    """The entries in the window; only the selected ones, where something is selected."""
    found, without_time = [], []
    for entry in (*_of_jobs(known), *_of_dates(known), *_of_account(known)):
        if isinstance(entry, str):
            without_time.append(entry)
        elif window.has(entry) and _chosen(entry, globs, platforms):
            found.append(entry)
    ordered = tuple(sorted(found, key=lambda e: (e.at, e.address)))
    untimed = tuple(sorted(a for a in without_time if not platforms and (not globs or matches(a, globs))))
    said: dict[str | None, list[Problem]] = defaultdict(list)
    for problem in (*known.plan.blocking, *known.plan.violations, *known.plan.notices):
        if problem.severity is not Severity.NOTE and problem.code not in _OBVIOUS:
            said[problem.address or None].append(problem)
    noticed = (replace(e, notices=tuple(said[e.address])) if e.address in said else e for e in ordered)
    return Entries(tuple(noticed), untimed, tuple(said[None]), known.plan.budget)


def _chosen(entry: CalendarEntry, globs: tuple[str, ...], platforms: tuple[str, ...]) -> bool:
    return (not globs or matches(entry.address, globs)) and (
        not platforms or not {*platforms}.isdisjoint(entry.platforms)
    )


def _of_jobs(known: Known) -> Iterator[CalendarEntry | str]:
    """The declared and the recorded jobs, under the addresses that they have once the plan is applied."""
    moves = [c for c in known.plan.changes if c.moved_from is not None]
    recorded = moved(known.recorded, moves) if moves else known.recorded
    changes = {c.address: c for c in known.plan.changes if c.kind is Kind.JOB and c.action is not Action.MOVE}
    withheld = {c.address: c for c in known.plan.withheld if c.kind is Kind.JOB}
    for status in statuses(known.desired, recorded, known.seen, known.now):
        if status.cancelled:
            continue
        change = changes.get(status.address) or withheld.get(status.address)
        record = recorded.jobs.get(status.address)
        entry = _of_job(status, known, record, change, held=status.address in withheld)
        yield entry if entry is not None else status.address
    for address, job in known.upcoming.items():
        if job.schedule is not None:
            entry = _described(address, job.schedule.utc, EntryState.UPCOMING, job.values, known)
            yield replace(entry, zone=job.schedule.zone, expected=_price(job.values, known))


def _of_job(
    status: JobStatus, known: Known, record: RecordedJob | None, change: Change | None, *, held: bool
) -> CalendarEntry | None:
    job = known.desired.jobs.get(status.address)
    now, wanted = _times(status, job, record, change, held=held)
    at = wanted or now
    if at is None:
        return None
    values = job.values if job else record.declared if record else EMPTY
    entry = _described(status.address, at.utc, _mark(status, change, record, held=held), values, known)
    submits = change is not None and change.credits.spend
    return replace(
        entry,
        zone=at.zone or (job.schedule.zone if job and job.schedule else None),
        before=now.utc if now is not None and wanted is not None and now.utc != wanted.utc else None,
        credits=record.credits if record else None,
        expected=change.credits.spend if change is not None and submits else None,
        status=status,
        change=change,
        link=status.output_url or (status.preview.video_url if status.preview else None),
        sequence=record.time_serial if record else known.recorded.serial,
    )


def _times(
    status: JobStatus, job: Job | None, record: RecordedJob | None, change: Change | None, *, held: bool
) -> tuple[Schedule | None, Schedule | None]:
    """The publish time that the job has, and the one that the plan gives it."""
    declared = job.schedule if job else None
    if record is None:
        return None, declared
    now = status.schedule
    if now is None and record.schedule is not None and status.phase in _FAILED:
        now = record.schedule  # nothing is published then any more; it stands where it was to be
    elif now is None and record.schedule is not None:  # an approval was faster
        now = Schedule("", record.approved_at, record.schedule.zone) if record.approved_at else None
    if change is None or held:
        return now or (declared if status.time_missing else None), None
    if change.observed is not None:
        now = change.observed
    moves = change.action in (Action.RESCHEDULE, Action.REPLACE) and isinstance(change.after, Job)
    return now, change.after.schedule if moves and isinstance(change.after, Job) else None


def _mark(status: JobStatus, change: Change | None, record: RecordedJob | None, *, held: bool) -> EntryState:
    if status.phase is JobPhase.UNKNOWN and not status.unresolved:
        return EntryState.PLANNED if change is not None and not held else EntryState.HELD_BACK
    unpublished = status.phase is JobPhase.ACTIVE or (status.phase is JobPhase.DONE and status.time_missing)
    return EntryState.PRODUCED if record and unpublished and status.produced else _MARKS[status.phase]


def _of_dates(known: Known) -> Iterator[CalendarEntry]:
    """Entries for dates without a job: missed, without a row, or with a row that cannot be read yet."""
    marked = (
        (known.missed, EntryState.MISSED),
        (known.passed_over, EntryState.PASSED_OVER),
        (known.without_row, EntryState.NO_ROW),
        (known.dates, EntryState.UPCOMING),
    )
    for dates, mark in marked:
        for each in dates:
            yield _described(each.address, each.utc, mark, EMPTY, known)


def _of_account(known: Known) -> Iterator[CalendarEntry]:
    """Entries for what the account is going to publish and the state does not know."""
    ours = {r.id for r in known.recorded.jobs.values()} | known.recorded.watched.keys()
    unread = RemoteJob("", "")
    for job_id, at in known.publish_times.items():
        if job_id not in ours:
            job = known.seen.jobs.get(job_id, unread)
            described = _described(job_id, at, EntryState.UNDECLARED, job.echo, known)
            yield replace(described, show=None, link=job.output_url)


def _described(address: str, at: datetime, mark: EntryState, values: Values, known: Known) -> CalendarEntry:
    key, whole = values.get("template"), with_template(values, known.desired, known.recorded)
    topic, platforms = whole.get("topic"), whole.get("platforms")
    listed = tuple(sorted({str(p) for p in platforms})) if isinstance(platforms, list | tuple) else ()
    series = occurrence_of(address)
    return CalendarEntry(
        address,
        at,
        mark,
        sequence=known.recorded.serial,
        title=topic if isinstance(topic, str) else "",
        show=series[0] if series else None,
        template=key if isinstance(key, str) else None,
        platforms=listed,
    )


def _price(values: Values, known: Known) -> int:
    return estimate(with_template(values, known.desired, known.recorded), known.recorded.costs)
