"""A plan for people: what would happen to which resource, why, and what it costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from afsync.core.actions import Action, Reason, Retire
from afsync.core.durations import duration
from afsync.core.job_notices import everything_matches
from afsync.core.plan import Change, LimitUse, Plan
from afsync.core.publications import has_failed
from afsync.core.recorded import RecordedJob
from afsync.core.recovery import outlook, ways
from afsync.core.resources import Job, Schedule, key_of, kind_of
from afsync.core.sequence import plan_seconds
from afsync.errors import Problem, Severity
from afsync.output.alike import code_points
from afsync.output.approvals import published_lines, waiting_lines
from afsync.output.budget import budget_text
from afsync.output.intents import unresolved_noun
from afsync.output.problems import problem_block
from afsync.output.values import Paint, count, no_paint, shown, shown_schedule, size, visible
from afsync.output.video_left import video_lines, waits

NO_CHANGES = "No changes. Your account matches the configuration."
NOTHING_POSSIBLE = "Nothing to do, but not everything matches the configuration: see above."
BLOCKED = "Nothing is applied until this is decided"
HELD_BACK = "Held back: your decision is needed"

_COLOURS = {
    Action.CREATE: "green",
    Action.RESCHEDULE: "yellow",
    Action.REPLACE: "yellow",
    Action.DELETE: "red",
    Action.APPROVE: "green",
}


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
            yield from (f"    {visible(line)}" for line in (outlook(resolution), *ways(resolution)))
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
            yield from ("  " + line for line in problem_block(problem, paint).splitlines())
        if problems:
            yield ""


def held_back(plan: Plan) -> Sequence[Problem]:
    """What holds single changes back; not the open submissions where these are told by themselves."""
    return [v for v in plan.violations if v.code != Reason.UNRESOLVED or not plan.resolutions]


def held_number(plan: Plan) -> int:
    """How many changes wait for somebody; one may have several problems."""
    return len({problem.address for problem in held_back(plan)})


def _notices(plan: Plan, paint: Paint) -> Iterator[str]:
    for notice, following in zip_longest(plan.notices, plan.notices[1:]):
        colour = "yellow" if notice.severity is Severity.WARNING else "dim"
        yield f"{paint(notice.severity.value.capitalize() + ':', colour)} {visible(notice.message)}"
        if notice.location and not notice.address:
            yield f"  at {visible(str(notice.location))}"
        # What holds for several that stand together is said once, below the last.
        if notice.hint and not (following and following.hint == notice.hint):
            yield f"  {visible(notice.hint)}"
    if plan.notices:
        yield ""


def _verdict(plan: Plan, paint: Paint) -> Iterator[str]:
    if (nothing := nothing_line(plan)) is not None:
        yield paint(nothing, "green" if nothing == NO_CHANGES else "yellow")
        yield from budget_line(plan)
        return
    yield from summary_lines(plan)


def nothing_line(plan: Plan) -> str | None:
    """What is said where nothing is to be done and nothing is held back; None otherwise."""
    if plan.changes or plan.violations or plan.blocking or plan.resolutions:
        return None
    return NO_CHANGES if everything_matches(plan) else NOTHING_POSSIBLE


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
        yield f"Budget: {visible(budget_text(plan.budget))}."


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


def change_lines(change: Change, paint: Paint = no_paint, plan: Plan | None = None) -> Iterator[str]:
    """A change: a sentence, the symbol with kind, key and id, and the fields. `plan` tells what waits for approval."""
    yield "  " + paint(f"# {change.address} {_sentence(change)}", "bold")
    colour = _COLOURS.get(change.action)
    symbol = paint(change.symbol, colour) if colour else change.symbol
    pad = " " * (3 - len(change.symbol))
    shown_id = f" ({visible(change.id)})" if change.id else ""
    yield f"{pad}{symbol} {kind_of(change.address)} {key_of(change.address)}{shown_id}"
    details = _published(change, plan) if change.action is Action.APPROVE else _details(change)
    yield from (f"      {line}" for line in (*details, *video_lines(change)))
    if change.warning:
        yield "      " + paint(f"warning: {visible(change.warning)}", "yellow")


def _sentence(change: Change) -> str:
    match change.action:
        case Action.CREATE if isinstance(change.after, Job):
            again = {Reason.RERUN: " again: `rerun` changed", Reason.REQUESTED: " again, as requested"}
            return f"will be submitted{again.get(change.reason, '')}{_price(change)}"
        case Action.CREATE:
            return "will be created" + (": it is missing in the account" if change.reason is Reason.MISSING else "")
        case Action.RESCHEDULE if isinstance(change.after, Job) and change.after.schedule is None:
            return "will be unscheduled"
        case Action.RESCHEDULE if change.first_time:
            return "will be scheduled" + (": it has no publish time yet" if change.reason is Reason.UNSET else "")
        case Action.RESCHEDULE if change.reason is Reason.DRIFT and change.observed is None:
            return "will be scheduled again: the service does not show its publish time any more"
        case Action.RESCHEDULE:
            return "will be rescheduled" + (": it was moved in the account" if change.reason is Reason.DRIFT else "")
        case Action.REPLACE:
            return f"will be replaced: {_why_replaced(change)}{_price(change)}"
        case Action.DELETE:
            return _deleted(change)
        case Action.ADOPT if change.reason is Reason.IMPORTED:
            return "will be taken over, as `import:` says; nothing is sent"
        case Action.ADOPT:
            return "will be taken over: the account has an equal one of that name"
        case Action.MOVE:
            return f"was {change.moved_from}; nothing is sent"
        case Action.FORGET if change.before is None:
            return "had a predecessor that is to be deleted, and it is gone; nothing is sent"
        case Action.FORGET:
            gone = "missing in the account" if change.reason is Reason.MISSING else "finished and no longer declared"
            return f"will be forgotten: {gone}; nothing is sent"
        case Action.APPROVE if change.later is not None:
            return f"will be approved, and published by the first apply after {visible(change.later.written)}"
        case Action.APPROVE if change.reason is Reason.DUE:
            return "will be published, since its time has come, which cannot be undone"
        case Action.APPROVE if isinstance(change.before, RecordedJob) and has_failed(change.before):
            return f"will be published again, only on {visible(', '.join(change.platforms))}, which cannot be undone"
        case Action.APPROVE:
            return "will be published, which cannot be undone"


def _why_replaced(change: Change) -> str:
    if change.reason is Reason.RERUN:
        return "`rerun` changed"
    if change.reason is Reason.REQUESTED:
        return "requested"
    names = ", ".join(visible(f.path) for f in change.fields) or "content"
    return f"{names} changed" + (" after submission" if isinstance(change.after, Job) else "")


_WHY_DELETED = {
    Reason.REQUESTED: "as requested",
    Reason.STAGING_IGNORED: "the service does not stop it before publishing",
}


def _deleted(change: Change) -> str:
    if change.before is None:
        return "was replaced; its predecessor will be deleted"
    why = _WHY_DELETED.get(change.reason, "no longer declared")
    match change.retire:
        case Retire.CANCEL:
            return f"will be cancelled: {why}{_price(change)}"
        case Retire.UNSCHEDULE:
            return f"is to lose its publish time: {why}, and already produced{_price(change)}"
        case Retire.LEAVE:
            unapproved = isinstance(change.before, RecordedJob) and waits(change.before)
            return f"will be {'left unapproved and ' if unapproved else ''}forgotten: {why}{_price(change)}"
        case None:
            return f"will be deleted: {why}"


def _price(change: Change) -> str:
    spend, spent = change.credits.spend, change.credits.spent
    parts = [count(spend, "credit")] if spend else []
    if spent:
        parts.append(f"{spent} already spent" if spend else f"{count(spent, 'credit')} already spent")
    return f" ({', '.join(parts)})" if parts else ""


def _details(change: Change) -> Iterator[str]:
    match change.action:
        case Action.CREATE:
            yield from _all_fields(change)
        case Action.REPLACE if not change.fields:
            yield from _all_fields(change)
        case Action.REPLACE:
            for field in change.fields:
                difference = code_points(field.before, field.after)
                yield f"{visible(field.path)}: {shown(field.before)} -> {shown(field.after)}{difference}"
            yield from _schedule_change(change)
        case Action.RESCHEDULE:
            yield from _schedule_change(change)
        case _:
            return


def _published(change: Change, plan: Plan | None) -> Iterator[str]:
    waiting = next((w for w in plan.waiting if w.id == change.id), None) if plan else None
    return published_lines(change, waiting, plan.as_of if plan else None)


def _all_fields(change: Change) -> Iterator[str]:
    after = change.after
    if after is None:
        return
    for field, value in after.values.items():
        if field == "file" and isinstance(after, Job) and after.file is not None:
            held = "" if change.uploads else ", already uploaded"
            yield f"file: {shown(after.file.path)} ({size(after.file.size)}{held})"
        else:
            yield f"{visible(field)}: {shown(value)}"
    if isinstance(after, Job) and after.schedule is not None:
        yield f"schedule: {shown_schedule(after.schedule)}"
        if after.held:
            yield "publish: held"


def _schedule_change(change: Change) -> Iterator[str]:
    after = change.after.schedule if isinstance(change.after, Job) else None
    before = change.before.schedule if isinstance(change.before, RecordedJob) else None
    if change.reason is Reason.DRIFT:
        before = _in_zone_of(change.observed, after)
    if (before and before.utc) != (after and after.utc):
        yield f"schedule: {shown_schedule(before, instant=False)} -> {shown_schedule(after, instant=False)}"


def _in_zone_of(schedule: Schedule | None, other: Schedule | None) -> Schedule | None:
    if schedule is None or other is None:
        return schedule
    return Schedule(schedule.written, schedule.utc, other.zone)
