"""A declared job with `repeat`: checked, and made into a `Series`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.config.declarations import Declared
from afsync.config.durations import parse_span
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.config.public_holidays import PublicHolidays
from afsync.config.recurrence_forms import (
    parse_date,
    parse_dated,
    parse_day,
    parse_every,
    parse_wall_time,
)
from afsync.config.row_fields import Rows
from afsync.config.series_rules import check_bounds, check_rule, check_single, without_bounds
from afsync.config.series_value_checks import SKIP
from afsync.config.times import parse_zone
from afsync.core.addresses import MAIN
from afsync.core.series.recurrence import Dates, Listed, MonthDay, Rule
from afsync.core.series.series import DaysOff, Deviation, Series


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
    found = [*check_single(fields), *check_rule(repeat), *check_bounds(repeat)]
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
        from afsync.config.rrule import RecurrenceRule

        text, own = without_bounds(repeat["rrule"])
        if written := own.get("UNTIL"):
            until = parse_date(f"{written[:4]}-{written[4:6]}-{written[6:]}")
        return RecurrenceRule(text, start, until, int(own.get("COUNT", 0)) or repeat.get("count")), {}
    unit, every = parse_every(repeat["every"])
    days = [parse_day(written) for written in repeat.get("days", ())]
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
