"""The status of every job by state and service: the lines of `afsync status`, with the publish time that counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import matches
from afsync.core.decisions.publish_times import time_never_set
from afsync.core.held_jobs import held_without_time, is_held, stops
from afsync.core.job_status import ENDED_PHASES, JobPhase, JobStatus, phase_of
from afsync.core.plan.facts import Options
from afsync.core.plan.order import NEVER
from afsync.core.records import Finding, Publish, RecordedJob
from afsync.core.remote_account import Remote, RemoteJob, status_now
from afsync.core.resources import EMPTY, Desired, Job, Schedule, Values, effective
from afsync.core.service_statuses import BEING_PUBLISHED, COMPLETE, PRODUCED, ended_badly, never_changes
from afsync.core.state import Purpose, Recorded
from afsync.core.trust.cancels import is_back
from afsync.core.trust.kept_publish_times import settle_time_over
from afsync.core.trust.publications import failure_reason, judged_publications
from afsync.core.trust.reviews import is_unreviewed

SETTLE = Options().settle

_SOON = timedelta(seconds=SETTLE)
"""So long after its time a service may still be about to publish."""


def statuses(
    desired: Desired,
    recorded: Recorded,
    seen: Remote,
    now: datetime,
    globs: tuple[str, ...] = (),
    *,
    settle: float = SETTLE,
) -> tuple[JobStatus, ...]:
    """Every declared job, and every recorded one; those that match `globs`, where there are any. By publish time, those
    without one last, then by address: the order of a plan."""
    recorded = judged_publications(recorded, seen, now, Options(settle=settle))
    chosen = (a for a in {*desired.jobs, *recorded.jobs} if not globs or matches(a, globs))
    jobs = [_status(a, desired, recorded, seen, now, settle) for a in chosen]
    jobs += [j for j in _cancelled(recorded, seen, now) if not globs or matches(j.address, globs)]
    return tuple(sorted(jobs, key=lambda job: (job.schedule.utc if job.schedule else NEVER, job.address)))


def _status(
    address: str, desired: Desired, recorded: Recorded, seen: Remote, now: datetime, settle: float
) -> JobStatus:
    declared = desired.jobs.get(address)
    record = recorded.resources.get(address)
    intent = recorded.intent_for(address)
    unresolved = intent is not None and intent.purpose is Purpose.SUBMISSION
    if unresolved or not isinstance(record, RecordedJob):
        note = "its submission is unresolved" if unresolved else "not submitted yet"
        schedule = declared.schedule if declared else None
        return JobStatus(address, JobPhase.UNKNOWN, schedule=schedule, note=note, unresolved=unresolved)
    at = _at_service(record, declared, seen, now)
    record = at.record
    status = _with_time(_recorded(address, record, declared, seen, now), at)
    missing = _lacks_time(record, declared) and status.status not in BEING_PUBLISHED
    known = not missing and not _time_unknown(record, declared, seen, now)
    over = at.gone and settle_time_over(record.schedule_unseen_since, now, settle)
    publishes = known and not over and _publishes(record, declared, desired, recorded)
    timed = record.publish_at is not None
    immediate = publishes and not timed and not record.staged
    status = replace(status, publishes=publishes, immediate=immediate, time_missing=missing)
    if intent is not None:
        return replace(status, phase=JobPhase.UNKNOWN, note="its approval is unresolved", unresolved=True)
    ignored = recorded.watched.get(record.id)
    if is_unreviewed(ignored) and status.phase not in (JobPhase.FAILED, JobPhase.CANCELLED):
        status = replace(
            status, unreviewed=True, note=", ".join(filter(None, ("does not stop before publishing", status.note)))
        )
    gone = None if declared else "no longer declared"
    unset = "publish time not set" if missing and status.phase in (JobPhase.ACTIVE, JobPhase.DONE) else None
    return replace(status, note=", ".join(filter(None, (gone, unset, status.note))) or None)


class _AtService(Struct, frozen=True):
    """The record with the time that counts. `relies`: the service is to publish it at a time still ahead. `moved`: it
    reports another time than recorded. `gone`: it reports none, although the job is produced."""

    record: RecordedJob
    relies: bool = False
    moved: bool = False
    gone: bool = False


def _at_service(record: RecordedJob, declared: Job | None, seen: Remote, now: datetime) -> _AtService:
    status = status_now(record, seen.jobs)
    if not relies_on_service(record, declared, status, now):
        return _AtService(record)
    times = seen.publish_times or {}
    reported = as_reported(record, times)
    none = record.id in seen.covered and record.id not in times
    return _AtService(reported, True, reported is not record, is_gone(record, declared, status, reported=not none))


def _with_time(status: JobStatus, at: _AtService) -> JobStatus:
    of_time = GONE if at.gone else MOVED if at.moved and status.schedule else None
    status = replace(status, relies=at.relies, note=", ".join(filter(None, (of_time, status.note))) or None)
    return replace(status, phase=JobPhase.DONE, schedule=None) if at.gone else status


def _cancelled(recorded: Recorded, seen: Remote, now: datetime) -> Iterator[JobStatus]:
    """The jobs that were cancelled and are still in the account. Those that are recorded have a line of their own."""
    known = {r.id for r in recorded.jobs.values()} if recorded.watched else ()
    for job_id, entry in recorded.watched.items():
        if job_id in known:
            continue
        job = seen.jobs.get(job_id)
        alive = not ended_badly(job.status) if job else is_back(entry)
        if alive:
            status = _recorded(entry.address, entry.record, None, seen, now)
            done = "cancelled" if entry.accepted else "cancellation not confirmed"
            note = f"{done} {entry.cancelled_at:%Y-%m-%d %H:%M} UTC, but still in the account"
            yield replace(status, note=note, cancelled=True, preview=None)


def _recorded(address: str, record: RecordedJob, declared: Job | None, seen: Remote, now: datetime) -> JobStatus:
    job = seen.jobs.get(record.id)
    phase = phase_of(record, seen, now, declared)
    status = status_now(record, seen.jobs)
    preview = seen.previews.get(record.id) if phase is JobPhase.WAITING_FOR_APPROVAL else None
    return JobStatus(
        address,
        phase,
        id=record.id,
        status=status,
        schedule=None if _past_it(record, phase, now) or _overtaken(record, declared, status, now) else record.schedule,
        credits=record.credits,
        score=job.score if job else None,
        output_url=job.output_url if job else None,
        portals=job.portals if job else EMPTY,
        note=_of_publication(record, phase, status, seen) or _of_time(record, declared, seen, now) or _odd(job, phase),
        updated_at=job.updated_at if job else None,
        preview=preview if preview and preview.valid(now) else None,
        produced=status in PRODUCED,
        unconfirmed=record.approved_at is not None and record.publish_finding is None,
        failed_on=record.failed_on if phase is JobPhase.PUBLISH_FAILED else (),
    )


def _past_it(record: RecordedJob, phase: JobPhase, now: datetime) -> bool:
    """Whether the job ended before its publish time, at which nothing is published any more."""
    return phase in ENDED_PHASES and record.schedule is not None and record.schedule.utc > now


def _of_publication(record: RecordedJob, phase: JobPhase, status: str, seen: Remote) -> str | None:
    """A note about the approval, unless the job is known to be published."""
    if phase is JobPhase.PUBLISH_FAILED:
        return failure_reason(record, seen)
    waits = record.approved_at is not None and record.publish_finding in (None, Finding.UNKNOWN)
    return "approved, not known whether published" if waits and status == COMPLETE else None


def _overtaken(record: RecordedJob, declared: Job | None, status: str, now: datetime) -> bool:
    """Whether an approval published the job at once, whatever its publish time. The time of a held job counts, unless
    the approval came before it."""
    held = is_held(record, declared)
    approved = record.approved or (status in BEING_PUBLISHED and (record.staged or held))
    if record.schedule is None or not approved:
        return False
    return not held or (record.approved_at or now) < record.schedule.utc


def _of_time(record: RecordedJob, declared: Job | None, seen: Remote, now: datetime) -> str | None:
    if record.time_lost:
        return "publish time not kept"
    if _origin_unknown(record, declared, seen):
        return "not known whether it stops before publishing"
    return "not known whether at its publish time" if _time_unknown(record, declared, seen, now) else None


def _origin_unknown(record: RecordedJob, declared: Job | None, seen: Remote) -> bool:
    """Whether an apply is to publish the job at its time, although it may be published already."""
    preview = seen.previews.get(record.id)
    taken_over = record.publish is Publish.UNKNOWN and is_held(record, declared) and not record.approved
    produced = status_now(record, seen.jobs) == COMPLETE
    return taken_over and produced and not (preview is not None and preview.staging)


def _time_unknown(record: RecordedJob, declared: Job | None, seen: Remote, now: datetime) -> bool:
    """Whether the publish time has passed, and it is not known whether the job was published then or when it was
    produced."""
    if record.schedule is None or record.schedule.utc > now - _SOON or record.time_lost:
        return False
    produced = status_now(record, seen.jobs) == COMPLETE
    return produced and not record.approved and not stops(record, declared)


def _lacks_time(record: RecordedJob, declared: Job | None) -> bool:
    """Whether the job was submitted for a publish time that it does not have."""
    owed = declared is not None and time_never_set(declared, record)
    return record.schedule is None and not record.approved and (record.time_missing or owed)


def _odd(job: RemoteJob | None, phase: JobPhase) -> str | None:
    """Why it failed, or what could not be read of it."""
    if job is None:
        return None
    return job.unreadable or (job.failure if phase is JobPhase.FAILED else None)


def _publishes(record: RecordedJob, declared: Job | None, desired: Desired, recorded: Recorded) -> bool:
    """Whether the job is published without a person. With a template that cannot be read here, the service's default is
    assumed."""
    if held_without_time(record, declared) or record.publish_finding is Finding.LOST:
        return False
    if record.publish_at is not None:
        return True
    return with_template(record.declared, desired, recorded).get("publishMode") != "manual"


def with_template(values: Values, desired: Desired, recorded: Recorded) -> Values:
    """A job's `values` with those of its template, as it is declared, or else recorded."""
    address = f"template.{values.get('template')}"
    declared, record = desired.templates.get(address), recorded.templates.get(address)
    return effective(values, declared.values if declared else record.declared if record else EMPTY)


MOVED = "not the recorded publish time"

GONE = "publish time not reported by the service, not known whether published"


def relies_on_service(record: RecordedJob, declared: Job | None, status: str, now: datetime) -> bool:
    """Whether a publish time that the service keeps is still ahead of it."""
    if record.schedule is None or record.time_lost or never_changes(status) or ended_badly(status):
        return False
    unclear = declared is None and record.publish is Publish.UNKNOWN
    return record.schedule.utc > now and not record.approved and not unclear and not is_held(record, declared)


def as_reported(record: RecordedJob, times: Mapping[str, datetime]) -> RecordedJob:
    """The record with the publish time that the service reports."""
    at = times.get(record.id)
    if record.schedule is None or at is None or at == record.schedule.utc:
        return record
    return replace(record, schedule=Schedule(at.isoformat(), at))


def is_gone(record: RecordedJob, declared: Job | None, status: str, *, reported: bool) -> bool:
    """Whether the job is produced, was to wait for its time, and the service reports no time."""
    return not reported and status == COMPLETE and not stops(record, declared)
