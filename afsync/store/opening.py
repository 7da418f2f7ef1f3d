"""Which store keeps the state of a project: the one place that reads `state:`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from afsync.core.links import run_page
from afsync.core.state_place import BadPlace, BranchPlace, ObjectPlace, Place, is_elsewhere, state_place
from afsync.errors import StateError
from afsync.store.local import LocalStore
from afsync.store.paths import Paths, state_path

if TYPE_CHECKING:
    from afsync.store.interface import Store
    from afsync.store.remote.backend import Backend
    from afsync.store.remote.store import RemoteStore


def open_store(root: Path, state: str, *, afsync_version: str, environ: Mapping[str, str]) -> Store:
    """The store that `state:` names, for the project in `root`. Nothing is read or written yet."""
    directory = (root / ".afsync").absolute()
    if is_elsewhere(state):
        try:
            return open_remote(directory, state_place(state), state, afsync_version=afsync_version, environ=environ)
        except BadPlace as error:
            raise StateError(error.message, error.hint) from None
    return LocalStore(Paths(state_path(root, state), directory), afsync_version=afsync_version)


INSTALL = 'install it: `pip install "afsync[remote]"`'

PAUSE = 1.0
"""Seconds before a write goes out once more."""


def open_remote(
    directory: Path, place: Place, name: str, *, afsync_version: str, environ: Mapping[str, str]
) -> RemoteStore:
    """`directory` is the project's `.afsync`; `name` what `state:` says."""
    from afsync.store.remote.store import RemoteStore, RunIdentity

    run = RunIdentity(os.urandom(16).hex(), afsync_version, run_page(environ), lambda: time.sleep(PAUSE))
    return RemoteStore(_backend(directory.parent, place, name, environ), directory, run)


def _backend(root: Path, place: Place, name: str, environ: Mapping[str, str]) -> Backend:
    if isinstance(place, BranchPlace):
        from afsync.store.branch.backend import branch_backend

        return branch_backend(root, place, environ)
    if isinstance(place, ObjectPlace):
        try:
            from afsync.store.remote.objects import object_backend
        except ImportError as error:
            if (error.name or "").startswith("afsync"):
                raise
            raise StateError(f"To keep a state in {name}, afsync needs the package obstore.", INSTALL) from None

        return object_backend(place, name, environ)
    raise StateError(f"{name} is a path.")
