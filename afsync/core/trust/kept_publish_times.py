"""Whether the service kept the publish times that it accepted, judged by what is read now (docs/trust.md), and the
decision where it did not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.held_jobs import is_held
from afsync.core.plan.actions import Reason
from afsync.core.plan.changes import Decision, note, reschedule, withhold
from afsync.core.plan.facts import Options
from afsync.core.records import Effect, Finding, Publish, RecordedJob
from afsync.core.remote_account import Remote
from afsync.core.resources import Desired, Job
from afsync.core.service_statuses import COMPLETE, is_open, never_changes
from afsync.core.state import Recorded

REPEATS = 1
"""How often a publish time that is gone is set again."""


def publish_time_of(job_id: str, remote: Remote, now: datetime) -> tuple[bool, datetime | None]:
    """Whether the service reports this job's publish time, and the time, if it is still ahead."""
    found = remote.publish_time(job_id)
    return remote.reports_time_of(job_id), found if found is not None and found > now else None


def without_time(record: RecordedJob) -> RecordedJob:
    """The record after its publish time was taken off. Unless it is published already, nothing publishes it then."""
    return replace(
        record,
        schedule=None,
        schedule_repeats=0,
        schedule_unseen_since=None,
        schedule_finding=None,
        time_missing=not never_changes(record.status),
        time_off_refused=False,
    )


PLAN_AFTER_SETTLE = "plan again after `api.settle`; that plan decides"


def settle_time_over(since: datetime | None, now: datetime, settle: float) -> bool:
    """Whether what was accepted at `since` must be visible by now. None: it was seen, or was accepted before this was
    recorded."""
    return since is None or now - since >= timedelta(seconds=settle)


def judged_publish_times(
    recorded: Recorded, desired: Desired, remote: Remote, now: datetime, options: Options
) -> Recorded:
    """The state with all findings that are possible now, each counted once. `now` is UTC."""
    found: dict[str, RecordedJob] = {}
    for address, record in recorded.resources.items():
        if record.id not in remote.jobs or not isinstance(record, RecordedJob) or record.schedule is None:
            continue
        if not _may_be_held(record, desired.jobs.get(address)):
            finding = _finding(address, record, recorded, desired, remote, now, options.settle)
            if finding is not record.schedule_finding:
                found[address] = _with_finding(record, finding, remote)
    if not found:
        return recorded
    for record in found.values():
        if record.schedule_finding not in (None, Finding.UNKNOWN):
            recorded = recorded.with_finding(Effect.SCHEDULE, record.schedule_finding, now)
    return replace(recorded, resources={**recorded.resources, **found})


def _may_be_held(record: RecordedJob, declared: Job | None) -> bool:
    """Whether afsync may keep the time, so that the service's list says nothing about it."""
    return is_held(record, declared) or (declared is None and record.publish is Publish.UNKNOWN)


def _with_finding(record: RecordedJob, finding: Finding | None, remote: Remote) -> RecordedJob:
    result = remote.results.get(record.id)
    where = result.published_to if result is not None and finding is Finding.LOST else record.published_on
    return replace(record, schedule_finding=finding, published_on=where)


def _finding(
    address: str,
    record: RecordedJob,
    recorded: Recorded,
    desired: Desired,
    remote: Remote,
    now: datetime,
    settle: float,
) -> Finding | None:
    """The finding that is possible now. Where the files ask for another time, or none, an interrupted run may have
    changed it already, so that a difference to the record says nothing about the service."""
    found = schedule_finding(record, remote, now, settle)
    if found in (record.schedule_finding, Finding.UNKNOWN) or publish_time_of(record.id, remote, now)[1] is not None:
        return found
    return found if _asked_for(address, record, recorded, desired) else record.schedule_finding


def _asked_for(address: str, record: RecordedJob, recorded: Recorded, desired: Desired) -> bool:
    """Whether the recorded publish time is the one that the files ask for, or keep; of a job that is not declared,
    whether it may have been renamed."""
    declared, known = desired.jobs.get(address), record.schedule
    if declared is not None and "schedule" in declared.ignore_changes:
        return True
    jobs = [declared] if declared else [j for a, j in desired.jobs.items() if a not in recorded.resources]
    return known is not None and any(j.schedule is not None and j.schedule.utc == known.utc for j in jobs)


_ENDS = (Finding.LOST, Finding.UNKNOWN)


def schedule_finding(record: RecordedJob, remote: Remote, now: datetime, settle: float) -> Finding | None:
    """Whether a publish time was kept; None while that is not known, and where an approval overtook it.

    Kept: the publication is first seen at its time or later, or the time is still set past production. Lost: it was
    published before, is past production without its time, or the time is gone although it was set again. Unknown: it
    is still only `complete` after its time, so a publication that is seen later may come from an approval.
    """
    seen, known = remote.jobs.get(record.id), record.schedule_finding
    if record.schedule is None or seen is None or known in _ENDS or record.approved:
        return known
    at = record.schedule.utc
    if never_changes(seen.status):
        if record.staged or never_changes(record.status):
            return known
        return Finding.LOST if at > now else Finding.KEPT
    if known is None and seen.status == COMPLETE and not record.staged and settle_time_over(at, now, settle):
        return Finding.UNKNOWN
    reported, observed = publish_time_of(record.id, remote, now)
    if at <= now or not reported or not settle_time_over(record.schedule_unseen_since, now, settle):
        return known
    if observed is not None:
        return Finding.KEPT if seen.status == COMPLETE and observed == at else known
    return Finding.LOST if _is_lost(record, seen.status) else known


def _is_lost(record: RecordedJob, status: str) -> bool:
    """Whether setting a missing publish time again would not help."""
    if status == COMPLETE:
        return True
    return is_open(status) and record.schedule_repeats >= REPEATS


def results_needed(desired: Desired, recorded: Recorded, remote: Remote, now: datetime, settle: float) -> Iterator[str]:
    """The produced jobs whose publish time is missing now: only their results say where they were published."""
    for address, record in recorded.jobs.items():
        seen = remote.jobs.get(record.id)
        if seen is None or seen.status != COMPLETE or record.staged or record.time_lost:
            continue
        if _may_be_held(record, desired.jobs.get(address)):
            continue
        if _finding(address, record, recorded, desired, remote, now, settle) is Finding.LOST:
            yield record.id


def nothing_to_take_off(declared: Job, record: RecordedJob, remote: Remote, now: datetime, settle: float) -> bool:
    """Whether a publish time that is no longer declared is not set at the service anyway."""
    if declared.schedule is not None or record.schedule is None or record.time_lost:
        return False
    if "schedule" in declared.ignore_changes or is_held(record, declared):
        return False
    reported, observed = publish_time_of(record.id, remote, now)
    return reported and observed is None and settle_time_over(record.schedule_unseen_since, now, settle)


WAY_OUT = (
    "to accept that, remove `schedule`, or ignore it (`lifecycle: {ignore_changes: [schedule]}`): nothing "
    "is sent; for further jobs, `publish: held` leaves publishing to afsync"
)


def lost_time_matters(declared: Job, record: RecordedJob, now: datetime) -> bool:
    """Whether a publish time that was not kept is still declared, and still ahead."""
    schedule, known = declared.schedule, record.schedule
    if schedule is None or known is None or not record.time_lost:
        return False
    return schedule.utc == known.utc and schedule.utc > now and "schedule" not in declared.ignore_changes


def schedule_not_kept(declared: Job, record: RecordedJob, status: str) -> Decision:
    """The decision where the service lost a publish time: it is not set a third time, so a person decides."""
    change = reschedule(declared, record, Reason.SCHEDULE_NOT_KEPT)
    written = declared.schedule.written if declared.schedule else ""
    text = (
        f"{declared.address} ({record.id}): the service accepted its publish time, {written}, and did not keep it: "
        f"{_what_happens(record, status)}"
    )
    return withhold(change, text, WAY_OUT, "schedule")


def _what_happens(record: RecordedJob, status: str) -> str:
    if record.published_on:
        return f"it was published before that, on {', '.join(record.published_on)}"
    if never_changes(status):
        return "it was published before that"
    if status == COMPLETE and record.staged:
        return "it is produced, the time is gone, and it waits for an approval"
    if status == COMPLETE:
        return "it is produced and the time is gone; such a job is published as soon as it is produced"
    return "it was set twice, and is gone again; the job is published as soon as it is produced"


def not_seen_yet(declared: Job, record: RecordedJob) -> Decision:
    text = f"the publish time of {declared.address} ({record.id}) was accepted, and the service does not show it yet"
    return note(declared.address, "schedule_unseen", text, PLAN_AFTER_SETTLE)
