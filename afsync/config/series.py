"""A declared job with `repeat`: what must hold between its keys, and the `Series` that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.config.declarations import Declared
from afsync.config.durations import parse_span
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.config.public_holidays import PublicHolidays
from afsync.config.row_fields import Rows
from afsync.config.rrule import RecurrenceRule, parsed
from afsync.config.series_values import SKIP, parse_date, parse_dated, parse_every, parse_rule_day, parse_wall_time
from afsync.config.times import parse_zone
from afsync.core.addresses import MAIN
from afsync.core.recurrence import Dates, Listed, MonthDay, Rule
from afsync.core.series import DaysOff, Deviation, Series

ONLY_OF_ONE_SUBMISSION = ("rerun", "approve", "fileId")
"""What belongs to one submission, and so to no series."""

_RULES = ("every", "dates", "rrule")
_BOUNDS = ("from", "until", "count", "days")
_Found = tuple[tuple[str, ...], InvalidValue]
"""Where in the job, and what is wrong there."""


class SeriesDefaults(Struct, frozen=True):
    """What a series takes where it says nothing itself; spans as they are written."""

    zone: str | None
    horizon: str
    keep: str


class DeclaredSeries(Struct, frozen=True):
    """A job with `repeat`, in which nothing is wrong by itself. `exceptions` are by instance: fields of the job."""

    job: Declared
    repeat: Mapping[str, Any]
    zone: str
    horizon: timedelta
    keep: timedelta
    exceptions: Mapping[str, Mapping[str, Any]]
    skipped: frozenset[str]
    rows: Rows | None = None

    def series(self, since: date) -> Series:
        """The series; where it does not say when it begins, that is `since`."""
        dates, own = _dates(self.repeat, since)
        return Series(
            self.job.key,
            dates,
            parse_zone(self.zone),
            self.horizon,
            self.keep,
            _times(self.repeat.get("at")),
            own,
            self.repeat.get("missing_time", "error"),
            self.repeat.get("repeated_time", "error"),
            {**dict.fromkeys(self.skipped, Deviation(skip=True)), **_deviations(self.exceptions)},
            _days_off(self.repeat.get("holidays")),
        )


def read_series(job: Declared, defaults: SeriesDefaults) -> tuple[DeclaredSeries | None, list[Diagnostic]]:
    """The series, or what is wrong with it."""
    fields, repeat = job.fields, job.fields["repeat"]
    if not isinstance(repeat, dict):
        return None, []  # said by the check of its form
    found = [*_check_single(fields), *_check_rule(repeat), *_check_bounds(repeat)]
    zone = repeat.get("zone") or fields.get("zone") or defaults.zone
    if zone is None:
        hint = "write `zone: Europe/Berlin` in it, or declare `timezone:` in afsync.yaml"
        found.append((("repeat",), InvalidValue(Code.NO_TIMEZONE, "its times belong to no time zone", hint)))
    if found:
        return None, [
            Diagnostic(w.code, (*job.path, *path), w.message, w.hint, at_key=len(path) < 2) for path, w in found
        ]
    given = fields.get("except") or {}
    return (
        DeclaredSeries(
            job,
            repeat,
            str(zone),
            parse_span(fields.get("horizon", defaults.horizon)),
            parse_span(fields.get("keep", defaults.keep)),
            {i: e for i, e in given.items() if isinstance(e, dict)},
            frozenset(i for i, e in given.items() if e == SKIP),
        ),
        [],
    )


def with_rows(series: DeclaredSeries, rows: Rows) -> DeclaredSeries:
    """The series with what its rows say of their dates; an exception in the files wins over a row."""
    own = {**rows.fields}
    for instance, given in series.exceptions.items():
        own[instance] = {**own.get(instance, {}), **given}
    skipped = series.skipped | rows.disabled
    return replace(
        series,
        exceptions={instance: given for instance, given in own.items() if instance not in skipped},
        skipped=skipped,
        rows=rows,
    )


def _dates(repeat: Mapping[str, Any], since: date) -> tuple[Dates, dict[date, time]]:
    if "dates" in repeat:
        listed = [parse_dated(written) for written in repeat["dates"]]
        return Listed(tuple(sorted(day for day, _ in listed))), {day: at for day, at in listed if at is not None}
    start = parse_date(repeat["from"]) if "from" in repeat else since
    until = parse_date(repeat["until"]) if "until" in repeat else None
    if "rrule" in repeat:
        text, own = _without_bounds(repeat["rrule"])
        if written := own.get("UNTIL"):
            until = parse_date(f"{written[:4]}-{written[4:6]}-{written[6:]}")
        return RecurrenceRule(text, start, until, int(own.get("COUNT", 0)) or repeat.get("count")), {}
    unit, every = parse_every(repeat["every"])
    days = [parse_rule_day(written) for written in repeat.get("days", ())]
    weekdays = () if unit == "month" else tuple(sorted(d.weekday for d in days if d.weekday is not None))
    monthdays: tuple[MonthDay, ...] = tuple(days) if unit == "month" else ()
    return Rule(unit, every, start, weekdays, monthdays, until, repeat.get("count")), {}


def _days_off(given: Mapping[str, Any] | None) -> DaysOff | None:
    if given is None:
        return None
    return DaysOff(PublicHolidays(given["of"]), given.get("then", "skip"))


def _times(at: str | Mapping[str, str] | None) -> dict[str, time]:
    if at is None:
        return {}
    return {name: parse_wall_time(clock) for name, clock in (at if isinstance(at, Mapping) else {MAIN: at}).items()}


def _deviations(exceptions: Mapping[str, Mapping[str, Any]]) -> dict[str, Deviation]:
    return {
        instance: Deviation(
            on=parse_date(given["on"]) if "on" in given else None,
            at=parse_wall_time(given["at"]) if "at" in given else None,
            rerun="rerun" in given,
        )
        for instance, given in exceptions.items()
    }


def _check_single(fields: Mapping[str, Any]) -> Iterator[_Found]:
    for field in (name for name in ONLY_OF_ONE_SUBMISSION if name in fields):
        hint = "write it under `except:`, at the date of that occurrence"
        yield (field,), InvalidValue(Code.CONFLICT, f"`{field}` belongs to one occurrence, and not to a series", hint)
    if "schedule" in fields:
        hint = "remove it: `repeat` says when; `dates:` in it lists single days"
        yield ("schedule",), InvalidValue(Code.CONFLICT, "`schedule` does not go with `repeat`", hint)


def _check_rule(repeat: Mapping[str, Any]) -> Iterator[_Found]:
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


def _holidays(given: Mapping[str, Any]) -> Iterator[_Found]:
    try:
        PublicHolidays(given["of"]).has(date(2026, 1, 1))
    except InvalidValue as wrong:
        yield ("repeat", "holidays"), wrong


def _all_timed(repeat: Mapping[str, Any]) -> bool:
    """Whether every day brings its own time."""
    return "dates" in repeat and all(parse_dated(written)[1] is not None for written in repeat["dates"])


def _no_time() -> InvalidValue:
    return InvalidValue(Code.MISSING, "`repeat` says no time of day", 'add `at: "09:00"`')


def _days(repeat: Mapping[str, Any]) -> Iterator[_Found]:
    unit, _ = parse_every(repeat["every"])
    for place, written in enumerate(repeat.get("days", ())):
        day = parse_rule_day(written)
        if unit != "month" and (day.weekday is None or day.nth is not None):
            message = f"`{written}` is a day of a month, and this repeats by the {unit}"
            yield (
                ("repeat", "days", str(place)),
                InvalidValue(Code.CONFLICT, message, "write mon to sun, or `every: month`"),
            )


def _listed(repeat: Mapping[str, Any]) -> Iterator[_Found]:
    seen: set[date] = set()
    for written in repeat["dates"]:
        day, _ = parse_dated(written)
        if day in seen:
            hint = 'name the times instead: at: {main: "09:00", late: "18:00"}'
            yield ("repeat", "dates"), InvalidValue(Code.DECLARED_TWICE, f"{day} is listed twice", hint)
        seen.add(day)
    for key in (key for key in _BOUNDS if key in repeat):
        yield ("repeat", key), InvalidValue(Code.CONFLICT, f"`{key}` does not go with `dates`", "remove it")


def _rrule(repeat: Mapping[str, Any]) -> Iterator[_Found]:
    text, own = _without_bounds(repeat["rrule"])
    try:
        parsed(text, date(2026, 1, 1))
        if end := own.get("UNTIL"):
            parse_date(f"{end[:4]}-{end[4:6]}-{end[6:]}")
    except InvalidValue as wrong:
        yield ("repeat", "rrule"), wrong
    if "days" in repeat:
        yield (
            ("repeat", "days"),
            InvalidValue(Code.CONFLICT, "`days` does not go with `rrule`", "write BYDAY= in the rule"),
        )
    for key, name in (("until", "UNTIL"), ("count", "COUNT")):
        if key in repeat and own:
            message = f"`{key}` does not go with what the rule says of its end"
            yield ("repeat", key), InvalidValue(Code.CONFLICT, message, f"keep one of `{key}` and {name}=")


def _check_bounds(repeat: Mapping[str, Any]) -> Iterator[_Found]:
    if "until" in repeat and "count" in repeat:
        yield ("repeat", "count"), InvalidValue(Code.CONFLICT, "`count` does not go with `until`", "keep one of them")
    if "from" in repeat and "until" in repeat and parse_date(repeat["until"]) < parse_date(repeat["from"]):
        message = f"it ends on {repeat['until']}, before it begins"
        yield ("repeat", "until"), InvalidValue(Code.CONFLICT, message, "give it a later day")


def _without_bounds(rule: str) -> tuple[str, dict[str, str]]:
    """The rule without its end, and what it says of that."""
    parts = [part.partition("=") for part in rule.split(";")]
    own = {name: value for name, _, value in parts if name in ("UNTIL", "COUNT")}
    return ";".join(f"{name}={value}" for name, _, value in parts if name not in own), own
