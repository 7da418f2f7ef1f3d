"""The order in which a plan is carried out, and how long that takes under the service's rate limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from afsync.core.clocks import ahead
from afsync.core.command_lines import FlagName
from afsync.core.plan.actions import Reason, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Plan
from afsync.core.resources import Job
from afsync.errors import Problem, Severity

WINDOW = 60.0
"""Seconds in which the service counts requests."""
EACH = 0.5
"""Seconds that one request takes; a guess."""
NEVER = datetime.max.replace(tzinfo=UTC)


class Turn(Struct, frozen=True):
    """Steps that are carried out without a break: a change, by its index in the plan, and its consecutive steps."""

    place: int
    change: Change
    steps: tuple[Step, ...]


def by_due(change: Change) -> tuple[datetime, str, str]:
    """The sort key of a change: by publish time, those without one last, then by address."""
    return (change.due or NEVER, change.address, change.id or "")


def place_of(change: Change) -> float:
    """The place of the step that defines a change: for a submitted job, its submission. The missing publish time of a
    job that is paid for comes before anything new."""
    if _sets_missing(change):
        return Step.PUBLISH_DUE + 0.5
    return float(Step.SUBMIT_JOB if Step.SUBMIT_JOB in change.steps else change.steps[0])


def _sets_missing(change: Change) -> bool:
    return change.reason is Reason.UNSET and Step.SET_SCHEDULE in change.steps


def turns(changes: Iterable[Change]) -> Iterator[Turn]:
    """All steps of a plan, in order. A publish time is set right after its own submission, so that a run that ends in
    between leaves one job without its time, not all of them."""
    ordered = sorted(enumerate(changes), key=lambda place: by_due(place[1]))
    for step in Step:
        if step is Step.CREATE_TEMPLATE:
            yield from (Turn(place, c, (Step.SET_SCHEDULE,)) for place, c in ordered if _sets_missing(c))
        for place, change in ordered:
            if step not in change.steps or (step is Step.SET_SCHEDULE and _sets_missing(change)):
                continue
            if step is Step.SUBMIT_JOB:
                yield Turn(place, change, tuple(s for s in _PAIR if s in change.steps))
            elif step is not Step.SET_SCHEDULE or Step.SUBMIT_JOB not in change.steps:
                yield Turn(place, change, (step,))


_PAIR = (Step.SUBMIT_JOB, Step.SET_SCHEDULE)


def request_seconds(requests: int, per_minute: int, already: int = 0) -> float:
    """The seconds that so many requests take in sequence, when the rate limit window already holds `already` others."""
    if requests < 1 or per_minute < 1:
        return 0.0
    rounds, last = divmod(requests + already - 1, per_minute)
    return max(requests * EACH, rounds * WINDOW + (last + 1) * EACH if rounds else 0.0)


def plan_seconds(plan: Plan) -> float:
    """The time in seconds that carrying out a plan takes; the account is read once more before."""
    return request_seconds(plan.requests, plan.per_minute, plan.reads)


def too_late(plan: Plan) -> Iterator[Problem]:
    """A warning for each publish time that passes before the plan gets to it. Such a job is not paid for."""
    sent = 0
    for turn in turns(plan.changes):
        sent += sum(map(turn.change.sends, turn.steps))
        job = turn.change.after
        if Step.SET_SCHEDULE not in turn.steps or not isinstance(job, Job) or job.schedule is None:
            continue
        after = request_seconds(sent, plan.per_minute, plan.reads)
        left = (job.schedule.utc - plan.as_of).total_seconds() - ahead(plan.skew)
        if 0 < left < after:
            yield _late(turn.change, job.schedule.written, plan.as_of + timedelta(seconds=after))


def _late(change: Change, written: str, reached: datetime) -> Problem:
    outcome = "is not submitted then" if Step.SUBMIT_JOB in change.steps else "cannot be set then"
    return Problem(
        "too_late",
        f"the publish time of {change.address}, {written}, passes before it is its turn, at about "
        f"{reached:%Y-%m-%d %H:%M:%S} UTC ({'it' if Step.SUBMIT_JOB in change.steps else 'the time'} {outcome})",
        f"give it a later time, or apply less at once with {FlagName.TARGET}",
        Severity.WARNING,
        change.address,
        field="schedule",
    )
