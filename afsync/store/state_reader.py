"""Reading a state as it is on disk: the file, the journal on top of it, and whether the two belong together."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.canonical_json import InvalidDocument
from afsync.store.disk import Disk, Identity
from afsync.store.journal import Journal, read_journal, replay
from afsync.store.paths import Paths, serials
from afsync.store.state_text import StateDocument, decode_bytes

TRIES = 200
"""How often a reader starts over because a writer replaced the state in between."""


class Loaded(Struct, frozen=True):
    """A state as read: `checksum` is that of the file, `tail` that of the last thing written, in the file or in the
    journal. `state` and `journal` say which files were there; `pending`, that the journal holds what the file lacks;
    `format`, that of the file, in which its journal is too."""

    recorded: Recorded
    checksum: str
    tail: str
    state: Identity
    journal: Identity | None = None
    pending: bool = False
    format: int = 1

    @property
    def version(self) -> str:
        return f"{self.recorded.serial}-{self.tail}"


def load(disk: Disk, paths: Paths, *, old_too: bool = False) -> Loaded:
    """The state with its journal. StateError, naming the file and what is wrong with it; the caller adds what to do.
    `old_too`: also where the history has a newer version.

    Nothing is locked, so that a plan can do it: the history is looked at first, then the state, then the journal,
    and when the state was replaced meanwhile, all of it again.
    """
    try:
        return _load(disk, paths, old_too=old_too)
    except OSError as error:
        raise unreadable(paths, error) from error


def unreadable(paths: Paths, error: OSError) -> StateError:
    """The error names the file that failed: if that is the history, an older copy does not help."""
    place, named = str(error.filename), f"The state {paths.state}"
    if place.startswith(str(paths.directory)) and place != str(paths.state):
        named = f"{place}, which belongs to the state {paths.state},"
    hint = "let this user read it, then run afsync again" if isinstance(error, PermissionError) else None
    return StateError(f"{named} cannot be read: {os_reason(error)}.", hint)


def _load(disk: Disk, paths: Paths, *, old_too: bool) -> Loaded:
    for _ in range(TRIES):
        before = () if old_too else disk.names(paths.history)
        data, state = _read_state(disk, paths.state)
        journal = _read_journal(disk, paths.journal)
        if disk.identity(paths.state) != state:
            continue
        try:
            with collector_paused():
                return _put_together(paths, data, state, journal, before)
        except StateError:
            # What looks like damage may be a line that was being written while we read.
            if journal is None or disk.identity(paths.journal) == journal[1]:
                raise
    raise StateError(
        f"The state {paths.state} keeps changing while it is read.", "try again when no other run writes it"
    )


@contextmanager
def collector_paused() -> Iterator[None]:
    """Nothing that is parsed can be garbage yet, and looking for some takes as long as the parsing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def os_reason(error: OSError) -> str:
    return error.strerror or str(error)


def _read_state(disk: Disk, path: Path) -> tuple[bytes, Identity]:
    try:
        return disk.read(path)
    except FileNotFoundError:
        raise StateError(f"The state {path} is missing.") from None


def _read_journal(disk: Disk, path: Path) -> tuple[bytes, Identity] | None:
    try:
        return disk.read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"The journal {path} cannot be read: {os_reason(error)}.") from error


def _put_together(
    paths: Paths, data: bytes, state: Identity, journal: tuple[bytes, Identity] | None, seen: tuple[str, ...]
) -> Loaded:
    try:
        document = decode_bytes(data)
    except StateError as error:
        raise StateError(f"The state {paths.state} {_sentence(error.message)}") from error
    loaded = Loaded(document.recorded, document.checksum, document.checksum, state, format=document.format)
    if journal is not None:
        loaded = _with_journal(paths, document, loaded, *journal)
    newest = max(serials(seen, loaded.recorded.lineage), default=0)
    if loaded.recorded.serial < newest:
        mine = loaded.recorded.serial
        raise StateError(f"The state {paths.state} is old: its serial is {mine}, the history already has {newest}.")
    return loaded


def _with_journal(paths: Paths, document: StateDocument, loaded: Loaded, data: bytes, identity: Identity) -> Loaded:
    if document.folded == hashlib.sha256(data).hexdigest():
        # It is in the state already: a run was stopped before it could remove it.
        return replace(loaded, journal=identity)
    try:
        journal = read_journal(data)
        _check_base(journal, document)
        recorded = replay(document.recorded, journal)
    except InvalidDocument as error:
        raise StateError(f"The journal {paths.journal} {_sentence(str(error))}") from error
    return replace(loaded, recorded=recorded, tail=journal.tail, journal=identity, pending=True)


def _check_base(journal: Journal, document: StateDocument) -> None:
    recorded = document.recorded
    if (journal.lineage, journal.checksum) != (recorded.lineage, document.checksum):
        raise InvalidDocument(
            f"builds on another state (serial {journal.serial}) than the one beside it (serial {recorded.serial}): "
            "one of the two was replaced, and what the journal holds would be lost"
        )


def _sentence(text: str) -> str:
    starts = ("is ", "has ", "holds ", "does ", "should ", "lacks ", "builds ")
    return f"{text}." if text.startswith(starts) else f"is damaged: {text}."
