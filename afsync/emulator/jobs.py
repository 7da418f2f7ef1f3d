"""Jobs as stored: what they were submitted with, what became of them, and how they are found again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.emulator.lifecycle import Life, Phase, phase

COLUMNS = (
    "seq, id, account, origin, submitted, spec, cost, mode, staged, created, visible, updated, started, finished,"
    " outcome, auto, publishing_ms, publish_at, approved, narrowed, published, cancelled, forced"
)


class Job(Struct, frozen=True):
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

    @property
    def fields(self) -> dict[str, Any]:
        """What it was made of."""
        fields: dict[str, Any] = json.loads(self.spec)
        return fields

    @property
    def life(self) -> Life:
        """What decides on its status."""
        return Life(
            self.mode, bool(self.staged), bool(self.auto), self.outcome,
            self.publishing_ms, self.started, self.finished, self.publish_at, self.approved, self.published,
            self.cancelled, self.forced,
        )  # fmt: skip

    def phase(self, now: int) -> Phase:
        """Where it is now."""
        return phase(self.life, now)


def job_id(seed: str, number: int) -> str:
    """The id of the n-th job: the same for the same seed, never the same for two jobs."""
    return f"job_{hashlib.sha256(f'{seed}:{number}'.encode()).hexdigest()[:12]}"


def insert(connection: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    """Store new ones."""
    names = COLUMNS.split(", ")
    rows = ([getattr(job, name.strip()) for name in names] for job in jobs)
    connection.executemany(f"INSERT INTO jobs ({COLUMNS}) VALUES ({', '.join('?' * len(names))})", rows)


def find(connection: sqlite3.Connection, job: str) -> Job | None:
    """By id, whoever owns it."""
    row = connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", (job,)).fetchone()
    return Job(*row) if row else None


def page(connection: sqlite3.Connection, account: str, now: int, limit: int, offset: int) -> list[Job]:
    """A page of an account's list, newest first; the index alone finds its place, however long the list."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE account = ? AND visible <= ?"
        " ORDER BY created DESC, seq DESC LIMIT ? OFFSET ?) ORDER BY created DESC, seq DESC",
        (account, now, limit, offset),
    )
    return [Job(*row) for row in rows]


def newest(connection: sqlite3.Connection, account: str | None, now: int) -> Iterator[Job]:
    """Everything in an account's list (or everybody's), newest first."""
    where, values = ("", ()) if account is None else ("account = ? AND ", (account,))
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM jobs WHERE {where}visible <= ? ORDER BY created DESC, seq DESC", (*values, now)
    )
    return (Job(*row) for row in rows)


def change(connection: sqlite3.Connection, job: Job, now: int, changes: Mapping[str, Any]) -> Job:
    """Store changed instants; the job as it is then."""
    columns = {**changes, "updated": now}
    assignments = ", ".join(f"{name} = ?" for name in columns)
    connection.execute(f"UPDATE jobs SET {assignments} WHERE seq = ?", (*columns.values(), job.seq))
    return replace(job, **columns)


def ahead(connection: sqlite3.Connection, account: str, now: int) -> int:
    """How many jobs wait before a new one."""
    row = connection.execute(
        "SELECT count(*) FROM jobs WHERE account = ? AND cancelled IS NULL AND (started IS NULL OR started > ?)"
        " AND created > ?",
        (account, now, now - 3_600_000),
    ).fetchone()
    return int(row[0])
