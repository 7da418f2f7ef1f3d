"""The engine for a place elsewhere, and the store over it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

from afsync.core.run_page import run_page
from afsync.core.state_place import BranchPlace, ObjectPlace, Place
from afsync.errors import StateError
from afsync.store.remote.backend import Backend
from afsync.store.remote.store import RemoteStore, Run

PAUSE = 1.0
"""Seconds before a write goes out once more."""


def open_remote(
    directory: Path, place: Place, name: str, *, afsync_version: str, environ: Mapping[str, str]
) -> RemoteStore:
    """`directory` is the project's `.afsync`; `name` what `state:` says."""
    run = Run(os.urandom(16).hex(), afsync_version, run_page(environ), lambda: time.sleep(PAUSE))
    return RemoteStore(_backend(directory.parent, place, name, environ), directory, run)


def _backend(root: Path, place: Place, name: str, environ: Mapping[str, str]) -> Backend:
    if isinstance(place, BranchPlace):
        from afsync.store.branch.backend import branch_backend

        return branch_backend(root, place, environ)
    if isinstance(place, ObjectPlace):
        from afsync.store.remote.objects import object_backend

        return object_backend(place, name, environ)
    raise StateError(f"{name} is a path.")
