"""The backend of a state that is kept elsewhere: documents under keys, each with a version, compared on every write.

S3, Azure and git each implement `Backend` and nothing else. A backend may repeat a read, but never a write that may
have been done: `put_once` alone decides, by reading again, what an unclear answer means.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from afsync.errors import StateError


class StoredDocument(Struct, frozen=True):
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
    """The backend could not be reached, or refused: certainly nothing was written. Message and hint are for people,
    and name the store."""


class Backend(Protocol):
    """Documents under keys. A version is an opaque text that changes with every write of different bytes; the same
    bytes are written twice only to repeat a write that may have been lost.

    `name` is what people call the store, as `state:` names it. `key` is that of the state; what belongs to it lies
    under keys that begin with it (`KEY.lock`, `KEY.history/00000012.LINEAGE`), and no other key is touched.
    `packed`: documents are kept as gzip. `compares`: the backend cannot accept a stale write (a push must be
    a fast-forward), so `init` alone checks that, and not every run that pays.

    Methods may be called from two threads (the lock is renewed while a run works); a backend that cannot do two
    things at a time must use a lock of its own.
    """

    name: str
    key: str
    packed: bool
    compares: bool

    def get(self, key: str) -> StoredDocument | None:
        """The newest acknowledged document under the key, None when there is none. Unavailable."""

    def put(self, key: str, data: bytes, if_version: str | None) -> str:
        """Write, if the key has this version; None: if there is nothing under it. The new version.

        Conflict, Unclear or Unavailable; exactly one attempt that could take effect. A backend that loses against a
        write to *another* key may try again, because then certainly nothing was written.
        """

    def list(self, prefix: str) -> tuple[str, ...]:
        """The keys that begin so, sorted; it may lag behind. Unavailable."""

    def delete(self, key: str, if_version: str | None) -> None:
        """Remove, if the key has this version (as nearly as the backend can compare); None: whatever it has. A key that
        is gone is no error. Conflict, Unclear or Unavailable."""

    def now(self) -> datetime:
        """The time (UTC) by the clock of `StoredDocument.at`: the backend's own, where it has one. Unavailable."""


class Overtaken(Exception):
    """Another run has written; `there` is what it wrote, None where there is nothing any more."""

    def __init__(self, there: StoredDocument | None) -> None:
        super().__init__("overtaken")
        self.there = there


def put_once(
    backend: Backend, key: str, data: bytes, if_version: str | None, pause: Callable[[], None] = lambda: None
) -> str:
    """Write, and return the new version once the write certainly took effect. The same bytes are sent a second time
    only when the old version is still there, under the same precondition, so at most one of the two has an effect.

    Overtaken when another's write is there; StateError when it cannot be written, or nothing says whether it was.
    """
    why = ""
    for again in (True, False):
        try:
            return backend.put(key, data, if_version)
        except Conflict:
            why = "the store reports a conflict but still shows the old version"
        except Unclear as error:
            why = str(error)
        there = backend.get(key)
        if there is not None and there.data == data:
            return there.version
        if (there.version if there else None) != if_version:
            raise Overtaken(there)
        if again:
            pause()
    raise StateError(f"The state could not be written to {backend.name}: {why}.", "run afsync again when it works")


HINT = (
    "afsync submits paid jobs only if the store rejects a write based on an old version: use another store, or ask its "
    "operator to fix that"
)


def check_conditional_writes(backend: Backend, nonce: str) -> None:
    """A second create and a stale update must fail, and what was acknowledged must be there. StateError otherwise."""
    key = f"{backend.key}.proof-{nonce}"
    data = [f"proof {nonce} {number}\n".encode() for number in range(4)]
    try:
        first = put_once(backend, key, data[0], None)
        _must_fail(backend, key, data[1], None, "accepts a second create: it overwrites what is there")
        second = put_once(backend, key, data[2], first)
        _must_fail(backend, key, data[3], first, "accepts a stale update: it overwrites what another run wrote")
        there = backend.get(key)
    except Overtaken as error:
        what = "loses" if error.there is None else "changes"
        raise StateError(f"{backend.name} {what} a write that it has acknowledged.", HINT) from None
    if there is None or there.data != data[2]:
        raise StateError(f"{backend.name} does not show a write that it has acknowledged.", HINT)
    _remove(backend, key, second)


def _must_fail(backend: Backend, key: str, data: bytes, if_version: str | None, otherwise: str) -> None:
    try:
        backend.put(key, data, if_version)
    except Conflict:
        return
    except Unclear as error:
        raise StateError(
            f"{backend.name} does not answer clearly: {error}.", "run afsync again when it works"
        ) from None
    raise StateError(f"{backend.name} {otherwise}.", HINT)


def _remove(backend: Backend, key: str, version: str) -> None:
    # A proof document that is left behind is small, and nothing reads it.
    with suppress(Conflict, Unclear):
        backend.delete(key, version)
