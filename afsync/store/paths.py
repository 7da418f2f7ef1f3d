"""The paths of the state file, and of the files beside it and in `.afsync`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from afsync.core.regex import regex
from afsync.errors import StateError


class Paths(Struct, frozen=True):
    """`state` is the state file; `directory` the project's `.afsync`, which holds the history.

    The journal, the guard and the backup lie beside the state, because they belong to all that use that file. So
    does the lock: two checkouts that share a state share its lock. In the default layout that is `.afsync/lock`.
    """

    state: Path
    directory: Path

    @property
    def journal(self) -> Path:
        return self._beside("journal")

    @property
    def backup(self) -> Path:
        return self._beside("backup")

    @property
    def old_format(self) -> Path:
        """The last version in format 1, which afsync 0.1 reads."""
        return self._beside("format-1")

    @property
    def guard(self) -> Path:
        return self._beside("guard")

    @property
    def lock(self) -> Path:
        """The lock file; the same one by every path to the state, also from another project."""
        place = self.state.parent.resolve()
        default = place == self.directory.resolve() or place.name == self.directory.name
        return place / ("lock" if default else f"{self.state.name}.lock")

    @property
    def elsewhere(self) -> Path:
        """Where a recovery file goes when it cannot lie beside the state."""
        return Path(os.environ.get("TMPDIR") or os.environ.get("TEMP") or "/tmp")

    @property
    def history(self) -> Path:
        return self.directory / "history"

    def version(self, serial: int, lineage: str) -> Path:
        """The copy of one version in the history."""
        return self.history / f"{serial:08d}.{lineage}.json"

    def _beside(self, suffix: str) -> Path:
        return self.state.with_name(f"{self.state.name}.{suffix}")


VERSION_NAME = regex(r"(\d{8,18})\.([0-9A-Fa-f-]{36})\.json")


def serials(names: tuple[str, ...], lineage: str | None = None) -> list[int]:
    """The serials of the versions among the names in a history, newest first; of one lineage, or of all."""
    found = [VERSION_NAME.fullmatch(name) for name in names]
    return sorted((int(m[1]) for m in found if m and lineage in (None, m[2])), reverse=True)


def lineages(paths: Paths) -> list[str]:
    """The lineages in the names of the history."""
    return lineages_of(p.name for p in (paths.history.iterdir() if paths.history.is_dir() else ()))


def lineages_of(names: Iterable[str]) -> list[str]:
    return sorted({m[2] for m in map(VERSION_NAME.fullmatch, names) if m})


def state_path(root: Path, configured: str) -> Path:
    """The state file that `state:` names, relative to the project. StateError where it would be unsafe to use.

    Links on the way are followed once, here. The file itself must not be one: writing replaces a file, so a link
    would be cut, and two states would go on side by side. A link may not leave the project, as
    `../` may not.
    """
    path = root / configured
    try:
        linked, place = path.is_symlink(), path.parent.resolve()
    except OSError as error:
        text = f"The state {path} cannot be read: {error.strerror or error}."
        raise StateError(text, "let this user into the directory, then run afsync again") from error
    if linked:
        hint = "name the file itself in `state:` of afsync.yaml"
        raise StateError(f"The state {path} is a symbolic link; a write would replace the link, not the file.", hint)
    for directory in (path.parent, root / ".afsync", root / ".afsync/history"):
        _check_inside(root, directory)
    return place / path.name


def _check_inside(root: Path, directory: Path) -> None:
    """A project that was cloned must not be able to have files written elsewhere."""
    leads = directory.resolve()
    if not leads.is_relative_to(root.resolve()):
        hint = "replace the link by a directory of the project (move there what it holds)"
        raise StateError(f"{directory} leads out of the project, to {leads}: no state is kept there.", hint)
