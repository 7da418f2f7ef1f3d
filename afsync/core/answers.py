"""The answer to one POST that creates or approves something: what it says of whether the service did it
(docs/reliability.md#how-it-works)."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from msgspec import Struct


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
