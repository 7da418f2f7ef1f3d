"""Problems for people and for programs: what was wrong, where, and what to do."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from msgspec import Struct, to_builtins

from afsync.errors import Location, Problem, Severity
from afsync.output.json_text import json_text
from afsync.output.tables import wrapped
from afsync.output.values import Paint, count, escape_control, no_paint

FORMAT_VERSION = "1.0"

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}
_MAX_LINE = 160
_NOWHERE = "no_project"
"""The code of a file that is missed, and so is not the place of anything."""


def problem_block(problem: Problem, paint: Paint = no_paint) -> str:
    """One problem: severity and message, the place, the line itself with a mark under it, and what to do."""
    lines = [labelled(problem.severity, problem.message, paint)]
    at = problem.location
    if at is not None and problem.code != _NOWHERE:
        lines.append(paint(f"  at {escape_control(str(at))}", "dim"))
        if at.text is not None and at.line is not None:
            lines += _excerpt(at.line, at.column, at.text, paint)
    if problem.hint:
        lines.append(hinted(problem.hint, paint))
    return "\n".join(lines)


def labelled(severity: Severity, message: str, paint: Paint) -> str:
    """`Error: ` and the message, as wide as a terminal is."""
    label = f"{severity.value.capitalize()}:"
    return f"{paint(label, _COLOURS[severity])} {wrapped(escape_control(message), paint.columns, len(label) + 1)}"


def hinted(hint: str, paint: Paint) -> str:
    """What to do, below the message."""
    return f"  {wrapped(escape_control(hint), paint.columns, 2)}"


def _excerpt(number: int, column: int | None, text: str, paint: Paint) -> list[str]:
    text = text.rstrip("\r\n").replace("\t", " ")
    gutter = f"  {number:>4} | "
    most = _MAX_LINE if paint.columns is None else max(40, min(_MAX_LINE, paint.columns - len(gutter)))
    start = max(0, (column or 1) - most // 4 * 3) if len(text) > most else 0
    result = [gutter + escape_control(text[start : start + most])]
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
