"""Decisions about the publish time of a recorded job: moved, never set, or taken off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec.structs import replace

from afsync.core.addresses import typed
from afsync.core.command_lines import FlagName
from afsync.core.decisions.job_differences import Edits, Standing, observed_time
from afsync.core.decisions.notices import time_passed
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import NOTHING, Change, Decision, do, reschedule, withhold
from afsync.core.plan.facts import Facts
from afsync.core.records import RecordedJob
from afsync.core.remote_account import Remote
from afsync.core.resources import Desired, Job, Schedule
from afsync.core.service_statuses import BEING_PUBLISHED, COMPLETE, Group, ended_badly, never_changes
from afsync.core.state import Recorded
from afsync.core.trust.kept_publish_times import not_seen_yet, nothing_to_take_off, settle_time_over


def time_never_set(declared: Job, record: RecordedJob) -> bool:
    """Whether a publish time is declared that the job never got, and no approval made it obsolete."""
    if declared.schedule is None or record.schedule is not None or "schedule" in declared.ignore_changes:
        return False
    return not record.approved and not never_changes(record.status) and not ended_badly(record.status)


def jobs_without_their_time(desired: Desired, recorded: Recorded) -> Iterator[RecordedJob]:
    """The jobs that have to be read although they look finished."""
    for address, record in recorded.jobs.items():
        if record.schedule is not None:
            continue
        declared = desired.jobs.get(address)
        if declared is not None and time_never_set(declared, record):
            yield record


def unset_results_needed(desired: Desired, recorded: Recorded, remote: Remote) -> Iterator[str]:
    """The produced jobs without their publish time: only their results say whether they were published."""
    for record in jobs_without_their_time(desired, recorded):
        seen = remote.jobs.get(record.id)
        if seen is not None and seen.status == COMPLETE and not record.staged:
            yield record.id


def decide_unset(declared: Job, record: RecordedJob, group: Group, status: str, facts: Facts) -> Decision | None:
    """The decision about the missing publish time; None where it is not missing, or the job is published, failed or
    cancelled."""
    schedule = declared.schedule
    over = never_changes(status) or ended_badly(status) or (record.staged and status in BEING_PUBLISHED)
    if schedule is None or not time_never_set(declared, record) or over:
        return None
    change = reschedule(declared, record, Reason.UNSET)
    result = facts.remote.results.get(record.id)
    the_time = f"the publish time of {declared.address} ({record.id}), {schedule.written},"
    if result is not None and (result.published_to or never_changes(result.status)):
        return _published(change, result.published_to, schedule.utc, facts.now)
    if schedule.utc <= facts.now:
        return _passed(change, the_time, group, known=result is not None)
    match group:
        case Group.BUSY:
            return withhold(change, f"{the_time} is not set yet, and the service is working on it", _LATER, "schedule")
        case Group.MISSING:
            return withhold(change, f"{the_time} was never set, and {_GONE}", _LOOK.format(typed(declared.address)))
        case _:
            return do(change)


_LATER = "apply again when it is produced: that sets it"

_GONE = "it is not in the account any more; it is paid for, so it is not submitted again by itself"

_LOOK = f"look into the account; `{FlagName.REPLACE} {{}}` submits it again (that costs credits)"

_PAST = "give it a time still ahead; to leave it unpublished, remove `schedule`"

_NOT_REPORTED = "; the service does not report whether it was published"

_SEE = "look into the account: remove `schedule` if it was published, or give it a time still ahead"


def _passed(change: Change, the_time: str, group: Group, *, known: bool) -> Decision | None:
    """The decision once the time has passed: nothing can be set any more, and the job may have been published
    anyway."""
    if group is Group.MISSING:
        return None
    unclear = group is Group.DONE and not known
    held = f"{the_time} has passed, and it was never set{_NOT_REPORTED if unclear else ''}"
    return withhold(replace(change, reason=Reason.PAST_SCHEDULE), held, _SEE if unclear else _PAST, "schedule")


def _published(change: Change, platforms: tuple[str, ...], wanted: datetime, now: datetime) -> Decision | None:
    if wanted <= now:
        return None
    where = f" ({', '.join(platforms)})" if platforms else ""
    return withhold(
        replace(change, reason=Reason.SCHEDULE_NOT_KEPT),
        f"{change.address} ({change.id}) is done: it was published{where} before its publish time was set",
        "remove `schedule` if that is fine; a new value of `rerun:` submits it again (that costs credits)",
        "schedule",
    )


def with_refusal(recorded: Recorded, address: str) -> Recorded:
    """The state after the service refused to take off the publish time of a job."""
    record = recorded.resources.get(address)
    if not isinstance(record, RecordedJob):
        return recorded
    return recorded.with_resource(address, replace(record, time_off_refused=True))


def with_refusal_warning(change: Change) -> Change:
    """The change, with what a reviewer should know where the service refused the same before."""
    record = change.before
    refused = isinstance(record, RecordedJob) and record.time_off_refused and _takes_time_off(change)
    if not refused or change.warning is not None:
        return change
    text = "the service refused before to take its publish time off, so expect that it fails again and the video is "
    return replace(change, warning=f"{text}published as scheduled: {time_off_options(change)}")


def _takes_time_off(change: Change) -> bool:
    unscheduled = isinstance(change.after, Job) and change.after.schedule is None and not change.held
    return change.retire is Retire.UNSCHEDULE or (change.action is Action.RESCHEDULE and unscheduled)


def time_off_options(change: Change) -> str:
    """The options where the service refuses to take off a publish time."""
    declare = "give it a `schedule:` far ahead instead of none"
    if change.action is Action.DELETE:
        declare = "declare it again as it was, with a `schedule:` far ahead"
    elif change.action is Action.REPLACE:
        declare = "take the new `rerun:` back and give it a `schedule:` far ahead"
    return f"{declare}, which moves it for free, or take {change.id} off manually in AuraFlux"


def decide_reschedule(declared: Job, record: RecordedJob, at: Standing, edits: Edits, facts: Facts) -> Decision:
    """The decision to set the publish time that the files declare, or to take it off: it was edited, or the account has
    another one than is recorded. Nothing is set while the service may only be late in showing the recorded one."""
    wanted = declared.schedule.utc if declared.schedule else None
    ignored = "schedule" in declared.ignore_changes
    observed = observed_time(record, facts)
    drifted = at.drifted and not ignored and observed != wanted and (wanted is None or wanted > facts.now)
    if nothing_to_take_off(declared, record, facts.remote, facts.now, facts.options.settle):
        return NOTHING
    since = record.schedule_unseen_since
    gone = observed is None
    if gone and record.approved:
        drifted = False  # the approval overtook it
    if drifted and gone and not edits.schedule and not settle_time_over(since, facts.now, facts.options.settle):
        return not_seen_yet(declared, record)
    if not edits.schedule and not drifted:
        known = record.schedule
        gone_by = wanted is not None and wanted <= facts.now and not ignored
        return time_passed(declared, known) if gone_by and known and known.utc > facts.now else NOTHING
    reason = Reason.SCHEDULE_CHANGED if edits.schedule else Reason.DRIFT
    seen = Schedule(observed.isoformat(), observed) if drifted and observed else None
    return do(reschedule(declared, record, reason, observed=seen))
