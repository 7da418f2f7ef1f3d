"""What a project submits as time passes: its series, and single jobs with a horizon of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec import Struct, ValidationError

from afsync.config.declared import Declared
from afsync.config.interpolation import Scope
from afsync.config.jobs import Context
from afsync.config.problems import Code, Wrong
from afsync.config.project import HORIZON, KEEP
from afsync.config.report import Report
from afsync.config.series import DeclaredSeries, Defaults, not_repeated, read_series
from afsync.config.series_refs import without_later
from afsync.config.series_shape import check_series
from afsync.config.shape import JobPart
from afsync.config.spans import parse_span


class Calendar(Struct, frozen=True):
    """The series, by key; the horizons of single jobs, by address; and what occurrences are read with."""

    series: Mapping[str, DeclaredSeries]
    horizons: Mapping[str, timedelta]
    context: Context
    scope: Scope


def read_calendar(
    jobs: Sequence[Declared], main: Mapping[str, Any], context: Context, scope: Scope, report: Report
) -> Calendar:
    """The calendar of the `jobs` that belong to one. What is wrong with them is reported."""
    defaults = Defaults(context.zone, _span(main, "horizon", HORIZON), _span(main, "keep", KEEP))
    series: dict[str, DeclaredSeries] = {}
    horizons: dict[str, timedelta] = {}
    for job in (j for j in jobs if _fits(j)):
        if "repeat" not in job.fields:
            report.faults(job.document, not_repeated(job))
            if "horizon" in job.fields:
                horizons[f"job.{job.key}"] = parse_span(job.fields["horizon"])
            continue
        found, faults = read_series(job, defaults)
        report.faults(job.document, faults)
        if found is not None:
            series[job.key] = found
        if f"job.{job.key}" in context.imports:
            hint = f'name one occurrence, as in job.{job.key}["2026-12-07"]'
            wrong = Wrong(Code.UNKNOWN_IMPORT, f"`job.{job.key}` is a series, which is no single job", hint)
            report.faults(job.document, [job.fault(wrong)])
    return Calendar(series, horizons, context, scope)


def _fits(job: Declared) -> bool:
    """Whether its form is right. What is wrong with it was said where the file was checked."""
    fields = without_later({job.key: job.fields})[job.key]
    try:
        check_series(fields.get("repeat"), fields.get("except"), (fields.get("horizon"), fields.get("keep")), JobPart)
    except (ValidationError, ValueError):
        return False
    return True


def _span(main: Mapping[str, Any], key: str, default: str) -> str:
    """What the file says, where that was not found wrong already."""
    given = main.get(key, default)
    try:
        parse_span(given)
        return str(given)
    except (Wrong, TypeError):
        return default
