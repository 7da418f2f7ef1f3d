"""Writing a state to disk, and the section in which only one process at a time does it (SUBMISSION.md, "State on
disk"). Functions raise OSError; they do not try again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from msgspec.structs import replace

from afsync.core.recorded import Recorded
from afsync.errors import StateError, StateLocked
from afsync.store.disk import Disk, is_temporary, name_again, put, temporary_name, write_new
from afsync.store.format import encode_bytes
from afsync.store.journal import first_line, line
from afsync.store.loading import Loaded, why
from afsync.store.paths import Paths, serials

KEPT = 10
"""How many versions stay in the history."""


@contextmanager
def alone(disk: Disk, paths: Paths) -> Iterator[None]:
    """The section in which a version is compared and swapped. StateLocked when another process stays in it."""
    try:
        with disk.exclusive(paths.guard):
            yield
    except BlockingIOError as error:
        text = f"Another process is writing the state {paths.state} and does not come to an end."
        raise StateLocked(text, "nothing was written; look whether an afsync is stopped or hangs") from error


def unwritable(paths: Paths, error: OSError) -> StateError:
    text = f"The state {paths.state} could not be written: {why(error)}."
    return StateError(text, "make room or mend the disk, then run afsync again")


def save(disk: Disk, paths: Paths, recorded: Recorded, afsync_version: str) -> Loaded:
    """Write the whole state, in the order that leaves the old one or the new one, whatever happens on the way.

    Whatever journal lies there counts as taken in; the state says so until the journal is gone.
    """
    written = encode_bytes(recorded, afsync_version, folded=_journal_digest(disk, paths))
    data = written.data
    disk.make_directory(paths.history)
    _clean(disk, paths)
    temporary = temporary_name(disk, paths.state)
    write_new(disk, temporary, data)
    _back_up(disk, paths)
    disk.rename(temporary, paths.state)
    disk.sync_directory(paths.state.parent)
    put(disk, paths.version(recorded.serial, recorded.lineage), data)
    with suppress(OSError):
        disk.unlink(paths.journal)
    _prune(disk, paths, recorded.lineage)
    state = disk.identity(paths.state)
    assert state is not None
    sum_ = written.checksum
    return Loaded(recorded, sum_, sum_, state, disk.identity(paths.journal), format=written.format)


def keep_old_format(disk: Disk, paths: Paths, recorded: Recorded, afsync_version: str) -> None:
    """Keep a state as it is before the first write that an older afsync cannot read. No later write removes it."""
    put(disk, paths.old_format, encode_bytes(recorded, afsync_version).data)


def append(disk: Disk, paths: Paths, loaded: Loaded, recorded: Recorded, change: bytes) -> Loaded:
    """Write only what changed since `loaded`, as a line of the journal. The first line of a run makes the file."""
    if loaded.pending:
        data, tail = line(change, loaded.tail)
        _add(disk, paths, data)
    else:
        first, total = first_line(loaded.recorded, loaded.checksum, loaded.format)
        data, tail = line(change, total)
        put(disk, paths.journal, first + data)
    journal = disk.identity(paths.journal)
    return replace(loaded, recorded=recorded, tail=tail, journal=journal, pending=True)


def _add(disk: Disk, paths: Paths, data: bytes) -> None:
    fd = disk.append_to(paths.journal)
    try:
        disk.write(fd, data)
        disk.sync(fd)
    finally:
        disk.close(fd)


def _journal_digest(disk: Disk, paths: Paths) -> str | None:
    try:
        return hashlib.sha256(disk.read(paths.journal)[0]).hexdigest()
    except FileNotFoundError:
        return None


def _back_up(disk: Disk, paths: Paths) -> None:
    """The previous version gets a name of its own; the one before it loses that name."""
    temporary = temporary_name(disk, paths.backup)
    with suppress(FileNotFoundError):
        name_again(disk, paths.state, temporary)
        disk.rename(temporary, paths.backup)


def _clean(disk: Disk, paths: Paths) -> None:
    """Remove what killed writers left. Nobody else writes while we are here, so none of it is in use."""
    with suppress(OSError):
        for directory, prefix in ((paths.state.parent, paths.state.name), (paths.history, "")):
            for name in disk.names(directory):
                if is_temporary(name, prefix):
                    disk.unlink(directory / name)


def _prune(disk: Disk, paths: Paths, lineage: str) -> None:
    with suppress(OSError):
        for serial in serials(disk.names(paths.history), lineage)[KEPT:]:
            disk.unlink(paths.version(serial, lineage))
