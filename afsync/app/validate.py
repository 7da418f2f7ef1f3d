"""Validate: everything that is wrong with the files, without a key, a state or a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from afsync.app.project import at_moment, load_project
from afsync.core.state import Recorded
from afsync.errors import ConfigError, Problem, Severity

if TYPE_CHECKING:
    from datetime import date

    from afsync.app.context import Context


class Validation(Struct, frozen=True):
    """What is wrong with the files, and what they declare: counts of `templates`, `jobs` and `series`, and how many
    `occurrences` these have by now (`begins`: the first day of them). Where an error was found, nothing is counted.
    `files` are the paths of all files that were read, from the project."""

    problems: tuple[Problem, ...] = ()
    files: tuple[str, ...] = ()
    templates: int = 0
    jobs: int = 0
    series: int = 0
    occurrences: int = 0
    begins: date | None = None

    @property
    def valid(self) -> bool:
        return not any(problem.severity is Severity.ERROR for problem in self.problems)


def validate(context: Context) -> Validation:
    """Read and check all files. Raises no ConfigError: its problems are in the result."""
    try:
        project = load_project(context)
        templates, jobs = len(project.desired.templates), len(project.desired.jobs)
        if project.timed_submissions is not None:
            project = at_moment(context, project, Recorded(project.settings.lineage or ""), context.now())
            project = replace(project, warnings=tuple(map(_without_state, project.warnings)))
    except ConfigError as error:
        return Validation(error.problems)
    if project.warnings:
        context.report_problems(project.warnings, context.directory)
    found = project.occurrences
    return Validation(
        project.warnings,
        tuple(f.path for f in project.files),
        templates,
        jobs,
        found.series if found is not None else 0,
        found.declared if found is not None else 0,
        found.begins if found is not None else None,
    )


def _without_state(problem: Problem) -> Problem:
    """What only the state could decide is a note here: a row whose time has passed may have been submitted."""
    return replace(problem, severity=Severity.NOTE) if problem.code == "row_passed" else problem
