"""What can be said of a request whose answer was lost."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from afsync.core.recorded import Intent, Scan


class Adopt(Struct, frozen=True):
    """It was done: a submission is `id`, an approval published `id`. `evidence` says how that is known and goes into
    the state."""

    intent: Intent
    id: str
    evidence: str
    status: str = "queued"
    created_at: datetime | None = None


class Absent(Struct, frozen=True):
    """The submission was not made; it may be planned again."""

    intent: Intent
    evidence: str


class Wait(Struct, frozen=True):
    """Too early to tell. `scan` is what this look saw: kept by apply once the quarantine is over (`counts`)."""

    intent: Intent
    until: datetime
    scan: Scan
    counts: bool


class Ask(Struct, frozen=True):
    """The evidence does not suffice; a person must decide. `candidates` are the ids it could be."""

    intent: Intent
    why: str
    candidates: tuple[str, ...] = ()


Resolution: TypeAlias = Adopt | Absent | Wait | Ask
