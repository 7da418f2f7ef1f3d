"""Single values of a series as people write them: `2 weeks`, `first mon`, `09:00`, `2026-12-05 20:15`.

`parse_…` returns what one means, `check_…` the value itself; both raise InvalidValue.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any, Final, get_args

from afsync.config.keys.values import Weekday, check_of_text, must_be_text
from afsync.config.problems import Code, InvalidValue
from afsync.core.addresses import parse_instance
from afsync.core.recurrence import LAST_DAY, MonthDay, Unit

SKIP: Final = "skip"
_FREQ = re.compile(r"(?:^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|$)", re.ASCII)
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)

_HIGHEST: Final = {
    "INTERVAL": 999,
    "COUNT": 10_000,
    "BYMONTH": 12,
    "BYMONTHDAY": 31,
    "BYYEARDAY": 366,
    "BYWEEKNO": 53,
    "BYSETPOS": 366,
}
"""The numbers of a rule go from 1 to these, and what counts days or weeks from their negatives to -1 as well."""

_PARTS = frozenset({"FREQ", "UNTIL", "WKST", "BYDAY", *_HIGHEST})

_ONLY_IN: Final = {
    "BYYEARDAY": ("YEARLY",),
    "BYWEEKNO": ("YEARLY",),
    "BYMONTHDAY": ("DAILY", "MONTHLY", "YEARLY"),
}
"""Other rules ignore them, or count in another way."""

_NTH_OF_RULE = re.compile(r"(?:^|,)[+-]?\d", re.ASCII)
_LONGEST_RRULE: Final = 300
WEEKDAYS: Final = get_args(Weekday)
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
    hint = "write mon to sun; for months also 1 to 31, last, first mon to last fri"
    raise InvalidValue(Code.UNKNOWN_VALUE, f"`{str(written)[:40]}` is not a day", hint)


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


def check_day(value: Any) -> Any:
    """A day of a rule."""
    parse_rule_day(value)
    return value


check_every = check_of_text(parse_every, "write day, week or month, or as 2 weeks or 3 months")
check_date = check_of_text(parse_date, "write it as 2026-12-07")
check_dated = check_of_text(parse_dated, "write it as 2026-12-05 20:15")
check_wall_time = check_of_text(parse_wall_time, "write it as 09:00")
MOST_TIMES = 48


def check_times(value: Any) -> Any:
    """A time of day, or several by name."""
    if not isinstance(value, dict):
        return check_wall_time(value)
    if not value:
        raise InvalidValue(Code.NO_VALUE, "`at` is empty", 'write a time, as in at: "09:00"')
    if len(value) > MOST_TIMES:
        hint = "make several jobs of it"
        raise InvalidValue(Code.TOO_LARGE, f"`at` has {len(value)} times, and {MOST_TIMES} are allowed", hint)
    for name, clock in value.items():
        if not TIME_NAME.fullmatch(str(name)):
            raise InvalidValue(
                Code.BAD_KEY, f"`{str(name)[:60]}` cannot be the name of a time", "use letters and digits"
            )
        check_wall_time(clock)
    return value


def check_instance(value: Any) -> Any:
    """The key of an occurrence."""
    if not isinstance(value, str) or parse_instance(value) is None:
        hint = "write it as 2026-12-28, or 2026-12-28/late for a time named late"
        raise InvalidValue(Code.BAD_KEY, f"`{str(value)[:60]}` is not the date of an occurrence", hint)
    return value


def check_place(value: Any) -> Any:
    """The code of a country, or of a part of it."""
    hint = "write the code of a country (ISO 3166), with that of a part of it or without: DE, DE-BE, US-NY"
    if not _PLACE.fullmatch(must_be_text(value, hint)):
        raise InvalidValue(Code.BAD_FORM, f"`{value[:40]}` is not the code of a country", hint)
    return value


def check_rrule(value: Any) -> Any:
    """A rule of RFC 5545 that only names dates."""
    text = must_be_text(value, "write it as FREQ=WEEKLY;BYDAY=MO")
    hint = "write it as FREQ=WEEKLY;BYDAY=MO; its first day goes in `from`, its times in `at`"
    frequency = _FREQ.search(text)
    seen: set[str] = set()
    for part in text.split(";"):
        name, _, given = part.partition("=")
        if name not in _PARTS or not given:
            raise InvalidValue(Code.BAD_FORM, f"`{part[:40]}` cannot be part of a rule of dates", hint)
        if name == "UNTIL" and not re.fullmatch(r"\d{8}", given, re.ASCII):
            raise InvalidValue(Code.BAD_FORM, f"`{part[:40]}` is not a date", "write it as UNTIL=20270630")
        if name in seen or {"UNTIL", "COUNT"} <= {*seen, name}:
            message = f"`{part[:40]}` does not go with what the rule says before"
            raise InvalidValue(Code.CONFLICT, message, "keep one; several values of one part: BYDAY=MO,TU")
        seen.add(name)
        if name in _HIGHEST:
            _check_numbers(name, given)
        if frequency is not None and (
            frequency[1] not in _ONLY_IN.get(name, (frequency[1],))
            or (name == "BYDAY" and frequency[1] in ("DAILY", "WEEKLY") and _NTH_OF_RULE.search(given))
        ):
            needs = _ONLY_IN.get(name, ("MONTHLY", "YEARLY"))
            hint = f"`{part[:40]}` is for FREQ={' and FREQ='.join(needs)}"
            raise InvalidValue(Code.CONFLICT, f"`{part[:40]}` does not go with FREQ={frequency[1]}", hint)
    if frequency is None or len(text) > _LONGEST_RRULE:
        raise InvalidValue(Code.BAD_FORM, f"`{text[:60]}` does not say how often it repeats, in days or more", hint)
    return value


def _check_numbers(name: str, given: str) -> None:
    """The numbers of a part of a rule. Raises InvalidValue for one that there cannot be."""
    highest, one = _HIGHEST[name], name in ("INTERVAL", "COUNT")
    signed = "" if one or name == "BYMONTH" else "[+-]?"
    for number in (given,) if one else given.split(","):
        if not re.fullmatch(rf"{signed}\d{{1,5}}", number, re.ASCII) or not 1 <= abs(int(number)) <= highest:
            back = f", or from -{highest} to -1" if signed else ""
            hint = f"write an integer from 1 to {highest}{back}"
            raise InvalidValue(Code.OUT_OF_RANGE, f"`{name}={number[:20]}` is not possible", hint)


def check_rows(value: Any) -> Any:
    """A sheet: its path, or a mapping with that, the column of its keys, and which rows are meant."""
    hint = "write it as rows: episodes.csv, or rows: {file: recaps.csv, key: date}"
    if isinstance(value, str) and value:
        return value
    if not isinstance(value, dict):
        raise InvalidValue(Code.WRONG_TYPE, "it must be the path of a sheet", hint)
    if unknown := [str(key) for key in value if key not in ("file", "key", "sheet", "where")]:
        raise InvalidValue(
            Code.UNKNOWN_KEY, f"`{unknown[0][:40]}` means nothing for a sheet", "known: file, key, sheet, where"
        )
    for key in ("file", "key", "sheet"):
        if (key == "file" or key in value) and not (isinstance(value.get(key), str) and value[key]):
            raise InvalidValue(Code.MISSING if key not in value else Code.WRONG_TYPE, f"`{key}` must be a text", hint)
    where = value.get("where", {})
    if not isinstance(where, dict) or not all(isinstance(v, str | int | float) for v in where.values()):
        raise InvalidValue(Code.WRONG_TYPE, "`where` must be columns with their values", "as in where: {show: morning}")
    return value


def without_skips(value: Any) -> Any:
    """`except` without the dates that are left out, for the check of what the others say."""
    if not isinstance(value, dict):
        return value
    for key, given in value.items():
        if isinstance(given, str) and given != SKIP:
            hint = "write `skip`, or what is different about it below the date"
            raise InvalidValue(Code.UNKNOWN_VALUE, f"`{given[:40]}` means nothing for `{str(key)[:40]}`", hint)
        check_instance(key)
    return {key: given for key, given in value.items() if given != SKIP}
