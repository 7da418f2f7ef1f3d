"""The outcome of one change of a plan: applied, failed, unresolved, or not attempted."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from afsync.core.plan.changes import Change


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
