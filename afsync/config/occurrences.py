"""The occurrences of a project at a moment, as ordinary jobs; and what is wrong with them as dates: those that a series
does not have, and times that the clocks leave out or repeat."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from msgspec.structs import replace

from afsync.config.moving_occurrences import moving
from afsync.config.occurrence_jobs import SeriesAtMoment, jobs_at
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic
from afsync.config.project import LoadedProject
from afsync.config.row_jobs import RowsAtMoment, imports_of, look, passed, untimed
from afsync.config.series import DeclaredSeries
from afsync.config.timed_submissions import TimedSubmissions
from afsync.config.times import parse_zone, zone_data
from afsync.core.addresses import instance_of, occurrence_address, occurrence_of
from afsync.core.occurrence_notices import Occurrences
from afsync.core.records import RecordedJob
from afsync.core.resources import Job
from afsync.core.series import Occurrence, Series, considered, has_ended, series_state
from afsync.core.state import Recorded
from afsync.errors import Problem


def expand(project: LoadedProject, recorded: Recorded, now: datetime) -> LoadedProject:
    """The project with what its timed submissions come to at `now` (UTC) among its jobs. Raises ConfigError."""
    timed = project.timed_submissions
    if timed is None:
        return project
    report = Report()
    records = _by_series(recorded)
    jobs: dict[str, Job] = dict(_within_horizon(project, timed, recorded, now))
    found = [*_looks(timed, recorded, records, project, now, report)]
    places = dict(project.places)
    for each in found:
        _check_dates(each, report, now)
    if not report.clean:
        raise report.error()  # an occurrence that lost its row would be told as further mistakes
    for each in found:
        for declared, job in jobs_at(each, each.state.declared, timed, report, now):
            jobs[job.address], places[job.address] = job, declared
    listed = [
        look(
            series,
            records.get(key, {}),
            recorded.series.get(key),
            _wanted(key, recorded, project),
            (timed.context, timed.scope, report),
            now,
        )
        for key, series in timed.listed.items()
    ]
    for declared, job in (pair for rows in listed for pair in rows.jobs):
        jobs[job.address], places[job.address] = job, declared
    waiting = [(project.places[a], j) for a, j in project.desired.jobs.items() if a not in jobs]
    left_out = [*waiting, *(pair for rows in listed for pair in rows.left_out)]
    for declared, job in moving(found, left_out, timed, recorded, jobs, report, now):
        jobs[job.address], places[job.address] = job, declared
    for rows in listed:
        rows.without_moved(jobs)
    if not report.clean:
        raise report.error()
    for each in found:
        for occurrence in (*each.state.missed, *each.state.passed_over, *each.without_row):
            places[occurrence.address] = each.declared.job
    for rows in listed:
        places.update(rows.places)
    imports = {**project.desired.imports, **_imports(timed, jobs)}
    desired = replace(project.desired, jobs=jobs, imports=imports, shared=_shared(timed))
    occurrences = _with_rows(_summary(found, recorded, now), listed)
    later = {a: j for a, j in project.desired.jobs.items() if a in timed.horizons and a not in jobs}
    warnings = (*project.warnings, *(said for rows in listed for said in _said(rows)))
    return replace(project, desired=desired, places=places, warnings=warnings, occurrences=occurrences, waiting=later)


def _said(rows: RowsAtMoment) -> Iterator[Problem]:
    file = rows.series.rows.sheet.file
    yield from passed(file, rows.passed)
    yield from untimed(file, rows.untimed, rows.unused_times)


def _wanted(key: str, recorded: Recorded, project: LoadedProject) -> frozenset[str]:
    """The instances of a series that have an open intent, or are taken over."""
    named = (*(i.address for i in recorded.intents), *project.desired.imports)
    return frozenset(parts[1] for parts in map(occurrence_of, named) if parts and parts[0] == key)


def _with_rows(found: Occurrences, listed: list[RowsAtMoment]) -> Occurrences:
    return replace(
        found,
        series=found.series + len(listed),
        declared=found.declared + sum(len(rows.jobs) for rows in listed),
        entered=found.entered.union(*(rows.entered for rows in listed)),
        missed=(*found.missed, *(missed for rows in listed for missed in rows.missed)),
        passed=tuple(row.date for rows in listed for row in rows.passed if not row.old),
        considered={**found.considered, **{rows.series.job.key: rows.considered for rows in listed}},
    )


def _by_series(recorded: Recorded) -> dict[str, dict[str, RecordedJob]]:
    found: dict[str, dict[str, RecordedJob]] = defaultdict(dict)
    for address, record in recorded.jobs.items():
        if address.endswith("]") and (parts := occurrence_of(address)):
            found[parts[0]][parts[1]] = record
    return found


def _within_horizon(
    project: LoadedProject, timed: TimedSubmissions, recorded: Recorded, now: datetime
) -> Iterable[tuple[str, Job]]:
    """The single jobs that are to be there by now: recorded, or near enough."""
    for address, job in project.desired.jobs.items():
        horizon = timed.horizons.get(address)
        known = address in recorded.resources or recorded.intent_for(address) or address in project.desired.imports
        if horizon is None or known or job.schedule is None or job.schedule.utc <= now + horizon:
            yield address, job


MOST = 100_000
"""So many occurrences a project may have within its horizons: a short file could ask for a thousand million."""


def _looks(
    timed: TimedSubmissions,
    recorded: Recorded,
    records: Mapping[str, Mapping[str, RecordedJob]],
    project: LoadedProject,
    now: datetime,
    report: Report,
) -> Iterator[SeriesAtMoment]:
    """Every series, unless they come to too many occurrences together."""
    total = 0
    for key, series in timed.series.items():
        found = _look(series, recorded, records.get(key, {}), project, now)
        total += len(found.state.declared)
        if total > MOST:
            message = f"with this one, the series have more than {MOST:,} occurrences within their `horizon`"
            wrong = Diagnostic(
                Code.TOO_LARGE, (*series.job.path, "repeat"), message, "use a shorter `horizon`", at_key=True
            )
            report.faults(series.job.document, [wrong])
            return
        yield found


def _look(
    declared: DeclaredSeries,
    recorded: Recorded,
    records: Mapping[str, RecordedJob],
    project: LoadedProject,
    now: datetime,
) -> SeriesAtMoment:
    key = declared.job.key
    known = recorded.series.get(key)
    today = now.astimezone(parse_zone(declared.zone)).date()
    series = declared.series(date.fromisoformat(known.since) if known else today)
    wanted = [*_wanted(key, recorded, project)]
    wanted += [i for i, e in declared.exceptions.items() if "rerun" in e or "import" in e]
    found = series_state(series, now, known, records, wanted)
    rows = declared.rows
    if rows is None:
        return SeriesAtMoment(declared, series, found, records)
    lacking = tuple(o for o in found.declared if o.instance not in rows.rows and o.instance not in records)
    with_row = tuple(
        o
        for o in found.declared
        if o.instance in rows.rows or ((record := records.get(o.instance)) and o.utc <= now and has_ended(record))
    )
    missed = tuple(o for o in found.missed if o.instance in rows.rows)
    return SeriesAtMoment(declared, series, replace(found, declared=with_row, missed=missed), records, lacking)


def _imports(timed: TimedSubmissions, jobs: Mapping[str, Job]) -> dict[str, str]:
    rows = {a: i for series in timed.listed.values() for a, i in imports_of(series).items() if a in jobs}
    return rows | {
        address: given["import"]
        for key, series in timed.series.items()
        for instance, given in series.exceptions.items()
        if "import" in given and (address := occurrence_address(key, instance)) in jobs
    }


def _shared(timed: TimedSubmissions) -> dict[str, frozenset[str]]:
    """The URLs that a series names itself, and not its rows or dates."""
    fields = {key: series.job.fields for key, series in timed.series.items()}
    fields |= {key: rows.job.fields for key, rows in timed.listed.items()}
    return {
        key: frozenset(url for url in (given.get("url"), *(given.get("urls") or ())) if isinstance(url, str))
        for key, given in fields.items()
        if "url" in given or "urls" in given
    }


def _summary(found: list[SeriesAtMoment], recorded: Recorded, now: datetime) -> Occurrences:
    return Occurrences(
        len(found),
        sum(len(f.state.declared) for f in found),
        frozenset(occurrence_address(f.series.key, i) for f in found for i in f.state.entered),
        tuple(o for f in found for o in f.state.missed),
        tuple(o for f in found for o in f.without_row),
        tuple(o for f in found for o in f.state.passed_over),
        {
            f.series.key: considered(f.series, now, recorded.series.get(f.series.key), zone_data(f.declared.zone))
            for f in found
        },
        tuple(occurrence_address(f.series.key, i) for f in found for i in f.state.left),
        min((day for f in found if (day := f.series.dates.first) is not None and day > now.date()), default=None),
    )


def _check_dates(found: SeriesAtMoment, report: Report, now: datetime) -> None:
    """Reports exceptions for dates that the rule does not have, and times that the clocks leave out or repeat."""
    job, series = found.declared.job, found.series
    rows = found.declared.rows
    if rows is not None:
        report.faults(rows.sheet, rows.emptied(len(found.records)))
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
        ahead = {o.instance: o for o in (*_at_changes(series, now), *found.state.declared) if o.utc > now}
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
    if series.dates.has(day):
        return f"that day has {' and '.join(instance_of(day, name) for name in series.names_of(day))}"
    around = timedelta(days=62)
    days = series.dates.between(max(date.min + around, day) - around, day + around)
    days = sorted(sorted(days, key=lambda d: abs((d - day).days))[:2])
    near = " and ".join(map(str, days)) if days else "none within two months"
    return f"the nearest it has: {near}"


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
