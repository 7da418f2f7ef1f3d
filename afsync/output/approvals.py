"""What waits for an approval, and what an approval publishes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from afsync.core.addresses import in_yaml, typed
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Plan, Waiting
from afsync.core.records import RecordedJob
from afsync.core.regex import regex
from afsync.core.remote_account import Preview
from afsync.core.resources import Job
from afsync.output.values import Paint, escape_control, iso_or_none, no_paint, shown, shown_schedule

_LINKABLE = regex(r"https?://[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+")


def undecided(plan: Plan) -> list[Waiting]:
    """The submissions that wait for an approval and that the plan does not publish."""
    publishes = {c.address for c in plan.changes if c.action is Action.APPROVE}
    return [w for w in plan.waiting if w.address not in publishes]


def waiting_lines(plan: Plan, paint: Paint = no_paint) -> Iterator[str]:
    """The section of a plan on what waits: the links, and how to publish each."""
    waiting = undecided(plan)
    if not waiting:
        return
    yield paint("Waiting for approval:", "bold")
    for job in waiting:
        yield ""
        yield f"  {job.address} ({escape_control(job.id)})"
        yield from (f"    {line}" for line in preview_lines(job.preview, plan.as_of))
        line = f"approve: {escape_control(in_yaml(job.id))}"
        yield f"    publish it with: {approve_command(job.address)}, or `{line}` in its YAML"
        yield from (f"    {told}" for told in effect_lines(job, plan.as_of))
    yield ""


def effect_lines(job: Waiting, now: datetime) -> Iterator[str]:
    """What an approval does where there is a publish time."""
    if job.schedule is None:
        return
    time = escape_control(shown_schedule(job.schedule, instant=False))
    if not job.held:
        yield f"an approval publishes it at once, not at its publish time, {time}"
    elif job.schedule.utc > now:
        yield f"an approval is recorded, and publishes it at {time}; `afsync approve --now` publishes at once"
    else:
        yield f"its publish time, {time}, has passed: an approval publishes it at once"


def approve_command(address: str) -> str:
    """The command that approves a job."""
    return f"afsync approve {typed(address)}"


def preview_lines(preview: Preview | None, now: datetime) -> Iterator[str]:
    """The links for the reviewer, one per line; nothing where they have expired."""
    if preview is None or not preview.valid(now):
        return
    if preview.video_url:
        yield f"video: {escape_control(preview.video_url)}"
    if preview.thumbnail_url:
        yield f"thumbnail: {escape_control(preview.thumbnail_url)}"
    if preview.expires_at is not None:
        yield f"links work until: {preview.expires_at:%Y-%m-%d %H:%M} UTC"


def published_lines(change: Change, waiting: Waiting | None, now: datetime | None) -> Iterator[str]:
    """What an approval publishes: the submission as it was made, which may not be what the files say now."""
    record = change.before
    if not isinstance(record, RecordedJob):
        return
    for field, value in record.declared.items():
        if field == "file":
            yield f"file: {_file(change.after, value)}"
        elif field == "platforms" and change.platforms:
            continue
        elif field != "staging":
            yield f"{escape_control(field)}: {shown(value)}"
    if change.platforms:
        yield f"platforms: {shown(change.platforms)}"
    elif waiting is not None and waiting.platforms and "platforms" not in record.declared:
        yield f"platforms: {shown(waiting.platforms)}"
    if record.schedule is not None:
        at_once = (
            "" if change.later is not None or change.reason is Reason.DUE else "; an approval publishes right away"
        )
        yield f"schedule: {shown_schedule(record.schedule)}{at_once}"
    if waiting is not None and now is not None:
        yield from preview_lines(waiting.preview, now)


def _file(after: Any, sha256: Any) -> str:
    file = after.file if isinstance(after, Job) else None
    return shown(file.path) if file is not None and file.sha256 == sha256 else f"sha256 {str(sha256)[:12]}…"


def preview_json(preview: Preview | None, now: datetime) -> dict[str, Any] | None:
    """The links as JSON; None where they have expired."""
    if preview is None or not preview.valid(now):
        return None
    return {
        "video_url": preview.video_url,
        "thumbnail_url": preview.thumbnail_url,
        "expires_at": iso_or_none(preview.expires_at),
    }


def preview_markdown(preview: Preview | None, now: datetime) -> str:
    """Links that can be clicked; nothing for one that could mean more in Markdown than itself."""
    if preview is None or not preview.valid(now):
        return ""
    named = (("video", preview.video_url), ("thumbnail", preview.thumbnail_url))
    links = [f"{name}: <{url}>" for name, url in named if url and _LINKABLE.fullmatch(url)]
    until = f" (until {preview.expires_at:%Y-%m-%d %H:%M} UTC)" if preview.expires_at and links else ""
    return " · ".join(links) + until
