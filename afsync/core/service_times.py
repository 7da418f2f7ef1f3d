"""The publish time that counts where the service is asked for it: moved in the account, or gone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from afsync.core.held import is_held, stops
from afsync.core.kept import PRODUCED, time_was_lost
from afsync.core.recorded import Publish, RecordedJob
from afsync.core.remote import ended_badly, never_changes
from afsync.core.resources import Job, Schedule

MOVED = "not the recorded publish time"
GONE = "publish time not reported by the service, not known whether published"


def relies_on_service(record: RecordedJob, declared: Job | None, status: str, now: datetime) -> bool:
    """Whether a publish time that the service keeps is still ahead of it."""
    if record.schedule is None or time_was_lost(record) or never_changes(status) or ended_badly(status):
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
    """Whether it is produced, was to wait for its time, and the service reports none."""
    return not reported and status == PRODUCED and not stops(record, declared)
