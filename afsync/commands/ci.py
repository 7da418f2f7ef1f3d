"""Where CI looks: found out from the environment, so that a pipeline has nothing to configure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from afsync.commands.screen import messages
from afsync.core.plan import Plan
from afsync.errors import Problem, Severity
from afsync.output.github import annotation, outputs


def in_github(environ: Mapping[str, str] = os.environ) -> bool:
    return environ.get("GITHUB_ACTIONS") == "true"


def publish_plan(plan: Plan, root: Path) -> None:
    """In GitHub Actions: the step summary, the outputs, and annotations. Elsewhere nothing."""
    if not in_github():
        return
    from afsync.output.markdown import plan_markdown

    _append("GITHUB_STEP_SUMMARY", plan_markdown(plan))
    _append("GITHUB_OUTPUT", outputs(plan))
    publish_problems((*plan.blocking, *plan.violations, *_warnings(plan)), root)


def publish_problems(problems: Iterable[Problem], root: Path) -> None:
    """In GitHub Actions: one annotation each, on stderr, so that a document on stdout stays one."""
    if not in_github():
        return
    say, prefix = messages(), _prefix(root)
    for problem in problems:
        say(annotation(problem, prefix))


def _warnings(plan: Plan) -> list[Problem]:
    return [n for n in plan.notices if n.severity is Severity.WARNING]


def _prefix(root: Path) -> str:
    """The project's folder inside the repository; annotations name files from the repository's root."""
    workspace = os.environ.get("GITHUB_WORKSPACE", "")
    try:
        inside = root.resolve().relative_to(Path(workspace).resolve()) if workspace else Path()
    except ValueError:
        return ""
    return "" if inside == Path() else f"{inside.as_posix()}/"


def _append(variable: str, text: str) -> None:
    """These files are for reading on the side: when one cannot be written, that is said and nothing else changes."""
    path = os.environ.get(variable)
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        messages()(f"Warning: {variable} could not be written: {error.strerror or error}\n")
