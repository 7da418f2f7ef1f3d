"""The occurrences of one series as jobs: what its file, its row and its exception say, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.config.declarations import Declared
from afsync.config.interpolation import Scope
from afsync.config.jobs import build_job, job_reader
from afsync.config.keys.resources import EXCEPTION_KEYS
from afsync.config.occurrence_fields import OWN_KEYS, REQUESTS_OF_ONE, explained, filled, has_later, merged
from afsync.config.occurrence_text import as_submitted, names_of
from afsync.config.problem_report import Report
from afsync.config.problems import Diagnostic, InvalidValue, Path
from afsync.config.row_fields import Rows, cell_text, names_of_row
from afsync.config.series import DeclaredSeries
from afsync.config.timed_submissions import TimedSubmissions
from afsync.config.times import parse_zone
from afsync.core.addresses import occurrence_address
from afsync.core.records import Publish, RecordedJob
from afsync.core.resources import Job, Schedule, Values
from afsync.core.series import Occurrence, Series, SeriesState
from afsync.core.service_statuses import ENDED, group_of

_IN = " (in the occurrence of "


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

    def in_sheet(self, fault: Diagnostic, column: str) -> Diagnostic:
        """The same at a cell of its row."""
        assert self.rows is not None
        path = (self.rows.rows[self.instance].line, column, cell_text(self.cells[column]))
        return Diagnostic(fault.code, path, fault.message, fault.hint)

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

    def fault(self, wrong: InvalidValue, field: str = "") -> Diagnostic:
        message = f"{wrong.message}{_IN}{self.instance})"
        return Diagnostic(wrong.code, self.at(field) if field else self.path, message, wrong.hint, not field)


class SeriesAtMoment(Struct):
    """The jobs that the rule of a series declares at a moment."""

    declared: DeclaredSeries
    series: Series
    state: SeriesState
    records: Mapping[str, RecordedJob]
    without_row: tuple[Occurrence, ...] = ()
    said: set[tuple[Path, str]] = set()


def jobs_at(
    found: SeriesAtMoment, occurrences: Iterable[Occurrence], timed: TimedSubmissions, report: Report, now: datetime
) -> Iterable[tuple[Declared, Job]]:
    """The jobs. What is over stays as it was submitted, whatever the series says now."""
    fresh: list[DeclaredOccurrence] = []
    for occurrence in occurrences:
        record = found.records.get(occurrence.instance)
        schedule = _schedule(occurrence, found.declared.zone)
        if record is not None and _is_over(record, occurrence, now) and not _again(found.declared, occurrence):
            yield found.declared.job, _as_recorded(occurrence, record, schedule)
            continue
        declared = _declared(found, occurrence, schedule, record, timed, report)
        if declared is not None:
            fresh.append(declared)
    imports = (occurrence_address(found.series.key, i) for i, e in found.declared.exceptions.items() if "import" in e)
    read = job_reader(replace(timed.context, imports={*timed.context.imports, *imports}))
    for declared, whole in ((d, read(d)) for d in fresh):
        if whole.problems:
            faults = [(declared.fault(wrong, field), field) for field, wrong in whole.problems]
            _report(declared, faults, report, found.said)
        elif report.clean:
            yield declared, build_job(whole)


def _is_over(record: RecordedJob, occurrence: Occurrence, now: datetime) -> bool:
    return occurrence.utc <= now and group_of(record.status) in ENDED


def _again(declared: DeclaredSeries, occurrence: Occurrence) -> bool:
    """Whether a person says something about that very submission."""
    return not REQUESTS_OF_ONE.isdisjoint(declared.exceptions.get(occurrence.instance, {}))


def _as_recorded(occurrence: Occurrence, record: RecordedJob, schedule: Schedule) -> Job:
    held = record.publish is Publish.HELD
    return Job(f'{occurrence.series}["{occurrence.instance}"]', record.declared, record.schedule or schedule, held=held)


def _schedule(occurrence: Occurrence, zone: str) -> Schedule:
    local = occurrence.local
    text = local.isoformat(" ", "seconds" if local.second else "minutes")
    if occurrence.twice:
        offset = occurrence.utc.astimezone(parse_zone(zone)).strftime("%z")
        text += f"{offset[:3]}:{offset[3:5]}"
    return Schedule(text, occurrence.utc, zone)


def _declared(
    found: SeriesAtMoment,
    occurrence: Occurrence,
    schedule: Schedule,
    record: RecordedJob | None,
    timed: TimedSubmissions,
    report: Report,
) -> DeclaredOccurrence | None:
    """The occurrence with its own fields; None, reported, where they are wrong."""
    job, instance = found.declared.job, occurrence.instance
    exception = {k: v for k, v in found.declared.exceptions.get(instance, {}).items() if k not in EXCEPTION_KEYS}
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
    faults: list[Diagnostic] = []
    fields = given
    if declared.cells or any(map(has_later, given.values())):
        fields, faults = _filled(given, declared, occurrence, found.series, timed.scope)
        if record is not None and not faults:
            fields = _with_submitted_values(
                fields, given, declared, occurrence, found.series, timed.scope, record.declared
            )
        faults = faults or _explained(fields, declared)
    if faults:
        _report(declared, [(fault, declared.field(fault.path)) for fault in faults], report, found.said)
        return None
    return replace(declared, fields={**fields, "schedule": schedule})


def _report(
    declared: DeclaredOccurrence, found: Iterable[tuple[Diagnostic, str]], report: Report, said: set[tuple[Path, str]]
) -> None:
    """Reports each at the cell of its row, or where the files say it: there once, and not for every occurrence. What a
    row lacks is of that row."""
    for fault, field in found:
        if declared.rows is not None and field in declared.cells:
            report.faults(declared.rows.sheet, [declared.in_sheet(fault, field)])
            continue
        # What is wrong with a field may name its value, which is another one for every date; so is what a row lacks.
        of_date = fault.message if declared.rows is not None and not field else fault.message.partition(_IN)[0]
        place = (fault.path, fault.code if field and declared.rows is None else of_date)
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
) -> tuple[dict[str, Any], list[Diagnostic]]:
    number: Callable[[], int] = partial(series.dates.number, occurrence.day)
    moment = datetime.combine(occurrence.day, occurrence.local.time())
    names, rows = names_of(moment, number, marked=marked), declared.rows
    if rows is not None and occurrence.instance in rows.rows:
        of_date, of_row = names, names_of_row(rows, rows.rows[occurrence.instance])
        own = replace(scope, names=lambda name: of_row(name) if name.startswith("row.") else of_date(name))
    else:
        own = replace(scope, names=names)
    faults: list[Diagnostic] = []
    return filled(given, declared.at, own, faults), faults


def _with_submitted_values(
    fields: dict[str, Any],
    given: Mapping[str, Any],
    declared: DeclaredOccurrence,
    occurrence: Occurrence,
    series: Series,
    scope: Scope,
    then: Values,
) -> dict[str, Any]:
    """The fields, but with what `at` and `from` made of a recorded occurrence as it was submitted."""
    later = {k: v for k, v in given.items() if k in fields and has_later(v) and k in then and fields[k] != then[k]}
    if not later:
        return fields
    marked, _ = _filled(later, declared, occurrence, series, scope, marked=True)
    return {**fields, **{k: as_submitted(fields[k], marked[k], then[k]) for k in later}}


def _explained(fields: Mapping[str, Any], declared: DeclaredOccurrence) -> list[Diagnostic]:
    """What is wrong with the form of an occurrence whose fields were filled in."""
    where = f"{_IN}{declared.instance})"
    return [
        replace(f, path=declared.at(str(f.path[0])) + f.path[1:], message=f.message + where) for f in explained(fields)
    ]
