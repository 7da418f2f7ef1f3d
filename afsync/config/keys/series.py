"""The keys of a series: `repeat`, `except` and `rows`, with the types of their values and what is checked of them.
Loaded for a project that has one."""

import re
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, field
from msgspec.json import Decoder

from afsync.config.keys.part import LEFT_OUT, Check, Help, Part
from afsync.config.keys.resources import JobFields
from afsync.config.keys.values import Identifier, Unique, Zone, check_of_text, must_be_text
from afsync.config.problems import Code, InvalidValue
from afsync.config.series_values import (
    SKIP,
    TIME_NAME,
    parse_date,
    parse_dated,
    parse_every,
    parse_rule_day,
    parse_wall_time,
)
from afsync.core.addresses import parse_instance

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


_TEXT = {"type": "string"}
Every = Annotated[str, Check(check_every, first=True, schema=_TEXT)]
RuleDay = Annotated[str | int, Check(check_day, first=True, schema={"type": ["string", "integer"]})]

Times = Annotated[str | dict[str, str], Check(check_times, first=True, schema={"type": ["string", "object"]})]

Dated = Annotated[str, Check(check_dated, first=True, schema=_TEXT)]

Place = Annotated[str, Check(check_place, first=True, schema={**_TEXT, "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"})]

RRule = Annotated[str, Check(check_rrule, first=True, schema=_TEXT)]

Day = Annotated[str, Check(check_date, first=True, schema={**_TEXT, "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})]

WallTime = Annotated[
    str,
    Check(check_wall_time, first=True, schema={**_TEXT, "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"}),
]

_SHEET = {
    "type": ["string", "object"],
    "properties": {**dict.fromkeys(("file", "key", "sheet"), _TEXT), "where": {"type": "object"}},
    "additionalProperties": False,
}

RowsOf = Annotated[str | dict[str, Any], Check(check_rows, first=True, schema=_SHEET)]
InstanceKey = Annotated[str, Check(check_instance)]


class HolidaysPart(Part):
    """Public holidays, and what becomes of a date on one. Needs `pip install 'afsync[holidays]'`."""

    of: Annotated[Place, Help("The country, or a part of it, by its code (ISO 3166).", "DE-BE", "US")]
    then: Annotated[
        Literal["skip", "next", "previous"],
        Help(
            "Whether a date on a holiday is left out, or published on the next or the previous day that is none.",
            "next",
        ),
    ] = "skip"


class RepeatPart(Part):
    """A rule: `every` with `days`, or `dates`, or `rrule`; and the times of each day."""

    every: Annotated[Every, Help("`day`, `week` or `month`, or as `2 weeks` or `3 months`.", "week", "2 weeks")] = (
        LEFT_OUT
    )
    days: Annotated[
        list[RuleDay],
        Meta(min_length=1),
        Unique,
        Help(
            "Weekdays; for months also `1` to `31`, `last`, `first mon` to `last fri`. Else that of `from`.",
            ["mon"],
            ["last fri"],
        ),
    ] = LEFT_OUT
    at: Annotated[
        Times,
        Help(
            "The time of day, or several by name; `main` is the one that does not show in addresses.",
            "09:00",
            {"main": "09:00", "late": "18:00"},
        ),
    ] = LEFT_OUT
    zone: Annotated[Zone, Help("The IANA time zone of the rule; else the job's `zone`.", "America/New_York")] = LEFT_OUT
    start: Annotated[
        Day,
        Help("The first day that can be one of it. Left out: the day on which it is first applied.", "2026-12-07"),
    ] = field(default=LEFT_OUT, name="from")
    until: Annotated[Day, Help("The last day that can be one of it.", "2027-06-30")] = LEFT_OUT
    count: Annotated[int, Meta(ge=1, le=10000), Help("How many days it has, skipped ones included.", 12)] = LEFT_OUT
    dates: Annotated[
        list[Dated],
        Meta(min_length=1),
        Unique,
        Help("The days themselves, with a time or without, in place of a rule.", ["2026-12-05 20:15"]),
    ] = LEFT_OUT
    rrule: Annotated[
        RRule, Help("The rule in the words of RFC 5545, on local dates.", "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH")
    ] = LEFT_OUT
    holidays: Annotated[
        HolidaysPart,
        Help("What becomes of dates that are public holidays; `on` in `except` wins.", {"of": "DE-BE", "then": "skip"}),
    ] = LEFT_OUT
    missing_time: Annotated[
        Literal["error", "later", "earlier", "skip"],
        Help("What becomes of a time that the clocks leave out when they are put forward.", "later"),
    ] = "error"
    repeated_time: Annotated[
        Literal["error", "first", "second"],
        Help("Which of the two, when the clocks are put back and a time comes twice.", "first"),
    ] = "error"


class ExceptPart(JobFields):
    """What is different about one occurrence of a series: any field of the job, and when it is published."""

    on: Annotated[Day, Help("Another day; it stays the occurrence of its own date.", "2027-01-12")] = LEFT_OUT
    at: Annotated[WallTime, Help("Another time of day.", "11:00")] = LEFT_OUT
    imports: Annotated[
        Identifier, Help("The id of a job of the account that is taken over as this occurrence.", "job_8f31")
    ] = field(default=LEFT_OUT, name="import")


Exceptions = Annotated[dict[InstanceKey, ExceptPart], Check(without_skips, first=True)]
"""By date; the models see no date that is skipped."""

_BUILT = [Decoder(part) for part in (RepeatPart, ExceptPart)]
"""As in `keys.project`."""
