"""Approvals that were given outside afsync: a job that was seen as `publishing` may be staged again afterwards."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from afsync.core.approvals import ON_ITS_WAY
from afsync.core.kept import PRODUCED
from afsync.core.recorded import Recorded, RecordedJob
from afsync.core.remote import Remote
from afsync.core.trust import Finding


def staging_needed(recorded: Recorded, remote: Remote) -> Iterator[str]:
    """The ids of jobs of which only the service can say whether they wait again."""
    jobs = (r for r in recorded.resources.values() if isinstance(r, RecordedJob) and r.approved)
    return (r.id for r in jobs if _is_back(r, remote))


def judged_others(recorded: Recorded, remote: Remote) -> Recorded:
    """The state in which a job that the service calls staged again was not published. It stays approved: on some
    platforms it may be out, so only a person publishes it again."""
    found = {
        address: replace(record, publish_finding=finding)
        for address, record in recorded.resources.items()
        if isinstance(record, RecordedJob)
        and (record.approved or record.publish_finding is not None)
        and (finding := _finding(record, remote)) is not record.publish_finding
    }
    return replace(recorded, resources={**recorded.resources, **found}) if found else recorded


def _finding(record: RecordedJob, remote: Remote) -> Finding | None:
    if _is_back(record, remote):
        preview = remote.previews.get(record.id)
        return Finding.LOST if preview is not None and preview.staging is True else None
    seen = remote.jobs.get(record.id)
    out = record.approved_at is None and seen is not None and seen.status in ON_ITS_WAY
    return None if out else record.publish_finding


def _is_back(record: RecordedJob, remote: Remote) -> bool:
    """Whether it was seen as `publishing` without an approval of afsync, never as published, and is only produced
    now."""
    if not record.approved or record.approved_at is not None or record.publish_finding is not None:
        return False
    seen = remote.jobs.get(record.id)
    return seen is not None and seen.status == PRODUCED and record.status == ON_ITS_WAY[0]
