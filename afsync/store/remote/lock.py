"""The lock of a state that is kept elsewhere: a document that names the run in progress, renewed while that run lives.

It stops a second run early; even without it, the second write would be refused. So a lock whose holder died is taken
over once it was not renewed for 15 minutes by the store's own clock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import asdict, replace

from afsync.core.command_lines import FORCE_UNLOCK, unlock_command
from afsync.core.records import Count
from afsync.core.state import Intent
from afsync.errors import StateError, StateLocked
from afsync.store.canonical_json import InvalidDocument, json_document, parse_object
from afsync.store.lock import Holder, Unlocked, busy, refuse_in_flight, refuse_other_id
from afsync.store.remote.backend import Backend, Conflict, Overtaken, StoredDocument, Unclear, put_once
from afsync.store.state_file import from_json

RENEWED_EVERY = 300.0
"""Seconds between two renewals: two may fail before the lock can be taken over."""
MINUTES = 15
ENDS_AFTER = timedelta(minutes=MINUTES)
PAUSE = 2.0
"""Seconds between two tries while waiting."""
TRIES = 100
"""How often a lock may be gone again when it is looked at."""


class LockDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """What the document says: who holds the lock, the page of the run where there is one, and how often it was
    renewed."""

    holder: Holder
    run: str = ""
    renewals: Count = 0


class RemoteHolder(Holder, frozen=True, forbid_unknown_fields=True):
    """A holder, with the page of its run."""

    run: str = ""

    def __str__(self) -> str:
        return f"{super().__str__()}{f', {self.run}' if self.run else ''}"


class RemoteLock:
    """A lock that is held, and renewed by a thread of its own. Leaving the `with` block lets go of it."""

    def __init__(
        self, backend: Backend, held: LockDocument, version: str, warn: Callable[[str], None], every: float
    ) -> None:
        self._backend, self._held, self._version, self._warn = backend, held, version, warn
        self._over = threading.Event()
        self._taken = False
        self._thread = threading.Thread(target=self._renew, args=(every,), name="lock", daemon=True)
        self._thread.start()

    def __enter__(self) -> RemoteLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Release the lock; never raises, because what was done is written already."""
        self._over.set()
        self._thread.join()
        if self._taken:
            return
        try:
            self._backend.delete(lock_key(self._backend), self._version)
        except Conflict:
            pass  # Another run has taken it over, or was given it.
        except (Unclear, StateError) as error:
            text = f"the lock could not be removed ({error}); it ends {MINUTES} minutes after it was last renewed."
            self._warn(text)

    def renew(self) -> None:
        held = replace(self._held, renewals=self._held.renewals + 1)
        try:
            self._version = put_once(self._backend, lock_key(self._backend), encode_lock(held), self._version)
            self._held = held
        except Overtaken:
            # The state itself keeps the run that has it now apart from this one.
            self._taken = True
        except StateError:
            pass  # There is time for another try before it ends.

    def _renew(self, every: float) -> None:
        while not self._taken and not self._over.wait(every):
            with suppress(Exception):
                self.renew()


def acquire(
    backend: Backend,
    held: LockDocument,
    *,
    timeout: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    warn: Callable[[str], None],
    every: float = RENEWED_EVERY,
) -> RemoteLock:
    """Take the lock, or wait for it: `timeout` in seconds, 0 for not at all. StateLocked, naming the holder, when
    another run keeps it."""
    until = clock() + timeout
    data = encode_lock(held)
    version: str | None = None
    vanished = 0
    while vanished < TRIES:
        try:
            return RemoteLock(backend, held, put_once(backend, lock_key(backend), data, version), warn, every)
        except Overtaken as error:
            there = error.there
        version = None
        if there is None:
            vanished += 1
            continue
        other = holder_of(there)
        if backend.now() - there.at >= ENDS_AFTER:
            warn(f"the lock of {other or 'an unknown run'} is taken over: it was not renewed for {MINUTES} minutes.")
            version = there.version
            continue
        left = until - clock()
        if left <= 0:
            raise _locked(backend, other, timeout)
        sleep(min(PAUSE, left))
    raise StateError(f"The lock of {backend.name} changes all the time.", "run afsync again when nothing else runs")


def lock_key(backend: Backend) -> str:
    return f"{backend.key}.lock"


def encode_lock(held: LockDocument) -> bytes:
    return json_document(held)


def decode_lock(data: bytes) -> LockDocument | None:
    """What a lock document says; None when it cannot be read."""
    try:
        return from_json(parse_object(data[:10_000]), LockDocument)
    except InvalidDocument:
        return None


def holder_of(there: StoredDocument) -> RemoteHolder | None:
    held = decode_lock(there.data)
    return None if held is None else RemoteHolder(**asdict(held.holder), run=held.run)


def _locked(backend: Backend, other: RemoteHolder | None, waited: float) -> StateLocked:
    text, hint = busy(waited)
    if other is None:
        return StateLocked(f"{text}: {lock_key(backend)} is there.", hint)
    text = f"{text}: {other}."
    return StateLocked(
        text,
        f"{hint}; if it is gone, its lock ends {MINUTES} minutes after it was last renewed, or at once "
        f"by {unlock_command(other.id)}",
    )


def unlock(backend: Backend, lock_id: str, intents: Iterable[Intent], *, host: str, now: datetime) -> Unlocked:
    """Remove the lock with this id. UsageError when it has another, StateLocked while a submission may be in flight.

    The holder, should it live, finds out at its next write only if another run has written meanwhile.
    """
    there = backend.get(lock_key(backend))
    if there is None:
        return Unlocked.NOT_HELD
    holder = holder_of(there)
    refuse_other_id(holder, lock_id)
    dead = backend.now() - there.at >= ENDS_AFTER
    if not dead:
        refuse_in_flight(holder, intents, host, now)
    try:
        backend.delete(lock_key(backend), there.version)
    except Conflict:
        raise StateLocked("The lock has changed in between.", f"run {FORCE_UNLOCK} again to see") from None
    except Unclear as error:
        text = f"Whether the lock is gone is not known: {error}."
        raise StateError(text, f"run {FORCE_UNLOCK} again") from None
    return Unlocked.LEFT_BEHIND if dead else Unlocked.TAKEN_AWAY
