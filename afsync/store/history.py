"""Earlier versions of a state: what there is, and going back to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.command_lines import IMPORT_MATCH, INIT, RESTORE_UNION, STATE_HISTORY, FlagName, restore_command
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.canonical_json import InvalidDocument
from afsync.store.damaged import Glimpse, glimpse, merge_sides, merged_sides, moved_hint
from afsync.store.disk import Disk, name_again
from afsync.store.journal import read_journal, replay
from afsync.store.paths import Paths, lineages, serials
from afsync.store.state_reader import load, os_reason, unreadable
from afsync.store.state_text import decode_bytes
from afsync.store.state_writer import alone, save, unwritable

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


WITHOUT_UNION = f"{STATE_HISTORY} lists the versions that can be restored"


def restore(
    disk: Disk, paths: Paths, serial: int, *, lineage: str, afsync_version: str, force: bool = False
) -> Recorded:
    """Write the copy with this serial as a new version, newer than everything there is.

    Serials and submission numbers are never reused. StateError when there is no such copy, or when something that is
    known now, or that a damaged state still names, would be forgotten: an unresolved submission, or an id (`force` goes
    back all the same). A state that cannot be read, or that knows what a newer copy lacks, is kept under a name that
    ends in `.damaged-N`.
    """
    try:
        wanted = version_with(serial, read_versions(disk, paths, lineage))
        with alone(disk, paths):
            current = _readable(disk, paths, lineage)
            seen = read_damaged(disk, paths, lineage) if current is None else Glimpse()
            if not force:
                refuse_loss(current, seen, wanted, serial, union=current is None and two_sides(disk, paths) is not None)
                refuse_skipping(current, wanted, good_copies(disk, paths, lineage))
            version = as_newest(wanted, current, seen, serials(disk.names(paths.history), lineage))
            if current is None or missing_in_newer(current, wanted):
                _keep_damaged(disk, paths)
            return save(disk, paths, version, afsync_version).recorded
    except OSError as error:
        raise unwritable(paths, error) from error


def unite(disk: Disk, paths: Paths, *, lineage: str, afsync_version: str) -> Recorded:
    """Write what both sides of a merge hold, where the state has its markers, as a new version. StateError where there
    are none, a side is not sound, or the two contradict each other; nothing is changed then."""
    try:
        with alone(disk, paths):
            both = two_sides(disk, paths)
            if both is None or disk.identity(paths.journal) is not None:
                why_not = "a journal is beside it" if both else "it does not hold two sound sides of a merge"
                raise StateError(f"The state {paths.state} cannot be put together: {why_not}.", WITHOUT_UNION)
            result = merged_sides(*both)
            if result.lineage != lineage:
                raise StateError(f"The two sides are of another project: their lineage is {result.lineage}.")
            newest = max([*serials(disk.names(paths.history), lineage), *(r.serial for r in both)])
            _keep_damaged(disk, paths)
            return save(disk, paths, replace(result, serial=newest + 1), afsync_version).recorded
    except OSError as error:
        raise unwritable(paths, error) from error


def forgotten(seen: Glimpse, wanted: Recorded) -> list[str]:
    """What a damaged state names and `wanted` lacks."""
    ids = _held(wanted) | (_dropped(wanted) if 0 < seen.serial < wanted.serial else set())
    known = {i.address for i in wanted.intents}
    lost = [f"{address} ({resource_id})" for address, resource_id in seen.records if resource_id not in ids]
    held = {address for address, _ in seen.records}
    return lost + [f"the submission of {address}" for address in seen.open if address not in known | held]


def _held(recorded: Recorded) -> set[str]:
    return {r.id for r in recorded.resources.values()} | {d.id for d in recorded.deposed}


def _dropped(recorded: Recorded) -> set[str]:
    """The ids that this state has known, or was shown, and does not keep as its resources."""
    return {*recorded.watched, *recorded.forgotten, *recorded.foreign}


def version_with(serial: int, versions: Iterable[tuple[Version, Recorded | None]]) -> Recorded:
    """The state with this serial. StateError when none of the versions has it and can be read."""
    for version, recorded in versions:
        if version.serial == serial and recorded is not None:
            return recorded
    raise StateError(f"There is no good copy with the serial {serial}.", f"{STATE_HISTORY} lists what there is")


def as_newest(wanted: Recorded, current: Recorded | None, seen: Glimpse, serials_kept: Iterable[int]) -> Recorded:
    """`wanted` with a serial above all that are known, and a counter that gives out no number twice."""
    known = [wanted] if current is None else [wanted, current]
    newest = max([*serials_kept, *(r.serial for r in known), seen.serial])
    return replace(wanted, serial=newest + 1, counter=max(seen.counter, *(r.counter for r in known)))


def refuse_loss(current: Recorded | None, seen: Glimpse, wanted: Recorded, serial: int, *, union: bool) -> None:
    """StateError when going to `wanted` would forget something that the current state holds, or, where that cannot be
    read, still names."""
    if current is None:
        refuse_damaged(seen, wanted, serial, union=union)
    elif wanted.serial > current.serial:
        _refuse_unexplained(current, wanted)
    else:
        refuse_to_forget(current, wanted, serial)


def missing_in_newer(current: Recorded, wanted: Recorded) -> list[str]:
    """What the current state holds, and a newer copy neither holds nor shows to have been dropped.

    A serial alone does not show that one follows the other: in a merge of two branches the newer one may never have
    known what the older one submitted. Templates are free, so they do not count."""
    if wanted.serial <= current.serial:
        return []
    known = _held(wanted) | _dropped(wanted)
    intents = {i.uuid for i in wanted.intents}
    lost = [f"the unresolved {i.purpose} of {i.address}" for i in current.intents if i.uuid not in intents]
    return lost + [f"{a} ({r.id})" for a, r in sorted(current.jobs.items()) if r.id not in known]


def _refuse_unexplained(current: Recorded, wanted: Recorded) -> None:
    lost = missing_in_newer(current, wanted)
    if lost:
        text = (
            f"Serial {wanted.serial} is newer than the state, which has {current.serial}, but it lacks "
            f"{shortened(lost)}, and does not say why."
        )
        again = restore_command(wanted.serial, force=True)
        hint = f"if it was resolved, cancelled or forgotten since: {again}; else that, and import it before any apply"
        raise StateError(text, hint)


def refuse_skipping(current: Recorded | None, wanted: Recorded, copies: Iterable[Recorded]) -> None:
    """StateError when an old state is to be replaced by a copy that lacks what the newest one holds."""
    newest = next(iter(copies), None)
    if current is not None and newest is not None and newest.serial > max(current.serial, wanted.serial):
        refuse_to_forget(newest, wanted, wanted.serial)


def _readable(disk: Disk, paths: Paths, lineage: str) -> Recorded | None:
    """The state as it is, where it can be read and is ours; also an old one that was put in the place of a newer."""
    with suppress(StateError):
        recorded = load(disk, paths, old_too=True).recorded
        return recorded if recorded.lineage == lineage else None
    return None


def refuse_damaged(seen: Glimpse, wanted: Recorded, serial: int, *, union: bool) -> None:
    if seen.moved_to:
        raise StateError(
            f"The state has moved to {seen.moved_to}; nothing is restored here.", moved_hint(seen.moved_to)
        )
    if seen.newer:
        text = "The state is from a newer afsync; going back to an older version would forget what it holds."
        raise StateError(text, upgrade_hint(seen.writer))
    lost = forgotten(seen, wanted)
    if lost:
        text = f"The state is damaged, but it shows that going back to serial {serial} would forget {shortened(lost)}."
        hint = f"put the undamaged file back if there is one; else add {FlagName.FORCE}, and import these"
        raise StateError(text, UNION if union else hint)


def shortened(lost: list[str]) -> str:
    return ", ".join(lost[:5]) + (f" and {len(lost) - 5} more" if len(lost) > 5 else "")


def refuse_to_forget(current: Recorded, wanted: Recorded, serial: int) -> None:
    known = {(i.seq, i.address) for i in wanted.intents}
    ids = _held(wanted)
    lost = [f"the unresolved {i.purpose} of {i.address}" for i in current.intents if (i.seq, i.address) not in known]
    lost += [f"{a} ({r.id})" for a, r in sorted(current.resources.items()) if r.id not in ids]
    if lost:
        hint = f"resolve and import what matters first, or add {FlagName.FORCE}"
        raise StateError(
            f"The state can be read, and going back to serial {serial} would forget {shortened(lost)}.", hint
        )


def _keep_damaged(disk: Disk, paths: Paths) -> None:
    """A second name for what cannot be read, before its own name goes to the restored version."""
    for path in (paths.state, paths.journal):
        if disk.identity(path) is None:
            continue
        number = 1
        while disk.identity(aside := path.with_name(f"{path.name}.damaged-{number}")) is not None:
            number += 1
        name_again(disk, path, aside)
