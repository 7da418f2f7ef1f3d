"""The values of the calendar: its entries, the window of days that is shown, and its weeks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import key_of
from afsync.core.job_status import JobStatus, status_without_links
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Spending
from afsync.core.signed_links import text_without_signed, unsigned
from afsync.errors import Problem


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
