"""What is said when a project is left."""

from __future__ import annotations

from collections.abc import Iterator

from afsync.core.leaving import Left
from afsync.output.values import count, visible


def left_text(found: Left, *, declared: int) -> str:
    """What stays in the account, and what is not done any more."""
    return "\n".join(_lines(found, declared)) + "\n"


def _lines(found: Left, declared: int) -> Iterator[str]:
    yield f"Forgot {count(found.templates, 'template')} and {count(found.jobs, 'job')}. All of it stays in the account."
    if found.held:
        yield "These are `publish: held`: only afsync would have published them, so nothing does now:"
        yield from (f"  {address}" for address in found.held)
    if found.deposed:
        yield f"Replaced templates that were still to be deleted: {visible(', '.join(found.deposed))}."
    if found.watched:
        yield f"Cancelled jobs that were still watched: {visible(', '.join(found.watched))}."
    if declared:
        yield (
            f"The files still declare {count(declared, 'resource')}: remove them. Until then an apply would take the "
            "templates over again, or create them; jobs are held back for 30 days."
        )
    yield "`afsync state history` has the version before this one."
