"""What jobs produced, for programs (`result --json`); described in schemas/result.schema.json."""

from __future__ import annotations

from typing import Any

from afsync.core.resources import plain
from afsync.core.results import JobResult
from afsync.output.json_text import json_text
from afsync.output.result_text import Results
from afsync.output.values import iso

FORMAT_VERSION = "1.0"


def result_json(results: Results) -> str:
    """The document as text, ending in a newline."""
    rows = [result_row(address, job_id, found) for address, (job_id, found) in results.items()]
    return json_text({"format_version": FORMAT_VERSION, "results": rows})


def result_row(address: str, job_id: str, found: JobResult | None) -> dict[str, Any]:
    """One job. Not `ready`: only its status is known, or, without one, it is not in the account any more."""
    return {
        "address": address,
        "id": job_id,
        "status": found.status if found else None,
        "ready": bool(found and found.ready),
        "video_url": found.video_url if found else None,
        "thumbnail_url": found.thumbnail_url if found else None,
        "publish_copy": plain(found.publish_copy) if found and found.publish_copy else None,
        "platforms": [plain(row) for row in found.platforms] if found else [],
        "completed_at": iso(found.completed_at) if found and found.completed_at else None,
    }
