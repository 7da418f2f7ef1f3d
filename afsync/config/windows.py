"""Spans as a policy writes them: `2h`, `22:00 to 06:00`, `2026-12-24 to 2026-12-26`."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Final

from afsync.config.problems import Code, Wrong

_LEAD = re.compile(r"(\d{1,6})(m|h|d)", re.ASCII)
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_LONGEST: Final = timedelta(days=365)
_HOURS = re.compile(r"(\d\d:\d\d) to (\d\d:\d\d)", re.ASCII)
_DATES = re.compile(r"(\d{4}-\d\d-\d\d)(?: to (\d{4}-\d\d-\d\d))?", re.ASCII)
_HOURS_HINT: Final = "write it as 22:00 to 06:00"
_DATES_HINT: Final = "write it as 2026-12-24 to 2026-12-26, or as one day"


def lead_time(written: str) -> timedelta:
    """`30m`, `2h`, `1d`, at most a year. Wrong(bad_form, out_of_range)."""
    found = _LEAD.fullmatch(written)
    if found is None:
        raise Wrong(Code.BAD_FORM, f"`{written[:40]}` is not a span of time", "write it as 30m, 2h or 1d")
    span = int(found[1]) * _UNITS[found[2]]
    if span > _LONGEST:
        raise Wrong(Code.OUT_OF_RANGE, f"`{written}` is longer than a year", "use 365d at the most")
    return span


def parse_hours(written: str) -> tuple[time, time]:
    """From and until; `24:00` is the next midnight. Wrong(bad_form)."""
    found = _HOURS.fullmatch(written)
    try:
        if found is None:
            raise ValueError
        start = time.fromisoformat(found[1])
        end = time() if found[2] == "24:00" else time.fromisoformat(found[2])
    except ValueError:
        raise Wrong(Code.BAD_FORM, f"`{written[:40]}` is not a span of hours", _HOURS_HINT) from None
    if found[1] == found[2]:
        raise Wrong(Code.BAD_FORM, f"`{written}` begins when it ends", "leave `hours` out for whole days")
    return start, end


def parse_dates(written: str) -> tuple[date, date]:
    """The first and the last day. Wrong(bad_form)."""
    found = _DATES.fullmatch(written)
    try:
        if found is None:
            raise ValueError
        first = date.fromisoformat(found[1])
        last = date.fromisoformat(found[2]) if found[2] else first
    except ValueError:
        raise Wrong(Code.BAD_FORM, f"`{written[:40]}` is not a day, nor a span of days", _DATES_HINT) from None
    if last < first:
        raise Wrong(Code.BAD_FORM, f"`{written}` ends before it begins", _DATES_HINT)
    return first, last
