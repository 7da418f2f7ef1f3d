"""Jobs that afsync publishes at their time (`publish: held`): which they are, and what that time is."""

from __future__ import annotations

from collections.abc import Iterator

from afsync.core.records import Publish, RecordedJob
from afsync.core.resources import Desired, Job, Schedule
from afsync.core.state import Recorded


def is_held(record: RecordedJob, declared: Job | None) -> bool:
    """Whether afsync keeps the publish time. Of a job that was taken over this is not known, so the declaration
    counts."""
    if record.publish is Publish.UNKNOWN:
        return declared is not None and declared.held
    return record.publish is Publish.HELD


def stops(record: RecordedJob, declared: Job | None = None) -> bool:
    """Whether the job stops before publishing until it is approved, and is not approved yet."""
    return (record.staged or is_held(record, declared)) and not record.approved


def time_of(record: RecordedJob, declared: Job | None) -> Schedule | None:
    """The time at which the job is to be published: as declared, or as recorded where edits of it are ignored."""
    if declared is None or "schedule" in declared.ignore_changes:
        return record.schedule
    return declared.schedule


def held_without_time(record: RecordedJob, declared: Job | None) -> bool:
    """Whether the job is held and has no publish time, so that only a person can publish it."""
    if record.approved or not is_held(record, declared):
        return False
    return time_of(record, declared) is None


def of_unknown_origin(desired: Desired, recorded: Recorded) -> Iterator[RecordedJob]:
    """The jobs that afsync is to publish at their time, although it is not known whether they stop before
    publishing."""
    for address, record in recorded.jobs.items():
        if record.publish is not Publish.UNKNOWN:
            continue
        declared = desired.jobs.get(address)
        if declared is not None and declared.held and not record.approved:
            yield record
