"""What changed outside of afsync: as text, and as Markdown for a summary page or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from afsync.core.drift import differences
from afsync.errors import Problem
from afsync.output.markdown import MAX_BYTES, blocks_within_size, headline
from afsync.output.problems import problem_block
from afsync.output.values import Paint, count, no_paint

NO_DRIFT = "No drift. The account is as afsync left it."
NOTED = "No drift. What is recorded is as afsync left it."
"""`NO_DRIFT` where the account holds jobs that are not recorded."""
UNREAD = "No drift seen, but not everything could be read."


def drift_text(found: Sequence[Problem], paint: Paint = no_paint) -> str:
    """`plan --refresh-only`; ends in a newline."""
    if not found:
        return paint(NO_DRIFT, "green") + "\n"
    blocks = "\n\n".join(problem_block(p, paint) for p in found)
    if not (number := differences(found)):
        return f"{blocks}\n\n{_verdict(found, paint)}\n"
    return f"Changed outside of afsync:\n\n{blocks}\n\n{count(number, 'difference')}.\n"


def drift_markdown(found: Sequence[Problem], max_bytes: int = MAX_BYTES, title: str = "") -> str:
    """A headline and a block for each difference, up to `max_bytes` bytes; ends in a newline."""
    if not found:
        return f"{headline(title)}\n\n{NO_DRIFT}\n"
    number = differences(found)
    head = f"{headline(title)}: {count(number, 'difference')} made outside of afsync"
    if not number:
        head = f"{headline(title)}\n\n{_verdict(found)}"
    return blocks_within_size([head], [problem_block(p) for p in found], max_bytes)


def _verdict(found: Sequence[Problem], paint: Paint = no_paint) -> str:
    """The sentence where nothing that was found is drift."""
    unread = any(problem.code == "not_known" for problem in found)
    return paint(UNREAD, "yellow") if unread else paint(NOTED, "green")
