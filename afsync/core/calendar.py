"""The calendar: its window of days and its weeks, and its entries, which are what is declared, recorded, in the
account and upcoming, with the changes of a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.addresses import Kind, key_of, matches, occurrence_of
from afsync.core.credits import estimate
from afsync.core.job_status import JobPhase, JobStatus, status_without_links
from afsync.core.links import text_without_signed, unsigned
from afsync.core.moved_records import moved
from afsync.core.occurrence_notices import RowDate
from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Plan, Spending
from afsync.core.records import RecordedJob
from afsync.core.remote_account import NOTHING_READ, Remote, RemoteJob
from afsync.core.resources import EMPTY, Desired, Job, Schedule, Values
from afsync.core.series import Occurrence
from afsync.core.state import Recorded
from afsync.core.status_lines import statuses, with_template
from afsync.errors import Problem, Severity


class EntryState(StrEnum):
    """The state of an entry: the phases of `afsync status`, and states of what is not at the service yet."""

    DONE = "done"
    PRODUCED = "produced"
    WAITING = "waiting_for_approval"
    ACTIVE = "active"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MISSING = "missing"
    UNRESOLVED = "unresolved"
    PLANNED = "to_submit"
    HELD_BACK = "held_back"
    UPCOMING = "upcoming"
    MISSED = "missed"
    PASSED_OVER = "passed_over"
    NO_ROW = "no_row"
    UNDECLARED = "not_declared"


class CalendarEntry(Struct, frozen=True):
    """One video in the calendar.

    `at` is its publish time as it is once the plan is applied, `zone` the zone of its clock; `before` is the time that
    it has now, where the plan moves it. `credits` is what it took, where that is known, `expected` what a submission
    that is still to come is expected to take. `show` is the series it belongs to. `status` is as `afsync status` has
    it, `change` what the plan does. `sequence` is the serial of the state when its time last changed, or of now for
    what is not recorded.
    """

    address: str
    at: datetime
    mark: EntryState
    zone: str | None = None
    before: datetime | None = None
    title: str = ""
    show: str | None = None
    template: str | None = None
    platforms: tuple[str, ...] = ()
    credits: int | None = None
    expected: int | None = None
    status: JobStatus | None = None
    change: Change | None = None
    link: str | None = None
    sequence: int = 0
    notices: tuple[Problem, ...] = ()

    @property
    def key(self) -> str:
        return key_of(self.address) if "." in self.address else self.address


class Window(Struct, frozen=True):
    """The days that are shown, both included, by the clock of `zone`."""

    first: date
    last: date
    zone: tzinfo

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def end(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)

    def has(self, entry: CalendarEntry) -> bool:
        return any(t is not None and self.start <= t < self.end for t in (entry.at, entry.before))


class Entries(Struct, frozen=True):
    """The entries by time, the addresses of jobs without a time, and notices that belong to no entry, such as how the
    budget stands."""

    entries: tuple[CalendarEntry, ...] = ()
    without_time: tuple[str, ...] = ()
    notices: tuple[Problem, ...] = ()
    budget: Spending | None = None


def entry_without_links(entry: CalendarEntry) -> CalendarEntry:
    """The entry without signed links, and without links for reviewers."""
    return replace(
        entry,
        link=unsigned(entry.status.output_url if entry.status else entry.link),
        title=text_without_signed(entry.title),
        status=entry.status and status_without_links(entry.status),
    )


class Week(Struct, frozen=True):
    """Seven days from a Monday on, and what is published on each."""

    monday: date
    days: tuple[tuple[CalendarEntry, ...], ...]

    @property
    def entries(self) -> Iterator[CalendarEntry]:
        return (entry for day in self.days for entry in day)

    @property
    def credits(self) -> tuple[int, int]:
        """The credits that are known to be charged, and those that are still expected."""
        found = list(self.entries)
        return sum(e.credits or 0 for e in found), sum(e.expected or 0 for e in found)


def weeks(found: Iterable[CalendarEntry], window: Window) -> list[Week]:
    """The weeks of a window, empty ones and days included."""
    by_day: dict[date, list[CalendarEntry]] = defaultdict(list)
    for entry in found:
        by_day[entry.at.astimezone(window.zone).date()].append(entry)
    monday = window.first - timedelta(days=window.first.weekday())
    result = []
    while monday <= window.last:
        days = [monday + timedelta(days=n) for n in range(7)]
        result.append(Week(monday, tuple(tuple(by_day[day]) for day in days)))
        monday += timedelta(days=7)
    return result


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
