"""The occurrences of a project at a moment, as ordinary jobs: a function of values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache, partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.config.calendar import Calendar
from afsync.config.declared import Declared
from afsync.config.interpolation import Scope
from afsync.config.jobs import build_job, job_reader
from afsync.config.occurrence_fields import OWN_KEYS, explained, filled, has_later, merged
from afsync.config.occurrence_text import as_submitted, names_of
from afsync.config.problems import Code, Fault, Path, Wrong
from afsync.config.project import Project
from afsync.config.report import Report
from afsync.config.row_jobs import Found as FoundRows
from afsync.config.row_jobs import imports_of, look, names_of_row
from afsync.config.row_warnings import passed, untimed
from afsync.config.rows import Rows, cell_text
from afsync.config.series import DeclaredSeries
from afsync.config.times import parse_zone
from afsync.config.zone_data import zone_data
from afsync.core.addresses import Kind, occurrence_address, occurrence_of
from afsync.core.fingerprints import fingerprint, recorded_fingerprint
from afsync.core.resources import Job, Schedule, Values
from afsync.core.series.occurrences import Occurrences
from afsync.core.series.series import Occurrence, Series, SeriesState, considered, series_state
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import RecordedJob
from afsync.core.statuses import Group, group_of
from afsync.errors import Problem

_WHEN = frozenset({"on", "at", "import"})
_OF_ONE = frozenset({"rerun", "approve"})
_IN = " (in the occurrence of "
_OVER = (Group.DONE, Group.FAILED, Group.CANCELLED)


class DeclaredOccurrence(Declared, frozen=True):
    """An occurrence as its file declares it. `exception` are the fields that stand under its date in `except`."""

    series: str
    instance: str
    exception: frozenset[str]
    rows: Rows | None = None

    @property
    def cells(self) -> Mapping[str, Any]:
        """What its row says, where it has one, and no exception says otherwise."""
        row = self.rows.rows.get(self.instance) if self.rows else None
        return {k: v for k, v in row.cells.items() if k not in self.exception} if row else {}

    def field(self, path: Path) -> str:
        """The field that a path leads to, or into."""
        place = 4 if path[2:3] == ("except",) else 2
        return str(path[place]) if len(path) > place else ""

    def in_sheet(self, fault: Fault, column: str) -> Fault:
        """The same at a cell of its row."""
        assert self.rows is not None
        path = (self.rows.rows[self.instance].line, column, cell_text(self.cells[column]))
        return Fault(fault.code, path, fault.message, fault.hint)

    @property
    def path(self) -> Path:
        return (self.section, self.series)

    def at(self, field: str) -> Path:
        """Where a field is declared, or the key of the series."""
        if field == "schedule":
            return (*self.path, "repeat")
        return (*self.path, "except", self.instance, field) if field in self.exception else (*self.path, field)

    def locate(self, field: str | None) -> Any:
        has = field is not None and (field in self.fields)
        return self.document.locate(self.at(field) if has and field else self.path, at_key=True)

    def fault(self, wrong: Wrong, field: str = "") -> Fault:
        message = f"{wrong.message}{_IN}{self.instance})"
        return Fault(wrong.code, self.at(field) if field else self.path, message, wrong.hint, not field)


class _Found(Struct):
    """What one series comes to."""

    declared: DeclaredSeries
    series: Series
    standing: SeriesState
    records: Mapping[str, RecordedJob]
    without_row: tuple[Occurrence, ...] = ()
    said: set[tuple[Path, str]] = set()


def expand(project: Project, recorded: Recorded, now: datetime) -> Project:
    """The project with what its calendar declares at `now` (UTC) among its jobs. Raises ConfigError."""
    calendar = project.calendar
    if calendar is None:
        return project
    report = Report()
    records = _by_series(recorded)
    jobs: dict[str, Job] = dict(_within_horizon(project, calendar, recorded, now))
    found = [*_looks(calendar, recorded, records, project, now, report)]
    places = dict(project.places)
    for each in found:
        _check(each, report, now)
    if not report.clean:
        raise report.error()  # an occurrence that lost its row would be told as further mistakes
    for each in found:
        for declared, job in _jobs(each, each.standing.declared, calendar, report, now):
            jobs[job.address], places[job.address] = job, declared
    listed = [
        look(
            series,
            records.get(key, {}),
            recorded.series.get(key),
            _wanted(key, recorded, project),
            (calendar.context, calendar.scope, report),
            now,
        )
        for key, series in calendar.listed.items()
    ]
    for declared, job in (pair for rows in listed for pair in rows.jobs):
        jobs[job.address], places[job.address] = job, declared
    for declared, job in _moving(found, calendar, recorded, jobs, report, now):
        jobs[job.address], places[job.address] = job, declared
    if not report.clean:
        raise report.error()
    for each in found:
        for occurrence in (*each.standing.missed, *each.standing.passed_over, *each.without_row):
            places[occurrence.address] = each.declared.job
    for rows in listed:
        places.update(rows.places)
    imports = {**project.desired.imports, **_imports(calendar, jobs)}
    desired = replace(project.desired, jobs=jobs, imports=imports, shared=_shared(calendar))
    occurrences = _with_rows(_summary(found, recorded, now), listed)
    waiting = {a: j for a, j in project.desired.jobs.items() if a in calendar.horizons and a not in jobs}
    warnings = (*project.warnings, *(said for rows in listed for said in _said(rows)))
    return replace(project, desired=desired, places=places, warnings=warnings, occurrences=occurrences, waiting=waiting)


def _said(rows: FoundRows) -> Iterator[Problem]:
    file = rows.series.rows.sheet.file
    yield from passed(file, rows.passed)
    yield from untimed(file, rows.untimed)


def _wanted(key: str, recorded: Recorded, project: Project) -> frozenset[str]:
    """The instances of a series that have an open intent, or are taken over."""
    named = (*(i.address for i in recorded.intents), *project.desired.imports)
    return frozenset(parts[1] for parts in map(occurrence_of, named) if parts and parts[0] == key)


def _with_rows(found: Occurrences, listed: list[FoundRows]) -> Occurrences:
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
    project: Project, calendar: Calendar, recorded: Recorded, now: datetime
) -> Iterable[tuple[str, Job]]:
    """The single jobs that are to be there by now: recorded, or near enough."""
    for address, job in project.desired.jobs.items():
        horizon = calendar.horizons.get(address)
        known = address in recorded.resources or recorded.intent_for(address) or address in project.desired.imports
        if horizon is None or known or job.schedule is None or job.schedule.utc <= now + horizon:
            yield address, job


MOST = 100_000
"""So many occurrences a project may have within its horizons: a short file could ask for a thousand million."""


def _looks(
    calendar: Calendar,
    recorded: Recorded,
    records: Mapping[str, Mapping[str, RecordedJob]],
    project: Project,
    now: datetime,
    report: Report,
) -> Iterator[_Found]:
    """Every series, unless they come to too many occurrences together."""
    total = 0
    for key, series in calendar.series.items():
        found = _look(series, recorded, records.get(key, {}), project, now)
        total += len(found.standing.declared)
        if total > MOST:
            message = f"with this one, the series have more than {MOST:,} occurrences within their `horizon`"
            wrong = Fault(Code.TOO_LARGE, (*series.job.path, "repeat"), message, "use a shorter `horizon`", at_key=True)
            report.faults(series.job.document, [wrong])
            return
        yield found


def _look(
    declared: DeclaredSeries, recorded: Recorded, records: Mapping[str, RecordedJob], project: Project, now: datetime
) -> _Found:
    key = declared.job.key
    known = recorded.series.get(key)
    today = now.astimezone(parse_zone(declared.zone)).date()
    series = declared.series(date.fromisoformat(known.since) if known else today)
    wanted = [*_wanted(key, recorded, project)]
    wanted += [i for i, e in declared.exceptions.items() if "rerun" in e or "import" in e]
    found = series_state(series, now, known, records, wanted)
    rows = declared.rows
    if rows is None:
        return _Found(declared, series, found, records)
    lacking = tuple(o for o in found.declared if o.instance not in rows.rows and o.instance not in records)
    with_row = tuple(o for o in found.declared if o not in lacking)
    missed = tuple(o for o in found.missed if o.instance in rows.rows)
    return _Found(declared, series, replace(found, declared=with_row, missed=missed), records, lacking)


def _check(found: _Found, report: Report, now: datetime) -> None:
    """Reports exceptions for dates that the rule does not have, and times that the clocks leave out or repeat."""
    job, series = found.declared.job, found.series
    rows = found.declared.rows
    if rows is not None and not rows.rows and found.records and not rows.sheet.wrong:
        text = f"there are no rows, and the state has {len(found.records)} occurrences of them"
        report.faults(rows.sheet, [Fault(Code.EMPTY_FILE, (1,), text, "restore its rows, or remove the job")])
    for instance in (i for i in (*series.deviations, *(rows.rows if rows else ())) if not series.knows(i)):
        message = f"the rule has no `{instance}`"
        hint = _nearest(series, instance)
        if rows is not None and instance in rows.rows:
            line = rows.rows[instance].line
            report.faults(rows.sheet, [Fault(Code.NOT_ALLOWED_HERE, (line, "", instance), message, hint)])
            continue
        report.faults(
            job.document, [Fault(Code.NOT_ALLOWED_HERE, (*job.path, "except", instance), message, hint, at_key=True)]
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
                report.faults(job.document, [Fault(code, (*job.path, "repeat"), message, hint, at_key=True)])


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


def _jobs(
    found: _Found, occurrences: Iterable[Occurrence], calendar: Calendar, report: Report, now: datetime
) -> Iterable[tuple[Declared, Job]]:
    """The jobs. What is over stays as it was submitted, whatever the series says now."""
    fresh: list[DeclaredOccurrence] = []
    for occurrence in occurrences:
        record = found.records.get(occurrence.instance)
        schedule = _schedule(occurrence, found.declared.zone)
        if record is not None and _is_over(record, occurrence, now) and not _again(found.declared, occurrence):
            yield found.declared.job, _as_recorded(occurrence, record, schedule)
            continue
        declared = _declared(found, occurrence, schedule, record, calendar, report)
        if declared is not None:
            fresh.append(declared)
    imports = (occurrence_address(found.series.key, i) for i, e in found.declared.exceptions.items() if "import" in e)
    read = job_reader(replace(calendar.context, imports={*calendar.context.imports, *imports}))
    for declared, whole in ((d, read(d)) for d in fresh):
        if whole.problems:
            faults = [(declared.fault(wrong, field), field) for field, wrong in whole.problems]
            _report(declared, faults, report, found.said)
        elif report.clean:
            yield declared, build_job(whole)


def _is_over(record: RecordedJob, occurrence: Occurrence, now: datetime) -> bool:
    return occurrence.utc <= now and group_of(record.status, publish_at=None, staged=False, now=now) in _OVER


def _again(declared: DeclaredSeries, occurrence: Occurrence) -> bool:
    """Whether a person says something about that very submission."""
    return not _OF_ONE.isdisjoint(declared.exceptions.get(occurrence.instance, {}))


def _as_recorded(occurrence: Occurrence, record: RecordedJob, schedule: Schedule) -> Job:
    held = record.publish.value == "held"
    return Job(f'{occurrence.series}["{occurrence.instance}"]', record.declared, record.schedule or schedule, held=held)


def _schedule(occurrence: Occurrence, zone: str) -> Schedule:
    local = occurrence.local
    text = local.isoformat(" ", "seconds" if local.second else "minutes")
    if occurrence.twice:
        offset = occurrence.utc.astimezone(parse_zone(zone)).strftime("%z")
        text += f"{offset[:3]}:{offset[3:5]}"
    return Schedule(text, occurrence.utc, zone)


def _declared(
    found: _Found,
    occurrence: Occurrence,
    schedule: Schedule,
    record: RecordedJob | None,
    calendar: Calendar,
    report: Report,
) -> DeclaredOccurrence | None:
    """The occurrence with its own fields; None, reported, where they are wrong."""
    job, instance = found.declared.job, occurrence.instance
    exception = {k: v for k, v in found.declared.exceptions.get(instance, {}).items() if k not in _WHEN}
    given = merged({k: v for k, v in job.fields.items() if k not in OWN_KEYS}, exception)
    declared = DeclaredOccurrence(
        job.document,
        job.section,
        f'{occurrence.series}["{instance}"]',
        {},
        occurrence.series,
        instance,
        frozenset((job.fields.get("except") or {}).get(instance, ())),
        found.declared.rows,
    )
    faults: list[Fault] = []
    fields = given
    if declared.cells or any(map(has_later, given.values())):
        fields, faults = _filled(given, declared, occurrence, found.series, calendar.scope)
        fields = {k: v for k, v in fields.items() if v != "" or not has_later(given[k])}  # an empty cell is not set
        if record is not None and not faults:
            fields = _as_submitted(fields, given, declared, occurrence, found.series, calendar.scope, record.declared)
        faults = faults or _explained(fields, declared)
    if faults:
        _report(declared, [(fault, declared.field(fault.path)) for fault in faults], report, found.said)
        return None
    return replace(declared, fields={**fields, "schedule": schedule})


def _report(
    declared: DeclaredOccurrence, found: Iterable[tuple[Fault, str]], report: Report, said: set[tuple[Path, str]]
) -> None:
    """Reports each at the cell of its row, or where the files say it: there once, and not for every occurrence. What a
    row lacks is of that row."""
    for fault, field in found:
        if declared.rows is not None and field in declared.cells:
            report.faults(declared.rows.sheet, [declared.in_sheet(fault, field)])
            continue
        lacking = declared.rows is not None and not field
        place = (fault.path, fault.message if lacking else fault.message.partition(_IN)[0])
        if place not in said:
            said.add(place)
            report.faults(declared.document, [fault])


def _filled(
    given: Mapping[str, Any],
    declared: DeclaredOccurrence,
    occurrence: Occurrence,
    series: Series,
    scope: Scope,
    *,
    marked: bool = False,
) -> tuple[dict[str, Any], list[Fault]]:
    number: Callable[[], int] = partial(series.dates.number, occurrence.day)
    moment = datetime.combine(occurrence.day, occurrence.local.time())
    names, rows = names_of(moment, number, marked=marked), declared.rows
    if rows is not None and occurrence.instance in rows.rows:
        of_date, of_row = names, names_of_row(rows, rows.rows[occurrence.instance])
        own = replace(scope, names=lambda name: of_row(name) if name.startswith("row.") else of_date(name))
    else:
        own = replace(scope, names=names)
    faults: list[Fault] = []
    return {k: filled(v, declared.at(k), own, faults) for k, v in given.items()}, faults


def _as_submitted(
    fields: dict[str, Any],
    given: Mapping[str, Any],
    declared: DeclaredOccurrence,
    occurrence: Occurrence,
    series: Series,
    scope: Scope,
    then: Values,
) -> dict[str, Any]:
    """The fields, but with what `at` and `from` made of a recorded occurrence as it was submitted."""
    later = {k: v for k, v in given.items() if has_later(v) and k in then and fields[k] != then[k]}
    if not later:
        return fields
    marked, _ = _filled(later, declared, occurrence, series, scope, marked=True)
    return {**fields, **{k: as_submitted(fields[k], marked[k], then[k]) for k in later}}


def _explained(fields: Mapping[str, Any], declared: DeclaredOccurrence) -> list[Fault]:
    """What is wrong with the form of an occurrence whose fields were filled in."""
    where = f"{_IN}{declared.instance})"
    return [
        replace(f, path=declared.at(str(f.path[0])) + f.path[1:], message=f.message + where) for f in explained(fields)
    ]


def _imports(calendar: Calendar, jobs: Mapping[str, Job]) -> dict[str, str]:
    rows = {a: i for series in calendar.listed.values() for a, i in imports_of(series).items() if a in jobs}
    return rows | {
        address: given["import"]
        for key, series in calendar.series.items()
        for instance, given in series.exceptions.items()
        if "import" in given and (address := occurrence_address(key, instance)) in jobs
    }


def _shared(calendar: Calendar) -> dict[str, frozenset[str]]:
    """The URLs that a series names itself, and not its rows or dates."""
    fields = {key: series.job.fields for key, series in calendar.series.items()}
    fields |= {key: rows.job.fields for key, rows in calendar.listed.items()}
    return {
        key: frozenset(url for url in (given.get("url"), *(given.get("urls") or ())) if isinstance(url, str))
        for key, given in fields.items()
        if "url" in given or "urls" in given
    }


def _moving(
    found: list[_Found],
    calendar: Calendar,
    recorded: Recorded,
    jobs: Mapping[str, Job],
    report: Report,
    now: datetime,
) -> list[tuple[Declared, Job]]:
    """Occurrences behind the horizon that are there already under another address: a job written by hand before, or a
    series of another name. They are declared, so that what was paid for moves to them."""
    gone = {
        (recorded_fingerprint(Kind.JOB, r.declared, r.fingerprint), r.schedule.utc)
        for a, r in recorded.jobs.items()
        if a not in jobs and r.schedule is not None and r.schedule.utc > now
    }
    if not gone or not report.clean:
        return []
    last = max(at for _, at in gone)
    moving: list[tuple[Declared, Job]] = []
    for each in found:
        times = {at for _, at in gone}
        ahead = [o for o in each.series.between(now, last) if o.utc in times and o.address not in jobs]
        for declared, job in _jobs(each, ahead, calendar, report, now):
            if (fingerprint(Kind.JOB, job.values), job.schedule and job.schedule.utc) in gone:
                moving.append((declared, job))
    return moving


def _summary(found: list[_Found], recorded: Recorded, now: datetime) -> Occurrences:
    return Occurrences(
        len(found),
        sum(len(f.standing.declared) for f in found),
        frozenset(occurrence_address(f.series.key, i) for f in found for i in f.standing.entered),
        tuple(o for f in found for o in f.standing.missed),
        tuple(o for f in found for o in f.without_row),
        tuple(o for f in found for o in f.standing.passed_over),
        {
            f.series.key: considered(f.series, now, recorded.series.get(f.series.key), zone_data(f.declared.zone))
            for f in found
        },
        tuple(occurrence_address(f.series.key, i) for f in found for i in f.standing.left),
        min((day for f in found if (day := f.series.dates.first) is not None and day > now.date()), default=None),
    )
