"""What becomes of an intent in the state: a record, nothing, or an intent still, with what was seen."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from msgspec.structs import replace

from afsync.core.forgotten import remembering
from afsync.core.lost_approvals import published
from afsync.core.recorded import Deposed, Intent, Publish, Purpose, Record, Recorded, RecordedJob, RecordedTemplate
from afsync.core.resolution import Absent, Adopt, Ask, Resolution, Wait
from afsync.core.resources import Kind


def settle(recorded: Recorded, resolutions: tuple[Resolution, ...]) -> Recorded:
    """The state once everything that could be resolved is written into it. What is no longer open stays as it is."""
    open_now = {i.uuid for i in recorded.intents}
    for resolution in (r for r in resolutions if r.intent.uuid in open_now):
        match resolution:
            case Adopt(intent, job_id, evidence, status) if intent.purpose is Purpose.APPROVAL:
                recorded = published(recorded, intent, intent.server_time or intent.at, status)
                recorded = _decided(recorded, intent, "adopt", job_id, evidence)
            case Adopt(intent, job_id, evidence, status, created_at):
                recorded = became(recorded, intent, record_of(intent, job_id, status, created_at))
                recorded = _decided(recorded, intent, "adopt", job_id, evidence)
            case Absent(intent, evidence):
                recorded = _decided(close(recorded, intent), intent, "absent", None, evidence)
            case Wait(intent, _, scan, counts):
                if counts and not any(s.at == scan.at for s in intent.scans):
                    kept = (*intent.scans[:1], scan)
                    recorded = reopen(recorded, replace(intent, scans=kept if intent.scans else (scan,)))
            case Ask():
                pass
            case _:
                assert_never(resolution)
    return recorded


def record_of(intent: Intent, resource_id: str, status: str, created_at: datetime | None) -> Record:
    """The record an intent becomes."""
    if intent.kind is Kind.TEMPLATE:
        return RecordedTemplate(
            resource_id,
            intent.fingerprint,
            intent.declared,
            intent.prevent_destroy,
            created_at or intent.server_time,
            created=True,
        )
    return RecordedJob(
        id=resource_id,
        fingerprint=intent.fingerprint,
        declared=intent.declared,
        # Where the service publishes, the time is set in a step of its own.
        schedule=intent.schedule if intent.publish is Publish.HELD else None,
        status=status,
        rerun=intent.rerun,
        prevent_destroy=intent.prevent_destroy,
        created_at=created_at or intent.server_time,
        staged=intent.staged,
        publish=intent.publish,
        time_missing=intent.schedule is not None and intent.publish is not Publish.HELD,
    )


def became(recorded: Recorded, intent: Intent, record: Record) -> Recorded:
    """The state once an intent has become a record: one step, so that a replaced template is never forgotten.
    A job that was submitted again stays known, too: its video may be there."""
    old = recorded.resources.get(intent.address)
    recorded = close(recorded, intent).with_resource(intent.address, record)
    if old is not None and old.id != record.id:
        recorded = remembering(recorded, intent.address, old, intent.at)
    if isinstance(old, RecordedTemplate) and old.id != record.id:
        return replace(recorded, deposed=(*recorded.deposed, Deposed(old.id, intent.address)))
    return recorded


def close(recorded: Recorded, intent: Intent) -> Recorded:
    """The state without this intent; the same state where it is not open."""
    if all(i.uuid != intent.uuid for i in recorded.intents):
        return recorded
    return replace(recorded, intents=tuple(i for i in recorded.intents if i.uuid != intent.uuid))


def reopen(recorded: Recorded, intent: Intent) -> Recorded:
    """The state with this intent in place of the one with its uuid."""
    return replace(recorded, intents=tuple(intent if i.uuid == intent.uuid else i for i in recorded.intents))


def _decided(recorded: Recorded, intent: Intent, what: str, resource_id: str | None, why: str) -> Recorded:
    entry = {"address": intent.address, "seq": intent.seq, "decision": what, "id": resource_id, "why": why}
    return replace(recorded, decisions=(*recorded.decisions[-49:], entry))
