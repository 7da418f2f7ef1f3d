"""Jobs as stored: what they were submitted with, their progress, and how they are found again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.emulator import lifecycle, router_life
from afsync.emulator.database import columns
from afsync.emulator.lifecycle import Life, ProductionPhase, phase
from afsync.emulator.router_life import ENDS, GHOST, ROUTER, Publication, Story


class EmulatedJob(Struct, frozen=True):
    """One row. `submitted` is the body as it came, `spec` the same over its template; both are JSON text."""

    seq: int
    id: str
    account: str
    origin: str
    submitted: str
    spec: str
    cost: int
    mode: str
    staged: int
    created: int
    visible: int
    updated: int
    started: int | None
    finished: int | None
    outcome: str
    auto: int
    publishing_ms: int
    publish_at: int | None = None
    approved: int | None = None
    narrowed: str | None = None
    published: int | None = None
    cancelled: int | None = None
    forced: str | None = None
    events: str = "[]"

    @property
    def fields(self) -> dict[str, Any]:
        """The job fields: the body of the submission over its template."""
        fields: dict[str, Any] = json.loads(self.spec)
        return fields

    @property
    def life(self) -> Life:
        """The stored values that decide its status."""
        return Life(
            self.mode, bool(self.staged), bool(self.auto), self.outcome,
            self.publishing_ms, self.started, self.finished, self.publish_at, self.approved, self.published,
            self.cancelled, self.forced,
        )  # fmt: skip

    def phase(self, now: int) -> ProductionPhase:
        """The phase at `now` (epoch milliseconds)."""
        return router_life.phase(self.story, now) if self.mode == ROUTER else phase(self.life, now)

    @property
    def submitted_fields(self) -> dict[str, Any]:
        """The body of the submission, as it was sent."""
        body: dict[str, Any] = json.loads(self.submitted)
        return body

    @property
    def platforms(self) -> list[str]:
        """The platforms that the job fields name."""
        wanted = self.fields.get("platforms")
        return [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else []

    @property
    def story(self) -> Story:
        """What decides on its status where the last write stays."""
        events = tuple(json.loads(self.events))
        topic = str(self.fields.get("topic") or "")
        return Story(self.life, events, tuple(self.platforms), topic, self.origin == GHOST)

    @property
    def attempted(self) -> list[str]:
        """The platforms of the job fields and of its approvals."""
        named = [name for event in json.loads(self.events) for name in event.get("platforms", ())]
        return list(dict.fromkeys([*self.platforms, *named]))

    def failed_platforms(self, now: int) -> list[str]:
        """Where the latest attempt to publish it failed."""
        done = self.mode == ROUTER or self.phase(now) is ProductionPhase.PUBLISHED
        return router_life.failed_platforms(self.story, now) if done else []

    def publications(self, now: int) -> list[Publication]:
        """The publications that happened until now, whatever the service reports."""
        if self.mode == ROUTER:
            return router_life.publications(self.story, now)
        _, ends = lifecycle.publication(self.life)
        if self.phase(now) is not ProductionPhase.PUBLISHED or ends is None:
            return []
        if any(event["what"] == "approve" for event in self.story.events):
            return router_life.approvals(self.story, now)
        narrowed = json.loads(self.narrowed) if self.narrowed else self.platforms
        return [Publication(ends, tuple(narrowed), "production" if self.approved is None else "approval")]


COLUMNS = columns(EmulatedJob)


def job_id(seed: str, number: int) -> str:
    """The id of the n-th job: the same for the same seed, never the same for two jobs."""
    return f"job_{hashlib.sha256(f'{seed}:{number}'.encode()).hexdigest()[:12]}"


def find(connection: sqlite3.Connection, job: str) -> EmulatedJob | None:
    """The job with this id, of any account; None when there is none."""
    row = connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
    return EmulatedJob(*row) if row else None


def page(connection: sqlite3.Connection, account: str, now: int, limit: int, offset: int) -> list[EmulatedJob]:
    """A page of an account's list, newest first; the index alone finds its place, however long the list."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE account = ? AND visible <= ?"
        " ORDER BY created DESC, seq DESC LIMIT ? OFFSET ?) ORDER BY created DESC, seq DESC",
        (account, now, limit, offset),
    )
    return [EmulatedJob(*row) for row in rows]


def newest(connection: sqlite3.Connection, account: str | None, now: int) -> Iterator[EmulatedJob]:
    """All listed jobs of an account, or of all accounts, newest first."""
    where, values = ("", ()) if account is None else ("account = ? AND ", (account,))
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM jobs WHERE {where}visible <= ? ORDER BY created DESC, seq DESC", (*values, now)
    )
    return (EmulatedJob(*row) for row in rows)


def change(connection: sqlite3.Connection, job: EmulatedJob, now: int, changes: Mapping[str, Any]) -> EmulatedJob:
    """Store changed columns; the job as it is then."""
    columns = {**changes, "updated": now}
    assignments = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(f"UPDATE jobs SET {assignments} WHERE seq = ?", (*columns.values(), job.seq))
    return replace(job, **columns)


def with_event(job: EmulatedJob, what: str, at: int, **more: Any) -> dict[str, Any]:
    """The column to change when something happens to a job that remembers its events."""
    return {"events": json.dumps([*json.loads(job.events), {"what": what, "at": at, **more}])}


def advanced(job: EmulatedJob, status: str, now: int) -> dict[str, Any]:
    """The columns to change so that a job has `status` now, whatever it was."""
    if job.mode != ROUTER:
        return lifecycle.advance(job.life, status, now)
    ended = status in ENDS
    changes = lifecycle.advance(job.life, "failed" if ended else status, now)
    if changes["forced"] or status == "cancelled":
        changes = {}  # a word in the row: it changes nothing that happens
    return {**changes, **({"outcome": status} if ended else {}), **with_event(job, "advance", now, to=status)}


def queue_length(connection: sqlite3.Connection, account: str, now: int) -> int:
    """How many jobs wait before a new one."""
    row = connection.execute(
        "SELECT count(*) FROM jobs WHERE account = ? AND cancelled IS NULL AND (started IS NULL OR started > ?)"
        " AND created > ?",
        (account, now, now - 3_600_000),
    ).fetchone()
    return int(row[0])
