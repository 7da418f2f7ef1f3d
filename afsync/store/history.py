"""The versions of a state: which there are, and which can be used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from afsync.core.command_lines import IMPORT_MATCH, INIT, RESTORE_UNION, restore_command
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.canonical_json import InvalidDocument
from afsync.store.damaged import Glimpse, glimpse, merge_sides, moved_hint
from afsync.store.disk import Disk
from afsync.store.journal import read_journal, replay
from afsync.store.paths import Paths, lineages, serials
from afsync.store.state_reader import load, os_reason, unreadable
from afsync.store.state_text import decode_bytes

UNION = f"{RESTORE_UNION} keeps what both sides hold; do not restore an older version"


def upgrade_hint(writer: str | None) -> str:
    """The hint for a state of a newer afsync; `writer` is its version, if known."""
    needed = f"upgrade afsync to {writer or 'the version that wrote it'}, or a later one"
    return f"{needed}; do not restore an older copy"


class Version(Struct, frozen=True):
    """One copy of a state: when it was written (UTC), how much is in it, and what is wrong with it, if anything is.

    Of a copy that cannot be read, the serial is what its name says, or 0. `place` is where it is, for people;
    `beside`, that this is not the history.
    """

    place: str
    serial: int
    written: datetime
    resources: int = 0
    intents: int = 0
    problem: str | None = None
    beside: bool = False

    @property
    def file(self) -> str:
        return self.place.replace("\\", "/").rpartition("/")[2]


def list_versions(disk: Disk, paths: Paths, lineage: str | None = None) -> tuple[Version, ...]:
    """The copies in the history and the backup, newest first, and what a journal makes of one of them where the
    state itself cannot be read; of one lineage, or of all. A version that is there twice is listed once.

    StateError when the directories cannot be read.
    """
    found: dict[tuple[int, bool], Version] = {}
    try:
        for version, _ in read_versions(disk, paths, lineage):
            found.setdefault((version.serial, version.problem is None), version)
    except OSError as error:
        raise unreadable(paths, error) from error
    return tuple(sorted(found.values(), key=lambda v: v.serial, reverse=True))


def good_copies(disk: Disk, paths: Paths, lineage: str) -> Iterator[Recorded]:
    """What can be restored from the history, newest first."""
    for version, recorded in read_versions(disk, paths, lineage):
        if recorded is not None and not version.beside:
            yield recorded


def newest_good(disk: Disk, paths: Paths, lineage: str | None = None) -> Version | None:
    """The newest copy that can be restored."""
    return next((v for v in list_versions(disk, paths, lineage) if v.problem is None), None)


def two_sides(disk: Disk, paths: Paths) -> tuple[Recorded, Recorded] | None:
    """What a merge with conflicts has put into the state; None where it is something else, or a side is damaged."""
    with suppress(OSError, StateError):
        found = merge_sides(disk.read(paths.state)[0])
        if found is not None:
            return decode_bytes(found[0]).recorded, decode_bytes(found[1]).recorded
    return None


def read_damaged(disk: Disk, paths: Paths, lineage: str) -> Glimpse:
    """What can still be read of a damaged state."""
    texts = []
    for path in (paths.state, paths.journal):
        try:
            texts.append(disk.read(path)[0])
        except OSError:
            texts.append(b"")
    return glimpse(texts[0], texts[1], lineage)


def read_versions(disk: Disk, paths: Paths, lineage: str | None) -> Iterator[tuple[Version, Recorded | None]]:
    """Newest first, the backup last. What cannot be read comes with its problem, whatever lineage it is of."""
    names = [n for n in reversed(disk.names(paths.history)) if serials((n,), lineage)]
    salvaged = _salvaged(disk, paths)
    if salvaged is not None and lineage in (None, salvaged.lineage):
        yield _good(disk, paths, paths.journal, salvaged), salvaged
    for path in (*(paths.history / n for n in names), paths.backup, paths.old_format):
        if disk.identity(path) is None:
            continue
        try:
            recorded = decode_bytes(disk.read(path)[0]).recorded
        except OSError as error:
            yield _bad(disk, paths, path, f"cannot be read: {os_reason(error)}"), None
        except StateError as error:
            yield _bad(disk, paths, path, error.message), None
        else:
            if lineage in (None, recorded.lineage):
                yield _good(disk, paths, path, recorded), recorded


def _salvaged(disk: Disk, paths: Paths) -> Recorded | None:
    """Where the state and its journal do not make a whole: the journal, as far as it is good, on top of the copy that
    it builds on. It may hold what is nowhere else."""
    with suppress(FileNotFoundError, InvalidDocument):
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


def _good(disk: Disk, paths: Paths, path: Path, recorded: Recorded) -> Version:
    return good_version(str(path), recorded, _written(disk, path), beside=path.parent != paths.history)


def good_version(place: str, recorded: Recorded, written: datetime, *, beside: bool = False) -> Version:
    return Version(place, recorded.serial, written, len(recorded.resources), len(recorded.intents), beside=beside)


def _bad(disk: Disk, paths: Paths, path: Path, problem: str) -> Version:
    serial = next(iter(serials((path.name,))), 0)
    return Version(str(path), serial, _written(disk, path), problem=problem, beside=path.parent != paths.history)


def _written(disk: Disk, path: Path) -> datetime:
    identity = disk.identity(path)
    return datetime.fromtimestamp(identity.mtime_ns // 10**9 if identity else 0, UTC)


def recovery_hint(disk: Disk, paths: Paths) -> str:
    """The best that can be done, as the hint of an error."""
    names = lineages(paths)
    seen = read_damaged(disk, paths, names[0] if len(names) == 1 else "")
    if seen.moved_to:
        return moved_hint(seen.moved_to)
    if seen.newer:
        return upgrade_hint(seen.writer)
    if two_sides(disk, paths):
        return UNION
    try:
        good = newest_good(disk, paths)
    except StateError:
        good = None
    if good is None:
        return _nothing_left(disk, paths)
    found = f"the newest good copy has the serial {good.serial} ({good.place})"
    if seen.serial > good.serial:
        found += f", and the damaged one had {seen.serial}: what was submitted in between would be forgotten"
    return f"{found}: {restore_command(good.serial)} takes it, or put back the file that belongs there"


def _nothing_left(disk: Disk, paths: Paths) -> str:
    """What to do without any copy. A new state alone would not know what was paid for."""
    begin = f"{INIT}, then {IMPORT_MATCH}, which finds again what it held"
    if disk.identity(paths.state) is None:
        lost = f"if it is lost: {begin}; in a new project: {INIT}"
    else:
        lost = f"if it is lost, move this away, then {begin}"
    return f"no good copy is here: put the file back from where you keep it; {lost}"
