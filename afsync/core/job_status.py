"""The phase of a job, its line in `afsync status` as a value, and when waiting for it is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.held_jobs import held_without_time, stops
from afsync.core.links import text_without_signed, unsigned, without_signed
from afsync.core.records import RecordedJob
from afsync.core.remote_account import Preview, Remote, status_now
from afsync.core.resources import EMPTY, Job, Schedule, Values
from afsync.core.service_statuses import ENDED, PUBLISHED, PUBLISHING, Group, group_of
from afsync.core.trust.publications import publication_failed


class JobPhase(StrEnum):
    """The phase of a job as `afsync status` shows it."""

    ACTIVE = "active"
    WAITING_FOR_APPROVAL = "waiting_for_approval"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MISSING = "missing"
    UNKNOWN = "unknown"
    PUBLISH_FAILED = "publish_failed"


ENDED_PHASES = (JobPhase.DONE, JobPhase.FAILED, JobPhase.CANCELLED, JobPhase.MISSING)


_PHASES: Mapping[Group, JobPhase] = {
    Group.OPEN: JobPhase.ACTIVE,
    Group.BUSY: JobPhase.ACTIVE,
    Group.PRODUCED: JobPhase.ACTIVE,
    Group.DONE: JobPhase.DONE,
    Group.FAILED: JobPhase.FAILED,
    Group.CANCELLED: JobPhase.CANCELLED,
    Group.MISSING: JobPhase.MISSING,
}


class JobStatus(Struct, frozen=True):
    """One line of `afsync status`.

    `id` and `status` are None where nothing was submitted; `note` says why, and whatever else a person should know.
    `produced`: there is a video. `publishes`: it goes out by itself, sooner or later. `unresolved`: the outcome
    of a submission is unknown. `immediate`: production ends with publishing, so `complete` reports the publication.
    `cancelled`: afsync cancelled it, and it is there all the same; nothing is waited for. `time_missing`: it was to be
    published at a time that was never set. `unreviewed`: the service does not stop it before publishing, as was asked.
    `schedule` is None where an approval overtook it or the service has none, and the service's where it reports
    another. `relies`: the service is to publish it at a time still ahead. `unconfirmed`: it was approved, and the
    result is not known yet. `failed_on`: where its publication failed.
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


def phase_of(record: RecordedJob, seen: Remote, now: datetime, declared: Job | None = None) -> JobPhase:
    """The phase of a recorded job. The service does not say that a job waits for an approval: state and status do."""
    held_back = stops(record, declared)
    at = record.publish_at
    waits = held_back or (at is not None and at > now)
    if record.id in seen.missing:
        # The service purges old jobs; one that was finished when last seen is still that.
        group = group_of(record.status, waits=waits)
        return _PHASES[group] if group in ENDED else JobPhase.MISSING
    status = status_now(record, seen.jobs)
    if publication_failed(record) and status != PUBLISHING:
        return JobPhase.PUBLISH_FAILED
    group = group_of(status, waits=waits)
    review = (record.staged and record.approval is None) or held_without_time(record, declared)
    return JobPhase.WAITING_FOR_APPROVAL if group is Group.PRODUCED and held_back and review else _PHASES[group]


def status_without_links(job: JobStatus) -> JobStatus:
    return replace(
        job,
        preview=None,
        output_url=unsigned(job.output_url),
        portals=without_signed(job.portals),
        note=job.note and text_without_signed(job.note),
    )


class Until(StrEnum):
    """The event to wait for: that the job is produced, or that it is published."""

    DONE = "done"
    PUBLISHED = "published"


def is_settled(job: JobStatus, until: Until) -> bool:
    """Whether there is nothing more to wait for. A job that waits for an approval is produced, but not published."""
    if job.cancelled:
        return True
    match job.phase:
        case JobPhase.ACTIVE:
            return until is Until.DONE and job.produced
        case JobPhase.WAITING_FOR_APPROVAL:
            return until is Until.DONE
        case JobPhase.DONE:
            if job.unconfirmed and job.status == PUBLISHED:
                return until is Until.DONE
            return until is Until.DONE or job.status == PUBLISHED or job.immediate or not job.publishes
        case JobPhase.PUBLISH_FAILED:
            return True
        case JobPhase.FAILED | JobPhase.CANCELLED | JobPhase.MISSING | JobPhase.UNKNOWN:
            return True
        case _:
            assert_never(job.phase)


def succeeded(job: JobStatus) -> bool:
    """Whether a settled job ended as it was meant to."""
    if job.unreviewed:
        return False
    return job.cancelled or job.phase in (JobPhase.ACTIVE, JobPhase.WAITING_FOR_APPROVAL, JobPhase.DONE)


MAX_INTERVALS = 10
"""The most intervals between two looks, while only publish times are waited for."""


def next_look(jobs: Iterable[JobStatus], until: Until, now: datetime, interval: float) -> float:
    """Seconds until the next look: `interval` while something is in production, else the time until something
    changes."""
    left = [j for j in jobs if not is_settled(j, until)]
    times = [j.schedule.utc for j in left if j.produced and j.schedule is not None and j.schedule.utc > now]
    if not times or len(times) < len(left):
        return interval
    return min(max((min(times) - now).total_seconds(), interval), MAX_INTERVALS * interval)
