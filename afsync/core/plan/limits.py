"""The limits of a run, checked before anything is sent; for an unattended one, those of `auto_approve`."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from afsync.core.command_lines import FlagName
from afsync.core.plan.plan import LimitUse, Plan
from afsync.core.resources import Bounds, Limits
from afsync.core.text import count
from afsync.errors import Problem, Severity

DELETES_ALWAYS_ALLOWED = 5
"""Without a declared limit: at most half of what is recorded, five always (docs/planning.md#limits)."""

NOTHING_RECORDED = Problem("nothing_recorded", "nothing is recorded that could be destroyed", None, Severity.NOTE)


def check_plan(plan: Plan, limits: Limits, *, recorded: int, destroy: bool = False, allow_empty: bool = False) -> Plan:
    """The plan with everything that forbids applying it in `blocking`, and how much of each limit it takes.

    `recorded` is how many resources the state holds. A whole `destroy` is not held by the limit on deletes.
    """
    checks = [
        None if destroy or allow_empty else _nothing_declared(plan, recorded),
        _credits(plan, limits),
        _balance(plan),
        _creates(plan, limits),
        None if destroy else _deletes(plan, limits, recorded),
    ]
    blocking = (*plan.blocking, *(c for c in checks if c is not None))
    notices = (*plan.notices, NOTHING_RECORDED) if destroy and not recorded else plan.notices
    uses = tuple(_uses(plan, limits, recorded, destroy=destroy))
    return replace(plan, blocking=blocking, notices=notices, limits=uses)


def _uses(plan: Plan, limits: Limits, recorded: int, *, destroy: bool) -> Iterator[LimitUse]:
    if limits.max_credits is not None:
        yield LimitUse("max_credits", plan.spend, limits.max_credits)
    if limits.max_creates is not None:
        yield LimitUse("max_creates", plan.summary.add, limits.max_creates)
    if not destroy:
        yield LimitUse("max_deletes", plan.summary.destroy, deletes_allowed(limits, recorded))


def deletes_allowed(limits: Limits, recorded: int) -> int:
    """The number of resources that may be deleted. A percentage of a small number still allows one."""
    if limits.max_deletes is not None:
        return limits.max_deletes
    if limits.max_deletes_percent is not None:
        # In thousandths of a percent, since 32.3 * 1000 / 100 is a little less than 323.
        share = recorded * round(limits.max_deletes_percent * 1000) // 100_000
        return max(share, 1) if limits.max_deletes_percent > 0 else 0
    return max(DELETES_ALWAYS_ALLOWED, recorded // 2)


def _nothing_declared(plan: Plan, recorded: int) -> Problem | None:
    if plan.declared or not recorded:
        return None
    text = f"nothing is declared, but {recorded} resource{'s are' if recorded != 1 else ' is'} recorded"
    return Problem("nothing_declared", text, f"if everything is meant to go, say so with {FlagName.ALLOW_EMPTY}")


def _credits(plan: Plan, limits: Limits) -> Problem | None:
    if limits.max_credits is None or plan.spend <= limits.max_credits:
        return None
    text = f"the plan spends {count(plan.spend, 'credit')}, and the limit is {limits.max_credits}"
    return Problem("max_credits", text, f"raise it for this run with {FlagName.MAX_CREDITS} {plan.spend}")


def _balance(plan: Plan) -> Problem | None:
    if plan.balance is None or not plan.spend or plan.spend <= plan.balance:
        return None
    text = f"the plan spends {count(plan.spend, 'credit')}, and the account has {plan.balance}"
    return Problem("insufficient_credits", text, "top up the account, or declare fewer jobs")


def _creates(plan: Plan, limits: Limits) -> Problem | None:
    adds = plan.summary.add
    if limits.max_creates is None or adds <= limits.max_creates:
        return None
    text = f"the plan adds {count(adds, 'resource')}, and the limit is {limits.max_creates}"
    return Problem("max_creates", text, f"raise it for this run with {FlagName.MAX_CREATES} {adds}")


def _deletes(plan: Plan, limits: Limits, recorded: int) -> Problem | None:
    deletes, allowed = plan.summary.destroy, deletes_allowed(limits, recorded)
    if deletes <= allowed:
        return None
    text = f"the plan destroys {deletes} of {count(recorded, 'resource')}, and the limit is {allowed}"
    return Problem("max_deletes", text, f"raise it for this run with {FlagName.MAX_DELETES} {deletes}")


def beyond_bounds(plan: Plan, bounds: Bounds) -> tuple[Problem, ...]:
    """The parts of the plan that exceed the bounds, in words."""
    return tuple(_beyond(plan, bounds))


def _beyond(plan: Plan, bounds: Bounds) -> Iterator[Problem]:
    hint = f"look at the plan, then apply it with {FlagName.AUTO_APPROVE}, or on a terminal"
    if plan.spend > bounds.max_credits:
        text = f"the plan spends {count(plan.spend, 'credit')}, and `auto_approve` allows {bounds.max_credits}"
        yield Problem("auto_approve", text, hint)
    if (destroyed := plan.summary.destroy) > bounds.max_deletes:
        text = f"the plan destroys {count(destroyed, 'resource')}, and `auto_approve` allows {bounds.max_deletes}"
        yield Problem("auto_approve", text, hint)
