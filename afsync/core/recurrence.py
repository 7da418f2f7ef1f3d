"""The days of a rule in plain words: arithmetic on local dates, without a clock or a time zone.

A rule never looks at all of its days to find those of a window: it begins at the window.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cached_property
from typing import Literal, Protocol

from msgspec import Struct

Unit = Literal["day", "week", "month"]
LAST_DAY = date(2500, 12, 31)
"""No rule goes on for longer."""
_DAY = timedelta(days=1)
_STRETCH = timedelta(days=370)


class MonthDay(Struct, frozen=True):
    """A day of a month: a number, the last day (-1), or the `nth` (1 to 4, -1 for the last, None for every) of a
    weekday (0 is Monday)."""

    day: int | None = None
    nth: int | None = None
    weekday: int | None = None


class Dates(Protocol):
    """The days of a series, from a rule or a list. `between` includes both ends; a number counts from 1."""

    def between(self, first: date, last: date) -> list[date]: ...

    def has(self, day: date) -> bool: ...

    def number(self, day: date) -> int: ...

    @property
    def first(self) -> date | None: ...

    @property
    def last(self) -> date | None:
        """The last day where it is known without looking for it."""


class Rule(Struct, frozen=True, dict=True):
    """`every` so many days, weeks or months from `start` on, until (included) or for a `count` of days."""

    unit: Unit
    every: int
    start: date
    weekdays: tuple[int, ...] = ()
    monthdays: tuple[MonthDay, ...] = ()
    until: date | None = None
    count: int | None = None

    def between(self, first: date, last: date) -> list[date]:
        first, last = max(first, self.start), min(last, self._end)
        return list(self._days(first, last)) if first <= last else []

    def has(self, day: date) -> bool:
        return self.between(day, day) == [day]

    def number(self, day: date) -> int:
        return sum(1 for _ in self._days(self.start, day))

    @property
    def first(self) -> date | None:
        return self.start

    @property
    def last(self) -> date | None:
        return None if self.until is None and self.count is None else self._end

    @cached_property
    def _end(self) -> date:
        end = LAST_DAY if self.until is None else self.until
        if self.count is None:
            return end
        left, since = self.count, self.start
        while since <= end:
            found = list(self._days(since, min(since + _STRETCH, end)))
            if len(found) >= left:
                return found[left - 1]
            left, since = left - len(found), since + _STRETCH + _DAY
        return end

    def _days(self, first: date, last: date) -> Iterator[date]:
        """The days from `first`, which is not before `start`, to `last`, in order."""
        match self.unit:
            case "day":
                return self._daily(first, last)
            case "week":
                return self._weekly(first, last)
            case "month":
                return self._monthly(first, last)

    def _daily(self, first: date, last: date) -> Iterator[date]:
        day = first.toordinal() + (self.start - first).days % self.every
        for ordinal in range(day, last.toordinal() + 1, self.every):
            if not self.weekdays or (ordinal + 6) % 7 in self.weekdays:
                yield date.fromordinal(ordinal)

    def _weekly(self, first: date, last: date) -> Iterator[date]:
        monday = self.start.toordinal() - self.start.weekday()
        wanted = self.weekdays or (self.start.weekday(),)
        step, begin, end = 7 * self.every, first.toordinal(), last.toordinal()
        for week in range(monday + (begin - monday) // step * step, end + 1, step):
            for weekday in wanted:
                if begin <= week + weekday <= end:
                    yield date.fromordinal(week + weekday)

    def _monthly(self, first: date, last: date) -> Iterator[date]:
        origin = self.start.year * 12 + self.start.month - 1
        begin = first.year * 12 + first.month - 1
        for month in range(begin + (origin - begin) % self.every, last.year * 12 + last.month, self.every):
            for day in self._of_month(month // 12, month % 12 + 1):
                if first <= day <= last:
                    yield day

    def _of_month(self, year: int, month: int) -> list[date]:
        wanted = self.monthdays or (MonthDay(self.start.day),)
        first = date(year, month, 1)
        length = (date(year + month // 12, month % 12 + 1, 1) - first).days
        days = sorted({number for day in wanted for number in _numbers(day, first.weekday(), length)})
        return [first.replace(day=number) for number in days]


class Listed(Struct, frozen=True):
    """Days that are written down one by one, sorted."""

    days: tuple[date, ...]

    def between(self, first: date, last: date) -> list[date]:
        return [day for day in self.days if first <= day <= last]

    def has(self, day: date) -> bool:
        return day in self.days

    def number(self, day: date) -> int:
        return self.days.index(day) + 1

    @property
    def first(self) -> date | None:
        return self.days[0]

    @property
    def last(self) -> date | None:
        return self.days[-1]


def _numbers(wanted: MonthDay, first_weekday: int, length: int) -> list[int]:
    """The days of a month of that `length`, whose first day is that weekday."""
    if wanted.day is not None:
        day = length if wanted.day == -1 else wanted.day
        return [day] if day <= length else []
    assert wanted.weekday is not None
    all_of_it = list(range((wanted.weekday - first_weekday) % 7 + 1, length + 1, 7))
    if wanted.nth is None:
        return all_of_it
    return [all_of_it[-1]] if wanted.nth == -1 else [all_of_it[wanted.nth - 1]]
