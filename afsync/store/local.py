"""A state in a local file: compare-and-swap over the functions that read and write it (docs/reliability.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.records import Record
from afsync.core.state import Intent, Recorded
from afsync.errors import StateError
from afsync.store.canonical_json import FORMAT
from afsync.store.damaged import is_note_of, moved_note
from afsync.store.disk import Disk, atomic_write
from afsync.store.history import Version, good_copies, list_versions, newest_good, recovery_hint
from afsync.store.interface import (
    Store,
    already_there,
    check_successor,
    first_state,
    other_state,
    overtaken,
    refuse_older,
)
from afsync.store.journal import change_of, changed_resources
from afsync.store.lock import Holder, Lock, Unlocked, acquire, force_unlock, other_run
from afsync.store.paths import Paths, lineages, serials
from afsync.store.recoveries import Recovery, keep, merge_waiting, pending, refuse_unmerged
from afsync.store.restore import restore, unite
from afsync.store.state_reader import Loaded, load, unreadable
from afsync.store.state_text import encode_bytes
from afsync.store.state_writer import alone, append, check_writable, keep_old_format, save, unwritable

LARGE = 100
"""A write that changes more resources than this, and more than a quarter of them, is not worth a line."""


class KnownFile(Struct, frozen=True):
    """What is on disk as far as we know; `ours`: the journal that is there was begun by us."""

    loaded: Loaded
    ours: bool = False


class LocalStore:
    """The state file, its journal and its history (`store.interface`).

    Reading locks and writes nothing. A write first makes sure, in a section that only one process can be in at a
    time, that the version it builds on is still the newest; that holds whether or not the caller has the lock.
    """

    far = False

    def __init__(self, paths: Paths, *, afsync_version: str, disk: Disk | None = None) -> None:
        self.paths = paths
        self._disk = disk or Disk()
        self._afsync = afsync_version
        self._known: KnownFile | None = None
        self._broken: StateError | None = None

    def receive(self, recorded: Recorded, copies: Iterable[Recorded]) -> None:
        with self._fatal():
            self._disk.make_directory(self.paths.state.parent)
            if self.exists() and not is_note_of(self._disk.read(self.paths.state)[0], recorded.lineage):
                if self.read(unmerged=True)[0] != recorded:
                    raise other_state(self.name)
            else:
                with alone(self._disk, self.paths):
                    refuse_older(self.name, recorded, serials(self._disk.names(self.paths.history), recorded.lineage))
                    self._known = KnownFile(save(self._disk, self.paths, recorded, self._afsync))
            with alone(self._disk, self.paths):
                for copy in (recorded, *copies):
                    data = encode_bytes(copy, self._afsync).data
                    atomic_write(self._disk, self.paths.version(copy.serial, copy.lineage), data, self.paths.state)

    def is_same(self, other: Store) -> bool:
        if not isinstance(other, LocalStore):
            return False
        mine, others = self.paths.state, other.paths.state
        # The second is for a file system that does not distinguish upper from lower case.
        return mine == others or (mine.exists() and others.exists() and mine.samefile(others))

    def copies(self, lineage: str) -> Iterable[Recorded]:
        return good_copies(self._disk, self.paths, lineage)

    def leave_note(self, place: str) -> None:
        self.fold()
        with self._fatal(), alone(self._disk, self.paths):
            assert self._known is not None
            loaded = self._current(self._known.loaded.version).loaded
            atomic_write(self._disk, self.paths.state, moved_note(loaded.recorded, place), self.paths.state)
            self._known = None

    @property
    def name(self) -> str:
        return str(self.paths.state)

    @property
    def history_place(self) -> str:
        return f"{self.paths.directory.name}/{self.paths.history.name}"

    def exists(self) -> bool:
        return self.paths.state.exists()

    def lineages(self) -> list[str]:
        return lineages(self.paths)

    def check_conditional_writes(self) -> None:
        """Do nothing: every write takes the lock of the operating system, which fails where there is none."""

    def create(self, lineage: str) -> Recorded:
        recorded = first_state(lineage)
        with self._fatal():
            self._disk.make_directory(self.paths.state.parent)
            with alone(self._disk, self.paths):
                self._refuse_to_overwrite(lineage)
                # Its first record needs this format anyway: no copy is to be kept then of a state that held nothing.
                self._known = KnownFile(save(self._disk, self.paths, recorded, self._afsync, least=FORMAT))
        return recorded

    def read(self, *, unmerged: bool = False) -> tuple[Recorded, str]:
        known = self._newest()
        loaded = known.loaded
        if not unmerged:
            refuse_unmerged(self.pending(loaded.recorded.lineage))
        self._known = known
        return loaded.recorded, loaded.version

    def write(self, recorded: Recorded, if_version: str) -> str:
        if self._broken is not None:
            raise self._broken
        with self._fatal(), alone(self._disk, self.paths):
            known = self._current(if_version)
            before = known.loaded.recorded
            check_successor(before, recorded)
            self._known = self._keep(known, recorded)
        return self._known.loaded.version

    def fold(self) -> None:
        """Write the whole state and remove the journal. That changes the version, so it is done at the end of a run."""
        known = self._known
        if self._broken is not None or known is None or not known.loaded.pending:
            return
        with self._fatal(), alone(self._disk, self.paths):
            known = self._current(known.loaded.version)
            self._known = KnownFile(save(self._disk, self.paths, known.loaded.recorded, self._afsync))

    def check_writable(self) -> None:
        """Do what a run's writes do, without changing what is read: StateError when one of them fails."""
        if self._broken is not None:
            raise self._broken
        assert self._known is not None
        with self._fatal(), alone(self._disk, self.paths):
            known = self._current(self._known.loaded.version)
            check_writable(self._disk, self.paths)
            state, journal = self._disk.identity(self.paths.state), self._disk.identity(self.paths.journal)
            assert state is not None
            self._known = replace(known, loaded=replace(known.loaded, state=state, journal=journal))

    def rescue(self, address: str, record: Record, why: str) -> Path | None:
        """Keep a record that could not be written in a recovery file. None when not even that works; never raises."""
        if self._known is None:
            return None
        return keep(self._disk, self.paths, self._known.loaded.recorded.lineage, address, record, why)

    def pending(self, lineage: str) -> tuple[Path, ...]:
        return pending(self._disk, self.paths, lineage)

    def merge(self) -> tuple[Recovery, ...]:
        with self._fatal():
            return merge_waiting(self, self._disk)

    def lock(
        self,
        holder: Holder,
        *,
        timeout: float,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        warn: Callable[[str], None],  # noqa: ARG002 (the system frees the lock of a dead run: there is nothing to say)
    ) -> Lock:
        return acquire(self.paths.lock, holder, timeout=timeout, clock=clock, sleep=sleep)

    def other_run(self, host: str, now: datetime) -> Holder | None:  # noqa: ARG002 (the system knows who lives)
        return other_run(self.paths.lock, host)

    def unlock(self, lock_id: str, intents: Iterable[Intent], *, host: str, now: datetime) -> Unlocked:
        return force_unlock(self.paths.lock, lock_id, intents, host=host, now=now)

    def history(self, lineage: str | None = None) -> tuple[Version, ...]:
        return list_versions(self._disk, self.paths, lineage)

    def restore(self, serial: int, *, lineage: str, force: bool = False) -> Recorded:
        return restore(self._disk, self.paths, serial, lineage=lineage, afsync_version=self._afsync, force=force)

    def unite(self, *, lineage: str) -> Recorded:
        return unite(self._disk, self.paths, lineage=lineage, afsync_version=self._afsync)

    def _newest(self) -> KnownFile:
        """What is on disk now: what we know, if the files are still the same, or read again."""
        try:
            known = self._known
            if known is not None and self._untouched(known.loaded):
                return known
            return KnownFile(load(self._disk, self.paths))
        except StateError as error:
            raise StateError(error.message, error.hint or recovery_hint(self._disk, self.paths)) from error
        except OSError as error:
            raise unreadable(self.paths, error) from error

    def _current(self, version: str) -> KnownFile:
        """What is on disk, if that is `version`."""
        known = self._newest()
        if known.loaded.version != version:
            raise overtaken(self.name)
        return known

    def _untouched(self, loaded: Loaded) -> bool:
        files = self._disk.identity(self.paths.state), self._disk.identity(self.paths.journal)
        return files == (loaded.state, loaded.journal)

    def _keep(self, known: KnownFile, recorded: Recorded) -> KnownFile:
        before = known.loaded.recorded
        resources = changed_resources(before, recorded)
        change = change_of(before, recorded, resources)
        newer = change.format > known.loaded.format
        if newer:
            keep_old_format(self._disk, self.paths, before, self._afsync)
        large = len(resources) > LARGE and len(resources) > len(recorded.resources) // 4
        # A journal that another run left is taken in, never continued: its end may be torn.
        if newer or large or (known.loaded.pending and not known.ours):
            return KnownFile(save(self._disk, self.paths, recorded, self._afsync))
        return KnownFile(append(self._disk, self.paths, known.loaded, recorded, change.text), ours=True)

    def _refuse_to_overwrite(self, lineage: str) -> None:
        disk, paths = self._disk, self.paths
        for path in (paths.state, paths.journal):
            if disk.identity(path) is not None:
                raise already_there(str(path))
        copies = serials(disk.names(paths.history), lineage) or newest_good(disk, paths, lineage)
        if copies or self.pending(lineage):
            raise StateError(
                f"The state {paths.state} is missing, although it existed before.",
                recovery_hint(self._disk, self.paths),
            )

    @contextmanager
    def _fatal(self) -> Iterator[None]:
        """After a failed write it is unknown what is on the disk, so there is no second try."""
        try:
            yield
        except OSError as error:
            self._broken = unwritable(self.paths, error)
            raise self._broken from error
