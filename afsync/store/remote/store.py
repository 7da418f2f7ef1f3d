"""A state that is kept elsewhere: each write compares versions (`Backend`); recovery files are on this disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from msgspec import Struct

from afsync.core.command_lines import STATE_HISTORY
from afsync.core.records import Record
from afsync.core.state import Intent, Recorded
from afsync.errors import StateError, StateLocked
from afsync.store.damaged import is_note_of, moved_note
from afsync.store.disk import Disk
from afsync.store.history import Version
from afsync.store.interface import (
    Store,
    already_there,
    check_successor,
    first_state,
    other_state,
    overtaken,
    refuse_older,
)
from afsync.store.lock import Holder, Unlocked
from afsync.store.paths import Paths, lineages_of, serials
from afsync.store.recoveries import Recovery, keep, merge_waiting, pending, refuse_unmerged
from afsync.store.remote.backend import Backend, Overtaken, check_conditional_writes, put_once
from afsync.store.remote.lock import ENDS_AFTER, LockDocument, RemoteLock, acquire, holder_of, lock_key
from afsync.store.remote.lock import unlock as force_unlock
from afsync.store.remote.versions import (
    KnownDocument,
    copy_key,
    explain_loss,
    folder,
    keep_copy,
    missing,
    names,
    pack,
    read_copies,
    read_newest,
    restore,
)


class RunIdentity(Struct, frozen=True):
    """What a store has to know of the run it is opened for: a nonce that no other run has, the page of the run where
    there is one, the version of afsync, and how it waits before a write goes out once more."""

    nonce: str
    afsync: str
    page: str = ""
    pause: Callable[[], None] = lambda: None


class RemoteStore:
    """One document under a key, rewritten whole, and what belongs to it (`store.interface`).

    Every write compares; nothing is sent to the service before the write of its intent is known to have succeeded.
    What cannot be written goes into recovery files in `directory`, the project's `.afsync`.
    """

    far = True

    def __init__(self, backend: Backend, directory: Path, run: RunIdentity, disk: Disk | None = None) -> None:
        self.backend = backend
        self._paths = Paths(directory / "state.json", directory)
        self._disk = disk or Disk()
        self._run = run
        self._known: KnownDocument | None = None
        self._begun = False
        self._broken: StateError | StateLocked | None = None

    @property
    def name(self) -> str:
        return self.backend.name

    @property
    def history_place(self) -> str:
        return folder(self.backend)

    def exists(self) -> bool:
        return self.backend.get(self.backend.key) is not None

    def lineages(self) -> list[str]:
        return lineages_of(names(self.backend))

    def check_conditional_writes(self) -> None:
        check_conditional_writes(self.backend, self._run.nonce)

    def create(self, lineage: str) -> Recorded:
        recorded = first_state(lineage)
        if self.exists():
            raise already_there(self.name)
        if serials(names(self.backend), lineage) or self.pending(lineage):
            raise missing(self.backend)
        try:
            self._put(recorded, None)
        except Overtaken:
            text = f"Another run has created the state {self.name} at the same time."
            raise StateLocked(text, "nothing was overwritten") from None
        return recorded

    def receive(self, recorded: Recorded, copies: Iterable[Recorded]) -> None:
        with self._fatal():
            there = self.backend.get(self.backend.key)
            left = there is not None and is_note_of(there.data, recorded.lineage)
            refuse_older(self.name, recorded, serials(names(self.backend), recorded.lineage))
            try:
                self._put(recorded, there.version if there and left else None)
            except Overtaken:
                if self.read(unmerged=True)[0] != recorded:
                    raise other_state(self.name) from None
            for copy in (recorded, *copies):
                with suppress(Overtaken):
                    put_once(self.backend, copy_key(self.backend, copy), self._packed(copy), None)

    def is_same(self, other: Store) -> bool:
        """No comparison of addresses would do: one bucket, or one repository, has many."""
        if not isinstance(other, RemoteStore):
            return False
        mine, others = (store.backend.get(lock_key(store.backend)) for store in (self, other))
        if mine is None:
            raise overtaken(self.name)
        return others is not None and holder_of(mine) == holder_of(others)

    def copies(self, lineage: str) -> Iterable[Recorded]:
        return (recorded for _, recorded in read_copies(self.backend, lineage) if recorded is not None)

    def leave_note(self, place: str) -> None:
        known = self._known
        assert known is not None
        with self._fatal():
            try:
                put_once(self.backend, self.backend.key, moved_note(known.recorded, place), known.version)
            except Overtaken:
                raise overtaken(self.name) from None

    def read(self, *, unmerged: bool = False) -> tuple[Recorded, str]:
        known = read_newest(self.backend)
        if not unmerged:
            refuse_unmerged(self.pending(known.recorded.lineage))
        self._known = known
        return known.recorded, known.version

    def write(self, recorded: Recorded, if_version: str) -> str:
        with self._fatal():
            known = self._known
            if known is None or known.version != if_version:
                raise overtaken(self.name)
            before = known.recorded
            check_successor(before, recorded)
            if not self._begun:
                keep_copy(self.backend, before, known.data)
                self._begun = True
            try:
                return self._put(recorded, if_version)
            except Overtaken as error:
                raise explain_loss(self.backend, before, error.there) from None

    def fold(self) -> None:
        """Do nothing: every write holds the whole state."""

    def check_writable(self) -> None:
        """Check before every paying run that stale writes are refused; a store that did so before may be set up
        differently now."""
        with self._fatal():
            if not self.backend.compares:
                self.check_conditional_writes()

    def rescue(self, address: str, record: Record, why: str) -> Path | None:
        if self._known is None:
            return None
        # Where that fails there is another place for it.
        with suppress(OSError):
            self._disk.make_directory(self._paths.directory)
        return keep(self._disk, self._paths, self._known.recorded.lineage, address, record, why)

    def pending(self, lineage: str) -> tuple[Path, ...]:
        return pending(self._disk, self._paths, lineage)

    def merge(self) -> tuple[Recovery, ...]:
        try:
            return merge_waiting(self, self._disk)
        except OSError as error:
            text = f"A recovery file was merged into {self.name}, but cannot be removed: {error.strerror or error}."
            hint = f"remove it from {self._paths.directory}, or let this user write there; then run afsync again"
            raise StateError(text, hint) from error

    def lock(
        self,
        holder: Holder,
        *,
        timeout: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        warn: Callable[[str], None],
    ) -> RemoteLock:
        held = LockDocument(holder, self._run.page)
        return acquire(self.backend, held, timeout=timeout, clock=clock, sleep=sleep, warn=warn)

    def other_run(self, host: str, now: datetime) -> Holder | None:  # noqa: ARG002 (elsewhere, no machine is this one)
        """By this machine's clock: asking the store for its own may need a write."""
        try:
            there = self.backend.get(lock_key(self.backend))
        except StateError:
            return None
        return holder_of(there) if there and now - there.at < ENDS_AFTER else None

    def unlock(self, lock_id: str, intents: Iterable[Intent], *, host: str, now: datetime) -> Unlocked:
        return force_unlock(self.backend, lock_id, intents, host=host, now=now)

    def history(self, lineage: str | None = None) -> tuple[Version, ...]:
        return tuple(version for version, _ in read_copies(self.backend, lineage))

    def restore(self, serial: int, *, lineage: str, force: bool = False) -> Recorded:
        with self._fatal():
            try:
                recorded = restore(
                    self.backend,
                    serial,
                    lineage=lineage,
                    afsync_version=self._run.afsync,
                    nonce=self._run.nonce,
                    force=force,
                )
            except Overtaken:
                raise overtaken(self.name) from None
        return recorded

    def unite(self, *, lineage: str) -> Recorded:  # noqa: ARG002
        text = f"The state {self.name} cannot be put together: no merge leaves its markers there."
        raise StateError(text, f"{STATE_HISTORY} lists the versions that can be restored")

    def _put(self, recorded: Recorded, if_version: str | None) -> str:
        data = self._packed(recorded)
        version = put_once(self.backend, self.backend.key, data, if_version, self._run.pause)
        self._known = KnownDocument(recorded, version, data)
        return version

    def _packed(self, recorded: Recorded) -> bytes:
        return pack(recorded, self._run.nonce, self._run.afsync, packed=self.backend.packed)

    @contextmanager
    def _fatal(self) -> Iterator[None]:
        """After a failed write nothing more is written."""
        if self._broken is not None:
            raise self._broken
        try:
            yield
        except (StateError, StateLocked) as error:
            self._broken = error
            raise
