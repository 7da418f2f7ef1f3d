"""Spans of time as people write them: `2h`, `22:00 to 06:00`, `2026-12-24 to 2026-12-26`."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Final

from afsync.config.problems import Code, Wrong

_SPAN = re.compile(r"(\d{1,6})(s|m|h|d)", re.ASCII)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_HOURS = re.compile(r"(\d\d:\d\d) to (\d\d:\d\d)", re.ASCII)
_DATES = re.compile(r"(\d{4}-\d\d-\d\d)(?: to (\d{4}-\d\d-\d\d))?", re.ASCII)
_HOURS_HINT: Final = "write it as 22:00 to 06:00"
_DATES_HINT: Final = "write it as 2026-12-24 to 2026-12-26, or as one day"


def lead_time(written: str) -> timedelta:
    """`30m`, `2h`, `1d`, at most a year. Wrong(bad_form, out_of_range)."""
    span = _span(written, "mhd")
    if span is None:
        raise Wrong(Code.BAD_FORM, f"`{written[:40]}` is not a span of time", "write it as 30m, 2h or 1d")
    if span > timedelta(days=365):
        raise Wrong(Code.OUT_OF_RANGE, f"`{written}` is longer than a year", "use 365d at the most")
    return span


def quarantine_seconds(written: str) -> int:
    """`10m`, `90s`, `1h` in seconds, at most a day. Wrong(bad_form, out_of_range)."""
    span = _span(written, "smh")
    if span is None:
        raise Wrong(Code.BAD_FORM, f"`{written[:40]}` is not a duration", "write it as 90s, 10m or 1h")
    if span > timedelta(days=1):
        raise Wrong(Code.OUT_OF_RANGE, f"`{written}` is longer than a day", "use 24h at the most")
    return int(span.total_seconds())


def watch_seconds(written: str) -> int:
    """`24h`, `90m`, `7d` in seconds, at most 30 days. Wrong(bad_form, out_of_range)."""
    span = _span(written, "smhd")
    if span is None:
        raise Wrong(Code.BAD_FORM, f"`{written[:40]}` is not a duration", "write it as 90m, 24h or 7d")
    if span > timedelta(days=30):
        raise Wrong(Code.OUT_OF_RANGE, f"`{written}` is longer than 30 days", "use 30d at the most")
    return int(span.total_seconds())


def parse_span(written: str) -> timedelta:
    """`28d`, `36h`, at most ten years. Wrong(bad_form, out_of_range)."""
    span = _span(written, "hd")
    if span is None:
        raise Wrong(Code.BAD_FORM, f"`{written[:40]}` is not a span of time", "write it as 14d or 36h")
    if span > timedelta(days=3660):
        raise Wrong(Code.OUT_OF_RANGE, f"`{written}` is longer than ten years", "use 3660d at the most")
    return span


def _span(written: str, units: str) -> timedelta | None:
    found = _SPAN.fullmatch(written)
    return int(found[1]) * _UNITS[found[2]] if found and found[2] in units else None


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
