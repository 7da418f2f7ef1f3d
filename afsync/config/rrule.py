"""Rules of RFC 5545, on local dates. The only module that imports python-dateutil."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, time
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.config.problems import Code, InvalidValue
from afsync.core.recurrence import LAST_DAY

if TYPE_CHECKING:
    from dateutil.rrule import rrule

_NO_TIME = time()


class _Looked(Struct):
    """The days up to one that were computed already."""

    until: date = date.min
    days: list[date] = []


class RecurrenceRule(Struct, frozen=True, dict=True):
    """The days of a rule from `start` on, until (included) or for a `count` of them. The text says neither.

    dateutil looks at every day from the first on, so it is always told where to stop: some rules have no day at all.
    """

    text: str
    start: date
    until: date | None = None
    count: int | None = None

    def between(self, first: date, last: date) -> list[date]:
        days = self._days(last)
        return days[bisect_left(days, first) : bisect_right(days, last)]

    def has(self, day: date) -> bool:
        return self.between(day, day) == [day]

    def number(self, day: date) -> int:
        return bisect_right(self._days(day), day)

    @property
    def first(self) -> date | None:
        return self.start

    @property
    def last(self) -> date | None:
        return self.until

    def _days(self, last: date) -> list[date]:
        end = min(last, self.until or LAST_DAY)
        if end > self._looked.until:
            rule = self._rule.replace(until=datetime.combine(end, _NO_TIME))
            self._looked.days = [moment.date() for moment in rule][: self.count]
            self._looked.until = end
        return self._looked.days

    @cached_property
    def _rule(self) -> rrule:
        return parsed(self.text, self.start)

    @cached_property
    def _looked(self) -> _Looked:
        return _Looked()


def parsed(text: str, start: date) -> rrule:
    """The rule as a `dateutil.rrule`. Raises InvalidValue for what dateutil does not understand."""
    # Imported here: it takes long to load, and most rules are in plain words.
    from dateutil.rrule import rrule, rrulestr

    try:
        found = rrulestr(text, dtstart=datetime.combine(start, _NO_TIME), cache=False)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        hint = "write it as FREQ=WEEKLY;BYDAY=MO"
        raise InvalidValue(Code.BAD_FORM, f"`{text[:80]}` is not a rule of RFC 5545: {error}", hint) from None
    assert isinstance(found, rrule)
    return found
