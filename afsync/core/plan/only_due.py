"""The plan of `apply --due`: it publishes what is due, and does nothing else. Any other apply does the same between
its own changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from msgspec.structs import replace

from afsync.core.decisions.due_jobs import BEHIND
from afsync.core.held_jobs import is_held, time_of
from afsync.core.moved_records import moved_together
from afsync.core.moves import find_moves
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, approval
from afsync.core.plan.plan import Plan
from afsync.core.records import Publish, RecordedJob
from afsync.core.resources import Desired
from afsync.core.service_statuses import ENDED, group_of
from afsync.core.state import Recorded
from afsync.core.trust.publications import publication_unconfirmed

HOLDS_BACK = (Reason.LATE, Reason.PUBLISH_UNKNOWN)
_OF_HELD = (Reason.PUBLISH_FAILED, Reason.APPROVE_NO_PLATFORM, Reason.APPROVE_MISMATCH)
"""What may also be said of jobs that are not held, which is not looked at here."""


def may_be_due(desired: Desired, recorded: Recorded, now: datetime) -> dict[str, RecordedJob]:
    """The submissions that may be due by our own clock, by their address in the files."""
    settled = find_moves(desired, recorded)[1]
    found = {}
    for address, record in settled.jobs.items():
        declared = desired.jobs.get(address)
        if declared is None or record.approved or not is_held(record, declared) or time_of(record, declared) is None:
            continue
        past = record.schedule is not None and record.schedule.utc <= now
        ended = group_of(record.status, waits=True) in ENDED
        if past and not ended and recorded.intent_for(address) is None:
            found[address] = record
    return found


def next_time(desired: Desired, after: datetime) -> datetime | None:
    """The first declared publish time after a moment (UTC); until then nothing becomes due."""
    times = (job.schedule.utc for job in desired.jobs.values() if job.schedule is not None)
    return min((t for t in times if t > after), default=None)


def unread_changes(desired: Desired, found: Mapping[str, RecordedJob]) -> list[Change]:
    """The changes that publish what may be due, for jobs that could not be read."""
    return [approval(a, found[a], desired.jobs.get(a), Reason.DUE) for a in sorted(found)]


def unknown_staging(desired: Desired, recorded: Recorded, now: datetime) -> list[str]:
    """The ids of jobs of which only the service knows whether they stop before publishing."""
    return [r.id for r in may_be_due(desired, recorded, now).values() if r.publish is Publish.UNKNOWN]


def not_seen_published(desired: Desired, recorded: Recorded) -> list[RecordedJob]:
    """The held jobs that were approved, and are not known to be published."""
    held = ((r, desired.jobs.get(a)) for a, r in recorded.jobs.items() if publication_unconfirmed(r))
    return [r for r, declared in held if declared is not None and is_held(r, declared)]


def looked_at(desired: Desired, recorded: Recorded, now: datetime) -> set[str]:
    """The addresses of the jobs that `apply --due` reads."""
    watched = {r.id for r in not_seen_published(desired, recorded)}
    return {*may_be_due(desired, recorded, now), *(a for a, r in recorded.jobs.items() if r.id in watched)}


def nothing_to_do(desired: Desired, recorded: Recorded, now: datetime) -> bool:
    """Whether, without reading the account, nothing can be due and no publish time kept by afsync changes."""
    if recorded.intents or may_be_due(desired, recorded, now) or not_seen_published(desired, recorded):
        return False
    return not any(
        is_held(record, declared)
        and not record.approved
        and (record.schedule is None or record.schedule.utc != wanted.utc)
        for address, record in recorded.jobs.items()
        if (declared := desired.jobs.get(address)) is not None and (wanted := time_of(record, declared)) is not None
    )


def only_due(plan: Plan, looked_at: Collection[str]) -> Plan:
    """The part of a plan that `apply --due` carries out: what is due, moves of its address, and publish times that
    afsync keeps. `looked_at` are the addresses whose jobs were read."""
    due = {c.address for c in plan.changes if c.reason is Reason.DUE}
    moving = moved_together(plan.changes)
    due = due.union(*(moving[a] for a in due if a in moving))
    left_out = moving.keys() - due
    changes = tuple(c for c in plan.changes if c.reason is Reason.DUE or _kept_here(c, due, left_out))
    withheld = tuple(
        c
        for c in plan.withheld
        if c.action is Action.APPROVE and (c.reason in HOLDS_BACK or (c.reason in _OF_HELD and c.address in looked_at))
    )
    addresses = {c.address for c in withheld}
    violations = tuple(v for v in plan.violations if v.address in addresses or v.code == Reason.UNRESOLVED)
    return replace(
        plan,
        changes=changes,
        withheld=withheld,
        violations=violations,
        notices=tuple(n for n in plan.notices if n.address in addresses or n.code == BEHIND),
        blocking=(),
        refreshed={a: r for a, r in plan.refreshed.items() if a in looked_at},
        waiting=(),
    )


def _kept_here(change: Change, due: set[str], left_out: set[str]) -> bool:
    """Whether it is a move of what is due, or a publish time kept by afsync, of a job whose move is not `left_out`."""
    if change.action is Action.MOVE:
        return change.address in due
    return change.action is Action.RESCHEDULE and change.held and change.address not in left_out
