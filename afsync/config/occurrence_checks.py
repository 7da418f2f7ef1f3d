"""Dates that a series does not have, and times that the clocks leave out or repeat."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from afsync.config.occurrence_jobs import FoundSeries
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic
from afsync.core.series.series import Occurrence, Series


def check_dates(found: FoundSeries, report: Report, now: datetime) -> None:
    """Reports exceptions for dates that the rule does not have, and times that the clocks leave out or repeat."""
    job, series = found.declared.job, found.series
    rows = found.declared.rows
    if rows is not None and not rows.rows and found.records and not rows.sheet.wrong:
        text = f"there are no rows, and the state has {len(found.records)} occurrences of them"
        report.faults(rows.sheet, [Diagnostic(Code.EMPTY_FILE, (1,), text, "restore its rows, or remove the job")])
    for instance in (i for i in (*series.deviations, *(rows.rows if rows else ())) if not series.knows(i)):
        message = f"the rule has no `{instance}`"
        hint = _nearest(series, instance)
        if rows is not None and instance in rows.rows:
            line = rows.rows[instance].line
            report.faults(rows.sheet, [Diagnostic(Code.NOT_ALLOWED_HERE, (line, "", instance), message, hint)])
            continue
        report.faults(
            job.document,
            [Diagnostic(Code.NOT_ALLOWED_HERE, (*job.path, "except", instance), message, hint, at_key=True)],
        )
    if "error" in (series.missing, series.repeated):
        ahead = {o.instance: o for o in (*_at_changes(series, now), *found.standing.declared) if o.utc > now}
        for trouble, code, key, ways in (
            ("missing", Code.DST_GAP, "missing_time", "later, earlier or skip"),
            ("repeated", Code.DST_OVERLAP, "repeated_time", "first or second"),
        ):
            dates = sorted(i for i, o in ahead.items() if o.trouble == trouble)
            if dates:
                what = "does not exist" if trouble == "missing" else "comes twice"
                message = f"its time {what} in {found.declared.zone} on {', '.join(dates[:5])}: the clocks change then"
                hint = f"say `{key}:` {ways}, or give these dates another `at` in `except`"
                report.faults(job.document, [Diagnostic(code, (*job.path, "repeat"), message, hint, at_key=True)])


def _nearest(series: Series, instance: str) -> str:
    day = date.fromisoformat(instance[:10])
    around = timedelta(days=62)
    days = series.dates.between(max(date.min + around, day) - around, day + around)
    days = sorted(sorted(days, key=lambda d: abs((d - day).days))[:2])
    times = [t for t in series.times if t != "main"]
    near = " and ".join(map(str, days)) if days else "none within two months"
    extra = f"; its times are named {', '.join(series.times)}" if times else ""
    return f"the nearest it has: {near}{extra}"


def _at_changes(series: Series, now: datetime) -> Iterable[Occurrence]:
    """The occurrences whose time the clocks leave out or repeat within the next 400 days."""
    first = now.astimezone(UTC).date()
    days = {day for clock in {*series.times.values()} for day in _odd_days(series.zone, clock, first)}
    for day in sorted(days | series.own.keys()):
        if series.dates.has(day):
            yield from series.of_day(day)


@lru_cache(maxsize=1000)
def _odd_days(zone: tzinfo, clock: time, first: date) -> tuple[date, ...]:
    """The local days on which a time of day does not exist, or comes twice. All series of a zone share them."""
    odd = (datetime.combine(day, clock) for day in _changes(zone, first))
    return tuple(local.date() for local in odd if zone.utcoffset(local) != zone.utcoffset(local.replace(fold=1)))


@lru_cache(maxsize=100)
def _changes(zone: tzinfo, first: date) -> tuple[date, ...]:
    """The local days around every change of the clocks in 400 days."""
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    offsets = [(start + timedelta(days=n)).astimezone(zone).utcoffset() for n in range(-2, 402)]
    days = [first + timedelta(days=n - 2) for n in range(1, len(offsets)) if offsets[n] != offsets[n - 1]]
    return tuple(sorted({day + timedelta(days=by) for day in days for by in (-2, -1, 0, 1)}))
