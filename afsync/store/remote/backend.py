"""What an engine offers to keep a state elsewhere: documents under keys, each with a version, compared on every write.

An engine implements `Backend` and nothing else. It never repeats a write that may have been done: what an unclear
answer means is decided in one place (`remote.writing`), by reading again. Reads it may repeat.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from afsync.errors import StateError


class Kept(Struct, frozen=True):
    """A document as it is kept: its bytes, the version to compare with, and when it was written (UTC, by the clock
    that `Backend.now` reads)."""

    data: bytes
    version: str
    at: datetime


class Conflict(Exception):
    """The precondition of a write does not hold: the key is taken (create), or has another version or none (replace,
    delete). This request changed nothing. An earlier one of ours, whose answer was lost, may have."""


class Unclear(Exception):
    """It may or may not have been written: no answer, or one that does not say. The text says what came instead."""


class Unavailable(StateError):
    """The engine could not be asked, or refused: certainly nothing was written. Message and hint are for people, and
    name the store."""


class Backend(Protocol):
    """Documents under keys. A version is an opaque text that is another one after every write of other bytes; the same
    bytes are never written twice but to repeat a write that may have been lost.

    `name` is what people call the store, as `state:` names it. `key` is that of the state; what belongs to it lies
    under keys that begin with it (`KEY.lock`, `KEY.history/00000012.LINEAGE`), and no other key is touched.
    `packed`: documents are kept as gzip. `compares`: that a stale write fails is in the nature of the engine (a push
    that must be a fast-forward), so that it is proven by `init` alone, not before every run that pays.

    Methods may be called from two threads (the lock is renewed while a run works), so an engine that cannot do two
    things at a time has to keep them apart itself.
    """

    name: str
    key: str
    packed: bool
    compares: bool

    def get(self, key: str) -> Kept | None:
        """The newest acknowledged document under the key, None when there is none. Unavailable."""

    def put(self, key: str, data: bytes, if_version: str | None) -> str:
        """Write, if the key has this version; None: if there is nothing under it. The new version.

        Conflict, Unclear or Unavailable; exactly one attempt that could take effect. An engine that loses against a
        write to *another* key may try again, because then it is known that nothing was written.
        """

    def list(self, prefix: str) -> tuple[str, ...]:
        """The keys that begin so, sorted; it may lag behind. Unavailable."""

    def delete(self, key: str, if_version: str | None) -> None:
        """Remove, if the key has this version (as nearly as the engine can compare); None: whatever it has. A key that
        is gone is no error. Conflict, Unclear or Unavailable."""

    def now(self) -> datetime:
        """The time (UTC) by the clock that `Kept.at` is told by: the engine's own, where it has one. Unavailable."""
