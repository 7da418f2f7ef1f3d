"""Earlier versions of a state: what there is, and going back to one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from afsync.core.recorded import Recorded
from afsync.errors import StateError
from afsync.store.disk import Disk, Identity
from afsync.store.format import decode_bytes
from afsync.store.loading import load, why
from afsync.store.paths import Paths, serials
from afsync.store.saving import alone, save, unwritable


@dataclass(frozen=True, slots=True)
class Version:
    """One copy of a state: when it was written (UTC), how much is in it, and what is wrong with it, if anything is.

    `serial` is None where it cannot be read.
    """

    path: Path
    serial: int | None
    written: datetime
    resources: int = 0
    intents: int = 0
    problem: str | None = None


def list_versions(disk: Disk, paths: Paths, lineage: str | None = None) -> tuple[Version, ...]:
    """The copies in the history and the backup, newest first; of one lineage, or of all. One that is in both is
    listed once."""
    found = [version for version, recorded in _copies(disk, paths) if recorded is None or _is(recorded, lineage)]
    unique = {v.serial if v.serial is not None and v.problem is None else v.path: v for v in reversed(found)}
    return tuple(sorted(unique.values(), key=lambda v: (v.serial or 0, v.problem is None), reverse=True))


def newest_good(disk: Disk, paths: Paths, lineage: str | None = None) -> Version | None:
    """The newest copy that can be restored."""
    good = (v for v, recorded in _copies(disk, paths) if recorded is not None and _is(recorded, lineage))
    return max(good, key=lambda v: v.serial or 0, default=None)


def restore(
    disk: Disk, paths: Paths, serial: int, *, lineage: str, afsync_version: str, force: bool = False
) -> Recorded:
    """Write the copy with this serial as a new version, newer than everything there is.

    Numbers that were given out stay given out. StateError when there is no such copy, or when something that is
    known now would be forgotten: an unresolved submission, or an id (`force` goes back all the same). What cannot
    be read is put aside under a name that ends in `.damaged-N`, never thrown away.
    """
    wanted = _find(disk, paths, serial, lineage)
    with alone(disk, paths):
        current = _current(disk, paths)
        if current is not None and not force:
            _refuse_to_forget(current, wanted, serial)
        newest = max([*serials(disk.names(paths.history), lineage), wanted.serial, current.serial if current else 0])
        counter = max(wanted.counter, current.counter if current else 0)
        try:
            if current is None:
                _put_aside(disk, paths)
            # Twice as far as one would: a journal that cannot be read may have held a few serials more.
            return save(disk, paths, replace(wanted, serial=newest + 1, counter=counter), afsync_version).recorded
        except OSError as error:
            raise unwritable(paths, error) from error
