"""What happened to each change, for people: a line per change, the summary of an apply, and what was seen after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from afsync.core.addresses import Kind
from afsync.core.apply_verification import Expected, Observable, Verification
from afsync.core.outcomes import Applied, Failed, NotAttempted, Outcome, Unresolved
from afsync.core.plan.actions import Action, Retire
from afsync.core.plan.changes import Change
from afsync.core.records import RecordedJob
from afsync.core.resources import Job
from afsync.core.text import duration
from afsync.errors import Location, Problem
from afsync.output.values import Paint, count, escape_control, no_paint, shown_schedule

_DOING = {
    Action.CREATE: "creating",
    Action.RESCHEDULE: "rescheduling",
    Action.REPLACE: "replacing",
    Action.DELETE: "removing",
    Action.ADOPT: "taking over",
    Action.MOVE: "moving",
    Action.FORGET: "forgetting",
    Action.APPROVE: "approving",
}

_DONE = {
    Action.CREATE: "created",
    Action.RESCHEDULE: "rescheduled",
    Action.REPLACE: "replaced",
    Action.DELETE: "removed",
    Action.ADOPT: "taken over",
    Action.MOVE: "moved",
    Action.FORGET: "forgotten",
    Action.APPROVE: "approved",
}

_TIME_SENT = ("sending its publish time", "publish time sent")
"""A service may accept a publish time and not have it."""

_TIME_OFF = ("taking its publish time off", "publish time taken off")


def started_line(change: Change) -> str:
    """`job.best-cs2: submitting...`"""
    return f"{change.address}: {_verb(change)[0]}..."


def submission_line(change: Change) -> str:
    """The line where a submission is not the first step: `job.best-cs2: submitting...`"""
    again = " the new one" if change.action is Action.REPLACE else ""
    return f"{change.address}: submitting{again}..."


def submitted_line(change: Change, resource_id: str, credits: int | None) -> str:
    """The line for a job that is paid for, printed as soon as its id is known."""
    cost = f" ({told[0]})" if (told := _cost(credits)) else ""
    return f"{change.address}: submitted as {escape_control(resource_id)}{cost}; setting its publish time"


def _cost(credits: int | None) -> list[str]:
    """The cost as text; nothing where it was free."""
    if credits is None:
        return ["cost unknown"]
    return [count(credits, "credit")] if credits else []


def _verb(change: Change) -> tuple[str, str]:
    """The verbs for a change in progress, and for one that is done."""
    if change.kind is Kind.JOB and change.action is Action.CREATE:
        return "submitting", "submitted"
    if change.retire is Retire.CANCEL and change.action is Action.DELETE:
        return "cancelling", "cancelled"
    if change.kind is Kind.TEMPLATE and change.action is Action.DELETE:
        return "deleting", "deleted"
    if change.action is Action.RESCHEDULE and not change.held:
        return _TIME_OFF if isinstance(change.after, Job) and change.after.schedule is None else _TIME_SENT
    return _DOING[change.action], _DONE[change.action]


def done_word(change: Change) -> str:
    """The verb for a change that is done: `submitted`, `cancelled`, `publish time sent`."""
    return _verb(change)[1]


def outcome_line(outcome: Outcome, paint: Paint = no_paint) -> str:
    """One line, or a few where something has to be explained."""
    address = outcome.change.address
    match outcome:
        case Applied(change, resource_id, spent, note, seconds):
            done = "taken out" if note and change.action is Action.DELETE else _verb(change)[1]
            told = [escape_control(resource_id)] if resource_id else []
            told += _cost(spent)
            text = f"{address}: {paint(done, 'green')} after {duration(seconds)}"
            text += f" ({', '.join(told)})" if told else ""
            return f"{text}: {escape_control(note)}" if note else text
        case Failed(_, why, hint):
            word = paint("unfinished", "yellow") if outcome.unfinished else paint("failed", "red")
            paid = f" ({told[0]})" if outcome.unfinished and (told := _cost(outcome.credits)) else ""
            return _explained(f"{address}: {word}: {escape_control(why)}{paid}", hint)
        case Unresolved(_, why, hint, ways):
            text = _explained(f"{address}: {paint('unresolved', 'red')}: {escape_control(why)}", hint)
            return "\n  ".join((text, *map(escape_control, ways)))
        case NotAttempted(_, why):
            return f"{address}: {paint('not attempted', 'yellow')}: {escape_control(why)}"
        case _:
            assert_never(outcome)


def _explained(text: str, hint: str | None) -> str:
    return f"{text}\n  {escape_control(hint)}" if hint else text


class Tally:
    """How many were added, changed and destroyed, counting as the plan's summary does."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        done = [o.change.action for o in outcomes if isinstance(o, Applied)]
        self.added = sum(a in (Action.CREATE, Action.REPLACE) for a in done)
        self.changed = sum(a is Action.RESCHEDULE for a in done)
        # One whose approval was to wait for its time may have been published by the same run: that is one job.
        ids = {o.change.id for o in outcomes if isinstance(o, Applied) and o.change.action is Action.APPROVE}
        self.approved = len(ids)
        self.destroyed = sum(a in (Action.DELETE, Action.REPLACE) for a in done)
        self.failed = sum(isinstance(o, Failed) for o in outcomes)
        self.unfinished = sum(isinstance(o, Failed) and o.unfinished for o in outcomes)
        self.unresolved = sum(isinstance(o, Unresolved) for o in outcomes)
        self.not_attempted = sum(isinstance(o, NotAttempted) for o in outcomes)
        costs = [o.credits for o in outcomes if isinstance(o, Applied | Failed)]
        self.credits = sum(c for c in costs if c is not None)
        self.unknown_costs = sum(c is None for c in costs)
        self.unresolved_credits = sum(o.change.credits.spend for o in outcomes if isinstance(o, Unresolved))


def summary_text(
    outcomes: Sequence[Outcome],
    paint: Paint = no_paint,
    *,
    complete: bool,
    held: int = 0,
    unresolved: int = 0,
    looked: Verification | None = None,
) -> str:
    """The last lines of an apply. The wording of the last one after a success does not change: scripts read it.

    `complete`: it ran to its end. `held` and `unresolved` count what the plan left out.
    """
    t = Tally(outcomes)
    counted = f"{t.added} added, {t.changed} changed, {t.destroyed} destroyed"
    left = left_undone(t, held=held, unresolved=unresolved)
    said = (f"{approved_line(outcomes, t)}.\n" if t.approved else "") + _said(t, looked)
    if complete and not left:
        return said + paint(f"Apply complete! Resources: {counted}.", "green")
    return said + paint(f"Apply incomplete. Resources: {'; '.join([counted, *left])}.", "red")


def approved_text(outcomes: Sequence[Outcome], paint: Paint = no_paint, *, complete: bool) -> str:
    """The last line of an `approve`, which adds and destroys nothing."""
    t = Tally(outcomes)
    left = left_undone(t)
    approved = approved_line(outcomes, t)
    if complete and not left:
        return paint(f"{approved}.", "green")
    return paint(f"Approval incomplete. {'; '.join([approved, *left])}.", "red")


def _said(t: Tally, looked: Verification | None) -> str:
    """The line about spent credits; empty where none were spent."""
    spent = spent_text(t, looked)
    return f"Spent: {spent}.\n" if spent else ""


def approved_line(outcomes: Sequence[Outcome], t: Tally) -> str:
    """`Approved: 2 jobs (1 recorded)`: what is recorded is published at its time, unless that came in this run."""
    made = [o.change for o in outcomes if isinstance(o, Applied) and o.change.action is Action.APPROVE]
    published = {c.address for c in made if c.later is None}
    later = len({c.address for c in made} - published)
    recorded = "" if not later else " (recorded)" if later == t.approved else f" ({later} recorded)"
    return f"Approved: {count(t.approved, 'job')}{recorded}"


def spent_text(t: Tally, looked: Verification | None) -> str:
    """What the run took, as far as that is known; empty where it took nothing."""
    if not t.unknown_costs and not t.unresolved_credits:
        return count(t.credits, "credit") if t.credits else ""
    if looked is not None and looked.spent is not None:
        return f"{count(looked.spent, 'credit')}, by the balance ({looked.before} before, {looked.after} after)"
    open_ = f"{count(t.unresolved_credits, 'credit')} more if what is unresolved was accepted"
    if not t.unknown_costs:
        return f"{count(t.credits, 'credit')}, and {open_}"
    others = f"; the others took {count(t.credits, 'credit')}" if t.credits else ""
    others += f"; {open_}" if t.unresolved_credits else ""
    rose = (
        f", and the balance rose from {looked.before} to {looked.after}" if looked is not None and looked.rose else ""
    )
    return f"unknown: the service did not report the cost of {count(t.unknown_costs, 'job')}{rose}{others}"


def left_undone(t: Tally, *, held: int = 0, unresolved: int = 0) -> list[str]:
    """`1 failed, 2 not attempted` as one text, or nothing. What was made and lacks something has not failed."""
    counts = {
        "failed": t.failed - t.unfinished,
        "unfinished": t.unfinished,
        "unresolved": t.unresolved + unresolved,
        "not attempted": t.not_attempted,
        "held back": held,
    }
    told = ", ".join(f"{n} {what}" for what, n in counts.items() if n)
    return [told] if told else []


def due_lines(changes: Sequence[Change]) -> list[str]:
    """`job.a: its publish time, Thu 2026-11-12 18:30 CET, has come`"""
    times = {c.address: c.before.schedule for c in changes if isinstance(c.before, RecordedJob)}
    shown = {address: shown_schedule(time, instant=False) for address, time in times.items() if time is not None}
    return [f"{address}: its publish time, {escape_control(time)}, has come" for address, time in shown.items()]


MOST_UNSEEN = 10
"""So many are named one by one."""


def seen_lines(looked: Verification | None, settle: float) -> Iterator[str]:
    """`Seen: 12 of 12 publish times, 1 of 1 cancellations.`, and what is not seen yet."""
    if looked is None:
        return
    if looked.failed is not None:
        yield f"Seen: unknown, because the account could not be read afterwards ({escape_control(looked.failed)})."
        return
    comparison = looked.comparison
    counts = ", ".join(f"{found} of {total} {plural(what)}" for what, found, total in comparison.counts())
    beyond = f"{count(comparison.beyond, 'more change')} not among what was read" if comparison.beyond else ""
    yield f"Seen: {'; '.join(filter(None, (counts, beyond)))}."
    if unseen := comparison.unconfirmed:
        named = ", ".join(map(_named, unseen[:MOST_UNSEEN]))
        more = f" and {len(unseen) - MOST_UNSEEN} more" if len(unseen) > MOST_UNSEEN else ""
        yield f"Note: accepted, but the service does not show it yet: {named}{more}"
        yield f"  plan again after {duration(settle)} (`api.settle`); that plan decides"


def _named(one: Expected) -> str:
    said = f", of which the service says: {escape_control(one.reported)}" if one.reported else ""
    return f"the {one.what.value} of {one.address} ({escape_control(one.id)}){said}"


def plural(what: Observable) -> str:
    return f"{what.value}s"


def outcome_problem(outcome: Outcome, at: Location | None) -> Problem | None:
    """A change that went wrong as something to be shown at its line; None for one that did not."""
    address = outcome.change.address
    match outcome:
        case Failed(_, why, hint):
            word = "is unfinished" if outcome.unfinished else "failed"
            return Problem("change_failed", f"{address} {word}: {why}", hint, address=address, location=at)
        case Unresolved(_, why, hint, ways):
            hint = ". ".join(filter(None, (hint, "; ".join(ways)))) or None
            return Problem("unresolved", f"{address} is unresolved: {why}", hint, address=address, location=at)
        case Applied() | NotAttempted():
            return None
