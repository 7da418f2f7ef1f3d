"""The state for people: a line per resource, or everything about one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from afsync.core.addresses import key_of, typed
from afsync.core.fingerprints import plain
from afsync.core.forgotten import AllForgotten
from afsync.core.records import Approval, Effect, Finding, Publish, Record, RecordedJob
from afsync.core.state import Purpose, Recorded
from afsync.output.json_text import json_text
from afsync.output.tables import Cell, table
from afsync.output.values import count, escape_control, iso, iso_or_none, shown, shown_schedule

INTENT_WORDS = {Purpose.SUBMISSION: "a submission", Purpose.APPROVAL: "an approval"}
EFFECT_WORDS = {
    Effect.SCHEDULE: "Publish times",
    Effect.CANCEL: "Cancellations",
    Effect.PUBLICATION: "Publications",
}


NO_PATHS: Mapping[str, str] = {}


def state_text(recorded: Recorded, paths: Mapping[str, str] = NO_PATHS) -> str:
    """`afsync show`: what is recorded, then what is pending. `paths` are those of declared files, by their sha256."""
    return "\n".join(_lines(recorded, paths)) + "\n"


def _lines(recorded: Recorded, paths: Mapping[str, str]) -> Iterator[str]:
    account = recorded.account
    belongs = (
        f"account {escape_control(account.id)} at {escape_control(account.base_url)}" if account else "no account yet"
    )
    yield f"State {recorded.lineage}, serial {recorded.serial}, {belongs}."
    if not recorded.resources:
        yield "Nothing is recorded."
    for address, record in sorted(recorded.resources.items()):
        yield ""
        yield from record_lines(address, record, paths)
    for deposed in recorded.deposed:
        yield ""
        yield f"{deposed.address}: replaced template {escape_control(deposed.id)} is still to be deleted"
    for intent in recorded.intents:
        yield ""
        yield f"{intent.address}: {INTENT_WORDS[intent.purpose]} of {iso(intent.at)} whose outcome is not known"
    for job_id, watched in sorted(recorded.watched.items()):
        yield ""
        finding = ", was not kept" if watched.finding is Finding.LOST else ""
        what = "cancelled job" if watched.accepted else "job to be cancelled,"
        yield f"{watched.address}: {what} {escape_control(job_id)} is watched until {iso(watched.until)}{finding}"
    if recorded.trust or recorded.staging_ignored:
        yield ""
    for effect, trust in sorted(recorded.trust.items()):
        yield f"{EFFECT_WORDS[effect]}: {trust.kept} kept, {trust.lost} lost"
    if recorded.staging_ignored is not None:
        yield f"Review was asked for and not granted: {escape_control(recorded.staging_ignored.job_id)}"


def record_lines(address: str, record: Record, paths: Mapping[str, str] = NO_PATHS) -> Iterator[str]:
    """One record as YAML people would recognise, with what the service said of it."""
    yield f"{record.kind} {key_of(address)} ({escape_control(record.id)})"
    for field, value in record.declared.items():
        yield f"    {escape_control(field)}: {_file(value, paths) if field == 'file' else shown(value)}"
    if isinstance(record, RecordedJob):
        if record.schedule is not None:
            yield f"    schedule: {shown_schedule(record.schedule)}"
        yield f"    status: {escape_control(record.status)}{', approved' if record.approved else ''}"
        yield from _publication_lines(record)
        if record.credits is not None:
            yield f"    credits: {record.credits}"
        if record.rerun is not None:
            yield f"    rerun: {shown(record.rerun)}"
    if record.prevent_destroy:
        yield "    lifecycle: {prevent_destroy: true}"
    if record.created_at is not None:
        yield f"    created: {iso(record.created_at)}"


def _file(sha256: Any, paths: Mapping[str, str]) -> str:
    """The path of a file; its sha256 where no declared file has these contents."""
    path = paths.get(str(sha256))
    return (
        shown(path)
        if path is not None
        else f"no file that is declared now (sha256 {escape_control(str(sha256))[:12]}…)"
    )


def _publication_lines(record: RecordedJob) -> Iterator[str]:
    """How it is published, and what was seen of that; nothing where it is as the service does it by itself."""
    if record.publish is not Publish.SERVICE:
        yield f"    publish: {record.publish}"
    if record.schedule_repeats:
        yield f"    publish time set again: {record.schedule_repeats}"
    if record.schedule_finding is not None:
        yield f"    publish time: {record.schedule_finding}"
    if record.approval is not None:
        yield f"    approval: {iso(record.approval.at)} by {escape_control(record.approval.by)}"
    if record.publish_finding is not None:
        yield f"    publication: {record.publish_finding}"
    for word, platforms in (("published on", record.published_on), ("failed on", record.failed_on)):
        if platforms:
            yield f"    {word}: {', '.join(map(escape_control, platforms))}"


def record_json(address: str, record: Record) -> str:
    """One record as a JSON document."""
    document: dict[str, Any] = {
        "format_version": "1.0",
        "address": address,
        "kind": record.kind.value,
        "id": record.id,
        "fingerprint": record.fingerprint,
        "declared": plain(record.declared),
        "prevent_destroy": record.prevent_destroy,
        "created_at": iso_or_none(record.created_at),
    }
    if isinstance(record, RecordedJob):
        time = record.schedule
        document |= {
            "schedule": {"written": time.written, "utc": iso(time.utc)} if time else None,
            "status": record.status,
            "credits": record.credits,
            "rerun": record.rerun,
            "staged": record.staged,
            "approved": record.approved,
            "approved_at": iso_or_none(record.approved_at),
            "approval": _approval_json(record.approval),
            "publish": record.publish.value,
            "publish_finding": record.publish_finding,
            "schedule_finding": record.schedule_finding,
            "schedule_repeats": record.schedule_repeats,
            "published_on": list(record.published_on),
            "failed_on": list(record.failed_on),
        }
    return json_text(document)


def _approval_json(approval: Approval | None) -> dict[str, Any] | None:
    if approval is None:
        return None
    return {"at": iso(approval.at), "by": approval.by, "platforms": list(approval.platforms)}


def forgotten_text(address: str, record: Record, *, declared: bool) -> str:
    """`afsync state rm`: what is left behind, and what the next plan makes of it."""
    lines = [f"{address} is forgotten."]
    job = f"{escape_control(record.id)} ({escape_control(record.status)})" if isinstance(record, RecordedJob) else ""
    if isinstance(record, RecordedJob) and record.status not in ("published", "failed", "cancelled", "non-compliant"):
        lines.append(f"The job {job} is still in the account and goes on.")
    elif isinstance(record, RecordedJob):
        lines.append(f"The job {job} stays in the account.")
    else:
        lines.append(f"The template {escape_control(record.id)} stays in the account.")
    if declared:
        way = f"`afsync import {typed(address)} {escape_control(record.id)}` records it again"
        what = "submits it once more, for credits" if isinstance(record, RecordedJob) else "makes or adopts one"
        lines.append(f"It is still declared: the next apply {what}. {way}.")
    return "\n".join(lines) + "\n"


class Copy(Struct, frozen=True):
    """A version that can be restored, or has a `problem`; `file` where its name has to be shown."""

    serial: int
    written: datetime
    resources: int
    intents: int = 0
    problem: str | None = None
    file: str = ""
    current: bool = False


def history_text(copies: Sequence[Copy], folder: str) -> str:
    """`afsync state history`: a table, newest first, and the `folder` that the copies are in."""
    if not copies:
        return "There are no earlier versions.\n"
    rows = [
        [
            Cell(str(c.serial) if c.serial else "?"),
            Cell(f"{c.written:%Y-%m-%d %H:%M} UTC"),
            Cell("" if c.problem else str(c.resources)),
            Cell(str(c.intents or "")),
            Cell(f"cannot be restored: {escape_control(c.problem)}" if c.problem else "current" if c.current else ""),
            Cell(escape_control(c.file)),
        ]
        for c in copies
    ]
    head = ("SERIAL", "WRITTEN", "RESOURCES", "UNRESOLVED", "NOTE", "FILE")
    end = f"\nThey are in {escape_control(folder)}; `afsync state restore SERIAL` goes back to one.\n"
    return "\n".join(table(head, rows)) + "\n" + end


def list_text(recorded: Recorded) -> str:
    """`afsync state list`: one address per line, for scripts and eyes."""
    return "".join(f"{address}\n" for address in sorted(recorded.resources))


def left_text(found: AllForgotten, *, declared: int) -> str:
    """The message after everything was forgotten: what stays in the account, and what is not done any more."""
    return "\n".join(_left_lines(found, declared)) + "\n"


def _left_lines(found: AllForgotten, declared: int) -> Iterator[str]:
    yield f"Forgot {count(found.templates, 'template')} and {count(found.jobs, 'job')}. All of it stays in the account."
    if found.held:
        yield "These are `publish: held`: only afsync would have published them, so nothing does now:"
        yield from (f"  {address}" for address in found.held)
    if found.deposed:
        yield f"Replaced templates that were still to be deleted: {escape_control(', '.join(found.deposed))}."
    if found.watched:
        yield f"Cancelled jobs that were still watched: {escape_control(', '.join(found.watched))}."
    if declared:
        yield (
            f"The files still declare {count(declared, 'resource')}: remove them. Until then an apply would take the "
            "templates over again, or create them; jobs are held back for 30 days."
        )
    yield "`afsync state history` has the version before this one."
