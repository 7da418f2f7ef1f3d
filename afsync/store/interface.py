"""Where a state is kept, as the commands and the engine know it: one interface, and the checks that all stores share.

`store.local` keeps it on this disk, `store.remote.store` elsewhere, through a small `Backend` each for S3, Azure and
git. `store.opening` decides which it is; nothing else in afsync knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from afsync.core.records import UUID, Record
from afsync.core.state import Intent, Recorded
from afsync.errors import StateError, StateLocked

if TYPE_CHECKING:
    from afsync.store.history import Version
    from afsync.store.lock import Holder, Unlocked
    from afsync.store.recoveries import Recovery


def first_state(lineage: str) -> Recorded:
    """A state with nothing in it. StateError when the lineage is not a UUID."""
    if not UUID.fullmatch(lineage):
        raise StateError(f"{lineage!r} cannot be the lineage of a state: it is not a UUID.")
    return Recorded(lineage, serial=1)


def check_successor(before: Recorded, after: Recorded) -> None:
    """ValueError unless `after` can be written over `before`."""
    if after.lineage != before.lineage or after.serial <= before.serial:
        raise ValueError("a write keeps the lineage and raises the serial")


def already_there(name: str) -> StateError:
    """The error for creating a state where one exists."""
    return StateError(f"A state exists already: {name}.", "nothing was written; it is kept as it is")


def overtaken(name: str) -> StateLocked:
    """The error for a write after another run has written."""
    text = f"Another run has written the state {name} in between."
    return StateLocked(text, "nothing was overwritten; plan again on what the other run has done")


class Writing(Protocol):
    """Where states are kept, as far as a run changes them. A version is an opaque text that changes with every write.

    Two writers that read the same version cannot both win: the second write raises StateLocked and changes nothing.
    Anything that is wrong with keeping a state is a StateError; after one nothing more is written.
    """

    def write(self, recorded: Recorded, if_version: str) -> str:
        """Make `recorded` durable if `if_version` is still the newest; the new version. The serial must have grown.

        How it is kept is the store's business: a small change costs a small write. Changes are found by the
        identity of the records, so `recorded` should be made from what was read or written last.
        """

    def check_writable(self) -> None:
        """Do what writing does, for real, without changing what is kept. StateError when one of its steps fails."""

    def rescue(self, address: str, record: Record, why: str) -> Path | None:
        """Keep a record that could not be written in a file on this disk, whatever store it is; None when not even
        that works. Never raises."""


class Store(Writing, Protocol):
    """The whole interface. Every method raises StateError for what is wrong with keeping a state. `far`: a write
    takes its time, because it goes over a network."""

    far: bool

    @property
    def name(self) -> str:
        """What messages call it: the path, or what `state:` says."""

    @property
    def history_place(self) -> str:
        """Where the earlier versions are, for people."""

    def exists(self) -> bool:
        """Whether there is a state, readable or not."""

    def lineages(self) -> list[str]:
        """The lineages in the history."""

    def check_conditional_writes(self) -> None:
        """Make sure that a second create and a stale update fail. StateError, saying what the store did, if not."""

    def create(self, lineage: str) -> Recorded:
        """A state with nothing in it. StateError when there is one already, or was: it is never started over."""

    def receive(self, recorded: Recorded, copies: Iterable[Recorded]) -> None:
        """Begin with a state that was kept elsewhere, a copy of it, and its earlier versions. StateError when there is
        another one; the same one is no error, so that what was interrupted can be done again."""

    def is_same(self, other: Store) -> bool:
        """Whether the other store keeps its state in the very same place, however that is spelled. With the lock, which
        is how a place elsewhere is recognized."""

    def copies(self, lineage: str) -> Iterable[Recorded]:
        """The earlier versions that can be read, newest first."""

    def leave_note(self, place: str) -> None:
        """Put a note in the place of the state, which says where it has gone. With the lock, after `read`."""

    def read(self, *, unmerged: bool = False) -> tuple[Recorded, str]:
        """The state as of the last write that was acknowledged, and its version. Writes nothing.

        StateError also while there are recovery files, which hold ids that are not in it yet (`unmerged`: read it
        all the same).
        """

    def fold(self) -> None:
        """In a store with a journal: write the whole state and remove the journal, at the end of a run. The version may
        change."""

    def pending(self, lineage: str) -> tuple[Path, ...]:
        """The recovery files on this disk that wait to be merged."""

    def merge(self) -> tuple[Recovery, ...]:
        """Write what is in recovery files into the state, then remove them; what they held. With the lock only."""

    def lock(
        self,
        holder: Holder,
        *,
        timeout: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        warn: Callable[[str], None],
    ) -> AbstractContextManager[object]:
        """Hold the lock, or wait for it that many seconds. StateLocked, naming the holder, when another run keeps it.
        `warn` is for what a person should know and does not stop the run."""

    def other_run(self, host: str, now: datetime) -> Holder | None:
        """Another run that holds the lock, as far as that is known without taking it or writing; `host` is this
        machine, `now` its time (UTC)."""

    def unlock(self, lock_id: str, intents: Iterable[Intent], *, host: str, now: datetime) -> Unlocked:
        """`force-unlock`: UsageError when the lock has another id, StateLocked while a submission may be in flight."""

    def history(self, lineage: str | None = None) -> tuple[Version, ...]:
        """The earlier versions, newest first; of one lineage, or of all."""

    def restore(self, serial: int, *, lineage: str, force: bool = False) -> Recorded:
        """Write an earlier version as a new one. StateError when something known now would be forgotten, without
        `force`."""

    def unite(self, *, lineage: str) -> Recorded:
        """Write what both sides of a merge hold, where the state has its markers."""


def other_state(name: str) -> StateError:
    """The error where a state is to be put and another one is there."""
    hint = "nothing was written; what an interrupted `state migrate` left there can be removed before it is done again"
    return StateError(f"A different state exists already: {name}.", hint)


def refuse_older(name: str, recorded: Recorded, serials: list[int]) -> None:
    """StateError when the history in the new place has a newer version than the one that comes there."""
    if serials and serials[0] > recorded.serial:
        text = f"{name} had a newer version of this state: {serials[0]}, not {recorded.serial}."
        raise StateError(text, "nothing was written; restore that one, or name another place")
