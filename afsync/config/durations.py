"""Spans of time as people write them: `2h`, `22:00 to 06:00`, `2026-12-24 to 2026-12-26`."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Final

from afsync.config.problems import Code, InvalidValue
from afsync.core.regex import regex

_SPAN = regex(r"(\d{1,6})(s|m|h|d)", re.ASCII)
_UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_HOURS = regex(r"(\d\d:\d\d) to (\d\d:\d\d)", re.ASCII)
_DATES = regex(r"(\d{4}-\d\d-\d\d)(?: to (\d{4}-\d\d-\d\d))?", re.ASCII)
_HOURS_HINT: Final = "write it as 22:00 to 06:00"
_DATES_HINT: Final = "write it as 2026-12-24 to 2026-12-26, or as one day"


def lead_time(written: str) -> timedelta:
    """`30m`, `2h`, `1d`, at most a year. InvalidValue(bad_form, out_of_range)."""
    return _span(written, "mhd", (timedelta(days=365), "a year", "365d"), "30m, 2h or 1d")


def duration_seconds(written: str) -> int:
    """`10m`, `90s`, `1h` in seconds, at most a day. InvalidValue(bad_form, out_of_range)."""
    return _seconds(_span(written, "smh", (timedelta(days=1), "a day", "24h"), "90s, 10m or 1h", "a duration"))


def watch_seconds(written: str) -> int:
    """`24h`, `90m`, `7d` in seconds, at most 30 days. InvalidValue(bad_form, out_of_range)."""
    return _seconds(_span(written, "smhd", (timedelta(days=30), "30 days", "30d"), "90m, 24h or 7d", "a duration"))


def parse_span(written: str) -> timedelta:
    """`28d`, `36h`, at most ten years. InvalidValue(bad_form, out_of_range)."""
    return _span(written, "hd", (timedelta(days=3660), "ten years", "3660d"), "14d or 36h")


def _span(
    written: str, units: str, most: tuple[timedelta, str, str], examples: str, kind: str = "a span of time"
) -> timedelta:
    """`most` is the longest one allowed, in words, and as it is written."""
    longest, in_words, as_written = most
    found = _SPAN.fullmatch(written)
    if found is None or found[2] not in units:
        raise InvalidValue(Code.BAD_FORM, f"`{written[:40]}` is not {kind}", f"write it as {examples}")
    span = int(found[1]) * _UNITS[found[2]]
    if span > longest:
        raise InvalidValue(Code.OUT_OF_RANGE, f"`{written}` is longer than {in_words}", f"use {as_written} at the most")
    return span


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def parse_hours(written: str) -> tuple[time, time]:
    """From and until; `24:00` is the next midnight. InvalidValue(bad_form)."""
    found = _HOURS.fullmatch(written)
    try:
        if found is None:
            raise ValueError
        start = time.fromisoformat(found[1])
        end = time() if found[2] == "24:00" else time.fromisoformat(found[2])
    except ValueError:
        raise InvalidValue(Code.BAD_FORM, f"`{written[:40]}` is not a span of hours", _HOURS_HINT) from None
    if found[1] == found[2]:
        raise InvalidValue(Code.BAD_FORM, f"`{written}` begins when it ends", "leave `hours` out for whole days")
    return start, end


def parse_day(written: str) -> date:
    """One day, `2026-12-24`. InvalidValue(bad_form)."""
    first, last = parse_dates(written)
    if " " in written:
        raise InvalidValue(Code.BAD_FORM, f"`{written[:40]}` is not one day", "write it as 2026-12-24")
    return min(first, last)


def parse_dates(written: str) -> tuple[date, date]:
    """The first and the last day. InvalidValue(bad_form)."""
    found = _DATES.fullmatch(written)
    try:
        if found is None:
            raise ValueError
        first = date.fromisoformat(found[1])
        last = date.fromisoformat(found[2]) if found[2] else first
    except ValueError:
        raise InvalidValue(Code.BAD_FORM, f"`{written[:40]}` is not a day, nor a span of days", _DATES_HINT) from None
    if last < first:
        raise InvalidValue(Code.BAD_FORM, f"`{written}` ends before it begins", _DATES_HINT)
    return first, last
