"""A job whose occurrences are the rows of a sheet: each known by its key, wherever it stands in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.config.declarations import Declared
from afsync.config.interpolation import Scope
from afsync.config.jobs import JobContext, ResolvedJob, build_job, job_reader
from afsync.config.occurrence_fields import OWN_KEYS, REQUESTS_OF_ONE, explained, filled, merged
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.config.row_fields import SCHEDULE, Rows, cell_text, names_of_row
from afsync.config.sheets import Row
from afsync.config.times import zone_data
from afsync.core.addresses import occurrence_address
from afsync.core.occurrence_notices import RowDate
from afsync.core.records import Publish, RecordedJob
from afsync.core.resources import Job
from afsync.core.series import has_ended
from afsync.core.service_statuses import ENDED, group_of
from afsync.core.state import Considered
from afsync.core.text import are
from afsync.errors import Location, Problem, Severity


class RowSeries(Struct, frozen=True):
    """A job with `rows` and without `repeat`."""

    job: Declared
    zone: str | None
    horizon: timedelta
    rows: Rows


class DeclaredRow(Declared, frozen=True):
    """A row as its sheet declares it."""

    rows: Rows
    row: Row
    instance: str

    def locate(self, field: str | None) -> Any:
        return self.rows.sheet.problem(self.at(InvalidValue(Code.BAD_FORM, ""), field or "")).location

    def at(self, wrong: InvalidValue, field: str = "") -> Diagnostic:
        column = field if field in self.row.cells else ""
        path = (self.row.line, column, cell_text(self.row.cells.get(column, "")))
        return Diagnostic(wrong.code, path, f"{wrong.message} (in the row `{self.instance}`)", wrong.hint)


class RowsAtMoment(Struct):
    """The jobs that the rows of a series declare at a moment; `core.series.SeriesState` is that of a rule.
    `left_out` are those whose time has passed, or is behind the horizon."""

    series: RowSeries
    jobs: list[tuple[Declared, Job]]
    entered: list[str]
    missed: list[RowDate]
    considered: Considered
    passed: list[PassedRow] = []
    untimed: list[Place] = []
    unused_times: str | None = None
    places: dict[str, Declared] = {}
    said: set[Diagnostic] = set()
    left_out: list[tuple[Declared, Job]] = []

    def without_moved(self, jobs: Mapping[str, Job]) -> None:
        """Says nothing more of rows that are declared after all, since they were submitted under another address."""
        self.missed = [date for date in self.missed if date.address not in jobs]
        self.passed = [row for row in self.passed if row.date.address not in jobs]

    def report(self, wrongs: Iterable[tuple[InvalidValue, str]], report: Report) -> None:
        """Reports what is wrong in the job itself: once, and not for every row."""
        faults = [f for f in (self.series.job.fault(w, field) for w, field in wrongs) if f not in self.said]
        self.said.update(faults)
        report.faults(self.series.job.document, dict.fromkeys(faults))


def look(
    series: RowSeries,
    records: Mapping[str, RecordedJob],
    known: Considered | None,
    wanted: frozenset[str],
    read: tuple[JobContext, Scope, Report],
    now: datetime,
) -> RowsAtMoment:
    """The jobs that are declared at `now`. `wanted` are keys that are, whatever the horizon. Reports what is wrong."""
    context, scope, report = read
    passed = any(r.schedule and known and known.until < r.schedule.utc <= now for r in records.values())
    same = known is not None and known.until.date() == now.date() and not passed
    since = known.since if known else f"{now:%Y-%m-%d}"
    remembered = known if known is not None and same else Considered(now, since, zone_data(series.zone))
    found = RowsAtMoment(series, [], [], [], remembered)
    if emptied := series.rows.emptied(len(records)):
        report.faults(series.rows.sheet, emptied)
        return found
    fresh = [d for key in sorted(series.rows.rows) if (d := _row(found, key, records.get(key), scope, report, now))]
    whole_of = job_reader(replace(context, imports={*context.imports, *imports_of(series)}))
    wholes = [(declared, whole_of(declared)) for declared in fresh]
    timed = any(SCHEDULE in row.cells for row in series.rows.rows.values()) or any(w.schedule for _, w in wholes)
    found.unused_times = None if timed else series.rows.unused_times()
    for declared, whole in wholes:
        if (timed or found.unused_times) and _is_untimed(declared, whole, records.get(declared.instance), context):
            found.untimed.append((declared.row.line, declared.instance))
        if whole.problems:
            sheet, own = series.rows.sheet, [(f, w) for f, w in whole.problems if f in declared.row.cells or not f]
            report.faults(sheet, [declared.at(wrong, field) for field, wrong in own])
            found.report(((w, f) for f, w in whole.problems if (f, w) not in own), report)
        elif report.clean:
            _declare_or_leave(
                found, declared, whole, known, declared.instance in records or declared.instance in wanted, now
            )
    if found.missed:
        found.considered = Considered(now, since, zone_data(series.zone))
    return found


def _row(
    found: RowsAtMoment, key: str, record: RecordedJob | None, scope: Scope, report: Report, now: datetime
) -> DeclaredRow | None:
    """The row with its fields, where there is something to be decided about it."""
    series, rows = found.series, found.series.rows
    job = series.job
    over = record is not None and (has_ended(record) if key in rows.disabled else group_of(record.status) in ENDED)
    declared = DeclaredRow(job.document, job.section, f'{job.key}["{key}"]', {}, rows, rows.rows[key], key)
    again = key not in rows.disabled and not REQUESTS_OF_ONE.isdisjoint(rows.fields[key])
    past = record is not None and (record.schedule is None or record.schedule.utc <= now)
    if record is not None and over and past and not again:
        held = record.publish is Publish.HELD
        found.jobs.append((declared, Job(declared.key, record.declared, record.schedule, held=held)))
        return None
    if key in rows.disabled:
        return None
    given = merged({k: v for k, v in job.fields.items() if k not in OWN_KEYS}, rows.fields[key])
    given.pop("import", None)
    faults: list[Diagnostic] = []
    own = replace(scope, names=names_of_row(rows, rows.rows[key]))
    fields = filled(given, lambda field: (field,), own, faults)
    if series.zone is not None and "zone" in job.fields:
        fields.setdefault("zone", series.zone)
    faults = faults or explained(fields)
    if faults:
        wrongs = [(InvalidValue(f.code, f.message, f.hint), str(f.path[0]) if f.path else "") for f in faults]
        named = [(w, f) for w, f in wrongs if w.code is Code.BAD_INTERPOLATION and f in job.fields]
        found.report(named, report)
        report.faults(rows.sheet, [declared.at(wrong, field) for wrong, field in wrongs if (wrong, field) not in named])
        return None
    return replace(declared, fields=fields)


def _declare_or_leave(
    found: RowsAtMoment, declared: DeclaredRow, whole: ResolvedJob, known: Considered | None, kept: bool, now: datetime
) -> None:
    """Declare it, or leave it for later, or for good."""
    job, horizon = build_job(whole), found.series.horizon
    at = job.schedule.utc if job.schedule else None
    again = job.rerun is not None or "import" in found.series.rows.fields[declared.instance]
    if not kept and not again and at is not None:
        if at <= now:
            date = RowDate(job.address, declared.instance, job.schedule.written if job.schedule else "", at)
            if known is not None and at > known.until:
                found.missed.append(date)
                found.places[job.address] = declared
            else:
                found.passed.append(PassedRow(declared.row.line, date, _is_old(at, known, now)))
        if at <= now or at > now + horizon:
            found.left_out.append((declared, job))
            return
        if known is not None and at > known.until + horizon:
            found.entered.append(job.address)
    found.jobs.append((declared, job))


def _is_untimed(declared: DeclaredRow, whole: ResolvedJob, record: RecordedJob | None, context: JobContext) -> bool:
    """Whether it is published as soon as it is produced, which neither the files nor the state say."""
    if whole.schedule is not None or whole.problems or (record is not None and record.schedule is None):
        return False
    template = context.templates.get(declared.text("template") or "")
    said = {**(template.fields if template else {}), **whole.body}
    return "publishMode" not in said and not said.get("staging") and "import" not in declared.row.cells


def imports_of(series: RowSeries) -> dict[str, str]:
    return {
        occurrence_address(series.job.key, key): str(fields["import"])
        for key, fields in series.rows.fields.items()
        if "import" in fields and key not in series.rows.disabled
    }


_SHOWN = 3
_RECENT = timedelta(days=31)
Place = tuple[int, str]
"""The line of a row, and its key."""


class PassedRow(Struct, frozen=True):
    """A row that is not recorded, and whose time had passed when it was first considered. `old`: before the series
    was applied at all, so that it was probably published without it."""

    line: int
    date: RowDate
    old: bool


def _is_old(at: datetime, known: Considered | None, now: datetime) -> bool:
    """Whether a time lies before the series began; of one that was never applied, a month before now."""
    return at.date() < (date.fromisoformat(known.since) if known is not None else (now - _RECENT).date())


def passed(file: str, rows: Sequence[PassedRow]) -> Iterator[Problem]:
    """One warning of the rows of a sheet that are not submitted since their time has passed, and one note of old ones.

    The latest come first, in which a mistake is most likely.
    """
    ordered = sorted(rows, key=lambda r: r.date.utc, reverse=True)
    for old, group in groupby(sorted(ordered, key=lambda r: r.old), key=lambda r: r.old):
        found = [(r.line, r.date.instance) for r in group]
        text = f"{_rows(found, 'has', 'have')} a time that has passed, and {are(found)} not submitted now"
        hint = "give it a later time to submit it; write `enabled: no` where it is not wanted any more"
        severity = Severity.NOTE if old else Severity.WARNING
        yield Problem("row_passed", f"{text}: {_few(file, found)}", hint, severity, None, _at(file, found))


def untimed(file: str, found: Sequence[Place], column: str | None = None) -> Iterator[Problem]:
    """A warning of the rows without a time in a sheet whose other rows have one, or that has times in a `column` which
    fills no field."""
    if not found:
        return
    why = f"the column `{column}` fills no field" if column else "other rows have one"
    text = f"{_rows(found, 'has', 'have')} no `schedule`, and {why}: without a time "
    text += (
        "it is published as soon as it is produced"
        if len(found) == 1
        else ("they are published as soon as they are produced")
    )
    hint = "fill in the time; while there is none yet write `enabled: no`, or `publishMode: immediate` if that is meant"
    if column:
        hint = (
            f"give the sheet a column `schedule`, or write `schedule: ${{row.{column}}}` in the job, with day and time"
        )
    yield Problem("row_untimed", f"{text}: {_few(file, found)}", hint, Severity.WARNING, None, _at(file, found))


def _rows(found: Sequence[Place], one: str, more: str) -> str:
    return f"1 row {one}" if len(found) == 1 else f"{len(found)} rows {more}"


def _few(file: str, found: Sequence[Place]) -> str:
    few = ", ".join(f"{key} ({file}:{line})" for line, key in found[:_SHOWN])
    return few + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")


def _at(file: str, found: Sequence[Place]) -> Location:
    return Location(file, found[0][0])
