"""Rules of a policy that are set aside in the open: which exception covers what, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from afsync.core.policy import Exemption, Policy
from afsync.core.selection import matches
from afsync.errors import Problem, Severity

RULE_OF = {
    "policy_platforms": "allowed_platforms",
    "policy_staging": "require_staging",
    "policy_proven_schedule": "require_proven_schedule",
    "policy_lead": "min_lead",
    "policy_per_day": "max_per_day",
    "policy_blackout": "blackouts",
    "policy_window": "publish_windows",
    "policy_spacing": "spacing",
    "policy_gap": "max_gap",
    "policy_budget": "budget",
}
"""The rule, by the code of its breach."""


def exemption_for(policy: Policy, rule: str, addresses: Iterable[str], moment: datetime) -> Exemption | None:
    """The exception that allows a breach of `rule` by one of these jobs at `moment`, if there is any."""
    if not policy.exceptions:
        return None
    day = moment.astimezone(policy.zone).date()
    named = [*addresses]
    return next(
        (
            e
            for e in policy.exceptions
            if e.rule == rule and day <= e.until and any(matches(a, _globs(e.job)) for a in named)
        ),
        None,
    )


def set_aside(problem: Problem, exception: Exemption) -> Problem:
    """The breach as the plan tells it where an exception allows it."""
    text = f"{problem.message}; {exception.said}"
    return replace(problem, code="policy_exception", message=text, hint=None, severity=Severity.NOTE)


def ended(policy: Policy, now: datetime) -> Iterator[Problem]:
    """The exceptions that allow nothing any more."""
    today = now.astimezone(policy.zone).date()
    for place, exception in enumerate(policy.exceptions):
        if exception.until < today:
            text = f"the exception from `{exception.rule}` for `{exception.job}` ended on {exception.until}"
            hint = "remove it, or give it a later `until`"
            code = "policy_exception_ended"
            yield Problem(code, text, hint, Severity.NOTE, field=f"exceptions/{place}")


def _globs(job: str) -> tuple[str, ...]:
    """`special-*` stands for the jobs of these keys, and for the occurrences of series with such a key."""
    name = job if job.startswith("job.") else f"job.{job}"
    return (name,) if name.endswith("]") else (name, f"{name}[*]")
