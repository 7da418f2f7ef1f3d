"""What changed outside, for a job's summary page or an issue."""

from __future__ import annotations

from collections.abc import Sequence

from afsync.core.drift import differences
from afsync.errors import Problem
from afsync.output.drift_text import NO_DRIFT, NOTED
from afsync.output.markdown import MAX_BYTES, as_far_as_there_is_room, headline
from afsync.output.problems import problem_block
from afsync.output.values import count


def drift_markdown(found: Sequence[Problem], max_bytes: int = MAX_BYTES, title: str = "") -> str:
    """A headline, and a block per difference as far as there is room; ends in a newline."""
    if not found:
        return f"{headline(title)}\n\n{NO_DRIFT}\n"
    number = differences(found)
    head = f"{headline(title)}: {count(number, 'difference')} made outside of afsync"
    if not number:
        head = f"{headline(title)}\n\n{NOTED}"
    return as_far_as_there_is_room([head], [problem_block(p) for p in found], max_bytes)
