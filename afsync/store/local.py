"""A state in a local file. How it is written is in SUBMISSION.md, "State on disk"."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from afsync.core.recorded import Recorded
from afsync.errors import StateError, StateLocked
from afsync.store.delta import delta, size
from afsync.store.disk import Disk, is_temporary, put, temporary_name, write_new
from afsync.store.format import encode_bytes
from afsync.store.journal import first_line, line
from afsync.store.loading import Loaded, load, why
from afsync.store.paths import Paths, serials

KEPT = 10
"""How many versions stay in the history."""

LARGE = 100
"""A write that changes more resources than this, and more than a quarter of them, is not worth a line."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is on disk as far as we know; `ours`: the journal that is there was begun by us."""

    loaded: Loaded
    ours: bool = False


class LocalStore:
    """The state file, its journal and its history (`store.base.Store`).

    Reading locks and writes nothing. A write first makes sure, in a section that only one process can be in at a
    time, that the version it builds on is still the newest; that holds whether or not the caller has the lock.
    """

    def __init__(self, paths: Paths, *, afsync_version: str, disk: Disk | None = None) -> None:
        self.paths = paths
        self._disk = disk or Disk()
        self._afsync = afsync_version
        self._known: Known | None = None
        self._broken: StateError | None = None

    def create(self, lineage: str) -> Recorded:
        """A state with nothing in it. StateError when there is one already, or was."""
        self._disk.make_directory(self.paths.state.parent)
        with self._alone():
            self._refuse_to_overwrite(lineage)
            recorded = Recorded(lineage, serial=1)
            with self._fatal():
                self._known = Known(self._replace(recorded))
        return recorded

    def read(self) -> tuple[Recorded, str]:
        """The state as of the last write that was acknowledged, and its version. Writes nothing."""
        loaded = load(self._disk, self.paths)
        self._known = Known(loaded)
        return loaded.recorded, loaded.version

    def write(self, recorded: Recorded, if_version: str) -> str:
        """See `store.base`. StateLocked when somebody wrote in between, StateError when it cannot be written."""
        if self._broken is not None:
            raise self._broken
        with self._alone():
            known = self._current(if_version)
            if recorded.lineage != known.loaded.recorded.lineage or recorded.serial <= known.loaded.recorded.serial:
                raise ValueError("a write keeps the lineage and raises the serial")
            with self._fatal():
                self._known = self._keep(known, recorded)
        return self._known.loaded.version

    def fold(self) -> None:
        """Take the journal into the state. It changes the version, so it is for the end of a run."""
        known = self._known
        if self._broken is not None or known is None or not known.loaded.pending:
            return
        with self._alone():
            known = self._current(known.loaded.version)
            with self._fatal():
                self._known = Known(self._replace(known.loaded.recorded))

    def _current(self, version: str) -> Known:
        """What is on disk, if that is `version`."""
        known = self._known
        if known is None or known.loaded.version != version or not self._untouched(known.loaded):
            known = Known(load(self._disk, self.paths))
        if known.loaded.version != version:
            hint = "nothing was overwritten; plan again on what the other run has done"
            raise StateLocked(f"Another run has written the state {self.paths.state} in between.", hint)
        return known

    def _untouched(self, loaded: Loaded) -> bool:
        files = self._disk.identity(self.paths.state), self._disk.identity(self.paths.journal)
        return files == (loaded.state, loaded.journal)

    def _keep(self, known: Known, recorded: Recorded) -> Known:
        changed = size(known.loaded.recorded, recorded)
        large = changed > LARGE and changed > len(recorded.resources) // 4
        # A journal that another run left is taken in, never gone on with: its end may be torn.
        if large or (known.loaded.pending and not known.ours):
            return Known(self._replace(recorded))
        return Known(self._append(known.loaded, recorded), ours=True)

    def _append(self, loaded: Loaded, recorded: Recorded) -> Loaded:
        """One line at the end of the journal; the first one of a run makes the file."""
        disk, path = self._disk, self.paths.journal
        change = delta(loaded.recorded, recorded)
        if loaded.pending:
            data, tail = line(change, loaded.tail)
            _append(disk, path, data)
        else:
            first, total = first_line(loaded.recorded, loaded.checksum)
            data, tail = line(change, total)
            put(disk, path, first + data)
        return replace(loaded, recorded=recorded, tail=tail, journal=disk.identity(path), pending=True)

    def _replace(self, recorded: Recorded) -> Loaded:
        """The whole state, in the order that leaves the old one or the new one, whatever happens on the way."""
        disk, paths = self._disk, self.paths
        data, checksum = encode_bytes(recorded, self._afsync, folded=self._journal_digest())
        disk.make_directory(paths.history)
        self._clean()
        temporary = temporary_name(disk, paths.state)
        write_new(disk, temporary, data)
        self._back_up()
        disk.rename(temporary, paths.state)
        disk.sync_directory(paths.state.parent)
        put(disk, paths.version(recorded.serial, recorded.lineage), data)
        disk.unlink(paths.journal)
        self._prune(recorded.lineage)
        state = disk.identity(paths.state)
        assert state is not None
        return Loaded(recorded, checksum, checksum, state)

    def _journal_digest(self) -> str | None:
        """Whatever journal lies there is in what we write now; the state says so until the journal is gone."""
        try:
            return hashlib.sha256(self._disk.read(self.paths.journal)[0]).hexdigest()
        except FileNotFoundError:
            return None

    def _back_up(self) -> None:
        """The previous version keeps a name of its own; the one before that loses it."""
        disk, paths = self._disk, self.paths
        temporary = temporary_name(disk, paths.backup)
        try:
            disk.link(paths.state, temporary)
        except FileNotFoundError:
            return
        except OSError:
            # No hard links on this file system.
            write_new(disk, temporary, disk.read(paths.state)[0])
        disk.rename(temporary, paths.backup)

    def _clean(self) -> None:
        """Remove what writers left that were killed. Nobody else writes while we are here."""
        for directory, prefix in ((self.paths.state.parent, self.paths.state.name), (self.paths.history, "")):
            for name in self._disk.names(directory):
                if is_temporary(name, prefix):
                    self._disk.unlink(directory / name)

    def _prune(self, lineage: str) -> None:
        for serial in serials(self._disk.names(self.paths.history), lineage)[KEPT:]:
            self._disk.unlink(self.paths.version(serial, lineage))

    def _refuse_to_overwrite(self, lineage: str) -> None:
        disk, paths = self._disk, self.paths
        for path in (paths.state, paths.journal):
            if disk.identity(path) is not None:
                raise StateError(f"There is a state already: {path}.", "it is kept as it is; nothing was written")
        if serials(disk.names(paths.history), lineage):
            raise StateError(f"The state {paths.state} is missing, but its history is there.", "see restore")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The section in which the version is compared and swapped: one process at a time."""
        try:
            guard = self._disk.exclusive(self.paths.guard)
            with guard:
                yield
        except BlockingIOError:
            raise StateLocked(f"Another process is writing the state {self.paths.state}.", "try again") from None

    @contextmanager
    def _fatal(self) -> Iterator[None]:
        """After a failed write nobody knows what is on the platter, so there is no second try."""
        try:
            yield
        except OSError as error:
            text = f"The state {self.paths.state} could not be written: {why(error)}."
            self._broken = StateError(text, "make room or mend the disk, then run it again")
            raise self._broken from error


def _append(disk: Disk, path: Path, data: bytes) -> None:
    fd = disk.append_to(path)
    try:
        disk.write(fd, data)
        disk.sync(fd)
    finally:
        disk.close(fd)
