"""Where jobs are, for programs (`status --json`); described in schemas/status.schema.json."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from afsync.core.fingerprints import plain
from afsync.core.phases import JobStatus
from afsync.output.approvals import preview_json
from afsync.output.json_text import json_text
from afsync.output.plan_json import schedule_json
from afsync.output.values import iso

FORMAT_VERSION = "1.0"


def status_json(jobs: Sequence[JobStatus], now: datetime) -> str:
    """The document as text, ending in a newline. `now` is UTC."""
    document = {"format_version": FORMAT_VERSION, "as_of": iso(now), "jobs": [_job(job, now) for job in jobs]}
    return json_text(document)


def _job(job: JobStatus, now: datetime) -> dict[str, Any]:
    return {
        "address": job.address,
        "id": job.id,
        "status": job.status,
        "phase": job.phase.value,
        "schedule": schedule_json(job.schedule),
        "credits": job.credits,
        "score": job.score,
        "output_url": job.output_url,
        "updated_at": iso(job.updated_at) if job.updated_at else None,
        "portals": plain(job.portals),
        "preview": preview_json(job.preview, now),
        "note": job.note,
        "failed_on": list(job.failed_on),
    }
