"""Single values of a series as people write them: `2 weeks`, `first mon`, `09:00`, `2026-12-05 20:15`. `parse_…`
returns what one means, and raises InvalidValue."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any, Final, get_args

from afsync.config.keys.values import Weekday
from afsync.config.problems import Code, InvalidValue
from afsync.core.recurrence import LAST_DAY, MonthDay, Unit

SKIP: Final = "skip"
WEEKDAYS: Final = get_args(Weekday)
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_EVERY = re.compile(r"(?:(\d{1,3}) )?(day|week|month)(s?)", re.ASCII)
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_NTH_DAY = re.compile(rf"({'|'.join(_NTH)}) ({'|'.join(WEEKDAYS)})", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_TIME = re.compile(r"\d\d:\d\d(?::\d\d)?", re.ASCII)
TIME_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def parse_every(written: str) -> tuple[Unit, int]:
    """`week` as week and 1, `2 weeks` as week and 2."""
    found = _EVERY.fullmatch(written)
    number = int(found[1]) if found and found[1] else 1
    if (
        found is None
        or number < 1
        or bool(found[1]) != bool(found[1] and (found[3] or number == 1))
        or (found[3] and not found[1])
    ):
        hint = "write day, week or month, or as 2 weeks or 3 months"
        raise InvalidValue(Code.BAD_FORM, f"`{written[:40]}` is not how often something repeats", hint)
    match found[2]:
        case "day":
            return "day", number
        case "week":
            return "week", number
        case _:
            return "month", number


def parse_rule_day(written: Any) -> MonthDay:
    """`mon`, `15`, `last`, `first mon`."""
    if isinstance(written, int) and not isinstance(written, bool) and 1 <= written <= 31:
        return MonthDay(day=written)
    if isinstance(written, str):
        if written.isascii() and written.isdigit() and 1 <= int(written[:3]) <= 31:
            return MonthDay(day=int(written))
        if written == "last":
            return MonthDay(day=-1)
        if written in WEEKDAYS:
            return MonthDay(weekday=WEEKDAYS.index(written))
        if found := _NTH_DAY.fullmatch(written):
            return MonthDay(nth=_NTH[found[1]], weekday=WEEKDAYS.index(found[2]))
    meant = weekday_meant(written) if isinstance(written, str) else None
    hint = (
        f"did you mean `{meant}`?"
        if meant
        else "write mon to sun; for months also 1 to 31, last, first mon to last fri"
    )
    raise InvalidValue(Code.UNKNOWN_VALUE, f"`{str(written)[:40]}` is not a day", hint)


def weekday_meant(written: str) -> str | None:
    """`Monday` as `mon`, `first Monday` as `first mon`; None where no weekday is named."""
    before, _, word = written.strip().lower().rpartition(" ")
    known = word[:3] in WEEKDAYS and any(day.startswith(word) for day in _NAMES)
    return f"{before} {word[:3]}".strip() if known and before in ("", *_NTH) else None


def parse_wall_time(written: str) -> time:
    """`09:00`, `23:59:30`."""
    try:
        if _TIME.fullmatch(written):
            return time.fromisoformat(written)
    except ValueError:
        pass
    raise InvalidValue(Code.BAD_TIME, f"`{written[:40]}` is not a time of day", "write it as 09:00, without an offset")


def parse_date(written: str) -> date:
    """`2026-12-07`."""
    try:
        if _DATE.fullmatch(written) and (day := date.fromisoformat(written)) <= LAST_DAY:
            return day
    except ValueError:
        pass
    raise InvalidValue(Code.BAD_TIME, f"`{written[:40]}` is not a date", "write it as 2026-12-07")


def parse_dated(written: str) -> tuple[date, time | None]:
    """`2026-12-05`, with or without a time of its own behind it."""
    day, _, clock = written.replace("T", " ").partition(" ")
    return parse_date(day), parse_wall_time(clock) if clock else None
