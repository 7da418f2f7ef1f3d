"""What an apply may do unattended, where the files say how much that is."""

from __future__ import annotations

from collections.abc import Iterator

from afsync.core.plan import Plan
from afsync.core.plural import count
from afsync.core.resources import Bounds
from afsync.errors import Problem


def beyond(plan: Plan, bounds: Bounds) -> tuple[Problem, ...]:
    """What of the plan is outside of the bounds."""
    return tuple(_beyond(plan, bounds))


def _beyond(plan: Plan, bounds: Bounds) -> Iterator[Problem]:
    hint = "look at the plan, then apply it with --auto-approve, or on a terminal"
    if plan.spend > bounds.max_credits:
        text = f"the plan spends {count(plan.spend, 'credit')}, and `auto_approve` allows {bounds.max_credits}"
        yield Problem("auto_approve", text, hint)
    if (destroyed := plan.summary.destroy) > bounds.max_deletes:
        text = f"the plan destroys {count(destroyed, 'resource')}, and `auto_approve` allows {bounds.max_deletes}"
        yield Problem("auto_approve", text, hint)
