"""How the budget of a period stands, as text and as JSON."""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins
from msgspec.structs import replace

from afsync.core.plan.plan import Spending
from afsync.output.values import in_seconds


def budget_text(found: Spending) -> str:
    """`15 of 60 credits in December 2026: 12 spent, 3 by this plan; 8 still to come`."""
    sure = f" ({found.estimated} of that estimated)" if found.estimated else ""
    later = "what is still to come is not known" if found.later is None else f"{found.later} still to come"
    total = found.spent + found.planned
    return (
        f"{total} of {found.allowed} credits in {found.period}: {found.spent} spent{sure}, {found.planned} by this "
        f"plan; {later}"
    )


def budget_row(found: Spending | None) -> Spending | None:
    """The budget as documents hold it."""
    return replace(found, begins=in_seconds(found.begins), ends=in_seconds(found.ends)) if found else None


def budget_json(found: Spending | None) -> dict[str, Any] | None:
    """The budget as JSON."""
    row: dict[str, Any] | None = to_builtins(budget_row(found))
    return row
