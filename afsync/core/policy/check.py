"""The policy, checked on the plan before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from msgspec.structs import replace

from afsync.core.command_lines import FlagName
from afsync.core.decisions.publish_notices import relies_on_schedule
from afsync.core.moves import find_moves
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Facts
from afsync.core.plan.plan import Plan
from afsync.core.policy.budget import budget_notices, over_budget, spending
from afsync.core.policy.frequency import find_gaps, gap_notice, is_counted, span, too_close, too_many_a_day
from afsync.core.policy.planned_publications import Breach, Exempt, publish_time
from afsync.core.policy.rules import NO_POLICY, RULE_OF, Policy, allowed_breach, ended_exemptions, exemption_for
from afsync.core.records import UNSEEN, Effect
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.resources import Job, Values
from afsync.errors import Problem, Severity

OVERRIDE = f"or ignore the policy with {FlagName.IGNORE_POLICY}"


def check_policy(plan: Plan, policy: Policy, facts: Facts, later: Iterable[Job] | None = ()) -> Plan:
    """The plan without the changes that break a rule: these are withheld, each with a violation per broken rule.

    Judged is what this plan would do, by the values that count (template and job together); what was submitted
    before is only counted. With `ignore_policy` the changes stay, and the violations are warnings. A breach that an
    exception allows is a note. `later` are jobs that are still to be submitted in the period of the budget, None where
    these are not known.
    """
    if policy == NO_POLICY:
        return plan
    facts = _after_moves(plan, facts)
    plan = _remembering(plan, policy, facts)
    broken: dict[int, list[_Broken]] = {
        i: [(problem, (c.address,)) for problem in _broken(c, policy, facts)] for i, c in enumerate(plan.changes)
    }
    left, notes, problems = _apart(plan, broken, policy, facts)
    for code, judge in _TOGETHER.items():

        def exempt(addresses: tuple[str, ...], moment: datetime, rule: str = RULE_OF[code]) -> bool:
            return exemption_for(policy, rule, addresses, moment) is not None

        breaches = judge(left, policy, facts, exempt)
        hint = f"{_WAY_OUT[code]}, {OVERRIDE}"
        broken = {i: [(_problem(left.changes[i], code, text, hint), about)] for i, (text, about) in breaches.items()}
        left, allowed, found = _apart(left, broken, policy, facts)
        notes, problems = (*notes, *allowed), (*problems, *found)
    done = _decided(plan, left, notes, problems, policy, facts)
    if policy.budget is None or facts.options.destroy:
        return done
    budget = spending(done, policy.budget, facts, later)
    return replace(done, budget=budget, notices=(*done.notices, *budget_notices(budget)))


_Broken = tuple[Problem, tuple[str, ...]]
"""A breach, and the addresses that it is about."""
_TOGETHER: Mapping[str, Callable[[Plan, Policy, Facts, Exempt], dict[int, Breach]]] = {
    "policy_per_day": too_many_a_day,
    "policy_spacing": too_close,
    "policy_budget": over_budget,
}
"""The rules about several jobs, in this order: each is judged without the changes that broke the ones before."""
_WAY_OUT = {
    "policy_per_day": "move it to another day",
    "policy_spacing": "move it to another time",
    "policy_budget": "raise `budget`, wait for the next one",
}
"""What to do about a breach of each of them."""


def _apart(
    plan: Plan, broken: Mapping[int, list[_Broken]], policy: Policy, facts: Facts
) -> tuple[Plan, tuple[Problem, ...], tuple[Problem, ...]]:
    """The plan without the changes that break a rule, the breaches that are allowed, and the others."""
    notes: list[Problem] = []
    problems: list[Problem] = []
    withheld = set()
    for place, found in broken.items():
        change = plan.changes[place]
        for problem, about in found:
            moment = publish_time(change, facts) or facts.now
            exemption = exemption_for(policy, RULE_OF[problem.code], about, moment)
            if exemption is not None:
                notes.append(allowed_breach(problem, exemption))
            else:
                problems.append(problem)
                withheld.add(place)
    left = tuple(c for i, c in enumerate(plan.changes) if i not in withheld or facts.options.ignore_policy)
    held = () if facts.options.ignore_policy else (replace(plan.changes[i], reason=Reason.POLICY) for i in withheld)
    return replace(plan, changes=left, withheld=(*plan.withheld, *held)), tuple(notes), tuple(problems)


def _decided(
    plan: Plan, left: Plan, notes: tuple[Problem, ...], problems: tuple[Problem, ...], policy: Policy, facts: Facts
) -> Plan:
    """The plan with notices, and violations or, with `ignore_policy`, warnings."""
    said = (*notes, *ended_exemptions(policy, facts.now))
    if not facts.options.destroy:
        said = (*said, *_gaps(left, policy, facts))
    if facts.options.ignore_policy:
        warnings = (replace(p, severity=Severity.WARNING, hint=f"{FlagName.IGNORE_POLICY} was given") for p in problems)
        return replace(left, notices=(*plan.notices, *warnings, *said))
    return replace(left, notices=(*plan.notices, *said), violations=(*plan.violations, *problems))


def _gaps(plan: Plan, policy: Policy, facts: Facts) -> Iterator[Problem]:
    for gap in find_gaps(plan, policy, facts):
        problem = gap_notice(gap, policy.zone)
        exemption = exemption_for(policy, "max_gap", (a for a in (gap.after, gap.before) if a), gap.begins)
        yield problem if exemption is None else allowed_breach(problem, exemption)


def _after_moves(plan: Plan, facts: Facts) -> Facts:
    """The facts as the plan has them: after resolutions and moves."""
    settled = replace(apply_resolutions(facts.recorded, plan.resolutions), trust=plan.trust)
    return replace(facts, recorded=find_moves(facts.desired, settled, facts.remote)[1])


def _remembering(plan: Plan, policy: Policy, facts: Facts) -> Plan:
    """The plan without forgetting what counts for `max_per_day`, as long as its day is not over: a second apply
    would not know of it any more."""
    kept = [c for c in plan.changes if c.action is Action.FORGET and is_counted(c, policy, facts)]
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
    """The problems of one change by itself."""
    job = change.after
    if not isinstance(job, Job):
        return
    if change.submits:
        values = facts.effective(job.values)
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
        text = f"{change.address} would be published {at}, and the policy wants {span(policy.min_lead)} of notice"
        yield _problem(change, "policy_lead", text, f"give it a later `schedule`, {OVERRIDE}")
    for window in policy.blackouts:
        if window.covers(local.replace(tzinfo=None)):
            why = f"{window.written}; {window.reason}" if window.reason else window.written
            text = f"{change.address} would be published {at}, in a blackout of the policy ({why})"
            yield _problem(change, "policy_blackout", text, f"move it out of the window, {OVERRIDE}")
            break
    windows = policy.publish_windows
    if windows and not any(window.covers(local.replace(tzinfo=None)) for window in windows):
        when = "; ".join(window.written for window in windows)
        text = f"{change.address} would be published {at}, outside of the publish windows of the policy ({when})"
        yield _problem(change, "policy_window", text, f"move it into one, {OVERRIDE}")


def _problem(change: Change, code: str, message: str, hint: str, field: str = "schedule") -> Problem:
    return Problem(code, message, hint, Severity.ERROR, change.address, field=field)


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
