"""Markdown for comments and summary pages: headlines, fences, size limits; and errors in that form."""

from __future__ import annotations

import re
from collections.abc import Sequence

from afsync.errors import AfsyncError, ConfigError, Problem, Severity
from afsync.output.problems import problem_block
from afsync.output.values import count

MAX_BYTES = 60_000
RESERVED = 400
"""Bytes reserved for the note that something was left out."""


def marker(title: str, of: str = "plan") -> str:
    """Hidden; the earlier comment is found by it. One per `title`, for the plan or the apply."""
    return f"<!-- afsync:{of}{' ' * bool(title)}{title} -->"


def headline(title: str) -> str:
    """`title` is the name of a project or an environment, where there are several."""
    return f"### afsync{' ' * bool(title)}{title}"


def blocks_within_size(parts: Sequence[str], blocks: Sequence[str], max_bytes: int) -> str:
    """`parts` as they are, and then each of `blocks` in a fence until there is no room; ends in a newline."""
    shown = list(parts)
    size = sum(len(p.encode()) + 2 for p in parts) + RESERVED
    for number, block in enumerate(blocks):
        entry = fenced(block)
        size += len(entry.encode()) + 2
        if size > max_bytes:
            shown.append(f"_{len(blocks) - number} more not shown here; see the log._")
            break
        shown.append(entry)
    return "\n\n".join(shown) + "\n"


def fenced(text: str, language: str = "") -> str:
    """`text` in a code block that nothing in it can close: the fence is longer than any run of backticks in it."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def error_markdown(error: AfsyncError, max_bytes: int = MAX_BYTES, title: str = "", of: str = "plan") -> str:
    """Why it stopped. It takes the place of the comment on the plan or the apply; ends in a newline."""
    if isinstance(error, ConfigError):
        return problems_markdown(error.problems, max_bytes, title, of)
    told = problem_block(Problem("stopped", error.message, error.hint))
    return blocks_within_size([f"{_head(title, of)}: stopped"], [told], max_bytes)


def problems_markdown(
    problems: Sequence[Problem], max_bytes: int = MAX_BYTES, title: str = "", of: str = "plan"
) -> str:
    """What is wrong in the files, each at its line; ends in a newline."""
    wrong = sum(p.severity is Severity.ERROR for p in problems)
    said = f"{count(wrong, 'problem')} in the files" if wrong else "the files are valid"
    return blocks_within_size([f"{_head(title, of)}: {said}"], [problem_block(p) for p in problems], max_bytes)


def _head(title: str, of: str) -> str:
    return f"{marker(title, of)}\n{headline(title)}{' apply' if of == 'apply' else ''}"
