"""Checks of single values of a series. `check_…` gives the value back as it is, or raises InvalidValue."""

from __future__ import annotations

import re
from typing import Any, Final

from afsync.config.problems import Code, InvalidValue
from afsync.config.recurrence_forms import (
    TIME_NAME,
    parse_date,
    parse_dated,
    parse_day,
    parse_every,
    parse_wall_time,
)
from afsync.core.addresses import parse_instance

SKIP: Final = "skip"
_FREQ = re.compile(r"(?:^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(?:;|$)", re.ASCII)
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)
_PARTS = frozenset(
    {
        "FREQ",
        "INTERVAL",
        "COUNT",
        "UNTIL",
        "WKST",
        "BYDAY",
        "BYMONTH",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYSETPOS",
    }
)
_LONGEST_RRULE: Final = 300


def check_every(value: Any) -> Any:
    """How often something repeats."""
    parse_every(_text(value, "write day, week or month, or as 2 weeks or 3 months"))
    return value


def check_day(value: Any) -> Any:
    """A day of a rule."""
    parse_day(value)
    return value


def check_date(value: Any) -> Any:
    """A date without a time."""
    parse_date(_text(value, "write it as 2026-12-07"))
    return value


def check_dated(value: Any) -> Any:
    """A date, with a time or without."""
    parse_dated(_text(value, "write it as 2026-12-05 20:15"))
    return value


def check_wall_time(value: Any) -> Any:
    """A time of day."""
    parse_wall_time(_text(value, "write it as 09:00"))
    return value


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
    if not _PLACE.fullmatch(_text(value, hint)):
        raise InvalidValue(Code.BAD_FORM, f"`{value[:40]}` is not the code of a country", hint)
    return value


def check_rrule(value: Any) -> Any:
    """A rule of RFC 5545 that only names dates."""
    text = _text(value, "write it as FREQ=WEEKLY;BYDAY=MO")
    hint = "write it as FREQ=WEEKLY;BYDAY=MO; its first day goes in `from`, its times in `at`"
    for part in text.split(";"):
        name, _, given = part.partition("=")
        if name not in _PARTS or not given:
            raise InvalidValue(Code.BAD_FORM, f"`{part[:40]}` cannot be part of a rule of dates", hint)
        if name == "UNTIL" and not re.fullmatch(r"\d{8}", given, re.ASCII):
            raise InvalidValue(Code.BAD_FORM, f"`{part[:40]}` is not a date", "write it as UNTIL=20270630")
    if not _FREQ.search(text) or len(text) > _LONGEST_RRULE:
        raise InvalidValue(Code.BAD_FORM, f"`{text[:60]}` does not say how often it repeats, in days or more", hint)
    return value


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


def _text(value: Any, hint: str) -> str:
    if not isinstance(value, str):
        raise InvalidValue(Code.WRONG_TYPE, "it must be a text", hint)
    return value
