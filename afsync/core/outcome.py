"""What came of one submission, and what came of one change."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from afsync.core.plan.changes import Change

# --- one POST (docs/reliability.md#how-it-works) ---


class NotSent(Struct, frozen=True):
    """No byte of the request can have reached the service. It may be sent again, unless it is `too_late` for it."""

    why: str
    too_late: bool = False


class Limited(Struct, frozen=True):
    """429 in the API's own form: nothing was done. `retry_after` in seconds, already capped."""

    retry_after: float


class Rejected(Struct, frozen=True):
    """Refused in the API's own form: nothing was done. `stops_run` for 401, 402 and 403."""

    status: int
    code: str | None
    detail: str

    @property
    def stops_run(self) -> bool:
        return self.status in (401, 402, 403)


class Committed(Struct, frozen=True):
    """Done, and the service told its id. `credits` is the true cost, `balance` what is left; None where not told."""

    id: str
    status: str | None = None
    credits: int | None = None
    balance: int | None = None
    staging: bool | None = None
    created_at: datetime | None = None
    server_time: datetime | None = None
    raw: str = ""


class CommittedIdUnknown(Struct, frozen=True):
    """A 2xx without a usable id: it exists and is paid for, but which one it is has to be found out."""

    why: str
    raw: str = ""


class Unknown(Struct, frozen=True):
    """Nobody can tell whether it was done."""

    why: str
    raw: str = ""


Answer: TypeAlias = NotSent | Limited | Rejected | Committed | CommittedIdUnknown | Unknown


# --- one change ---


class Applied(Struct, frozen=True):
    """The change was carried out. `id` is the resource's id now, `credits` what was really taken; None where the
    service did not say."""

    change: Change
    id: str | None = None
    credits: int | None = 0
    note: str | None = None
    seconds: float = 0.0


class Failed(Struct, frozen=True):
    """The change was not carried out, or only in part; `why` says what happened and `hint` what to do.

    `unfinished`: nothing went wrong with it, the run ended in the middle of it.
    """

    change: Change
    why: str
    hint: str | None = None
    credits: int | None = 0
    seconds: float = 0.0
    unfinished: bool = False


class Unresolved(Struct, frozen=True):
    """A submission whose outcome is not known; the address is blocked until it is resolved. `ways`: what a person can
    type about it, a line each."""

    change: Change
    why: str
    hint: str | None = None
    ways: tuple[str, ...] = ()
    seconds: float = 0.0


class NotAttempted(Struct, frozen=True):
    """Nothing was sent for this change; `why` says what came before it."""

    change: Change
    why: str


Outcome: TypeAlias = Applied | Failed | Unresolved | NotAttempted
