"""Problems for people and for programs: what was wrong, where, and what to do."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, to_builtins

from afsync.errors import Location, Problem, Severity
from afsync.output.json_text import json_text
from afsync.output.values import Paint, count, escape_control, no_paint

FORMAT_VERSION = "1.0"

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_MAX_LINE = 160
_NOWHERE = "no_project"
"""The code of a file that is missed, and so is not the place of anything."""


def problem_block(problem: Problem, paint: Paint = no_paint) -> str:
    """One problem: severity and message, the place, the line itself with a mark under it, and what to do."""
    label = paint(f"{problem.severity.value.capitalize()}:", _COLOURS[problem.severity])
    lines = [f"{label} {escape_control(problem.message)}"]
    at = problem.location
    if at is not None and problem.code != _NOWHERE:
        lines.append(paint(f"  at {escape_control(str(at))}", "dim"))
        if at.text is not None and at.line is not None:
            lines += _excerpt(at.line, at.column, at.text)
    if problem.hint:
        lines.append(f"  {escape_control(problem.hint)}")
    return "\n".join(lines)


def _excerpt(number: int, column: int | None, text: str) -> list[str]:
    text = text.rstrip("\r\n").replace("\t", " ")
    start = max(0, (column or 1) - _MAX_LINE + 40) if len(text) > _MAX_LINE else 0
    gutter = f"  {number:>4} | "
    result = [gutter + escape_control(text[start : start + _MAX_LINE])]
    if column is not None:
        before = escape_control(text[start : column - 1])
        result.append(" " * (len(gutter) - 2) + "| " + " " * len(before) + "^")
    return result


def problems_text(problems: Sequence[Problem], paint: Paint = no_paint) -> str:
    """All problems, a blank line between two, and how many there are; ends in a newline."""
    blocks = [problem_block(p, paint) for p in problems]
    errors = sum(p.severity is Severity.ERROR for p in problems)
    return "\n\n".join([*blocks, f"{count(errors, 'error')}."]) + "\n"


class ProblemRow(Struct, frozen=True, kw_only=True):
    """A problem in the shape that every machine format uses; what does not apply is null."""

    code: str
    severity: Severity
    address: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None
    message: str
    hint: str | None = None


def problem_row(problem: Problem) -> ProblemRow:
    """A problem as documents hold it."""
    at = problem.location
    return ProblemRow(
        code=problem.code,
        severity=problem.severity,
        address=problem.address,
        file=at.file if at else None,
        line=at.line if at else None,
        column=at.column if at else None,
        message=problem.message,
        hint=problem.hint,
    )


def problem_of(row: ProblemRow) -> Problem:
    """The problem that a document holds."""
    at = None if row.file is None else Location(row.file, row.line, row.column)
    return Problem(row.code, row.message, row.hint, row.severity, row.address, at)


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    row: dict[str, Any] = to_builtins(problem_row(problem))
    return row


def problems_json(problems: Sequence[Problem]) -> str:
    """The document of `validate --json`."""
    document = {"format_version": FORMAT_VERSION, "problems": [problem_json(p) for p in problems]}
    return json_text(document)


def one_line(problem: Problem) -> str:
    """The message and the hint in one sentence, for formats that have one text for a problem."""
    return problem.message if problem.hint is None else f"{problem.message}; {problem.hint}"


def in_repository(prefix: str, file: str) -> str:
    """A file of a project whose folder is `prefix` (with a slash at its end, or nothing). One that several projects
    share lies outside of that folder."""
    path = prefix + file
    return posixpath.normpath(path) if file.startswith("../") else path
