"""Going back, or forward, to another version of a state, and what must not be forgotten by it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from msgspec.structs import replace

from afsync.core.command_lines import STATE_HISTORY, FlagName, restore_command
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.damaged import Glimpse, merged_sides, moved_hint
from afsync.store.disk import Disk, name_again
from afsync.store.history import UNION, Version, good_copies, read_damaged, read_versions, two_sides, upgrade_hint
from afsync.store.paths import Paths, serials
from afsync.store.state_reader import load
from afsync.store.state_writer import alone, save, unwritable

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
