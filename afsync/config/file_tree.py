"""The directories of a project, each listed once, and never more than a bounded number of names."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from msgspec import Struct

from afsync.config.problems import Code, InvalidValue

MAX_LOOKS: Final = 1_000_000
"""How many names all patterns of a project together may be compared with."""

_DIRECTORY: Final = 10
"""What going into a directory costs, in names."""


class DirectoryEntry(Struct, frozen=True):
    """A name in a directory. `broken` is why a symbolic link cannot be followed."""

    name: str
    directory: bool
    link: bool
    broken: str | None = None


class Tree:
    """The files below `root`. Directories are named by their real paths, symbolic links resolved."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._listed: dict[Path, tuple[DirectoryEntry, ...]] = {}
        self._looks = 0

    def entries(self, directory: Path, shown: str, times: int = 1) -> tuple[DirectoryEntry, ...]:
        """What is in a directory, sorted by name, to be compared so many times; `shown` is what messages call it.

        InvalidValue(unreadable, out_of_range).
        """
        if directory not in self._listed:
            try:
                with os.scandir(directory) as found:
                    names = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                raise _unlisted(shown or ".", error) from None
            self._listed[directory] = tuple(_entry(name) for name in names)
        self._count(_DIRECTORY + len(self._listed[directory]) * times)
        return self._listed[directory]

    def entry(self, directory: Path, name: str, shown: str) -> DirectoryEntry | None:
        """One name in a directory that need not be listed for it; None if missing. Raises InvalidValue(unreadable)."""
        self._count(1)
        path = directory / name
        try:
            status = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                return None
            raise _unlisted(shown, error) from None
        return _followed(path, name, link=stat.S_ISLNK(status.st_mode))

    def is_directory(self, path: str) -> bool:
        """Whether a path below the root is a directory that can be seen."""
        try:
            return (self.root / path).is_dir()
        except OSError:
            return False

    def into(self, directory: Path, entry: DirectoryEntry, shown: str) -> Path:
        """The real path of a directory in another one. InvalidValue(outside_project, unreadable)."""
        path = directory / entry.name
        if not entry.link:
            return path
        real = path.resolve()
        if not real.is_relative_to(self.root):
            message = f"`{_short(shown)}` is a link to a directory outside of the project"
            raise InvalidValue(
                Code.OUTSIDE_PROJECT, message, "move that directory below afsync.yaml, or narrow the pattern"
            )
        return real

    def _count(self, names: int) -> None:
        self._looks += names
        if self._looks > MAX_LOOKS:
            message = f"`include` has to look at more than {MAX_LOOKS:,} names"
            raise InvalidValue(Code.OUT_OF_RANGE, message, "name the directories that are meant in place of `**`")


def _entry(found: os.DirEntry[str]) -> DirectoryEntry:
    if found.is_symlink():
        return _followed(Path(found.path), found.name, link=True)
    return DirectoryEntry(found.name, found.is_dir(), link=False)


def _followed(path: Path, name: str, *, link: bool) -> DirectoryEntry:
    try:
        return DirectoryEntry(name, stat.S_ISDIR(path.stat().st_mode), link)
    except OSError as error:
        return DirectoryEntry(name, directory=False, link=link, broken=error.strerror or str(error))


def _unlisted(shown: str, error: OSError) -> InvalidValue:
    message = f"`{_short(shown)}` cannot be looked into: {error.strerror or error}"
    to_do = "check its permissions" if isinstance(error, PermissionError) else "repair it, or narrow the pattern"
    return InvalidValue(Code.UNREADABLE, message, f"what it declares is not known: {to_do}")


def _short(path: str) -> str:
    return path if len(path) <= 100 else f"{path[:60]}…{path[-30:]}"
