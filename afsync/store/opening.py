"""Which store keeps the state of a project: the one place that knows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from afsync.core.state_place import BadPlace, is_elsewhere, state_place
from afsync.errors import StateError

if TYPE_CHECKING:
    from afsync.store.interface import Store


def open_store(root: Path, state: str, *, afsync_version: str, environ: Mapping[str, str]) -> Store:
    """The store that `state:` names, for the project in `root`. Nothing is read or written yet."""
    directory = (root / ".afsync").absolute()
    if is_elsewhere(state):
        from afsync.store.remote.opening import open_remote

        try:
            return open_remote(directory, state_place(state), state, afsync_version=afsync_version, environ=environ)
        except BadPlace as error:
            raise StateError(error.message, error.hint) from None
    from afsync.store.local import LocalStore
    from afsync.store.paths import Paths, state_path

    return LocalStore(Paths(state_path(root, state), directory), afsync_version=afsync_version)
