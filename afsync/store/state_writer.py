"""Writing a state to disk, and the section in which only one process at a time does it.

The order of the writes is that of docs/reliability.md#the-state. Functions raise OSError; they do not try again."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from afsync.core.state import Recorded
from afsync.errors import StateError, StateLocked
from afsync.store.disk import Disk, atomic_write, is_temporary, name_again, temporary_name, write_new
from afsync.store.journal import first_line, line
from afsync.store.paths import Paths, serials
from afsync.store.state_reader import Loaded, os_reason
from afsync.store.state_text import encode_bytes

KEPT = 10
"""How many versions stay in the history: that many runs can be undone."""


@contextmanager
def alone(disk: Disk, paths: Paths) -> Iterator[None]:
    """The section in which a version is compared and swapped. StateLocked when another process stays in it."""
    try:
        with disk.exclusive(paths.guard):
            yield
    except BlockingIOError as error:
        text = f"Another process is writing the state {paths.state} and has not finished."
        raise StateLocked(text, "nothing was written; check whether an afsync process is stopped or hangs") from error


def check_writable(disk: Disk, paths: Paths) -> None:
    """Do all that a run's writes do, before anything is paid for: replace each file that is there by the same bytes,
    and create, rename, append to and remove one in each directory. What is read afterwards is what was there.

    Permission bits are not enough to know: a file that is a mount of its own can be written, but not replaced.
    """
    disk.make_directory(paths.history)
    for path in (paths.state, paths.journal, paths.backup):
        with suppress(FileNotFoundError):
            atomic_write(disk, path, disk.read(path)[0], path)
    for beside in (paths.state, paths.history / "trial"):
        _try(disk, beside, paths.state)


def _try(disk: Disk, beside: Path, like: Path) -> None:
    """Create, rename, append to and remove a file. Its names are temporary ones, which the next write cleans up."""
    first, second = temporary_name(disk, beside), temporary_name(disk, beside.with_name(f"{beside.name}.trial"))
    write_new(disk, first, b"{}\n", like)
    disk.rename(first, second)
    disk.sync_directory(second.parent)
    _add(disk, second, b"{}\n")
    disk.unlink(second)


def _what_to_do(error: OSError) -> str:
    if error.errno == errno.EBUSY:
        return (
            "it is a mount of its own, which cannot be replaced: mount the directory that holds it instead, then run "
            "afsync again"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "let this user write there (the directory too, files in it are replaced), then run afsync again"
    return "make room or repair the disk, then run afsync again"


def unwritable(paths: Paths, error: OSError) -> StateError:
    place_given = error.filename2 or error.filename
    named = Path(place_given) if isinstance(place_given, str) else paths.state
    place = named.parent if is_temporary(named.name, "") else named
    where = "" if place == paths.state else f" ({place})"
    text = f"The state {paths.state} could not be written: {os_reason(error)}{where}."
    return StateError(text, _what_to_do(error))


def save(disk: Disk, paths: Paths, recorded: Recorded, afsync_version: str, *, least: int = 1) -> Loaded:
    """Write the whole state, in the order that leaves the old one or the new one, whatever happens on the way.

    Whatever journal lies there counts as taken in; the state says so until the journal is gone.
    """
    written = encode_bytes(recorded, afsync_version, folded=_journal_digest(disk, paths), least=least)
    data = written.data
    disk.make_directory(paths.history)
    _clean(disk, paths)
    temporary = temporary_name(disk, paths.state)
    write_new(disk, temporary, data, paths.state)
    _back_up(disk, paths)
    disk.rename(temporary, paths.state)
    disk.sync_directory(paths.state.parent)
    atomic_write(disk, paths.version(recorded.serial, recorded.lineage), data, paths.state)
    with suppress(OSError):
        disk.unlink(paths.journal)
    _prune(disk, paths, recorded.lineage)
    state = disk.identity(paths.state)
    assert state is not None
    sum_ = written.checksum
    return Loaded(recorded, sum_, sum_, state, disk.identity(paths.journal), format=written.format)


def keep_old_format(disk: Disk, paths: Paths, recorded: Recorded, afsync_version: str) -> None:
    """Keep a state as it is before the first write that an older afsync cannot read. No later write removes it.

    A damaged state could not be read by the older afsync either, and must not stop the write that repairs it."""
    with suppress(StateError):
        atomic_write(disk, paths.old_format, encode_bytes(recorded, afsync_version).data)


def append(disk: Disk, paths: Paths, loaded: Loaded, recorded: Recorded, change: bytes) -> Loaded:
    """Write only what changed since `loaded`, as a line of the journal. The first line of a run makes the file."""
    if loaded.pending:
        data, tail = line(change, loaded.tail)
        _add(disk, paths.journal, data)
    else:
        first, total = first_line(loaded.recorded, loaded.checksum, loaded.format)
        data, tail = line(change, total)
        atomic_write(disk, paths.journal, first + data, paths.state)
    journal = disk.identity(paths.journal)
    return replace(loaded, recorded=recorded, tail=tail, journal=journal, pending=True)


def _add(disk: Disk, path: Path, data: bytes) -> None:
    fd = disk.append_to(path)
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
    """Remove what killed writers left. No other process writes meanwhile, so none of it is in use."""
    with suppress(OSError):
        for directory, prefix in ((paths.state.parent, paths.state.name), (paths.history, "")):
            for name in disk.names(directory):
                if is_temporary(name, prefix):
                    disk.unlink(directory / name)


def _prune(disk: Disk, paths: Paths, lineage: str) -> None:
    with suppress(OSError):
        for serial in serials(disk.names(paths.history), lineage)[KEPT:]:
            disk.unlink(paths.version(serial, lineage))
