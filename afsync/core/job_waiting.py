"""When waiting for a job is over, and when to look at the account again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from afsync.core.job_status import JobPhase, JobStatus
from afsync.core.service_statuses import PUBLISHED


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
