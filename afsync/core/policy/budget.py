"""The budget of a day, a week or a month: what was spent, what this plan spends, and what is still to come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from afsync.core.credits import estimate
from afsync.core.plan.facts import Facts
from afsync.core.plan.plan import Plan, Spending
from afsync.core.policy.planned_publications import Breach, Exempt, publish_time
from afsync.core.policy.rules import Budget, Policy
from afsync.core.records import RecordedJob
from afsync.core.resources import Job
from afsync.core.text import count
from afsync.errors import Problem, Severity


def spent(budget: Budget, facts: Facts) -> tuple[int, int]:
    """The credits spent in the period, and how many of them are estimated because no cost was reported.

    Counted is what was submitted in it: what is recorded, and what else the account shows.
    """
    begin, end = budget.period(facts.now)
    total = estimated = 0
    for known, credits in _submitted(facts, begin, end):
        total += credits
        estimated += 0 if known else credits
    return total, estimated


def _submitted(facts: Facts, begin: datetime, end: datetime) -> Iterator[tuple[bool, int]]:
    records: dict[str, RecordedJob] = {w.record.id: w.record for w in facts.recorded.watched.values()}
    records |= {r.id: r for r in facts.recorded.jobs.values()}
    for record in records.values():
        if record.created_at is not None and begin <= record.created_at < end:
            known = record.credits is not None
            values = facts.effective(record.declared)
            yield known, record.credits if record.credits is not None else estimate(values, facts.recorded.costs)
    for job in facts.remote.jobs.values():
        if job.id not in records and job.created_at is not None and begin <= job.created_at < end:
            yield False, estimate(job.echo, facts.recorded.costs)


def over_budget(plan: Plan, policy: Policy, facts: Facts, exempt: Exempt) -> dict[int, Breach]:
    """By index in the plan, the changes that exceed the rest of the budget, and why. What is published first is paid
    first."""
    budget = policy.budget
    if budget is None or budget.warn:
        return {}
    left = budget.credits - spent(budget, facts)[0]
    found: dict[int, Breach] = {}
    paid = ((publish_time(c, facts) or facts.now, c.address, place, c) for place, c in enumerate(plan.changes))
    for moment, address, place, change in sorted(paid, key=lambda each: each[:3]):
        price = change.credits.spend
        if price > max(left, 0):
            text = (
                f"{address} costs {count(price, 'credit')}, and of the budget for {budget.name(facts.now)} "
                f"({count(budget.credits, 'credit')}) {max(left, 0)} {'is' if left == 1 else 'are'} left"
            )
            found[place] = text, (address,)
            if not exempt((address,), moment):
                continue
        left -= price
    return found


def spending(plan: Plan, budget: Budget, facts: Facts, later: Iterable[Job] | None) -> Spending:
    """The budget of the period. `later` are jobs that are still to be submitted in it (None: not known)."""
    total, estimated = spent(budget, facts)
    prices = None if later is None else [
        estimate(facts.effective(job.values), facts.recorded.costs) for job in later
    ]  # fmt: skip
    begins, ends = budget.period(facts.now)
    name = budget.name(facts.now)
    return Spending(
        name, begins, ends, budget.credits, total, estimated, plan.spend, None if prices is None else sum(prices)
    )


def budget_notices(found: Spending) -> Iterator[Problem]:
    """Notices where the budget is not enough for the plan, or for what is still to come in the period."""
    now, later = found.spent + found.planned, found.later or 0
    hint = "raise `budget`, or publish less"
    if now > found.allowed and found.planned:
        text = f"with this plan {count(now, 'credit')} are spent in {found.period}, and the budget is {found.allowed}"
        yield Problem("policy_budget", text, hint, Severity.WARNING, field="budget")
    elif later and now + later > found.allowed:
        total = count(now + later, "credit")
        text = f"with what enters the horizon in it, {found.period} comes to {total}, and its budget is {found.allowed}"
        yield Problem("policy_budget_ahead", text, hint, Severity.WARNING, field="budget")
