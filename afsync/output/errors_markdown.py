"""What went wrong, as a comment on a pull request and for a job's summary page."""

from __future__ import annotations

from collections.abc import Sequence

from afsync.errors import AfsyncError, ConfigError, Problem, Severity
from afsync.output.markdown import MAX_BYTES, as_far_as_there_is_room, headline, marker
from afsync.output.problems import problem_block
from afsync.output.values import count


def error_markdown(error: AfsyncError, max_bytes: int = MAX_BYTES, title: str = "", of: str = "plan") -> str:
    """Why it stopped. It takes the place of the comment on the plan or the apply; ends in a newline."""
    if isinstance(error, ConfigError):
        return problems_markdown(error.problems, max_bytes, title, of)
    told = problem_block(Problem("stopped", error.message, error.hint))
    return as_far_as_there_is_room([f"{_head(title, of)}: stopped"], [told], max_bytes)


def problems_markdown(
    problems: Sequence[Problem], max_bytes: int = MAX_BYTES, title: str = "", of: str = "plan"
) -> str:
    """What is wrong in the files, each at its line; ends in a newline."""
    wrong = sum(p.severity is Severity.ERROR for p in problems)
    said = f"{count(wrong, 'problem')} in the files" if wrong else "the files are valid"
    return as_far_as_there_is_room([f"{_head(title, of)}: {said}"], [problem_block(p) for p in problems], max_bytes)


def _head(title: str, of: str) -> str:
    return f"{marker(title, of)}\n{headline(title)}{' apply' if of == 'apply' else ''}"
