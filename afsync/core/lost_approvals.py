"""What became of approvals whose answer was lost. They are never sent again: what the job shows closes them, or a
person does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import assert_never

from msgspec.structs import replace

from afsync.core.evidence import service_time, waited
from afsync.core.recorded import Intent, Recorded, RecordedJob, Scan
from afsync.core.remote import Remote
from afsync.core.resolution import Absent, Adopt, Ask, Resolution, Wait
from afsync.core.resources import typed

PUBLISHES = ("publishing", "published")
"""Statuses that only a job has whose approval was received."""


def resolve_approval(intent: Intent, remote: Remote, now: datetime, quarantine: timedelta) -> Resolution:
    """What can be said now of one open approval. Until the quarantine is over it may still be carried out."""
    job_id = str(intent.job_id)
    seen, preview = remote.jobs.get(job_id), remote.previews.get(job_id)
    if seen is not None and seen.status in PUBLISHES and (seen.status == PUBLISHES[0] or not intent.platforms):
        return Adopt(intent, job_id, f"it is {seen.status}", seen.status)
    if seen is not None and _is_out(intent, remote):
        return Adopt(intent, job_id, f"it is published on {', '.join(intent.platforms)}", seen.status)
    staging = preview.staging if preview else None
    if seen is not None and seen.status == "complete" and staging is False:
        return Adopt(intent, job_id, "the service does not call it staged any more", seen.status)
    left = quarantine - waited(intent, remote, now)
    if left > timedelta():
        scan = Scan(service_time(remote.server_time or now, now))
        return Wait(intent, now + left, scan, counts=False)
    if seen is None:
        return Ask(intent, f"{job_id} is not in the account any more")
    staged = ", and the service still calls it staged" if staging else ""
    return Ask(intent, f"{job_id} is {seen.status}{staged}")


def _is_out(intent: Intent, remote: Remote) -> bool:
    """Whether it is published where this approval asks for. Its status does not tell where others are out already."""
    result = remote.results.get(str(intent.job_id))
    if result is None or not intent.platforms:
        return False
    return all(name in result.published_to and name not in result.failed_on for name in intent.platforms)


def published(recorded: Recorded, intent: Intent, at: datetime, status: str | None = None) -> Recorded:
    """The state once an approval was accepted, at `at`: its intent is closed and the job approved."""
    record = recorded.resources.get(intent.address)
    recorded = replace(recorded, intents=tuple(i for i in recorded.intents if i.uuid != intent.uuid))
    if not isinstance(record, RecordedJob) or record.id != intent.job_id:
        return recorded
    done = replace(record, approved=True, approval=None, approved_at=at, status=status or record.status)
    done = replace(done, publish_finding=None, failed_on=())
    return recorded.with_resource(intent.address, done)


def approval_outlook(resolution: Resolution) -> str:
    """In words, what will happen to an open approval."""
    match resolution:
        case Adopt(_, job_id, evidence):
            return f"{job_id} was approved ({evidence}); apply records it, nothing is sent"
        case Absent(_, evidence):
            return f"it was not approved ({evidence})"
        case Wait(intent, until):
            return f"{intent.job_id} may still be published; looked for until {until:%Y-%m-%d %H:%M:%S} UTC"
        case Ask(_, why):
            return f"a person must decide whether it was published: {why}"
        case _:
            assert_never(resolution)


def approval_ways(intent: Intent) -> tuple[str, ...]:
    """What a person can type about an open approval."""
    resolve = f"afsync resolve {typed(intent.address)}"
    return (
        f"if it was published: {resolve} --adopt {typed(str(intent.job_id))}",
        f"if it was not: {resolve} --absent (it can then be published again)",
    )
