"""The answer to one POST, and the outcome of one change: what the service did, and what that means for the plan."""

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

    @property
    def reason(self) -> str:
        return self.why if self.too_late else f"nothing was sent: {self.why}"


class Limited(Struct, frozen=True):
    """429 in the API's own form: nothing was done. `retry_after` in seconds, already capped."""

    retry_after: float

    @property
    def reason(self) -> str:
        return "the service kept answering 429 (too many requests); nothing was done"


class Rejected(Struct, frozen=True):
    """Refused in the API's own form: nothing was done."""

    status: int
    code: str | None
    detail: str

    @property
    def reason(self) -> str:
        return self.detail or self.code or f"HTTP {self.status}"

    @property
    def out_of_credits(self) -> bool:
        return self.status == 402

    @property
    def bad_key(self) -> bool:
        """Whether the service does not accept the key for this."""
        return self.status in (401, 403)


class Committed(Struct, frozen=True):
    """Done, and the service reported the id. `credits` is the true cost, `balance` what is left, `staging` whether the
    job stops before it is published; None where not reported."""

    id: str
    status: str | None = None
    credits: int | None = None
    balance: int | None = None
    staging: bool | None = None
    created_at: datetime | None = None
    server_time: datetime | None = None
    raw: str = ""


class CommittedIdUnknown(Struct, frozen=True):
    """A 2xx without a usable id: it exists and is paid for, but its id has to be found in the account."""

    why: str
    raw: str = ""


class Unknown(Struct, frozen=True):
    """Whether it was done is not known."""

    why: str
    raw: str = ""


NotDone: TypeAlias = NotSent | Limited | Rejected
"""The answers after which the service has certainly done nothing."""

InDoubt: TypeAlias = CommittedIdUnknown | Unknown
"""The answers after which the intent stays open, and blocks its address."""

Answer: TypeAlias = Committed | NotDone | InDoubt


# --- one change ---


class Applied(Struct, frozen=True):
    """The change was carried out. `id` is the resource's id now, `credits` what was really charged (None: not
    reported), `seconds` how long its own steps took."""

    change: Change
    id: str | None = None
    credits: int | None = 0
    note: str | None = None
    seconds: float = 0.0


class Failed(Struct, frozen=True):
    """The change was not carried out, or only in part; `why` says what happened and `hint` what to do.

    `unfinished`: nothing went wrong with the change, the run ended in the middle of it.
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
    """Nothing was sent for this change; `why` says what prevented it."""

    change: Change
    why: str


Outcome: TypeAlias = Applied | Failed | Unresolved | NotAttempted
