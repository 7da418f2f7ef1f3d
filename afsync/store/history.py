"""Earlier versions of a state: what there is, and going back to one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.recorded import Recorded
from afsync.errors import StateError
from afsync.store.disk import Disk, name_again
from afsync.store.fields import Wrong
from afsync.store.format import decode_bytes
from afsync.store.journal import read_journal, replay
from afsync.store.loading import load, unreadable, why
from afsync.store.paths import Paths, serials
from afsync.store.saving import alone, save, unwritable


class Version(Struct, frozen=True):
    """One copy of a state: when it was written (UTC), how much is in it, and what is wrong with it, if anything is.

    Of a copy that cannot be read, the serial is what its name says, or 0.
    """

    path: Path
    serial: int
    written: datetime
    resources: int = 0
    intents: int = 0
    problem: str | None = None


def list_versions(disk: Disk, paths: Paths, lineage: str | None = None) -> tuple[Version, ...]:
    """The copies in the history and the backup, newest first, and what a journal makes of one of them where the
    state itself cannot be read; of one lineage, or of all. A version that is there twice is listed once.

    StateError when the directories cannot be read.
    """
    found: dict[tuple[int, bool], Version] = {}
    try:
        for version, _ in _copies(disk, paths, lineage):
            found.setdefault((version.serial, version.problem is None), version)
    except OSError as error:
        raise unreadable(paths, error) from error
    return tuple(sorted(found.values(), key=lambda v: v.serial, reverse=True))


def newest_good(disk: Disk, paths: Paths, lineage: str | None = None) -> Version | None:
    """The newest copy that can be restored."""
    return next((v for v in list_versions(disk, paths, lineage) if v.problem is None), None)


def restore(
    disk: Disk, paths: Paths, serial: int, *, lineage: str, afsync_version: str, force: bool = False
) -> Recorded:
    """Write the copy with this serial as a new version, newer than everything there is.

    Numbers that were given out stay given out. StateError when there is no such copy, or when something that is
    known now would be forgotten: an unresolved submission, or an id (`force` goes back all the same). A state that
    cannot be read is kept under a name that ends in `.damaged-N`.
    """
    try:
        wanted = _find(disk, paths, serial, lineage)
        with alone(disk, paths):
            current = _readable(disk, paths, lineage)
            if current is not None and not force:
                _refuse_to_forget(current, wanted, serial)
            known = [wanted] if current is None else [wanted, current]
            newest = max([*serials(disk.names(paths.history), lineage), *(r.serial for r in known)])
            if current is None:
                _keep_damaged(disk, paths)
            version = replace(wanted, serial=newest + 1, counter=max(r.counter for r in known))
            return save(disk, paths, version, afsync_version).recorded
    except OSError as error:
        raise unwritable(paths, error) from error


def _copies(disk: Disk, paths: Paths, lineage: str | None) -> Iterator[tuple[Version, Recorded | None]]:
    """Newest first, the backup last. What cannot be read comes with its problem, whatever lineage it is of."""
    names = [n for n in reversed(disk.names(paths.history)) if serials((n,), lineage)]
    salvaged = _salvaged(disk, paths)
    if salvaged is not None and lineage in (None, salvaged.lineage):
        yield _good(disk, paths.journal, salvaged), salvaged
    for path in (*(paths.history / n for n in names), paths.backup, paths.old_format):
        if disk.identity(path) is None:
            continue
        try:
            recorded = decode_bytes(disk.read(path)[0]).recorded
        except OSError as error:
            yield _bad(disk, path, f"cannot be read: {why(error)}"), None
        except StateError as error:
            yield _bad(disk, path, error.message), None
        else:
            if lineage in (None, recorded.lineage):
                yield _good(disk, path, recorded), recorded


def _salvaged(disk: Disk, paths: Paths) -> Recorded | None:
    """Where the state and its journal do not make a whole: the journal, as far as it is good, on top of the copy that
    it builds on. It may hold what is nowhere else."""
    with suppress(FileNotFoundError, Wrong):
        journal = read_journal(disk.read(paths.journal)[0], damaged=True)
        with suppress(StateError):
            load(disk, paths)
            return None
        for base in (paths.state, paths.version(journal.serial, journal.lineage), paths.backup):
            with suppress(FileNotFoundError, StateError):
                document = decode_bytes(disk.read(base)[0])
                if (document.recorded.lineage, document.checksum) == (journal.lineage, journal.checksum):
                    return replay(document.recorded, journal)
    return None


def _good(disk: Disk, path: Path, recorded: Recorded) -> Version:
    return Version(path, recorded.serial, _written(disk, path), len(recorded.resources), len(recorded.intents))


def _bad(disk: Disk, path: Path, problem: str) -> Version:
    return Version(path, next(iter(serials((path.name,))), 0), _written(disk, path), problem=problem)


def _written(disk: Disk, path: Path) -> datetime:
    identity = disk.identity(path)
    return datetime.fromtimestamp(identity.mtime_ns // 10**9 if identity else 0, UTC)


def _find(disk: Disk, paths: Paths, serial: int, lineage: str) -> Recorded:
    for version, recorded in _copies(disk, paths, lineage):
        if version.serial == serial and recorded is not None:
            return recorded
    raise StateError(f"There is no good copy with the serial {serial}.", "`afsync state history` lists what there is")


def _readable(disk: Disk, paths: Paths, lineage: str) -> Recorded | None:
    """The state as it is, where it can be read and is ours; an old one that was put in the place of a newer one
    does not count."""
    with suppress(StateError):
        recorded = load(disk, paths).recorded
        return recorded if recorded.lineage == lineage else None
    return None


def _refuse_to_forget(current: Recorded, wanted: Recorded, serial: int) -> None:
    known = {(i.seq, i.address) for i in wanted.intents}
    ids = {r.id for r in wanted.resources.values()} | {d.id for d in wanted.deposed}
    lost = [f"the unresolved submission of {i.address}" for i in current.intents if (i.seq, i.address) not in known]
    lost += [f"{a} ({r.id})" for a, r in sorted(current.resources.items()) if r.id not in ids]
    if lost:
        shown = ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")
        hint = "resolve and import what matters first, or add --force"
        raise StateError(f"The state can be read, and going back to serial {serial} would forget {shown}.", hint)


def _keep_damaged(disk: Disk, paths: Paths) -> None:
    """A second name for what cannot be read, before its own name goes to the restored version."""
    for path in (paths.state, paths.journal):
        if disk.identity(path) is None:
            continue
        number = 1
        while disk.identity(aside := path.with_name(f"{path.name}.damaged-{number}")) is not None:
            number += 1
        name_again(disk, path, aside)
