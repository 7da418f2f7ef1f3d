"""What must hold between the keys of a series: one kind of rule, its bounds, its times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from afsync.config import public_holidays
from afsync.config.declarations import Declared
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.config.recurrence_forms import (
    parse_date,
    parse_dated,
    parse_day,
    parse_every,
)

OF_ONE = ("rerun", "approve", "fileId")
"""What belongs to one submission, and so to no series."""

_RULES = ("every", "dates", "rrule")

_BOUNDS = ("from", "until", "count", "days")

Found = tuple[tuple[str, ...], InvalidValue]
"""Where in the job, and what is wrong there."""


def single_only(job: Declared) -> list[Diagnostic]:
    """What belongs to a single occurrence, in a job whose occurrences are rows."""
    return [
        Diagnostic(
            Code.CONFLICT,
            (*job.path, field),
            f"`{field}` belongs to one occurrence, and not to all rows",
            f"give the sheet a column `{field}`",
            at_key=True,
        )
        for field in OF_ONE
        if field in job.fields
    ]


def not_repeated(job: Declared) -> list[Diagnostic]:
    """What only a series can say, in a job that is none."""
    hint = "add `repeat:`, or remove it"
    faults = [
        Diagnostic(Code.CONFLICT, (*job.path, key), f"`{key}` is for a job that has `repeat`", hint, at_key=True)
        for key in ("except", "keep")
        if key in job.fields
    ]
    if "horizon" in job.fields and "schedule" not in job.fields and "rows" not in job.fields:
        message = "`horizon` is for a job that has a `schedule` or `repeat`"
        faults.append(
            Diagnostic(Code.MISSING_SCHEDULE, (*job.path, "horizon"), message, "add one, or remove it", at_key=True)
        )
    return faults


def check_single(fields: Mapping[str, Any]) -> Iterator[Found]:
    for field in (name for name in OF_ONE if name in fields):
        hint = "write it under `except:`, at the date of that occurrence"
        yield (field,), InvalidValue(Code.CONFLICT, f"`{field}` belongs to one occurrence, and not to a series", hint)
    if "schedule" in fields:
        hint = "remove it: `repeat` says when; `dates:` in it lists single days"
        yield ("schedule",), InvalidValue(Code.CONFLICT, "`schedule` does not go with `repeat`", hint)


def check_rule(repeat: Mapping[str, Any]) -> Iterator[Found]:
    kinds = [kind for kind in _RULES if kind in repeat]
    if len(kinds) != 1:
        message = f"`{kinds[0]}` does not go with `{kinds[1]}`" if kinds else "`repeat` says no days"
        hint = "keep one of them" if kinds else "add `every: week`, `dates: [2026-12-05]` or `rrule:`"
        yield ("repeat",), InvalidValue(Code.CONFLICT if kinds else Code.MISSING, message, hint)
        return
    match kinds[0]:
        case "every":
            yield from _days(repeat)
        case "dates":
            yield from _listed(repeat)
        case _:
            yield from _rrule(repeat)
    if "holidays" in repeat:
        yield from _holidays(repeat["holidays"])
    if "at" not in repeat and not _all_timed(repeat):
        yield ("repeat",), _no_time()


def _holidays(given: Mapping[str, Any]) -> Iterator[Found]:
    try:
        public_holidays.known_days(given["of"], date(2026, 1, 1).year)
    except InvalidValue as wrong:
        yield ("repeat", "holidays"), wrong


def _all_timed(repeat: Mapping[str, Any]) -> bool:
    """Whether every day brings its own time."""
    return "dates" in repeat and all(parse_dated(written)[1] is not None for written in repeat["dates"])


def _no_time() -> InvalidValue:
    return InvalidValue(Code.MISSING, "`repeat` says no time of day", 'add `at: "09:00"`')


def _days(repeat: Mapping[str, Any]) -> Iterator[Found]:
    unit, _ = parse_every(repeat["every"])
    for place, written in enumerate(repeat.get("days", ())):
        day = parse_day(written)
        if unit != "month" and (day.weekday is None or day.nth is not None):
            message = f"`{written}` is a day of a month, and this repeats by the {unit}"
            yield (
                ("repeat", "days", str(place)),
                InvalidValue(Code.CONFLICT, message, "write mon to sun, or `every: month`"),
            )


def _listed(repeat: Mapping[str, Any]) -> Iterator[Found]:
    seen: set[date] = set()
    for written in repeat["dates"]:
        day, _ = parse_dated(written)
        if day in seen:
            hint = 'name the times instead: at: {main: "09:00", late: "18:00"}'
            yield ("repeat", "dates"), InvalidValue(Code.DECLARED_TWICE, f"{day} is listed twice", hint)
        seen.add(day)
    for key in (key for key in _BOUNDS if key in repeat):
        yield ("repeat", key), InvalidValue(Code.CONFLICT, f"`{key}` does not go with `dates`", "remove it")


def _rrule(repeat: Mapping[str, Any]) -> Iterator[Found]:
    from afsync.config.rrule import parsed

    text, own = without_bounds(repeat["rrule"])
    try:
        parsed(text, date(2026, 1, 1))
        if end := own.get("UNTIL"):
            parse_date(f"{end[:4]}-{end[4:6]}-{end[6:]}")
        if "COUNT" in own and not 1 <= int(own["COUNT"][:6]) <= 10_000:
            raise InvalidValue(Code.OUT_OF_RANGE, "COUNT must be from 1 to 10000", None)
    except InvalidValue as wrong:
        yield ("repeat", "rrule"), wrong
    except ValueError:
        yield ("repeat", "rrule"), InvalidValue(Code.BAD_FORM, "COUNT must be an integer", "write it as COUNT=12")
    if "days" in repeat:
        yield (
            ("repeat", "days"),
            InvalidValue(Code.CONFLICT, "`days` does not go with `rrule`", "write BYDAY= in the rule"),
        )
    for key, name in (("until", "UNTIL"), ("count", "COUNT")):
        if key in repeat and own:
            message = f"`{key}` does not go with what the rule says of its end"
            yield ("repeat", key), InvalidValue(Code.CONFLICT, message, f"keep one of `{key}` and {name}=")


def check_bounds(repeat: Mapping[str, Any]) -> Iterator[Found]:
    if "until" in repeat and "count" in repeat:
        yield ("repeat", "count"), InvalidValue(Code.CONFLICT, "`count` does not go with `until`", "keep one of them")
    if "from" in repeat and "until" in repeat and parse_date(repeat["until"]) < parse_date(repeat["from"]):
        message = f"it ends on {repeat['until']}, before it begins"
        yield ("repeat", "until"), InvalidValue(Code.CONFLICT, message, "give it a later day")


def without_bounds(rule: str) -> tuple[str, dict[str, str]]:
    """The rule without its end, and what it says of that."""
    parts = [part.partition("=") for part in rule.split(";")]
    own = {name: value for name, _, value in parts if name in ("UNTIL", "COUNT")}
    return ";".join(f"{name}={value}" for name, _, value in parts if name not in own), own
