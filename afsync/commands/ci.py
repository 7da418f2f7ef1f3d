"""Where CI looks: found out from the environment, so that a pipeline has nothing to configure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from afsync.app.files import write_private
from afsync.commands.console import in_block, messages
from afsync.errors import AfsyncError, ConfigError, Problem
from afsync.output.ci_formats import annotation
from afsync.output.markdown import MAX_BYTES, error_markdown


def in_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def publish_error(error: AfsyncError) -> None:
    """In GitHub Actions: why a command stopped, in the step summary and as an annotation. Problems in the files have
    their own annotations already."""
    if not in_github():
        return
    _append("GITHUB_STEP_SUMMARY", error_markdown(error))
    if not isinstance(error, ConfigError):
        messages()(annotation(Problem("stopped", error.message, error.hint)))


def publish_problems(problems: Iterable[Problem], root: Path) -> None:
    """In GitHub Actions: one annotation each, on stderr, so that a document on stdout stays one."""
    if not in_github():
        return
    say, prefix = messages(), repository_prefix(root)
    for problem in problems:
        say(annotation(problem, prefix))


def repository_prefix(root: Path) -> str:
    """The project's folder inside the repository, with a slash at its end, or nothing: CI systems name files from the
    repository's root."""
    home = root.resolve()
    place = os.environ.get("GITHUB_WORKSPACE") or os.environ.get("CI_PROJECT_DIR")
    top = Path(place).resolve() if place else next((p for p in (home, *home.parents) if (p / ".git").exists()), home)
    inside = home.relative_to(top) if home.is_relative_to(top) else Path()
    return "" if inside == Path() else f"{inside.as_posix()}/"


def append_summary(text: str) -> None:
    """Add to the page of the job."""
    _append("GITHUB_STEP_SUMMARY", text)


def append_output(text: str) -> None:
    """Set outputs of the step, one a line."""
    _append("GITHUB_OUTPUT", text)


def _append(variable: str, text: str) -> None:
    """These files are for reading on the side: when one cannot be written, that is said and nothing else changes."""
    path = os.environ.get(variable)
    if not path or in_block():  # of several accounts there is one summary
        return
    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        messages()(f"Warning: {variable} could not be written: {error.strerror or error}\n")


@contextmanager
def errors_into(files: Iterable[str], title: str, of: str, max_bytes: int | None = None) -> Iterator[None]:
    """What ends a command early is written into `files` before it is raised, so that no earlier plan is posted in its
    place. `of`: `plan` or `apply`."""
    try:
        yield
    except AfsyncError as error:
        for file in files:
            with suppress(AfsyncError):
                write_private(Path(file), error_markdown(error, max_bytes or MAX_BYTES, title, of))
        raise
