"""The decision about one recorded job: the table of docs/planning.md#jobs, row by row."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from afsync.core.approvals import decide_approval, decide_held_approval
from afsync.core.decisions.due_jobs import (
    DueStatus,
    decide_behind,
    decide_due,
    due_status_from,
    held_without_time_notice,
)
from afsync.core.decisions.job_differences import (
    Edits,
    Standing,
    decide_replacement,
    decide_resubmission,
    edits_of,
    observed_time,
    standing,
    time_differs,
)
from afsync.core.decisions.notices import (
    busy,
    busy_without_time,
    finished,
    missing,
    moved_finished,
    produced_already,
    stopped,
    undeclared_and_busy,
)
from afsync.core.decisions.publish_times import decide_reschedule, decide_unset, time_never_set
from afsync.core.decisions.templates import unless_protected
from afsync.core.held_jobs import held_without_time, is_held, stops
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import NOTHING, Change, Credits, Decision, do
from afsync.core.plan.facts import Facts
from afsync.core.plan.lookups import group_when_seen
from afsync.core.records import Publish, RecordedJob
from afsync.core.remote_account import status_now
from afsync.core.resources import Job
from afsync.core.service_statuses import BEING_PUBLISHED, Group, never_changes
from afsync.core.trust.kept_publish_times import lost_time_matters, schedule_not_kept, settle_time_over
from afsync.core.trust.reviews import decide_unreviewed


def settled_jobs(facts: Facts) -> frozenset[str]:
    """The jobs that are published, and declared as they were submitted: most of a long history. `decide_job` says
    nothing about them either, and reading the account changes nothing in their records."""
    declared, records, seen = facts.desired.jobs, facts.recorded.jobs, facts.remote.jobs
    found = [
        address
        for address in facts.recorded.unedited(declared)
        if never_changes((record := records[address]).status)
        and record.id not in seen
        and _only_body_may_differ(declared[address], record)
    ]
    return frozenset(found) - facts.taken - facts.options.replace


def _only_body_may_differ(declared: Job, record: RecordedJob) -> bool:
    """Whether nothing but the body differs, or may."""
    wanted, known = declared.schedule, record.schedule
    if wanted is None or known is None:
        if wanted is not known:
            return False
    elif wanted.utc != known.utc or wanted.written != known.written:
        return False
    return (
        record.publish is Publish.SERVICE
        and declared.rerun in (None, record.rerun)
        and declared.approve is None
        and not declared.ignore_changes
        and declared.prevent_destroy in (None, record.prevent_destroy)
        and record.approved_at is None
        and record.publish_finding is None
    )


def decide_job(address: str, declared: Job | None, record: RecordedJob, facts: Facts) -> Decision:
    """The decision about one recorded job, declared or not."""
    if declared is None:
        return _undeclared(address, record, standing(record, facts), facts)
    held = is_held(record, declared)
    edits = edits_of(declared, record, facts, held=held)
    taken = address in facts.taken
    if edits is None and declared.approve is None and _is_over(record, facts) and not held and not taken:
        return NOTHING
    at = standing(record, facts, declared)
    edits = Edits(declared.values) if edits is None else edits
    status = status_now(record, facts.remote.jobs)
    decision = None
    if facts.recorded.watched:
        decision = decide_unreviewed(address, record, status, edits.again is not None, facts)
    if decision is not None:
        return decision
    if not held:
        decision = _without_time(declared, record, at, edits, status, facts)
        decision = decision or _not_kept(declared, record, at, edits, status, facts)
    decision = decision or _declared(declared, record, at, edits, facts)
    changing = (*decision.changes, *decision.withheld)
    # Also where that is withheld: published now, it would only be submitted again next time.
    resubmitted = any(c.submits for c in changing)
    if held and at.group is Group.PRODUCED and not changing:
        decision += decide_due(declared, record, facts)
    elif held and at.group in (Group.OPEN, Group.BUSY) and not changing and status not in BEING_PUBLISHED:
        decision += decide_behind(declared, record, status, facts)
    if not resubmitted and _stays_unpublished(declared, record, at, status):
        decision += held_without_time_notice(address, record)
    if declared.approve is None:
        return decision
    if held:
        ahead = bool(changing) or due_status_from(record, facts) is DueStatus.AHEAD
        return decision + decide_held_approval(declared, record, at.group, status, resubmitted=resubmitted, ahead=ahead)
    return decision + decide_approval(declared, record, at.group, status, resubmitted=resubmitted)


def _stays_unpublished(declared: Job, record: RecordedJob, at: Standing, status: str) -> bool:
    """Whether the job is held without a time, does not wait for its review, and has not ended."""
    alive = at.group in (Group.OPEN, Group.BUSY, Group.PRODUCED) and status not in BEING_PUBLISHED
    reviewed = not record.staged or record.approval is not None
    return alive and reviewed and held_without_time(record, declared)


def _undeclared(address: str, record: RecordedJob, at: Standing, facts: Facts) -> Decision:
    reason = Reason.REQUESTED if facts.options.destroy else Reason.REMOVED
    delete = Change(
        address, Action.DELETE, reason, before=record, id=record.id, credits=Credits(spent=record.credits or 0)
    )
    forget = replace(delete, action=Action.FORGET, reason=Reason.FINISHED)
    match at.group:
        case Group.OPEN:
            return unless_protected(replace(delete, retire=Retire.CANCEL))
        case Group.PRODUCED:
            return unless_protected(replace(delete, retire=_retire_produced(record, at, facts)))
        case Group.BUSY:
            return undeclared_and_busy(address)
        case Group.DONE | Group.FAILED | Group.CANCELLED:
            return do(forget)
        case Group.MISSING:
            return do(replace(forget, reason=Reason.MISSING))
        case _:
            assert_never(at.group)


def _retire_produced(record: RecordedJob, at: Standing, facts: Facts) -> Retire:
    """A produced job can no longer be cancelled; what can be taken off is its publish time, if it is still set."""
    gone = at.drifted and observed_time(record, facts) is None
    off = gone and settle_time_over(record.schedule_unseen_since, facts.now, facts.options.settle)
    return Retire.LEAVE if stops(record) or at.publish_at is None or off else Retire.UNSCHEDULE


def _is_over(record: RecordedJob, facts: Facts) -> bool:
    """Whether the job was finished when it was last read; nothing changes it. That is most of a long history, so it is
    checked before any table."""
    return never_changes(record.status) and record.id not in facts.remote.jobs


def _without_time(
    declared: Job, record: RecordedJob, at: Standing, edits: Edits, status: str, facts: Facts
) -> Decision | None:
    """The decision about a job whose publish time was never set; it comes before every other one about a job that
    stays."""
    purged = at.group is Group.MISSING and group_when_seen(record, facts.now) is Group.DONE
    instead = edits.again or (edits.body and at.group is Group.OPEN)
    if not time_never_set(declared, record) or instead or purged:
        return None
    observed = observed_time(record, facts)
    if observed is not None and declared.schedule is not None and observed != declared.schedule.utc:
        return None  # it has another time already, which is a change like any other
    decision = decide_unset(declared, record, at.group, status, facts)
    if decision is None or not edits.body or at.group is Group.MISSING:
        return decision
    return decision + (busy(declared.address) if at.group is Group.BUSY else produced_already(declared))


def _not_kept(
    declared: Job, record: RecordedJob, at: Standing, edits: Edits, status: str, facts: Facts
) -> Decision | None:
    """The decision about a publish time that the service did not keep: it is not set again, whatever else is
    decided."""
    over = at.group in (Group.FAILED, Group.CANCELLED, Group.MISSING)
    instead = edits.again or (edits.body and at.group is Group.OPEN)
    if over or instead or not lost_time_matters(declared, record, facts.now):
        return None
    if declared.schedule is not None and observed_time(record, facts) == declared.schedule.utc:
        return None
    held = schedule_not_kept(declared, record, status)
    if not edits.body:
        return held
    return held + (busy(declared.address) if at.group is Group.BUSY else produced_already(declared))


def _declared(declared: Job, record: RecordedJob, at: Standing, edits: Edits, facts: Facts) -> Decision:
    match at.group:
        case Group.BUSY if edits.schedule and not edits.body and not edits.again and is_held(record, declared):
            return NOTHING if record.approved else decide_reschedule(declared, record, at, edits, facts)
        case Group.BUSY if edits or edits.again:
            return busy(declared.address, again=edits.again is not None)
        case Group.BUSY:
            ahead = declared.schedule is not None and declared.schedule.utc > facts.now
            gone = at.drifted and at.publish_at is not None and observed_time(record, facts) is None
            judged = not record.approved and "schedule" not in declared.ignore_changes
            return busy_without_time(declared) if ahead and gone and judged else NOTHING
        case Group.OPEN if edits.again or edits.body:
            return decide_replacement(declared, record, Retire.CANCEL, edits, facts)
        case Group.PRODUCED if edits.again:
            return decide_replacement(declared, record, _retire_produced(record, at, facts), edits, facts)
        case Group.OPEN | Group.PRODUCED:
            too_late = produced_already(declared) if edits.body else NOTHING
            return decide_reschedule(declared, record, at, edits, facts) + too_late
        case _ if edits.again:
            return decide_resubmission(declared, record, edits, facts)
        case Group.DONE:
            return _finished(declared, record, edits, facts)
        case Group.FAILED | Group.CANCELLED:
            return stopped(declared, record, at.group, facts.recorded.watched.get(record.id))
        case Group.MISSING if group_when_seen(record, facts.now) is Group.DONE:
            return _finished(declared, record, edits, facts)
        case Group.MISSING:
            return missing(declared, record)
        case _:
            assert_never(at.group)


def _finished(declared: Job, record: RecordedJob, edits: Edits, facts: Facts) -> Decision:
    """The decision about a finished job. A future publish time under a new key may be a new show, not a new name."""
    if facts.moved and declared.address not in facts.desired.imports:
        old = facts.moved.get(declared.address)
        held = is_held(record, declared)
        later = declared.schedule is not None and time_differs(declared, record, facts.now, held=held)
        if old and (later or declared.address in facts.taken):
            return moved_finished(declared, record, old)
    return finished(declared) if edits else NOTHING
