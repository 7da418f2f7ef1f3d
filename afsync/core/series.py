"""A series: one job with many occurrences, and which of them are declared at a moment.

An occurrence is known by the local date of the rule and the name of the time, so that neither a change of the hour, the
zone or the horizon nor one at the other end of the rule gives it another address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal, Protocol

from msgspec import Struct, field

from afsync.core.addresses import MAIN, instance_of, occurrence_address, parse_instance
from afsync.core.held_jobs import stops
from afsync.core.records import RecordedJob
from afsync.core.recurrence import Dates
from afsync.core.service_statuses import ENDED, group_of
from afsync.core.state import Considered

WHEN_MISSING = Literal["error", "later", "earlier", "skip"]
WHEN_REPEATED = Literal["error", "first", "second"]
_AROUND = timedelta(days=2)
"""A local date and its instant are never further apart."""
_LONGEST_HOLIDAY = 15
"""After this many free days in a row the occurrence is left out."""


class FreeDays(Protocol):
    """Days on which nothing is published."""

    def has(self, day: date) -> bool: ...


class DaysOff(Struct, frozen=True):
    """Free days, and what happens to an occurrence on one."""

    days: FreeDays
    then: Literal["skip", "next", "previous"] = "skip"

    def instead(self, day: date) -> date | None:
        """The day itself where it is not free, else the nearest before or behind it; None where it is left out."""
        step = timedelta(days={"skip": 0, "next": 1, "previous": -1}[self.then])
        for _ in range(_LONGEST_HOLIDAY):
            if not self.days.has(day):
                return day
            if not step:
                return None
            day += step
        return None


class Deviation(Struct, frozen=True):
    """The change that an exception makes to the time of one occurrence."""

    skip: bool = False
    on: date | None = None
    at: time | None = None
    rerun: bool = False


_AS_THE_RULE_SAYS = Deviation()


class Occurrence(Struct, frozen=True):
    """One date of a series. `day` and `name` are its identity; `local` is its time by the clock of its zone, `utc`
    the instant. `trouble`: that time does not exist, or comes twice, and the rule does not say what then.
    `twice`: the clock shows it twice, so that its offset has to be written."""

    series: str
    day: date
    name: str
    local: datetime
    utc: datetime
    trouble: Literal["", "missing", "repeated"] = ""
    twice: bool = False

    @property
    def instance(self) -> str:
        return instance_of(self.day, self.name)

    @property
    def address(self) -> str:
        return occurrence_address(self.series, self.instance)


class Series(Struct, frozen=True):
    """A rule with its times. `times` are wall times by name, `own` those of single dates, `deviations` by instance."""

    key: str
    dates: Dates
    zone: tzinfo
    horizon: timedelta
    keep: timedelta
    times: Mapping[str, time] = field(default_factory=dict)
    own: Mapping[date, time] = field(default_factory=dict)
    missing: WHEN_MISSING = "error"
    repeated: WHEN_REPEATED = "error"
    deviations: Mapping[str, Deviation] = field(default_factory=dict)
    off: DaysOff | None = None

    def find(self, instance: str) -> Occurrence | None:
        """The occurrence of that key; None where the rule has none, or an exception or the clocks leave it out."""
        parts = parse_instance(instance)
        if parts is None or not self.knows(instance):
            return None
        return self._occurrence(*parts)

    def knows(self, instance: str) -> bool:
        """Whether the rule has that date and time, left out or not."""
        parts = parse_instance(instance)
        return parts is not None and self._wall(*parts) is not None and self.dates.has(parts[0])

    def between(self, after: datetime, until: datetime) -> list[Occurrence]:
        """The occurrences later than `after` and not later than `until`, by time."""
        if until <= after:
            return []
        around = _AROUND + timedelta(days=_LONGEST_HOLIDAY if self.off else 0)
        first, last = (after - around).date(), (until + around).date()
        found = [o for day in self.dates.between(first, last) for o in self.of_day(day)]
        moved = [i for i, d in self.deviations.items() if d.on is not None]
        found += [o for o in map(self.find, moved) if o is not None and not first <= o.day <= last]
        return sorted((o for o in found if after < o.utc <= until), key=lambda o: (o.utc, o.instance))

    def within_horizon(self, now: datetime) -> list[Occurrence]:
        """The occurrences ahead that are to be submitted by now, by time. One that is moved beyond the horizon is among
        them as soon as its own date is: after that date it would be taken for one that was passed over."""
        until = now + self.horizon
        found = self.between(now, until)
        moved = [o for i, d in self.deviations.items() if d.on is not None and (o := self.find(i)) is not None]
        if self.off is not None:
            own_days = self.dates.between((now - _AROUND).date(), (until + _AROUND).date())
            moved += [o for day in own_days for o in self.of_day(day)]
        behind = {o.instance: o for o in moved if o.utc > until and self.enters(o) <= until}
        return [*found, *sorted(behind.values(), key=lambda o: (o.utc, o.instance))]

    def enters(self, occurrence: Occurrence) -> datetime:
        """When the horizon lets it in: at its time, or at that of its own date where it is moved to a later one."""
        if occurrence.local.date() <= occurrence.day:
            return occurrence.utc
        return datetime.combine(occurrence.day, occurrence.local.time(), self.zone).astimezone(UTC)

    def of_day(self, day: date) -> Iterable[Occurrence]:
        found = (self._occurrence(day, name) for name in self.names_of(day))
        return (o for o in found if o is not None)

    def names_of(self, day: date) -> Iterable[str]:
        """The names of the times that a day of the rule has."""
        return (MAIN,) if day in self.own else self.times

    def _wall(self, day: date, name: str) -> time | None:
        own = self.own.get(day)
        if own is not None:
            return own if name == MAIN else None
        return self.times.get(name)

    def _occurrence(self, day: date, name: str) -> Occurrence | None:
        wall = self._wall(day, name)
        if wall is None:
            return None
        deviation = self.deviations.get(instance_of(day, name)) if self.deviations else None
        if deviation is None and self.off is None:
            return self._at(day, name, datetime.combine(day, wall))
        deviation = deviation or _AS_THE_RULE_SAYS
        on = deviation.on or (self.off.instead(day) if self.off else day)
        if deviation.skip or on is None:
            return None
        return self._at(day, name, datetime.combine(on, deviation.at or wall))

    def _at(self, day: date, name: str, local: datetime) -> Occurrence | None:
        before, after = self.zone.utcoffset(local), self.zone.utcoffset(local.replace(fold=1))
        assert before is not None and after is not None
        if before == after:
            return Occurrence(self.key, day, name, local, (local - before).replace(tzinfo=UTC))
        gap = before < after
        if gap and self.missing == "skip":
            return None
        offset = after if (self.missing == "earlier" if gap else self.repeated == "second") else before
        there = (local - offset).replace(tzinfo=UTC)
        unsaid = (self.missing if gap else self.repeated) == "error"
        trouble: Literal["", "missing", "repeated"] = ("missing" if gap else "repeated") if unsaid else ""
        wall = there.astimezone(self.zone).replace(tzinfo=None)
        return Occurrence(self.key, day, name, wall, there, trouble, twice=not gap)


class SeriesState(Struct, frozen=True):
    """The occurrences of a series at a moment.

    `declared`: what is to be in the account. `entered`: the instances among these that are new because time passed,
    not because of an edit. `missed`: whose time has passed unsubmitted since the state was last applied.
    `passed_over`: ahead, but of a date that was considered before, so that it is not submitted by itself. `left`:
    instances that ended long ago.
    """

    declared: tuple[Occurrence, ...]
    entered: frozenset[str]
    missed: tuple[Occurrence, ...]
    passed_over: tuple[Occurrence, ...]
    left: tuple[str, ...]


def series_state(
    series: Series,
    now: datetime,
    known: Considered | None,
    records: Mapping[str, RecordedJob],
    wanted: Iterable[str] = (),
) -> SeriesState:
    """The occurrences of a series that are declared at `now`. `records` are its recorded occurrences by instance;
    `wanted` are instances that are declared whatever the horizon: those with an open intent, taken over, or submitted
    again. The state does not forget them, or they would be new."""
    wanted = frozenset(wanted)
    seen = known.until if known else None
    begun = seen.astimezone(series.zone).date() if seen else None
    declared = {o.instance: o for o in map(series.find, (*records, *wanted)) if o is not None}
    entered, passed_over = set(), []
    for occurrence in series.within_horizon(now):
        instance = occurrence.instance
        if instance in declared:
            continue
        if begun is not None and occurrence.day < begun:
            passed_over.append(occurrence)
            continue
        declared[instance] = occurrence
        if seen is not None and series.enters(occurrence) > seen + series.horizon:
            entered.add(instance)
    fresh = {o.day for i, o in declared.items() if i not in records}
    over = [o for i, r in records.items() if i not in declared and (o := _over(series, i, r, now)) is not None]
    declared |= {o.instance: o for o in over if o.day not in fresh}
    old = (i for i, o in declared.items() if (r := records.get(i)) and _ended(o, r, series, now))
    left = tuple(i for i in old if i not in wanted)
    missed = [o for o in series.between(seen, now) if o.instance not in declared] if seen else []
    ordered = tuple(sorted(declared.values(), key=lambda o: (o.utc, o.instance)))
    return SeriesState(ordered, frozenset(entered), tuple(missed), tuple(passed_over), left)


def has_ended(record: RecordedJob) -> bool:
    """Whether nothing can become of a job whose time has passed. What waits for its approval, or for afsync to publish
    it, can still be published."""
    return group_of(record.status, waits=stops(record)) in ENDED


def _over(series: Series, instance: str, record: RecordedJob, now: datetime) -> Occurrence | None:
    """The occurrence of a date that the rule has no more, where its job has ended and its time has passed. It stays
    until `keep` is over: else a new date that asks for the same would be taken for it, and not be published."""
    parts, schedule = parse_instance(instance), record.schedule
    if parts is None or schedule is None or schedule.utc > now or not has_ended(record):
        return None
    local = schedule.utc.astimezone(series.zone).replace(tzinfo=None)
    return Occurrence(series.key, *parts, local, schedule.utc)


def _ended(occurrence: Occurrence, record: RecordedJob, series: Series, now: datetime) -> bool:
    """Whether the state may forget the occurrence. Not on the days around its own: a later hour, or another zone, would
    make it a future one."""
    days_ago = (now.astimezone(series.zone).date() - occurrence.day).days
    return has_ended(record) and occurrence.utc + series.keep < now and days_ago > _AROUND.days


def considered(series: Series, now: datetime, known: Considered | None, zone_data: str | None = None) -> Considered:
    """The note for the state that the series was considered at `now`. Within a day in which no occurrence passed it is
    the known value, so that an apply with nothing to do writes nothing."""
    today = now.astimezone(series.zone).date()
    if known is None:
        return Considered(now, today.isoformat(), zone_data)
    same_day = known.until.astimezone(series.zone).date() == today
    if now <= known.until or (same_day and not series.between(known.until, now)):
        return known
    return Considered(now, known.since, zone_data)
