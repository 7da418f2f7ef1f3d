"""What came out of a job: the finished video and its copy, and the previews for a reviewer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from afsync.api.text import printable, shown
from afsync.api.wire import Row, an_object, id_of, iso, moment, moment_of, text_of
from afsync.core.remote import ended_badly
from afsync.core.resources import EMPTY, Values
from afsync.core.results import JobResult
from afsync.core.signed import text_without_signed

_ADDRESS = 4000
"""Characters of a link; signed ones are long."""


class StagingAssets(Struct, frozen=True):
    """GET /jobs/:id/staging-assets: links for a reviewer, which stop working at `expires_at` (UTC)."""

    id: str
    status: str | None
    video_url: str | None = None
    thumbnail_url: str | None = None
    publish_copy: Values = EMPTY
    expires_at: datetime | None = None
    staging: bool | None = None


def parse_result(value: object, job_id: str) -> JobResult:
    """The answer of either kind: still running (or never done), or done."""
    what = "GET /jobs/:id/result"
    row = an_object(value, what)
    status = text_without_signed(printable(text_of(row, what, "status"), 100))
    if ended_badly(status) and not _link(row, "videoUrl"):
        return JobResult(job_id, status, ready=False, cause=_cause(row))
    if not any(name in row for name in ("jobId", "videoUrl", "completedAt")):
        return JobResult(job_id, status, ready=False)
    return JobResult(
        id=id_of({"jobId": job_id, **row}, what, "jobId"),
        status=status,
        ready=True,
        video_url=_link(row, "videoUrl"),
        thumbnail_url=_link(row, "thumbnailUrl"),
        publish_copy=_object(row.get("publishCopy")),
        platforms=_platforms(row.get("platforms")),
        completed_at=moment(row.get("completedAt")),
    )


def parse_staging_assets(value: object, job_id: str) -> StagingAssets:
    """The answer, with whatever of it is there."""
    what = "GET /jobs/:id/staging-assets"
    row = an_object(value, what)
    output = row.get("output")
    told: Row = output if isinstance(output, dict) else {}
    status, staging = row.get("status"), row.get("staging")
    return StagingAssets(
        id=id_of({"jobId": job_id, **row}, what, "jobId"),
        status=printable(status, 100) if isinstance(status, str) else None,
        video_url=_link(told, "videoUrl"),
        thumbnail_url=_link(told, "thumbnailUrl"),
        publish_copy=_object(told.get("publishCopy")),
        expires_at=moment_of(row, what, "urlExpiresAt"),
        staging=staging if isinstance(staging, bool) else None,
    )


def _link(row: Row, name: str) -> str | None:
    """A link that can be opened as it is; anything else that stands there is none."""
    value = row.get(name)
    usable = isinstance(value, str) and value.isascii() and value.isprintable() and len(value) <= _ADDRESS
    return value if usable and value else None


def _cause(row: Row) -> str | None:
    """In the words that the service has for errors; nothing is promised here."""
    told = (row.get(name) for name in ("message", "error"))
    return next((printable(text, 300) for text in told if isinstance(text, str) and text.strip()), None)


def _object(value: object) -> Mapping[str, Any]:
    found = shown(value)
    return found if isinstance(found, dict) else EMPTY


def _platforms(value: object) -> tuple[Values, ...]:
    """A list of rows, or an object of rows by platform."""
    found = shown(value)
    if isinstance(found, dict):
        rows = [{"platform": k, **(v if isinstance(v, dict) else {"result": v})} for k, v in found.items()]
    else:
        rows = [v if isinstance(v, dict) else {"platform": v} for v in found] if isinstance(found, list) else []
    return tuple(map(_dated, rows))


def _dated(row: Row) -> Row:
    """A row with its time as text; a service may report milliseconds since 1970."""
    told = row.get("publishedAt")
    number = type(told) in (int, float) or (isinstance(told, str) and told.isascii() and told.isdigit())
    at = moment(told) if number else None
    return row if at is None else {**row, "publishedAt": iso(at)}
