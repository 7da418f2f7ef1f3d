"""The earlier versions of a state that is kept elsewhere: what each of the last runs began with, under its serial."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from afsync.core.recorded import Recorded
from afsync.errors import StateError
from afsync.store.history import Version, good_version
from afsync.store.paths import serials
from afsync.store.remote.backend import Backend, Conflict, Kept, Unclear
from afsync.store.remote.document import unpack
from afsync.store.remote.writing import Overtaken, put_once
from afsync.store.saving import KEPT


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
    # One that is there already is that of a run which began with the same, and came to nothing.
    with suppress(Overtaken):
        put_once(backend, copy_key(backend, recorded), data, None)
    there = serials(names(backend), recorded.lineage)
    if there and there[0] > recorded.serial:
        text = f"The state {backend.name} is old: its serial is {recorded.serial}, the history already has {there[0]}."
        raise StateError(text, f"`afsync state restore {there[0]}` goes back to that; nothing was changed")
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


def _version(key: str, name: str, there: Kept) -> tuple[Version, Recorded | None]:
    at = there.at.replace(microsecond=0)
    try:
        recorded = unpack(there.data).recorded
    except StateError as error:
        return Version(key, serials((name,))[0], at, problem=error.message), None
    return good_version(key, recorded, at), recorded
