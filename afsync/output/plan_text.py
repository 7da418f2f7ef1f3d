"""A plan for people: what would happen to which resource, why, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from afsync.core.decisions.notices import everything_matches, what_was_seen_matches
from afsync.core.plan.actions import Reason
from afsync.core.plan.limits import NOTHING_RECORDED
from afsync.core.plan.order import plan_seconds
from afsync.core.plan.plan import LimitUse, Plan
from afsync.core.recovery.resolution import resolution_options, resolution_summary
from afsync.core.text import duration
from afsync.errors import Problem
from afsync.output.approvals import waiting_lines
from afsync.output.budget import budget_text
from afsync.output.intents import unresolved_noun
from afsync.output.plan_change_text import change_lines
from afsync.output.problems import hinted, labelled, problem_block
from afsync.output.values import Paint, count, escape_control, no_paint

NO_CHANGES = "No changes. Your account matches the configuration."
NOTHING_SEEN = "No changes in what was looked at, which is not everything: see above."
NOTHING_POSSIBLE = "Nothing to do, but not everything matches the configuration: see above."
NOTHING_TO_DESTROY = "Nothing to destroy."
BLOCKED = "Nothing is applied until this is decided"
HELD_BACK = "Held back: your decision is needed"


def plan_text(plan: Plan, paint: Paint = no_paint) -> str:
    """The whole plan as text, ending in a newline."""
    return "\n".join(_lines(plan, paint)) + "\n"


def _lines(plan: Plan, paint: Paint) -> Iterator[str]:
    if plan.resolutions:
        noun = unresolved_noun(r.intent.purpose for r in plan.resolutions)
        yield f"{noun.capitalize()}s whose outcome was not known:"
        for resolution in plan.resolutions:
            yield ""
            yield paint(f"  # {resolution.intent.address}", "bold")
            yield from (
                f"    {escape_control(line)}"
                for line in (resolution_summary(resolution), *resolution_options(resolution))
            )
        yield ""
    if plan.changes:
        yield "afsync will perform the following actions:"
        for change in plan.changes:
            yield ""
            yield from change_lines(change, paint, plan)
        yield ""
    yield from waiting_lines(plan, paint)
    yield from _withheld(plan, paint)
    yield from _notices(plan, paint)
    yield from _verdict(plan, paint)


def _withheld(plan: Plan, paint: Paint) -> Iterator[str]:
    for title, problems in ((BLOCKED, plan.blocking), (HELD_BACK, held_back(plan))):
        if problems:
            yield paint(f"{title}:", "bold")
        for problem in problems:
            yield ""
            yield from ("  " + line for line in problem_block(problem, paint.indented(2)).splitlines())
        if problems:
            yield ""


def held_back(plan: Plan) -> Sequence[Problem]:
    """What holds single changes back; without the open submissions where these have a section of their own."""
    return [v for v in plan.violations if v.code != Reason.UNRESOLVED or not plan.resolutions]


def held_number(plan: Plan) -> int:
    """How many changes wait for a decision; one may have several problems."""
    return len({problem.address for problem in held_back(plan)})


def _notices(plan: Plan, paint: Paint) -> Iterator[str]:
    for notice, following in zip_longest(plan.notices, plan.notices[1:]):
        yield labelled(notice.severity, notice.message, paint)
        if notice.location and not notice.address:
            yield f"  at {escape_control(str(notice.location))}"
        # A hint that several in a row share is printed once, below the last.
        if notice.hint and not (following and following.hint == notice.hint):
            yield hinted(notice.hint, paint)
    if plan.notices:
        yield ""


def _verdict(plan: Plan, paint: Paint) -> Iterator[str]:
    if (nothing := nothing_line(plan)) is not None:
        yield paint(nothing, "green" if nothing == NO_CHANGES else "yellow")
        yield from budget_line(plan)
        return
    yield from summary_lines(plan)


def nothing_line(plan: Plan) -> str | None:
    """The sentence where nothing is to be done and nothing is held back; None otherwise."""
    if plan.changes or plan.violations or plan.blocking or plan.resolutions:
        return None
    if NOTHING_RECORDED in plan.notices:
        return NOTHING_TO_DESTROY
    if everything_matches(plan):
        return NO_CHANGES
    return NOTHING_SEEN if what_was_seen_matches(plan) else NOTHING_POSSIBLE


def summary_lines(plan: Plan) -> Iterator[str]:
    """The lines that scripts read, byte for byte."""
    s = plan.summary
    yield f"Plan: {s.add} to add, {s.change} to change, {s.destroy} to destroy."
    yield credits_line(plan.spend, plan.balance)
    yield from budget_line(plan)
    if held := held_number(plan):
        yield f"Held back: {count(held, 'change')}."
    yield from approve_line(plan)
    if (limits := limits_line(plan)) is not None:
        yield limits
    if plan.requests:
        yield f"API: {count(plan.requests, 'request')}, about {duration(max(1, round(plan_seconds(plan))))}."
    if plan.changes:
        yield f"Fingerprint: {plan.fingerprint}"


def budget_line(plan: Plan) -> Iterator[str]:
    """How the budget stands, where one is declared."""
    if plan.budget is not None:
        yield f"Budget: {escape_control(budget_text(plan.budget))}."


def approve_line(plan: Plan) -> Iterator[str]:
    """How many jobs an apply publishes, and for how many it writes an approval down."""
    if not plan.summary.approve:
        return
    later = sum(c.later is not None for c in plan.changes)
    now = plan.summary.approve - later
    told = [f"{count(now, 'job')} to publish"] if now else []
    told += [f"{count(later, 'job')} to publish at {'their times' if later > 1 else 'its time'}"] if later else []
    if told:
        yield f"Approve: {', '.join(told)}."


def credits_line(spend: int, balance: int | None) -> str:
    if balance is None:
        return f"Credits: {spend} to spend, balance not known."
    after = f"{balance - spend} after" if balance >= spend else f"{spend - balance} missing"
    return f"Credits: {spend} to spend, {balance} available, {after}."


_NOUNS = {"max_credits": "credits", "max_creates": "additions", "max_deletes": "deletions"}


def limits_line(plan: Plan) -> str | None:
    """How much of each limit it takes, with the flag that overrides it; not those that it does not touch."""
    told = [f"{_used(u)} ({u.flag})" for u in plan.limits if u.used]
    return f"Limits: {', '.join(told)}." if told else None


def _used(use: LimitUse) -> str:
    noun = _NOUNS.get(use.name, use.name)
    if use.used <= use.allowed:
        return f"{use.used} of {use.allowed} {noun}"
    return f"{use.used} {noun if use.used > 1 else noun.removesuffix('s')}, limit {use.allowed}"
