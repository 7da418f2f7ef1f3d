"""`force-unlock`: what can be done about a lock that somebody else holds, or seems to hold.

A lock of the operating system cannot be taken away from a process. What is left behind when the holder dies is only
its name in the file, and that is cleared. Where somebody really holds the lock, the file is replaced by a new one:
later runs lock the new one, and the old holder, should it live, finds out at its next write, because the store
compares versions. What it cannot find out in time is that a submission it has just begun is no longer alone; so
while one may be in flight the lock is left as it is.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from enum import Enum
from pathlib import Path

from afsync.core.evidence import EXCHANGE
from afsync.core.recorded import Intent, Phase, Purpose
from afsync.errors import StateError, StateLocked, UsageError
from afsync.store.lock import Holder, lives, open_lock, read_holder
from afsync.store.oslock import OsLock

_DOING = {Purpose.SUBMISSION: "being submitted", Purpose.APPROVAL: "being published"}


class Unlocked(Enum):
    """What `force_unlock` found, and did."""

    NOBODY = "nobody held it"
    LEFT_BEHIND = "its holder is gone; its name was removed"
    TAKEN_AWAY = "it was taken away"


def force_unlock(path: Path, lock_id: str, intents: Iterable[Intent], *, host: str, now: datetime) -> Unlocked:
    """Open the way for the next run. `intents` are the open ones, `host` is this machine's name, `now` is UTC.

    UsageError when the lock has another id. StateLocked while a submission of the holder may be in flight: on
    this machine, as long as its process lives; elsewhere, for as long as one exchange may take.
    """
    if not path.parent.exists():
        return Unlocked.NOBODY
    lock = open_lock(path)
    try:
        free = lock.take()
        holder = read_holder(path)
        if holder is not None and holder.id != lock_id:
            raise UsageError(f"the lock has the id {holder.id}, not {lock_id}: {holder}", "give that id")
        if free:
            os.ftruncate(lock.fd, 0)
            return Unlocked.NOBODY if holder is None else Unlocked.LEFT_BEHIND
        refuse_in_flight(holder, intents, host, now)
        _replace(path)
        return Unlocked.TAKEN_AWAY
    except OSError as error:
        raise StateError(f"The lock {path} could not be replaced: {error.strerror or error}.") from error
    finally:
        lock.close()


def refuse_in_flight(holder: Holder | None, intents: Iterable[Intent], host: str, now: datetime) -> None:
    here = holder is not None and holder.host == host and lives(holder.pid)
    for intent in intents:
        # The others have their answer, or it is known to be lost: nothing of theirs is on its way.
        if intent.phase is not Phase.WRITTEN:
            continue
        if here:
            assert holder is not None
            hint = f"stop it first: `kill {holder.pid}` lets it finish and frees the lock by itself"
            raise StateLocked(f"{intent.address} is {_DOING[intent.purpose]} right now, by {holder}.", hint)
        until = intent.at + EXCHANGE
        if now < until:
            text = f"{intent.address} may be on its way to the service until {until:%Y-%m-%d %H:%M:%S} UTC."
            raise StateLocked(text, "unlock it after that, or end the run that holds the lock")


def _replace(path: Path) -> None:
    """A new file under the old name. A run that is waiting for the old one looks again once it has it."""
    fresh = path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")
    lock = OsLock.open(fresh)
    try:
        fresh.replace(path)
    except OSError:
        with suppress(OSError):
            fresh.unlink()
        raise
    finally:
        lock.close()
