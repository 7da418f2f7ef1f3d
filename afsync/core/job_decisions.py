"""What is to be done about one recorded job: the first table of DESIGN.md's "What plan decides", row by row."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from afsync.core import diff
from afsync.core.actions import Action, Reason, Retire, Step
from afsync.core.approvals import ON_ITS_WAY, decide_approval, decide_held_approval
from afsync.core.cancels import has_lost_one, two_videos
from afsync.core.forgotten import paid_before
from afsync.core.held import When, decide_behind, decide_due, is_held, stops, unpublished, when_due
from afsync.core.held import lacks_time as held_without_time
from afsync.core.job_notices import (
    busy,
    busy_without_time,
    finished,
    missing,
    moved_finished,
    passed,
    produced_already,
    stopped,
    undeclared_and_busy,
)
from afsync.core.kept import nothing_to_take_off, publish_time_of, settled, time_was_lost
from afsync.core.lookups import group_when_seen
from afsync.core.not_kept import not_seen_yet, schedule_not_kept, still_matters
from afsync.core.plan import Change, Credits
from afsync.core.recorded import RecordedJob
from afsync.core.remote import Group, group_of, never_changes
from afsync.core.resources import Job, Kind, Schedule, Values, same_body, typed
from afsync.core.reviews import decide_unreviewed
from afsync.core.submissions import submission, withheld_reason
from afsync.core.takeover import sourceless
from afsync.core.template_decisions import protected, without_ignored
from afsync.core.text import nfc
from afsync.core.unset import decide_unset, lacks_time
from afsync.core.verdict import NOTHING, Facts, Verdict, do, withhold


class Standing(Struct, frozen=True):
    """Where a recorded job stands: the group of its status now, and the publish time that is set (UTC).

    `drifted` says that the publish time was read back and is not what was recorded.
    """

    group: Group
    publish_at: datetime | None
    drifted: bool = False


class Edits(Struct, frozen=True):
    """What the files now say differently. `again` is why it is to be submitted again, if it is."""

    values: Values
    body: bool = False
    schedule: bool = False
    again: Reason | None = None

    def __bool__(self) -> bool:
        return self.body or self.schedule


def standing(record: RecordedJob, facts: Facts, declared: Job | None = None) -> Standing:
    """Read from the remote where the job was seen, else from the record. The time of a held job is kept here alone."""
    recorded_at = record.schedule.utc if record.schedule and not time_was_lost(record) else None
    if record.id in facts.remote.missing:
        return Standing(Group.MISSING, recorded_at)
    job = facts.remote.jobs.get(record.id)
    told, observed = (False, None) if is_held(record, declared) else _observed(record.id, facts)
    ahead = observed if told and observed else recorded_at
    waits = stops(record, declared)
    group = group_of(job.status if job else record.status, publish_at=ahead, staged=waits, now=facts.now)
    return Standing(group, ahead, told and observed != _still_ahead(recorded_at, facts.now))


def _observed(job_id: str, facts: Facts) -> tuple[bool, datetime | None]:
    return publish_time_of(job_id, facts.remote, facts.now)


def _still_ahead(moment: datetime | None, now: datetime) -> datetime | None:
    return moment if moment is not None and moment > now else None


def decide_job(address: str, declared: Job | None, record: RecordedJob, facts: Facts) -> Verdict:
    """The verdict on one recorded job, declared or not."""
    if declared is None:
        return _undeclared(address, record, standing(record, facts), facts)
    held = is_held(record, declared)
    edits = _edits(declared, record, facts, held=held)
    taken = address in facts.taken
    if edits is None and declared.approve is None and _is_over(record, facts) and not held and not taken:
        return NOTHING
    at = standing(record, facts, declared)
    edits = Edits(declared.values) if edits is None else edits
    seen = facts.remote.jobs.get(record.id)
    status = seen.status if seen else record.status
    verdict = None
    if facts.recorded.watched:
        verdict = decide_unreviewed(address, record, status, edits.again is not None, facts)
    if verdict is not None:
        return verdict
    if not held:
        verdict = _without_time(declared, record, at, edits, status, facts)
        verdict = verdict or _not_kept(declared, record, at, edits, status, facts)
    verdict = verdict or _declared(declared, record, at, edits, facts)
    changing = (*verdict.changes, *verdict.withheld)
    # Also where that is withheld: published now, it would only be submitted again next time.
    resubmitted = any(Step.SUBMIT_JOB in c.steps for c in changing)
    if held and at.group is Group.PRODUCED and not changing:
        verdict += decide_due(declared, record, facts)
    elif held and at.group in (Group.OPEN, Group.BUSY) and not changing and status not in ON_ITS_WAY:
        verdict += decide_behind(declared, record, status, facts)
    if not resubmitted and _stays_unpublished(declared, record, at, status):
        verdict += unpublished(address, record)
    if declared.approve is None:
        return verdict
    if held:
        ahead = bool(changing) or when_due(record, facts) is When.AHEAD
        return verdict + decide_held_approval(declared, record, at.group, status, resubmitted=resubmitted, ahead=ahead)
    return verdict + decide_approval(declared, record, at.group, status, resubmitted=resubmitted)


def _stays_unpublished(declared: Job, record: RecordedJob, at: Standing, status: str) -> bool:
    """Whether it is held without a time, and neither waits for its review nor has come to an end."""
    alive = at.group in (Group.OPEN, Group.BUSY, Group.PRODUCED) and status not in ON_ITS_WAY
    reviewed = not record.staged or record.approval is not None
    return alive and reviewed and held_without_time(record, declared)


def _undeclared(address: str, record: RecordedJob, at: Standing, facts: Facts) -> Verdict:
    reason = Reason.REQUESTED if facts.options.destroy else Reason.REMOVED
    delete = Change(address, Action.DELETE, reason, before=record, id=record.id, credits=_spent(record))
    forget = replace(delete, action=Action.FORGET, reason=Reason.FINISHED)
    match at.group:
        case Group.OPEN:
            return _unless_protected(replace(delete, retire=Retire.CANCEL), record.prevent_destroy)
        case Group.PRODUCED:
            return _unless_protected(
                replace(delete, retire=_retire_produced(record, at, facts)), record.prevent_destroy
            )
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
    gone = at.drifted and _observed(record.id, facts)[1] is None
    off = gone and settled(record.schedule_unseen_since, facts.now, facts.options.settle)
    return Retire.LEAVE if stops(record) or at.publish_at is None or off else Retire.UNSCHEDULE


def _is_over(record: RecordedJob, facts: Facts) -> bool:
    """Whether it was finished when it was last seen, which nothing changes. Nearly all of a long history, so that this
    is looked at before any table."""
    return never_changes(record.status) and record.id not in facts.remote.jobs


def _without_time(
    declared: Job, record: RecordedJob, at: Standing, edits: Edits, status: str, facts: Facts
) -> Verdict | None:
    """What comes before everything else about a job that stays: its publish time was never set."""
    purged = at.group is Group.MISSING and group_when_seen(record, facts.now) is Group.DONE
    instead = edits.again or (edits.body and at.group is Group.OPEN)
    if not lacks_time(declared, record) or instead or purged:
        return None
    observed = _observed(record.id, facts)[1]
    if observed is not None and declared.schedule is not None and observed != declared.schedule.utc:
        return None  # it has another time already, which is a change like any other
    verdict = decide_unset(declared, record, at.group, status, facts)
    if verdict is None or not edits.body or at.group is Group.MISSING:
        return verdict
    return verdict + (busy(declared.address) if at.group is Group.BUSY else produced_already(declared))


def _not_kept(
    declared: Job, record: RecordedJob, at: Standing, edits: Edits, status: str, facts: Facts
) -> Verdict | None:
    """A publish time that the service did not keep is not set again, whatever else is to be said of the job."""
    over = at.group in (Group.FAILED, Group.CANCELLED, Group.MISSING)
    instead = edits.again or (edits.body and at.group is Group.OPEN)
    if over or instead or not still_matters(declared, record, facts.now):
        return None
    if declared.schedule is not None and _observed(record.id, facts)[1] == declared.schedule.utc:
        return None
    held = schedule_not_kept(declared, record, status)
    if not edits.body:
        return held
    return held + (busy(declared.address) if at.group is Group.BUSY else produced_already(declared))


def _declared(declared: Job, record: RecordedJob, at: Standing, edits: Edits, facts: Facts) -> Verdict:
    match at.group:
        case Group.BUSY if edits.schedule and not edits.body and not edits.again and is_held(record, declared):
            return NOTHING if record.approved else _reschedule(declared, record, at, edits, facts)
        case Group.BUSY if edits or edits.again:
            return busy(declared.address, again=edits.again is not None)
        case Group.BUSY:
            ahead = declared.schedule is not None and declared.schedule.utc > facts.now
            gone = at.drifted and at.publish_at is not None and _observed(record.id, facts)[1] is None
            judged = not record.approved and "schedule" not in declared.ignore_changes
            return busy_without_time(declared) if ahead and gone and judged else NOTHING
        case Group.OPEN if edits.again or edits.body:
            return _replace(declared, record, Retire.CANCEL, edits, facts)
        case Group.PRODUCED if edits.again:
            return _replace(declared, record, _retire_produced(record, at, facts), edits, facts)
        case Group.OPEN | Group.PRODUCED:
            told = produced_already(declared) if edits.body else NOTHING
            return _reschedule(declared, record, at, edits, facts) + told
        case _ if edits.again:
            return _submit_again(declared, record, edits, facts)
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


def _edits(declared: Job, record: RecordedJob, facts: Facts, *, held: bool) -> Edits | None:
    """None where the files say what is recorded."""
    ignored = declared.ignore_changes
    values = without_ignored(declared.values, record.declared, ignored) if ignored else declared.values
    again = None
    if declared.rerun is not None and (record.rerun is None or nfc(declared.rerun) != nfc(record.rerun)):
        again = Reason.RERUN
    elif facts.options.replace and declared.address in facts.options.replace:
        again = Reason.REQUESTED
    body = not same_body(values, record.declared, record.fingerprint) and not sourceless(record.declared)
    schedule = _time_differs(declared, record, facts.now, held=held) and "schedule" not in ignored
    return Edits(values, body, schedule, again) if body or schedule or again or ignored else None


def _time_differs(declared: Job, record: RecordedJob, now: datetime, *, held: bool) -> bool:
    """The service is only ever given a time still ahead, so there one that has passed is no difference."""
    wanted = declared.schedule.utc if declared.schedule else None
    known = record.schedule.utc if record.schedule else None
    if wanted is not None and held:
        return wanted != known
    if wanted is None:
        return _still_ahead(known, now) is not None and not time_was_lost(record)
    return wanted > now and wanted != known


def _reschedule(declared: Job, record: RecordedJob, at: Standing, edits: Edits, facts: Facts) -> Verdict:
    wanted = declared.schedule.utc if declared.schedule else None
    ignored = "schedule" in declared.ignore_changes
    drifted = at.drifted and not ignored and (wanted is None or wanted > facts.now)
    if drifted and _observed(record.id, facts)[1] == wanted:
        drifted = False
    if nothing_to_take_off(declared, record, facts.remote, facts.now, facts.options.settle):
        return NOTHING
    since = record.schedule_unseen_since
    gone = _observed(record.id, facts)[1] is None
    if gone and record.approved:
        drifted = False  # the approval overtook it
    if drifted and gone and not edits.schedule and not settled(since, facts.now, facts.options.settle):
        return not_seen_yet(declared, record)
    if not edits.schedule and not drifted:
        known = record.schedule
        gone_by = wanted is not None and wanted <= facts.now and not ignored
        return passed(declared, known) if gone_by and known and known.utc > facts.now else NOTHING
    observed = _observed(record.id, facts)[1]
    change = Change(
        declared.address,
        Action.RESCHEDULE,
        Reason.SCHEDULE_CHANGED if edits.schedule else Reason.DRIFT,
        before=record,
        after=declared,
        id=record.id,
        credits=_spent(record),
        observed=Schedule(observed.isoformat(), observed) if drifted and observed else None,
    )
    return do(change)


def _replace(declared: Job, record: RecordedJob, retire: Retire, edits: Edits, facts: Facts) -> Verdict:
    job = _as_submitted(declared, edits.values)
    change = replace(
        submission(job, facts),
        action=Action.REPLACE,
        reason=edits.again or Reason.BODY_CHANGED,
        before=record,
        id=record.id,
        retire=retire,
        fields=diff.fields(Kind.JOB, record.declared, job.values),
    )
    change = replace(change, credits=Credits(change.credits.spend, record.credits or 0))
    if retire is Retire.CANCEL:
        seen = facts.remote.jobs.get(record.id)
        told = two_videos(record.id, seen.status if seen else record.status, change.credits.spend, record.credits)
        change = replace(change, warning=told)
    if (held := withheld_reason(change, facts) or paid_before(change, job, facts)) is not None:
        return held
    if change.warning and has_lost_one(facts.recorded) and declared.address not in facts.options.replace:
        return withhold(
            replace(change, reason=Reason.CANCEL_UNPROVEN),
            f"{declared.address} would be replaced, and this account did not keep a cancel before: {change.warning}",
            f"`afsync apply --replace {typed(declared.address)}` replaces it anyway; or undo the edit",
        )
    return _unless_protected(change, protected(declared.prevent_destroy, record.prevent_destroy))


def _submit_again(declared: Job, record: RecordedJob, edits: Edits, facts: Facts) -> Verdict:
    job = _as_submitted(declared, edits.values)
    change = submission(job, facts)
    change = replace(
        change,
        reason=edits.again or Reason.RERUN,
        before=record,
        fields=diff.fields(Kind.JOB, record.declared, job.values),
        credits=Credits(change.credits.spend, record.credits or 0),
    )
    return withheld_reason(change, facts) or paid_before(change, job, facts) or do(change)


def _as_submitted(declared: Job, values: Values) -> Job:
    """What is sent. Fields that are ignored go out as they were recorded, but a file only as it is now."""
    if declared.file is None or values.get("file") == declared.file.sha256:
        return replace(declared, values=values)
    return replace(declared, values={**values, "file": declared.file.sha256})


def _finished(declared: Job, record: RecordedJob, edits: Edits, facts: Facts) -> Verdict:
    """A publish time still ahead under a new key is perhaps no new name, but a new show."""
    if facts.moved and declared.address not in facts.desired.imports:
        old = facts.moved.get(declared.address)
        held = is_held(record, declared)
        later = declared.schedule is not None and _time_differs(declared, record, facts.now, held=held)
        if old and (later or declared.address in facts.taken):
            return moved_finished(declared, record, old)
    return finished(declared) if edits else NOTHING


def _spent(record: RecordedJob) -> Credits:
    return Credits(0, record.credits or 0)


def _unless_protected(change: Change, held: bool) -> Verdict:
    if not held:
        return do(change)
    verb = "replaced" if change.action is Action.REPLACE else "taken out"
    return withhold(
        replace(change, reason=Reason.PREVENT_DESTROY),
        f"{change.address} would be {verb}, and `lifecycle.prevent_destroy` forbids it",
        "set `prevent_destroy: false` on it and apply again, if that is meant",
    )
