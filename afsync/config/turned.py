"""Dates as spreadsheets and people write them, `14.12.2026` or `12/14/2026`: which days they can mean."""

from __future__ import annotations

import re
from datetime import date

_YEAR_LAST = re.compile(r"(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-](?P<year>\d{4})(?P<rest>\D.*)?", re.ASCII)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[./](?P<month>\d{1,2})[./](?P<day>\d{1,2})(?P<rest>\D.*)?", re.ASCII)
_CLOCK = re.compile(r"[,T]?\s*(\d{1,2}):(\d\d)(:\d\d)?", re.ASCII)


def days_meant(text: str) -> list[date]:
    """The days that it can mean: two where day and month may be the other way round, none where it is no such date."""
    if found := _YEAR_FIRST.fullmatch(text):
        return _days(found["year"], (found["month"], found["day"]))
    if found := _YEAR_LAST.fullmatch(text):
        return _days(found["year"], (found["b"], found["a"]), (found["a"], found["b"]))
    return []


def times_meant(text: str) -> list[str]:
    """The same with its time, as a schedule is written; 09:00 where it has none, and no times for a time that cannot be
    read."""
    found = _YEAR_FIRST.fullmatch(text) or _YEAR_LAST.fullmatch(text)
    rest = (found["rest"] or "" if found else "").strip()
    clock = _CLOCK.fullmatch(rest) if rest else None
    if rest and (clock is None or int(clock[1]) > 23 or int(clock[2]) > 59):
        return []
    at = f"{clock[1]:0>2}:{clock[2]}{clock[3] or ''}" if clock else "09:00"
    return [f"{day} {at}" for day in days_meant(text)]


def _days(year: str, *pairs: tuple[str, str]) -> list[date]:
    found = []
    for month, day in dict.fromkeys(pairs):
        try:
            found.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return [*dict.fromkeys(found)]
