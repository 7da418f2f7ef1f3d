"""Going back to an earlier version of a state that is kept elsewhere."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.recorded import Recorded
from afsync.errors import StateError
from afsync.store.damaged import Glimpse, glimpse
from afsync.store.history import refuse_damaged, refuse_to_forget
from afsync.store.paths import serials
from afsync.store.remote.backend import Backend, Kept
from afsync.store.remote.copies import names, read_copies
from afsync.store.remote.document import pack, plain, unpack
from afsync.store.remote.writing import Overtaken, put_once


def restore(backend: Backend, serial: int, *, lineage: str, afsync_version: str, nonce: str, force: bool) -> Recorded:
    """Write the copy with this serial as a new version, newer than everything there is. Numbers that were given out
    stay given out. A state that cannot be read is kept under a key that ends in `.damaged-N`."""
    wanted = _find(backend, serial, lineage)
    there = backend.get(backend.key)
    current, seen = _readable(there, lineage), Glimpse()
    if there is not None and current is None:
        seen = _look(there, lineage)
    if not force:
        if current is not None:
            refuse_to_forget(current, wanted, serial)
        else:
            refuse_damaged(seen, wanted, serial, union=False)
    known = [wanted] if current is None else [wanted, current]
    newest = max([*serials(names(backend), lineage), *(r.serial for r in known), seen.serial])
    if there is not None and current is None:
        _keep_damaged(backend, there)
    version = replace(wanted, serial=newest + 1, counter=max(seen.counter, *(r.counter for r in known)))
    data = pack(version, nonce, afsync_version, packed=backend.packed)
    put_once(backend, backend.key, data, there.version if there else None)
    return version


def _find(backend: Backend, serial: int, lineage: str) -> Recorded:
    for version, recorded in read_copies(backend, lineage):
        if version.serial == serial and recorded is not None:
            return recorded
    raise StateError(f"There is no good copy with the serial {serial}.", "`afsync state history` lists what there is")


def _readable(there: Kept | None, lineage: str) -> Recorded | None:
    try:
        recorded = unpack(there.data).recorded if there else None
    except StateError:
        return None
    return recorded if recorded is not None and recorded.lineage == lineage else None


def _look(there: Kept, lineage: str) -> Glimpse:
    try:
        return glimpse(plain(there.data), b"", lineage)
    except StateError:
        return Glimpse()


def _keep_damaged(backend: Backend, there: Kept) -> None:
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
