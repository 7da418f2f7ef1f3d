"""The status of jobs: a table, the lines of `watch`, and `status --json` (schemas/status.schema.json)."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from afsync.core.fingerprints import plain
from afsync.core.job_status import JobPhase, JobStatus
from afsync.output.approvals import approve_command, preview_json, preview_lines
from afsync.output.json_text import json_text
from afsync.output.plan_json import schedule_json
from afsync.output.tables import Cell, table, table_width
from afsync.output.values import Paint, count, escape_control, iso, iso_or_none, no_paint, shown_schedule

_COLOURS: Mapping[JobPhase, str] = {
    JobPhase.ACTIVE: "cyan",
    JobPhase.WAITING_FOR_APPROVAL: "yellow",
    JobPhase.DONE: "green",
    JobPhase.FAILED: "red",
    JobPhase.CANCELLED: "red",
    JobPhase.MISSING: "red",
    JobPhase.UNKNOWN: "yellow",
    JobPhase.PUBLISH_FAILED: "red",
}
_DOTS = {"complete": "●", "running": "◐", "processing": "◐", "waiting": "◔", "pending": "○"}
_PRODUCED, _DONE = "produced", "done"
_KINDS = (
    *("active", _PRODUCED),
    *(p.value.replace("_", " ") for p in JobPhase if p not in (JobPhase.ACTIVE, JobPhase.UNKNOWN)),
    *("unresolved", "not submitted"),
)
_HEAD = ("JOB", "STATE", "PUBLISHES", "PORTALS", "SCORE", "CREDITS", "LINK")


def status_text(jobs: Sequence[JobStatus], now: datetime, paint: Paint = no_paint) -> str:
    """The table, what waits for an approval, and how many there are of each; ends in a newline."""
    if not jobs:
        return "No jobs.\n"
    return "\n".join([*_fitting(jobs, now, paint), *_waiting(jobs, now, paint), "", summary(jobs)]) + "\n"


def _fitting(jobs: Sequence[JobStatus], now: datetime, paint: Paint) -> Iterator[str]:
    """The table within the columns of a terminal: without how long it is until a time, then with each link below its
    job, and then with the address above."""
    columns = sys.maxsize if paint.columns is None else paint.columns
    for rows in ([_row(job, now) for job in jobs], [_row(job, None) for job in jobs]):
        if table_width(_HEAD, rows) <= columns:
            yield from table(_HEAD, rows, paint)
            return
    links = [row[-1].text for row in rows]
    rows = [[*row[:-1], Cell("")] for row in rows]
    if above := table_width(_HEAD, rows) > columns:
        rows = [[Cell(""), *row[1:]] for row in rows]
    head, *lines = table(_HEAD, rows, paint)
    yield from (paint(_HEAD[0], "dim"), f"  {head}") if above else (head,)
    for job, line, link in zip(jobs, lines, links, strict=True):
        yield from (job.address, f"  {line}") if above else (line,)
        yield from [f"  {link}"] if link else []


def _row(job: JobStatus, now: datetime | None) -> list[Cell]:
    return [
        Cell(job.address),
        Cell(state(job), _COLOURS[job.phase]),
        Cell(_publishes(job, now)),
        Cell(_portals(job.portals)),
        Cell(escape_control(job.score or "")),
        Cell("" if job.credits is None else str(job.credits)),
        Cell(escape_control(job.output_url or "")),
    ]


def state(job: JobStatus) -> str:
    """The status in words: the service's own where there is one, except for `complete`, which says too little."""
    if job.phase is JobPhase.WAITING_FOR_APPROVAL:
        return "waiting for approval"
    if job.phase is JobPhase.PUBLISH_FAILED:
        return escape_control(job.note or "publishing failed")
    if job.phase is JobPhase.MISSING:
        return f"missing, was {escape_control(_told(job))}"
    told = escape_control(_told(job))
    return ", ".join(filter(None, (told, escape_control(job.note) if job.note else None)))


def _told(job: JobStatus) -> str:
    if job.status != "complete":
        return job.status or ""
    return _DONE if _kind(job) == _DONE else _PRODUCED


def _publishes(job: JobStatus, now: datetime | None) -> str:
    if job.schedule is None or job.phase in (JobPhase.FAILED, JobPhase.CANCELLED, JobPhase.MISSING):
        return ""  # the time that was asked for: nothing is published then
    time = shown_schedule(job.schedule, instant=False)
    return f"{time} ({relative(job.schedule.utc, now)})" if now else time


def relative(moment: datetime, now: datetime) -> str:
    """`in 3 days`, `2 hours ago`."""
    seconds = (moment - now).total_seconds()
    for size, unit in ((31_557_600, "year"), (86_400, "day"), (3_600, "hour"), (60, "minute")):
        if abs(seconds) >= size:
            text = count(int(abs(seconds) // size), unit)
            return f"in {text}" if seconds > 0 else f"{text} ago"
    return "in a moment" if seconds > 0 else "just now"


def _portals(portals: Mapping[str, Any]) -> str:
    """The stages of production as dots, where the service reports them."""
    return "".join(_dot(portals[name]) for name in sorted(portals)[:10])


def _dot(value: Any) -> str:
    told = value.get("status") if isinstance(value, dict) else value
    return _DOTS.get(told, "✗" if told in ("failed", "non-compliant") else "○") if isinstance(told, str) else "○"


def _waiting(jobs: Sequence[JobStatus], now: datetime, paint: Paint) -> Iterator[str]:
    for job in jobs:
        if job.phase is JobPhase.WAITING_FOR_APPROVAL:
            yield ""
            yield paint(f"{job.address} ({escape_control(job.id or '')}) waits for approval:", "bold")
            yield from (f"  {line}" for line in preview_lines(job.preview, now))
            yield f"  publish it with: {approve_command(job.address)}"
        elif job.phase is JobPhase.PUBLISH_FAILED:
            named = "" if job.failed_on else " --platform NAME"
            yield ""
            yield f"publish {job.address} again with: {approve_command(job.address)}{named}"


def summary(jobs: Sequence[JobStatus]) -> str:
    """`4 jobs: 1 active, 3 done.` What is produced, and is still to be published, is counted apart."""
    counted = Counter(_kind(job) for job in jobs)
    parts = [f"{number} {kind}" for kind, number in sorted(counted.items(), key=lambda pair: _KINDS.index(pair[0]))]
    return f"{count(len(jobs), 'job')}: {', '.join(parts)}."


def _kind(job: JobStatus) -> str:
    if job.phase is JobPhase.UNKNOWN:
        return "unresolved" if job.unresolved else "not submitted"
    unpublished = job.phase is JobPhase.ACTIVE or (job.phase is JobPhase.DONE and job.time_missing)
    return _PRODUCED if unpublished and job.produced else job.phase.value.replace("_", " ")


def change_line(before: JobStatus | None, job: JobStatus, now: datetime) -> str:
    """One line for a log: how a job has changed since `before`."""
    was = f"{state(before)} -> " if before else ""
    link = f"  {escape_control(job.output_url)}" if job.output_url and job.produced else ""
    return f"{now:%H:%M:%S}Z {job.address}: {was}{state(job)}{link}"


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
        "updated_at": iso_or_none(job.updated_at),
        "portals": plain(job.portals),
        "preview": preview_json(job.preview, now),
        "note": job.note,
        "failed_on": list(job.failed_on),
    }
