"""What jobs produced, as text and as JSON (`result --json`; described in schemas/result.schema.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from afsync.core.fingerprints import plain
from afsync.core.remote_account import JobResult
from afsync.core.resources import Values
from afsync.core.service_statuses import ended_badly
from afsync.output.json_text import json_text
from afsync.output.tables import Cell, table
from afsync.output.values import Paint, escape_control, iso, no_paint

Results = Mapping[str, tuple[str, JobResult | None]]
"""Address to id and what the service said; None where the account has no such job."""

_COLUMNS = {"platform": "PLATFORM", "status": "STATUS", "url": "URL", "publishedAt": "PUBLISHED"}


def result_text(results: Results, paint: Paint = no_paint) -> str:
    """A block for each job that is ready; ends in a newline, or is empty."""
    blocks = [
        "\n".join(_lines(address, found, paint)) for address, (_, found) in results.items() if found and found.ready
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def _lines(address: str, found: JobResult, paint: Paint) -> Iterator[str]:
    when = f", completed {found.completed_at:%Y-%m-%d %H:%M} UTC" if found.completed_at else ""
    yield paint(f"{address} ({escape_control(found.id)})", "bold") + f": {escape_control(found.status)}{when}"
    for name, value in (("video", found.video_url), ("thumbnail", found.thumbnail_url), *_copy(found.publish_copy)):
        yield f"  {name + ': ':<13}{escape_control(value) if value else '-'}"
    if found.platforms:
        yield ""
        yield from (f"  {line}" for line in _platforms(found.platforms, paint))


def _copy(copy: Values) -> Iterator[tuple[str, str]]:
    """Title, description, hashtags, and whatever else is reported, in that order."""
    for name, value in _flat(copy):
        text = " ".join(map(_text, value)) if isinstance(value, list | tuple) else _text(value)
        if text:
            yield escape_control(name), text


def _flat(copy: Values) -> Iterator[tuple[str, Any]]:
    """What is reported per platform, with the platform before the name of each."""
    for name, value in copy.items():
        if isinstance(value, Mapping):
            yield from ((f"{name} {inner}", text) for inner, text in _flat(value))
        else:
            yield name, value


def _platforms(rows: tuple[Values, ...], paint: Paint) -> Iterator[str]:
    extra = sorted({name for row in rows for name in row} - _COLUMNS.keys())
    columns = [*_COLUMNS, *extra]
    head = [_COLUMNS.get(name, escape_control(name).upper()) for name in columns]
    return table(head, [[Cell(escape_control(_text(row.get(name)))) for name in columns] for row in rows], paint)


def _text(value: Any) -> str:
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(plain(value), ensure_ascii=False)
    return "" if value is None else str(value)


def not_ready(results: Results) -> list[str]:
    """One line for each job without a result, with the reason."""
    lines = []
    for address, (job_id, found) in results.items():
        if found is None:
            lines.append(f"{address} ({escape_control(job_id)}) is not in the account any more")
        elif not found.ready and ended_badly(found.status):
            became = {"failed": "failed", "cancelled": "was cancelled"}.get(
                found.status, f"is {escape_control(found.status)}"
            )
            cause = f" ({escape_control(found.cause)})" if found.cause else ""
            lines.append(f"{address} ({escape_control(job_id)}) {became}{cause}: there is no result")
        elif not found.ready:
            lines.append(f"{address} ({escape_control(job_id)}) is not finished: it is {escape_control(found.status)}")
    return lines


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
