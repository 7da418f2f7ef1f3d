"""The policy, checked on the plan before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.actions import Action, Reason, Step
from afsync.core.credits import effective
from afsync.core.moves import find_moves
from afsync.core.plan import Change, Plan
from afsync.core.policy import NO_POLICY, Policy
from afsync.core.proof import relies_on_schedule
from afsync.core.publishing import counts, crowded, publish_time
from afsync.core.resources import Job, Values
from afsync.core.settling import settle
from afsync.core.trust import UNSEEN, Effect
from afsync.core.verdict import Facts
from afsync.errors import Problem, Severity

OVERRIDE = "or go ahead all the same with --ignore-policy"


def check_policy(plan: Plan, policy: Policy, facts: Facts) -> Plan:
    """The plan without the changes that break a rule: these are withheld, each with a violation per broken rule.

    Judged is what this plan would do, by the values that count (template and job together); what was submitted
    before is only counted. With `ignore_policy` the changes stay, and the violations are warnings.
    """
    if policy == NO_POLICY:
        return plan
    facts = _after_moves(plan, facts)
    plan = _remembering(plan, policy, facts)
    broken = {i: tuple(_broken(c, policy, facts)) for i, c in enumerate(plan.changes)}
    standing = [i for i, found in broken.items() if not found]
    kept = replace(plan, changes=tuple(plan.changes[i] for i in standing))
    for place, text in crowded(kept, policy.max_per_day, policy.zone, facts).items():
        hint = f"move it to another day, {OVERRIDE}"
        broken[standing[place]] = (_problem(kept.changes[place], "policy_per_day", text, hint),)
    problems = tuple(p for found in broken.values() for p in found)
    if facts.options.ignore_policy:
        warnings = tuple(replace(p, severity=Severity.WARNING, hint="--ignore-policy was given") for p in problems)
        return replace(plan, notices=(*plan.notices, *warnings))
    return replace(
        plan,
        changes=tuple(c for i, c in enumerate(plan.changes) if not broken[i]),
        withheld=(*plan.withheld, *(replace(c, reason=Reason.POLICY) for i, c in enumerate(plan.changes) if broken[i])),
        violations=(*plan.violations, *problems),
    )


def _after_moves(plan: Plan, facts: Facts) -> Facts:
    """The facts that the plan was made from: what was renamed or resolved is where the plan has it."""
    settled = replace(settle(facts.recorded, plan.resolutions), trust=plan.trust)
    blocked = frozenset(i.address for i in settled.intents)
    return replace(facts, recorded=find_moves(facts.desired, settled, blocked, facts.remote)[1])


def _remembering(plan: Plan, policy: Policy, facts: Facts) -> Plan:
    """The plan without forgetting what counts for `max_per_day`, as long as its day is not over: a second apply
    would not know of it any more."""
    kept = [c for c in plan.changes if c.action is Action.FORGET and counts(c, policy.max_per_day, policy.zone, facts)]
    notes = tuple(
        Problem(
            "policy_remembered",
            f"{c.address} is not declared any more; it stays in the state until its day is over, for `max_per_day`",
            None,
            Severity.NOTE,
            c.address,
        )
        for c in kept
    )
    changes = tuple(c for c in plan.changes if c not in kept)
    return replace(plan, changes=changes, notices=(*plan.notices, *notes)) if kept else plan


def _broken(change: Change, policy: Policy, facts: Facts) -> Iterator[Problem]:
    """What is wrong with one change by itself."""
    job = change.after
    if not isinstance(job, Job):
        return
    if Step.SUBMIT_JOB in change.steps and change.action is not Action.ADOPT:
        values = effective(job.values, facts.template_values(job.values))
        yield from _platforms(change, values, policy)
        if policy.require_staging and values.get("staging") is not True:
            text = f"{change.address} would be published without a review, and the policy requires staging"
            yield _problem(change, "policy_staging", text, f"add `staging: true`, {OVERRIDE}", "staging")
        trust = facts.recorded.trust.get(Effect.SCHEDULE, UNSEEN)
        if policy.require_proven_schedule and relies_on_schedule(change) and not (trust.kept and trust.holds):
            text = f"{change.address} relies on its publish time, and the policy requires that this account was seen "
            hint = f"remove `schedule`, {OVERRIDE}"
            yield _problem(change, "policy_proven_schedule", f"{text}to keep one, and lost none since", hint)
    moment = publish_time(change, facts)
    if moment is not None:
        yield from _times(change, moment, policy, facts.now)


def _platforms(change: Change, values: Values, policy: Policy) -> Iterator[Problem]:
    allowed = policy.allowed_platforms
    if allowed is None:
        return
    named = values.get("platforms")
    if not isinstance(named, list | tuple) or not named:
        text = f"{change.address} does not say where it is published, and the policy allows {_listed(allowed)} only"
        yield _problem(change, "policy_platforms", text, f"set `platforms`, {OVERRIDE}", "platforms")
        return
    others = [str(p) for p in named if p not in allowed]
    if others:
        where = _listed(others)
        text = f"{change.address} would be published on {where}, and the policy allows {_listed(allowed)} only"
        yield _problem(change, "policy_platforms", text, f"change its `platforms`, {OVERRIDE}", "platforms")


def _times(change: Change, moment: datetime, policy: Policy, now: datetime) -> Iterator[Problem]:
    local = moment.astimezone(policy.zone)
    at = f"at {local:%a %Y-%m-%d %H:%M %Z}" if moment > now else "as soon as it is produced"
    # An approval is the review itself, and drift is only set back to what was planned in time.
    planned = change.action is not Action.APPROVE and change.reason is not Reason.DRIFT
    if planned and policy.min_lead is not None and moment - now < policy.min_lead:
        text = f"{change.address} would be published {at}, and the policy wants {_duration(policy.min_lead)} of notice"
        yield _problem(change, "policy_lead", text, f"give it a later `schedule`, {OVERRIDE}")
    for window in policy.blackouts:
        if window.covers(local.replace(tzinfo=None)):
            why = f"{window.written}; {window.reason}" if window.reason else window.written
            text = f"{change.address} would be published {at}, in a blackout of the policy ({why})"
            yield _problem(change, "policy_blackout", text, f"move it out of the window, {OVERRIDE}")
            return


def _problem(change: Change, code: str, message: str, hint: str, field: str = "schedule") -> Problem:
    return Problem(code, message, hint, Severity.ERROR, change.address, field=field)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"


def _duration(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    for size, noun in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes % size == 0:
            number = minutes // size
            return f"{number} {noun}{'' if number == 1 else 's'}"
    return f"{minutes} minutes"
