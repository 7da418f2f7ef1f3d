"""What a project submits as time passes: its series, and single jobs with a horizon of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct

from afsync.config.declarations import Declared
from afsync.config.durations import parse_span
from afsync.config.interpolation import Scope
from afsync.config.jobs import JobContext
from afsync.config.keys.part import fits
from afsync.config.keys.project import HORIZON, KEEP
from afsync.config.keys.resources import SERIES_KEYS, JobPart
from afsync.config.occurrence_fields import misplaced, refers_to_row, without_later
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.config.row_fields import Rows, rows_of, wrong_cells
from afsync.config.row_jobs import RowSeries
from afsync.config.series import ONLY_OF_ONE_SUBMISSION, DeclaredSeries, SeriesDefaults, read_series, with_rows
from afsync.config.sheets import Sheet, read_sheet


class TimedSubmissions(Struct, frozen=True):
    """The series by key: with a rule, and `listed` in a sheet; the sheets by path; the horizons of single jobs by
    address; and what occurrences are read with."""

    series: Mapping[str, DeclaredSeries]
    listed: Mapping[str, RowSeries]
    sheets: Mapping[str, Sheet]
    horizons: Mapping[str, timedelta]
    context: JobContext
    scope: Scope


def read_timed_submissions(
    jobs: Sequence[Declared], main: Mapping[str, Any], context: JobContext, scope: Scope, report: Report
) -> TimedSubmissions:
    """What the `jobs` submit as time passes. What is wrong with them is reported."""
    defaults = SeriesDefaults(context.zone, _span(main, "horizon", HORIZON), _span(main, "keep", KEEP))
    series: dict[str, DeclaredSeries] = {}
    listed: dict[str, RowSeries] = {}
    sheets: dict[str, Sheet] = {}
    horizons: dict[str, timedelta] = {}
    for job in (j for j in jobs if _fits(j)):
        rows = _rows(job, sheets, context, report) if "rows" in job.fields else None
        if "repeat" not in job.fields:
            report.faults(job.document, _not_repeated(job))
            if "rows" in job.fields:
                report.faults(job.document, _single_only(job))
                span = parse_span(job.fields.get("horizon", defaults.horizon))
                if rows is not None:
                    listed[job.key] = RowSeries(job, job.fields.get("zone", defaults.zone), span, rows)
            elif "horizon" in job.fields:
                horizons[f"job.{job.key}"] = parse_span(job.fields["horizon"])
            continue
        found, faults = read_series(job, defaults)
        report.faults(job.document, faults)
        if found is not None and ("rows" not in job.fields or rows is not None):
            series[job.key] = found if rows is None else with_rows(found, rows)
        if f"job.{job.key}" in context.imports:
            hint = f'name one occurrence, as in job.{job.key}["2026-12-07"]'
            wrong = InvalidValue(Code.UNKNOWN_IMPORT, f"`job.{job.key}` is a series, which is no single job", hint)
            report.faults(job.document, [job.fault(wrong)])
    return TimedSubmissions(series, listed, sheets, horizons, context, scope)


def _rows(job: Declared, sheets: dict[str, Sheet], context: JobContext, report: Report) -> Rows | None:
    """The rows of a job; None, reported, where its sheet cannot be read. Every sheet is read once."""
    given = job.fields["rows"]
    given = given if isinstance(given, dict) else {"file": given}
    name = given["file"]
    try:
        # Of a workbook each sheet is another one, and the file is hashed for each: the same, once.
        place, part = f"{name}\n{given.get('sheet', '')}", given.get("sheet")
        sheet = sheets.get(place) or sheets.setdefault(place, read_sheet(context.media.root, name, part))
    except InvalidValue as wrong:
        if wrong.line is not None:
            report.file(name, wrong)
        else:
            report.faults(job.document, [job.fault(wrong, "rows")])
        return None
    rows, faults = rows_of(sheet, given.get("key", "key"), given.get("where", {}), dated="repeat" in job.fields)
    own = {name for name, value in job.fields.items() if refers_to_row(value)}
    rows = rows.without(own) if own else rows
    if faults:  # the cells are checked when the rows are jobs, which these never are
        faults += wrong_cells(rows, job.text("zone") or context.zone)
    report.faults(sheet, dict.fromkeys(faults))
    return rows


def _fits(job: Declared) -> bool:
    """Whether its form is right, and says without its occurrences when they are. What is wrong with it was said where
    the file was checked."""
    if any(misplaced(job.fields, job.path)):
        return False
    fields = without_later({job.key: job.fields})[job.key]
    return fits({key: fields[key] for key in SERIES_KEYS if key in fields}, JobPart)


def _span(main: Mapping[str, Any], key: str, default: str) -> str:
    """What the file says, where that was not found wrong already."""
    given = main.get(key, default)
    try:
        parse_span(given)
        return str(given)
    except (InvalidValue, TypeError):
        return default


def _single_only(job: Declared) -> list[Diagnostic]:
    """What belongs to a single occurrence, in a job whose occurrences are rows."""
    return [
        Diagnostic(
            Code.CONFLICT,
            (*job.path, field),
            f"`{field}` belongs to one occurrence, and not to all rows",
            f"give the sheet a column `{field}`",
            at_key=True,
        )
        for field in ONLY_OF_ONE_SUBMISSION
        if field in job.fields
    ]


def _not_repeated(job: Declared) -> list[Diagnostic]:
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
