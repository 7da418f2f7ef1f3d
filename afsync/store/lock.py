"""The lock of a state on this disk, and who holds it: it stops a second run early.

It is a lock of the operating system on a file of its own, so it ends with the process. What is written in the file is
only for people to read. Even without the lock, the second write would be refused (`store.local`).
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from enum import Enum
from pathlib import Path

from msgspec import Struct

from afsync.core.command_lines import FlagName, unlock_command
from afsync.core.records import Count, Text
from afsync.core.recovery.evidence import EXCHANGE
from afsync.core.resources import Utc
from afsync.core.state import Intent, Phase, Purpose
from afsync.errors import StateError, StateLocked, UsageError
from afsync.store.canonical_json import InvalidDocument, json_document, parse_object
from afsync.store.disk import OsLock
from afsync.store.state_file import from_json

PAUSE = 0.2
"""Seconds between two tries while waiting."""


class Holder(Struct, frozen=True, forbid_unknown_fields=True):
    """Who holds the lock, since when (UTC), and the id that `force-unlock` asks for."""

    id: Text
    user: Text
    host: Text
    pid: Count
    command: Text
    since: Utc

    def __str__(self) -> str:
        process = f", process {self.pid}" if self.pid else ""
        return f"{self.user}@{self.host}{process} (`{self.command}`), since {self.since:%Y-%m-%d %H:%M:%S} UTC"


class Lock:
    """A lock that is held. Leaving the `with` block, or the process, lets go of it."""

    def __init__(self, lock: OsLock, holder: Holder) -> None:
        self._lock: OsLock | None = lock
        self.holder = holder

    def release(self) -> None:
        """Let go; a second time does nothing. The file stays: removing it could remove another run's lock."""
        lock, self._lock = self._lock, None
        if lock is not None:
            try:
                os.ftruncate(lock.fd, 0)
            except OSError:
                pass  # What is written there is for people only.
            finally:
                lock.close()

    def __enter__(self) -> Lock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire(
    path: Path, holder: Holder, *, timeout: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> Lock:
    """Take the lock, or wait for it: `timeout` in seconds, 0 for not at all; `clock` in seconds, only forwards.

    StateLocked, naming the holder, when another run keeps it. StateError where the file system has no locks, or
    the file cannot be opened (a link in its place is not followed).
    """
    lock = open_lock(path)
    until = clock() + timeout
    try:
        while not lock.take():
            left = until - clock()
            if left <= 0:
                raise _locked(path, timeout)
            sleep(min(PAUSE, left))
        _announce(lock.fd, holder)
    except OSError as error:
        lock.close()
        raise _unusable(path, error) from error
    except BaseException:
        lock.close()
        raise
    return Lock(lock, holder)


def open_lock(path: Path) -> OsLock:
    """The lock file, open and not locked yet. StateError when it cannot be."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return OsLock.open(path)
    except OSError as error:
        raise _unusable(path, error) from error


def read_holder(path: Path) -> Holder | None:
    """Who the file says holds the lock; None when it says nothing that can be read. It may be out of date."""
    try:
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(fd, "rb") as file:
            return from_json(parse_object(file.read(10_000)), Holder)
    except (OSError, InvalidDocument):
        return None


def other_run(path: Path, host: str) -> Holder | None:
    """Another process of this machine, `host`, that says it holds the lock, and lives. Only the file is looked at:
    trying the lock could disturb another run. Whether a process of another machine lives is not known."""
    try:
        if not path.stat().st_size:
            return None
    except OSError:
        return None
    holder = read_holder(path)
    there = holder is not None and holder.host == host and holder.pid != os.getpid() and lives(holder.pid)
    return holder if there else None


def lives(pid: int) -> bool:
    """Whether there is such a process on this machine."""
    if sys.platform == "win32" or pid <= 0:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # It lives, but belongs to another user.
    return True


def _announce(fd: int, holder: Holder) -> None:
    try:
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, json_document(holder))
    except OSError:
        pass  # The lock is ours all the same; a full disk shows up where it matters.


def busy(waited: float) -> tuple[str, str]:
    """Message and hint while another run holds the lock, after so many seconds of waiting."""
    if waited:
        return f"Another run still holds the lock after {waited:g} s", f"wait longer (`{FlagName.LOCK_TIMEOUT}`)"
    return "Another run holds the lock", f"wait for it, or give `{FlagName.LOCK_TIMEOUT}`"


def refuse_other_id(holder: Holder | None, lock_id: str) -> None:
    """UsageError when the lock has another id than the one that was given."""
    if holder is not None and holder.id != lock_id:
        raise UsageError(f"the lock has the id {holder.id}, not {lock_id}: {holder}", "give that id")


def _locked(path: Path, waited: float) -> StateLocked:
    holder = read_holder(path)
    text, hint = busy(waited)
    if holder is None:
        return StateLocked(f"{text}.", hint)
    return StateLocked(f"{text}: {holder}.", f"{hint}; if it hangs, stop it, or {unlock_command(holder.id)}")


def _unusable(path: Path, error: OSError) -> StateError:
    link = error.errno in (errno.ELOOP, errno.EMLINK)
    why = "it is a symbolic link, which is not followed" if link else error.strerror or str(error)
    return StateError(f"The lock {path} cannot be used: {why}.", "without a lock nothing is changed")


_DOING = {Purpose.SUBMISSION: "being submitted", Purpose.APPROVAL: "being published"}


class Unlocked(Enum):
    """What `force_unlock` found, and did."""

    NOT_HELD = "it was not held"
    LEFT_BEHIND = "its holder is gone; its name was removed"
    TAKEN_AWAY = "it was taken away"


def force_unlock(path: Path, lock_id: str, intents: Iterable[Intent], *, host: str, now: datetime) -> Unlocked:
    """Open the way for the next run. `intents` are the open ones, `host` is this machine's name, `now` is UTC.

    UsageError when the lock has another id. StateLocked while a submission of the holder may be in flight: on
    this machine, as long as its process lives; elsewhere, for as long as one exchange may take.
    """
    if not path.parent.exists():
        return Unlocked.NOT_HELD
    lock = open_lock(path)
    try:
        free = lock.take()
        holder = read_holder(path)
        refuse_other_id(holder, lock_id)
        if free:
            os.ftruncate(lock.fd, 0)
            return Unlocked.NOT_HELD if holder is None else Unlocked.LEFT_BEHIND
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
        # The others have their answer, or it is known to be lost: none of their requests is in flight.
        if intent.phase is not Phase.WRITTEN:
            continue
        if here:
            assert holder is not None
            hint = f"stop it first: `kill {holder.pid}` lets it finish and frees the lock by itself"
            raise StateLocked(f"{intent.address} is {_DOING[intent.purpose]} right now, by {holder}.", hint)
        until = intent.at + EXCHANGE
        if now < until:
            text = f"The request of {intent.address} may still be in flight until {until:%Y-%m-%d %H:%M:%S} UTC."
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
