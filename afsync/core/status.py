"""Where every job is in its life, and what waiting for jobs means: pure functions of state and service."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.approvals import ON_ITS_WAY
from afsync.core.cancels import is_back
from afsync.core.credits import effective
from afsync.core.held import is_held, stops
from afsync.core.held import lacks_time as held_without_time
from afsync.core.kept import settled as settled_by
from afsync.core.kept import time_was_lost
from afsync.core.publications import has_failed, judged_publications, why_failed
from afsync.core.recorded import Publish, Purpose, Recorded, RecordedJob
from afsync.core.remote import Group, Preview, RemoteJob, ended_badly, group_of
from afsync.core.resources import EMPTY, Desired, Job, Schedule, Values
from afsync.core.results import JobResult
from afsync.core.reviews import is_unreviewed
from afsync.core.selection import matches
from afsync.core.sequence import NEVER
from afsync.core.service_times import GONE, MOVED, as_reported, is_gone, relies_on_service
from afsync.core.trust import Finding
from afsync.core.unset import lacks_time
from afsync.core.verdict import Options

SETTLE = Options().settle
_SOON = timedelta(seconds=SETTLE)
"""So long after its time a service may still be about to publish."""


class JobPhase(StrEnum):
    """What `afsync status` calls it."""

    ACTIVE = "active"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MISSING = "missing"
    UNKNOWN = "unknown"
    PUBLISH_FAILED = "publish_failed"


_ENDED = (JobPhase.DONE, JobPhase.FAILED, JobPhase.CANCELLED, JobPhase.MISSING)


class Until(StrEnum):
    """What is waited for: that it is produced, or that it is out."""

    DONE = "done"
    PUBLISHED = "published"


_PHASES: Mapping[Group, JobPhase] = {
    Group.OPEN: JobPhase.ACTIVE,
    Group.BUSY: JobPhase.ACTIVE,
    Group.PRODUCED: JobPhase.ACTIVE,
    Group.DONE: JobPhase.DONE,
    Group.FAILED: JobPhase.FAILED,
    Group.CANCELLED: JobPhase.CANCELLED,
    Group.MISSING: JobPhase.MISSING,
}


class Seen(Struct, frozen=True):
    """What is known of the account so far: jobs by id, ids that are not there, links for reviewers, results of approved
    jobs, and the publish times that the service reports; a `covered` job that is in none of them has none."""

    jobs: Mapping[str, RemoteJob] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    previews: Mapping[str, Preview] = field(default_factory=dict)
    times: Mapping[str, datetime] = field(default_factory=dict)
    covered: frozenset[str] = frozenset()
    results: Mapping[str, JobResult] = field(default_factory=dict)


class JobStatus(Struct, frozen=True):
    """One line of `afsync status`.

    `id` and `status` are None where nothing was submitted; `note` says why, and whatever else a person should know.
    `produced`: there is a video. `publishes`: it goes out by itself, sooner or later. `unresolved`: a submission of
    it has an outcome that nobody knows. `immediate`: production ends with publishing, and `complete` says that it did.
    `cancelled`: afsync cancelled it, and it is there all the same; nothing is waited for. `time_missing`: it was to be
    published at a time that was never set. `unreviewed`: the service does not stop it before publishing, as was asked.
    `schedule` is None where an approval overtook it or the service has none, and the service's where it reports
    another. `relies`: the service is to publish it at a time still ahead. `unconfirmed`: it was approved, and what came
    of that is not known yet. `failed_on`: where its publication failed.
    """

    address: str
    phase: JobPhase
    id: str | None = None
    status: str | None = None
    schedule: Schedule | None = None
    credits: int | None = None
    score: str | None = None
    output_url: str | None = None
    portals: Values = EMPTY
    updated_at: datetime | None = None
    preview: Preview | None = None
    note: str | None = None
    produced: bool = False
    publishes: bool = False
    unresolved: bool = False
    immediate: bool = False
    cancelled: bool = False
    time_missing: bool = False
    unreviewed: bool = False
    unconfirmed: bool = False
    relies: bool = False
    failed_on: tuple[str, ...] = ()


def phase_of(
    record: RecordedJob,
    seen: RemoteJob | None,
    now: datetime,
    *,
    missing: bool = False,
    declared: Job | None = None,
) -> JobPhase:
    """The phase of a recorded job. The service does not say that a job waits for an approval: state and status do."""
    waits = stops(record, declared)
    review = (record.staged and record.approval is None) or held_without_time(record, declared)
    at = record.schedule.utc if record.schedule and not time_was_lost(record) else None
    if missing:
        # The service purges old jobs; one that was finished when last seen is still that.
        last = _PHASES[group_of(record.status, publish_at=at, staged=waits, now=now)]
        return last if last in (JobPhase.DONE, JobPhase.FAILED, JobPhase.CANCELLED) else JobPhase.MISSING
    if has_failed(record) and (seen.status if seen else record.status) != ON_ITS_WAY[0]:
        return JobPhase.PUBLISH_FAILED
    group = group_of(seen.status if seen else record.status, publish_at=at, staged=waits, now=now)
    return JobPhase.WAITING_FOR_APPROVAL if group is Group.PRODUCED and waits and review else _PHASES[group]


def statuses(
    desired: Desired,
    recorded: Recorded,
    seen: Seen,
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


def _status(address: str, desired: Desired, recorded: Recorded, seen: Seen, now: datetime, settle: float) -> JobStatus:
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
    missing = _lacks_time(record, declared) and status.status not in ON_ITS_WAY
    known = not missing and not _time_unknown(record, declared, seen, now)
    over = at.gone and settled_by(record.schedule_unseen_since, now, settle)
    publishes = known and not over and _publishes(record, declared, desired, recorded)
    timed = record.schedule is not None and not time_was_lost(record)
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


def _at_service(record: RecordedJob, declared: Job | None, seen: Seen, now: datetime) -> _AtService:
    job = seen.jobs.get(record.id)
    status = job.status if job else record.status
    if not relies_on_service(record, declared, status, now):
        return _AtService(record)
    reported = as_reported(record, seen.times)
    none = record.id in seen.covered and record.id not in seen.times
    return _AtService(reported, True, reported is not record, is_gone(record, declared, status, reported=not none))


def _with_time(status: JobStatus, at: _AtService) -> JobStatus:
    told = GONE if at.gone else MOVED if at.moved and status.schedule else None
    status = replace(status, relies=at.relies, note=", ".join(filter(None, (told, status.note))) or None)
    return replace(status, phase=JobPhase.DONE, schedule=None) if at.gone else status


def _cancelled(recorded: Recorded, seen: Seen, now: datetime) -> Iterator[JobStatus]:
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


def _recorded(address: str, record: RecordedJob, declared: Job | None, seen: Seen, now: datetime) -> JobStatus:
    job = seen.jobs.get(record.id)
    phase = phase_of(record, job, now, missing=record.id in seen.missing, declared=declared)
    status = job.status if job else record.status
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
        produced=status in ("complete", *ON_ITS_WAY),
        unconfirmed=record.approved_at is not None and record.publish_finding is None,
        failed_on=record.failed_on if phase is JobPhase.PUBLISH_FAILED else (),
    )


def _past_it(record: RecordedJob, phase: JobPhase, now: datetime) -> bool:
    """Whether it ended before its publish time came, at which nothing is published any more."""
    return phase in _ENDED and record.schedule is not None and record.schedule.utc > now


def _of_publication(record: RecordedJob, phase: JobPhase, status: str, seen: Seen) -> str | None:
    """What came of its approval, where that is not that it is published."""
    if phase is JobPhase.PUBLISH_FAILED:
        return why_failed(record, seen)
    waits = record.approved_at is not None and record.publish_finding in (None, Finding.UNKNOWN)
    return "approved, not known whether published" if waits and status == "complete" else None


def _overtaken(record: RecordedJob, declared: Job | None, status: str, now: datetime) -> bool:
    """Whether an approval published it at once, whatever its publish time. The time of a held job counts, unless the
    approval came before it."""
    held = is_held(record, declared)
    approved = record.approved or (status in ON_ITS_WAY and (record.staged or held))
    if record.schedule is None or not approved:
        return False
    return not held or (record.approved_at or now) < record.schedule.utc


def _of_time(record: RecordedJob, declared: Job | None, seen: Seen, now: datetime) -> str | None:
    if time_was_lost(record):
        return "publish time not kept"
    if _origin_unknown(record, declared, seen):
        return "not known whether it stops before publishing"
    return "not known whether at its publish time" if _time_unknown(record, declared, seen, now) else None


def _origin_unknown(record: RecordedJob, declared: Job | None, seen: Seen) -> bool:
    """Whether it is to be published at its time by an apply, and may be published already."""
    job, preview = seen.jobs.get(record.id), seen.previews.get(record.id)
    taken_over = record.publish is Publish.UNKNOWN and is_held(record, declared) and not record.approved
    produced = (job.status if job else record.status) == "complete"
    return taken_over and produced and not (preview is not None and preview.staging)


def _time_unknown(record: RecordedJob, declared: Job | None, seen: Seen, now: datetime) -> bool:
    """Whether its time has passed, and nothing tells whether it was published then or as soon as it was produced."""
    if record.schedule is None or record.schedule.utc + _SOON > now or time_was_lost(record):
        return False
    job = seen.jobs.get(record.id)
    produced = (job.status if job else record.status) == "complete"
    return produced and not record.approved and not stops(record, declared)


def _lacks_time(record: RecordedJob, declared: Job | None) -> bool:
    """Whether it was submitted for a publish time that it does not have."""
    owed = declared is not None and lacks_time(declared, record)
    return record.schedule is None and not record.approved and (record.time_missing or owed)


def _odd(job: RemoteJob | None, phase: JobPhase) -> str | None:
    """Why it failed, or what could not be read of it."""
    if job is None:
        return None
    return job.unreadable or (job.failure if phase is JobPhase.FAILED else None)


def _publishes(record: RecordedJob, declared: Job | None, desired: Desired, recorded: Recorded) -> bool:
    """Whether it goes out by itself. With a template that cannot be read here, the service's default is assumed."""
    if held_without_time(record, declared) or record.publish_finding is Finding.LOST:
        return False
    if record.schedule is not None and not time_was_lost(record):
        return True
    address = f"template.{record.declared.get('template')}"
    made_from = desired.templates.get(address)
    known = recorded.templates.get(address)
    template = made_from.values if made_from else known.declared if known else EMPTY
    return effective(record.declared, template).get("publishMode") != "manual"


def settled(job: JobStatus, until: Until) -> bool:
    """Whether nothing more is waited for. What waits for a person is produced, but not published."""
    if job.cancelled:
        return True
    match job.phase:
        case JobPhase.ACTIVE:
            return until is Until.DONE and job.produced
        case JobPhase.WAITING_FOR_APPROVAL:
            return until is Until.DONE
        case JobPhase.DONE:
            if job.unconfirmed and job.status == "published":
                return until is Until.DONE
            return until is Until.DONE or job.status == "published" or job.immediate or not job.publishes
        case JobPhase.PUBLISH_FAILED:
            return True
        case JobPhase.FAILED | JobPhase.CANCELLED | JobPhase.MISSING | JobPhase.UNKNOWN:
            return True
        case _:
            assert_never(job.phase)


def went_well(job: JobStatus) -> bool:
    """Whether what is settled is what was wished for."""
    if job.unreviewed:
        return False
    return job.cancelled or job.phase in (JobPhase.ACTIVE, JobPhase.WAITING_FOR_APPROVAL, JobPhase.DONE)


BUSY_TIMES = 10
"""Where only publish times are waited for, looks are this many times rarer."""


def next_look(jobs: Iterable[JobStatus], until: Until, now: datetime, interval: float) -> float:
    """Seconds to the next look: `interval` while something is in production, else what the clock leaves."""
    left = [j for j in jobs if not settled(j, until)]
    times = [j.schedule.utc for j in left if j.produced and j.schedule is not None and j.schedule.utc > now]
    if not times or len(times) < len(left):
        return interval
    return min(max((min(times) - now).total_seconds(), interval), BUSY_TIMES * interval)
