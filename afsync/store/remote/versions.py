"""The earlier versions of a state that is kept elsewhere: what each of the last runs began with, under its serial."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import suppress

from msgspec import Struct

from afsync.core.command_lines import IMPORT_MATCH, INIT, restore_command
from afsync.core.state import Recorded
from afsync.errors import StateError, StateLocked
from afsync.store.damaged import Glimpse, glimpse, moved_hint, moved_to
from afsync.store.disk import LARGEST
from afsync.store.history import Version, good_version
from afsync.store.interface import overtaken
from afsync.store.paths import serials
from afsync.store.remote.backend import Backend, Conflict, Overtaken, StoredDocument, Unclear, put_once
from afsync.store.restore import as_newest, missing_in_newer, refuse_loss, refuse_skipping, version_with
from afsync.store.state_text import StateDocument, decode_bytes, encode_bytes
from afsync.store.state_writer import KEPT


def folder(backend: Backend) -> str:
    return f"{backend.key}.history/"


def copy_key(backend: Backend, recorded: Recorded) -> str:
    ending = ".json.gz" if backend.packed else ".json"
    return f"{folder(backend)}{recorded.serial:08d}.{recorded.lineage}{ending}"


def names(backend: Backend) -> tuple[str, ...]:
    """The names in the history, as those of a history on disk."""
    start = folder(backend)
    return tuple(key.removeprefix(start).removesuffix(".gz") for key in backend.list(start))


def keep_copy(backend: Backend, recorded: Recorded, data: bytes) -> None:
    """Keep what a run begins with. StateError where it cannot be kept, or where the history has a newer version."""
    # One that is there already is that of a run which began with the same state and wrote nothing.
    with suppress(Overtaken):
        put_once(backend, copy_key(backend, recorded), data, None)
    there = serials(names(backend), recorded.lineage)
    if there and there[0] > recorded.serial:
        text = f"The state {backend.name} is old: its serial is {recorded.serial}, the history already has {there[0]}."
        raise StateError(text, f"{restore_command(there[0])} goes back to that; nothing was changed")
    for serial in there[KEPT:]:
        with suppress(Conflict, Unclear, StateError):
            backend.delete(copy_key(backend, Recorded(recorded.lineage, serial)), None)


def read_copies(backend: Backend, lineage: str | None) -> Iterator[tuple[Version, Recorded | None]]:
    """Newest first. What cannot be read comes with its problem."""
    start = folder(backend)
    for key in reversed(backend.list(start)):
        name = key.removeprefix(start).removesuffix(".gz")
        there = backend.get(key) if serials((name,), lineage) else None
        if there is not None:
            yield _version(key, name, there)


def _version(key: str, name: str, there: StoredDocument) -> tuple[Version, Recorded | None]:
    at = there.at.replace(microsecond=0)
    try:
        recorded = unpack(there.data).recorded
    except StateError as error:
        return Version(key, serials((name,))[0], at, problem=error.message), None
    return good_version(key, recorded, at), recorded


def restore(backend: Backend, serial: int, *, lineage: str, afsync_version: str, nonce: str, force: bool) -> Recorded:
    """Write the copy with this serial as a new version, newer than everything there is. Numbers that were given out
    stay given out. A state that cannot be read, or that knows what a newer copy lacks, is kept under a key that ends in
    `.damaged-N`."""
    wanted = version_with(serial, read_copies(backend, lineage))
    there = backend.get(backend.key)
    current, seen = _readable(there, lineage), Glimpse()
    if there is not None and current is None:
        seen = _look(there, lineage)
    if not force:
        refuse_loss(current, seen, wanted, serial, union=False)
        refuse_skipping(current, wanted, (r for _, r in read_copies(backend, lineage) if r is not None))
    version = as_newest(wanted, current, seen, serials(names(backend), lineage))
    if there is not None and (current is None or missing_in_newer(current, wanted)):
        _keep_damaged(backend, there)
    data = pack(version, nonce, afsync_version, packed=backend.packed)
    put_once(backend, backend.key, data, there.version if there else None)
    return version


def _readable(there: StoredDocument | None, lineage: str) -> Recorded | None:
    try:
        recorded = unpack(there.data).recorded if there else None
    except StateError:
        return None
    return recorded if recorded is not None and recorded.lineage == lineage else None


def _look(there: StoredDocument, lineage: str) -> Glimpse:
    try:
        return glimpse(plain(there.data), b"", lineage)
    except StateError:
        return Glimpse()


def _keep_damaged(backend: Backend, there: StoredDocument) -> None:
    number = 1
    while True:
        try:
            put_once(backend, f"{backend.key}.damaged-{number}", there.data, None)
        except Overtaken as error:
            if error.there is None:
                raise StateError(f"{backend.name} does not keep a copy of the damaged state.") from None
            number += 1
        else:
            return


LEVEL = 4
MAGIC = b"\x1f\x8b"
HEAD = b'{"nonce": '


class Unpacked(Struct, frozen=True):
    """A document as read. `nonce` is that of the run that wrote it; empty when something else put it there."""

    document: StateDocument
    nonce: str

    @property
    def recorded(self) -> Recorded:
        return self.document.recorded


def pack(recorded: Recorded, nonce: str, afsync_version: str, *, packed: bool) -> bytes:
    """The document of a state: the same bytes every time, and no other run's, so they show whose write it was."""
    head = json.dumps({"nonce": nonce, "serial": recorded.serial}).encode() + b"\n"
    data = head + encode_bytes(recorded, afsync_version).data
    return gzip.compress(data, LEVEL, mtime=0) if packed else data


def unpack(data: bytes) -> Unpacked:
    """StateError, whose message can follow the name of the place. A plain state file is read as well."""
    text, nonce = plain(data), ""
    if text.startswith(HEAD):
        line, _, text = text.partition(b"\n")
        try:
            nonce = str(json.loads(line)["nonce"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise StateError("is damaged in its first line") from None
    return Unpacked(decode_bytes(text), nonce)


def plain(data: bytes) -> bytes:
    """The text of a document. StateError when it cannot be unpacked."""
    if not data.startswith(MAGIC):
        return data
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, LARGEST)
    except zlib.error:
        raise StateError("is damaged: it cannot be unpacked") from None
    if not unpacker.eof:
        raise StateError("is cut off, or far too large")
    return text


class KnownDocument(Struct, frozen=True):
    """A state as read or written last: the value, the version under which it is kept, and its bytes."""

    recorded: Recorded
    version: str
    data: bytes


def read_newest(backend: Backend) -> KnownDocument:
    """The state as it is now. StateError, with what to do, when it is missing or cannot be read."""
    there = backend.get(backend.key)
    if there is None:
        raise missing(backend)
    try:
        return KnownDocument(unpack(there.data).recorded, there.version, there.data)
    except StateError as error:
        place = moved_to(there.data)
        hint = moved_hint(place) if place else recovery_hint(backend)
        raise StateError(f"The state {backend.name} {error.message}.", hint) from error


def missing(backend: Backend) -> StateError:
    """The error where there is no state."""
    return StateError(f"The state {backend.name} is missing.", recovery_hint(backend, missing=True))


def recovery_hint(backend: Backend, *, missing: bool = False) -> str:
    """What can be done about a state that is missing or cannot be read, from what the history has."""
    good = next((v for v, _ in read_copies(backend, None) if v.problem is None), None)
    if good is not None:
        return f"{restore_command(good.serial)} takes the newest good copy, or put back what belongs there"
    lost = f"{INIT}, then {IMPORT_MATCH}, which finds the resources again"
    if missing:
        return f"in a new project: {INIT}; where the state was lost: {lost}"
    return f"no copy is in its history: put the right file back, or remove the one that is there, then {lost}"


def explain_loss(backend: Backend, before: Recorded, there: StoredDocument | None) -> StateError | StateLocked:
    """Why the state that this run has read or written, `before`, is not there any more."""
    if there is None:
        hint = recovery_hint(backend, missing=True)
        return StateError(f"The state {backend.name} is gone: something has removed it.", hint)
    try:
        serial = unpack(there.data).recorded.serial
    except StateError as error:
        return StateError(f"The state {backend.name} was overwritten: it {error.message}.", recovery_hint(backend))
    if serial < before.serial:
        text = f"{backend.name} has lost a write that it acknowledged: its serial is {serial}, not {before.serial}."
        return StateError(text, "nothing more was written or sent; do not pay with a store that forgets")
    return overtaken(backend.name)
