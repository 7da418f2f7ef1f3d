"""Recovery files: records that were created but could not be written into the state, each in a file of its own.

They lie beside the state, or, where that does not work either, in the directory for temporary files.
"""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.command_lines import APPLY, INTENTS, RESTORE, forget_command, import_command
from afsync.core.plan.facts import Options
from afsync.core.records import Address, Deposed, Record, RecordedJob, RecordedTemplate
from afsync.core.recovery.resolution import replace_intent
from afsync.core.state import Recorded
from afsync.core.trust.reviews import review_ignored, to_be_cancelled
from afsync.errors import StateError
from afsync.store.canonical_json import FORMAT, InvalidDocument, JsonWriter, compact, parse_object
from afsync.store.disk import Disk, atomic_write
from afsync.store.paths import Paths
from afsync.store.state_file import check, check_kinds, from_json
from afsync.store.state_reader import os_reason as reason
from afsync.store.state_reader import unreadable

MOST = 10_000
"""How many recovery files one directory may hold."""


class RecoveryFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The document in a recovery file."""

    format: int
    lineage: str
    address: Address
    record: Record
    why: str


class Recovery(Struct, frozen=True):
    """A record that was created at an address, and why it could not be written."""

    path: Path
    address: str
    record: Record
    why: str


def keep(disk: Disk, paths: Paths, lineage: str, address: str, record: Record, why: str) -> Path | None:
    """Write a recovery file; its path, or None when no place takes it. Raises nothing: this is the last resort."""
    writer = JsonWriter()
    value = {"lineage": lineage, "address": address, "record": writer.json(record), "why": why[:2000]}
    value["format"] = writer.format
    for directory, name in _places(paths, lineage):
        try:
            taken = set(disk.names(directory))
            path = next(p for n in range(1, MOST) if (p := directory / f"{name}{n}.json").name not in taken)
            atomic_write(disk, path, compact(value).encode() + b"\n")
        except Exception:
            continue
        return path
    return None


def pending(disk: Disk, paths: Paths, lineage: str) -> tuple[Path, ...]:
    """The recovery files of this state, oldest first. StateError when the directory cannot be read."""
    found: list[tuple[int, Path]] = []
    for directory, prefix in _places(paths, lineage):
        for name in _names(disk, directory, paths):
            number = name.removeprefix(prefix).removesuffix(".json")
            if number.isdecimal() and name == f"{prefix}{number}.json":
                found.append((int(number), directory / name))
    # Any user can put a file into a directory for temporary files, but not one that belongs to us.
    return tuple(path for _, path in sorted(found) if disk.is_ours(path))


def _names(disk: Disk, directory: Path, paths: Paths) -> tuple[str, ...]:
    try:
        return disk.names(directory)
    except OSError as error:
        if directory == paths.elsewhere:
            return ()
        raise unreadable(paths, error) from error


def read_recovery(disk: Disk, path: Path, lineage: str) -> Recovery:
    """What a recovery file holds. StateError when it cannot be read, or belongs to another state."""
    try:
        value = parse_object(disk.read(path)[0])
        if value.get("format") not in range(1, FORMAT + 1) or value.get("lineage") != lineage:
            raise InvalidDocument("is of another state, or from another afsync")
        check(value, RecoveryFile)
        file = from_json(value, RecoveryFile)
        check_kinds({file.address: file.record})
        return Recovery(path, file.address, file.record, file.why)
    except OSError as error:
        problem = f"cannot be read: {reason(error)}"
    except InvalidDocument as error:
        problem = str(error)
    hint = f"the run that wrote it printed the id: remove the file, then {import_command('ADDRESS')} records it"
    raise StateError(f"The recovery file {path} {problem}.", hint)


class Merging(Protocol):
    """What of a store is needed to merge recovery files."""

    def read(self, *, unmerged: bool) -> tuple[Recorded, str]: ...

    def write(self, recorded: Recorded, if_version: str) -> str: ...

    def pending(self, lineage: str) -> tuple[Path, ...]: ...


def merge_waiting(store: Merging, disk: Disk) -> tuple[Recovery, ...]:
    """Write what is in recovery files into the state, then remove them; what they held. With the lock only.

    StateError when one cannot be read, or does not go with the state any more; nothing is changed then. OSError when
    one cannot be removed.
    """
    recorded, version = store.read(unmerged=True)
    waiting = tuple(read_recovery(disk, path, recorded.lineage) for path in store.pending(recorded.lineage))
    result = reduce(merged, waiting, recorded)
    if result is not recorded:
        store.write(replace(result, serial=recorded.serial + 1), version)
    for recovery in waiting:
        disk.unlink(recovery.path)
    return waiting


def refuse_unmerged(waiting: tuple[Path, ...]) -> None:
    """StateError while there are recovery files: they hold ids that are not in the state yet."""
    if waiting:
        files = ", ".join(map(str, waiting))
        text = f"An earlier run could not write into the state all that it did; the rest is in {files}."
        raise StateError(text, f"{APPLY} merges that first; {RESTORE} does only that")


def merged(recorded: Recorded, recovery: Recovery) -> Recorded:
    """The state with the record in it; the same state when it is in it already. Once merged, merging it again
    changes nothing.

    Where the address has come to stand for something else since, a template is one too many and is to be deleted;
    a job was paid for, so a person has to decide: StateError.
    """
    address, record = recovery.address, recovery.record
    if record.id in _ids(recorded, record):
        return recorded
    intent = recorded.intent_for(address)
    if intent is not None and intent.fingerprint == record.fingerprint:
        cost = (record.credits or 0) if isinstance(record, RecordedJob) else 0
        made = replace_intent(recorded, intent, record).with_spent(cost)
        if isinstance(record, RecordedJob) and review_ignored(intent, record):
            return to_be_cancelled(made, address, record, intent.at, Options().watch)
        return made
    if intent is None and address not in recorded.resources and record.id not in recorded.foreign:
        return recorded.with_resource(address, record)
    if isinstance(record, RecordedTemplate) and record.id not in recorded.foreign:
        return replace(recorded, deposed=(*recorded.deposed, Deposed(record.id, address)))
    other = recorded.resources.get(address)
    now = f"an unresolved submission of something else (number {intent.seq})" if intent else other and other.id
    but = f"the state now has {now}" if now else "that id is marked in the state as not ours"
    text = f"{address} was created as {record.id} (in {recovery.path}), but {but}."
    undecided = f"decide that submission ({INTENTS}), " if intent else ""
    forget = f"{forget_command(address)}, " if other else ""
    steps = f"{undecided}{forget}{import_command(address, record.id)}"
    raise StateError(text, f"remove the file: the state stays as it is; to record {record.id} after that: {steps}")


def _ids(recorded: Recorded, like: Record) -> set[str]:
    """The ids of everything of one kind that the state knows as ours."""
    ids = {r.id for r in recorded.resources.values() if type(r) is type(like)}
    return ids | {d.id for d in recorded.deposed} if isinstance(like, RecordedTemplate) else ids


def _places(paths: Paths, lineage: str) -> tuple[tuple[Path, str], ...]:
    """Directories and how names begin there, best place first."""
    beside = (paths.state.parent, f"{paths.state.name}.recovery-")
    return beside, (paths.elsewhere, f"afsync-{lineage}.recovery-")
