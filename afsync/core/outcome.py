"""What came of one submission, and what came of one change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from afsync.core.plan import Change

# --- one POST (SUBMISSION.md, "The outcome of one POST") ---


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte of the request can have reached the service. It may be sent again."""

    why: str


@dataclass(frozen=True, slots=True)
class Limited:
    """429 in the API's own form: nothing was done. `retry_after` in seconds, already capped."""

    retry_after: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused in the API's own form: nothing was done. `stops_run` for 401, 402 and 403."""

    status: int
    code: str | None
    detail: str

    @property
    def stops_run(self) -> bool:
        return self.status in (401, 402, 403)


@dataclass(frozen=True, slots=True)
class Committed:
    """Done, and the service told its id. `credits` is the true cost, `balance` what is left; None where not told."""

    id: str
    status: str | None = None
    credits: int | None = None
    balance: int | None = None
    staging: bool | None = None
    created_at: datetime | None = None
    server_time: datetime | None = None
    raw: str = ""


@dataclass(frozen=True, slots=True)
class CommittedIdUnknown:
    """A 2xx without a usable id: it exists and is paid for, but which one it is has to be found out."""

    why: str
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody can tell whether it was done."""

    why: str
    raw: str = ""


Answer: TypeAlias = NotSent | Limited | Rejected | Committed | CommittedIdUnknown | Unknown


# --- one change ---


@dataclass(frozen=True, slots=True)
class Applied:
    """The change was carried out. `id` is the resource's id now, `credits` what was really taken."""

    change: Change
    id: str | None = None
    credits: int = 0
    note: str | None = None
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Failed:
    """The change was not carried out, or only in part; `why` says what happened and `hint` what to do."""

    change: Change
    why: str
    hint: str | None = None
    credits: int = 0
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A submission whose outcome is not known; the address is blocked until it is resolved."""

    change: Change
    why: str
    hint: str | None = None
    seconds: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class NotAttempted:
    """Nothing was sent for this change; `why` says what came before it."""

    change: Change
    why: str


Outcome: TypeAlias = Applied | Failed | Unresolved | NotAttempted
