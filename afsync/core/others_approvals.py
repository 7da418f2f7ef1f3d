"""Approvals that somebody gave outside afsync: a job that was seen on its way may come back and wait again."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from afsync.core.kept import PRODUCED
from afsync.core.recorded import Recorded, RecordedJob
from afsync.core.remote import Remote


def staging_needed(recorded: Recorded, remote: Remote) -> Iterator[str]:
    """The ids of jobs of which only the service can say whether they wait again."""
    return (r.id for r in recorded.resources.values() if isinstance(r, RecordedJob) and _is_back(r, remote))


def judged_others(recorded: Recorded, remote: Remote) -> Recorded:
    """The state in which a job that the service calls staged again is approved no longer."""
    back = {
        address: replace(record, approved=False)
        for address, record in recorded.resources.items()
        if isinstance(record, RecordedJob) and _is_back(record, remote) and _is_staged(record, remote)
    }
    return replace(recorded, resources={**recorded.resources, **back}) if back else recorded


def _is_back(record: RecordedJob, remote: Remote) -> bool:
    """Whether it was approved, not by afsync, and is only produced now."""
    if not record.approved or record.approved_at is not None or record.id not in remote.jobs:
        return False
    return remote.jobs[record.id].status == PRODUCED != record.status


def _is_staged(record: RecordedJob, remote: Remote) -> bool:
    preview = remote.previews.get(record.id)
    return preview is not None and preview.staging is True
