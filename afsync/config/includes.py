"""Which files `include` names: patterns over directories, each listed once, and never more than a bounded number of
names."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator
from fnmatch import translate
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct

from afsync.config.problems import Code, InvalidValue
from afsync.core.regex import regex
from afsync.core.text import nfc

_MAGIC = frozenset("*?[")
_LONGEST = 1000
_NO_YAML = frozenset({".csv", ".tsv", ".xls", ".xlsx", ".ods", ".numbers"})
_YAML = frozenset({".yaml", ".yml"})
_SPARE = regex(r"(?i)\.?(.+\.ya?ml)(?:\.(?:bak|orig|old|save|disabled)|~)|\.(.+\.ya?ml)")
_FILE = regex(r"\.[A-Za-z][A-Za-z0-9]{1,5}$")
"""How the names of files end, and those of directories hardly ever."""


MAX_LOOKS: Final = 1_000_000
"""How many names all patterns of a project together may be compared with."""

_DIRECTORY: Final = 10
"""What going into a directory costs, in names."""


class MatchedFiles(Struct, frozen=True):
    """The files that a pattern names, sorted, and those beside them that look as if they were meant too."""

    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()


class _Place(Struct, frozen=True):
    """A directory in which these parts of the pattern come next."""

    directory: Path
    shown: str
    positions: frozenset[int]


def included(tree: Tree, pattern: str) -> MatchedFiles:
    """The files that `pattern` names, as relative paths with `/`.

    `**` stands for any number of directories; names that begin with a dot are found only by patterns that spell them.
    Symbolic links are followed as far as they stay in the project.
    InvalidValue(outside_project, nothing_included, bad_form, unreadable, out_of_range).
    """
    parts = _parts(pattern)
    files: set[str] = set()
    left_out: set[str] = set()
    seen: set[tuple[Path, int]] = set()
    places = [_Place(tree.root, "", frozenset({0}))] if parts else []
    while places:
        place = places.pop()
        positions = {p for p in _closed(place.positions, parts) if (place.directory, p) not in seen}
        seen.update((place.directory, p) for p in positions)
        further = []
        for entry, shown, matched in _matches(tree, place, positions, parts):
            if not entry.directory and len(parts) in matched:
                files.add(shown)
            elif not entry.directory and len(parts) - 1 in positions and _meant(entry.name, parts[-1]):
                left_out.add(shown)
            ahead = frozenset(matched - {len(parts)})
            if ahead and _enters(entry, shown):
                further.append(_Place(tree.into(place.directory, entry, shown), shown, ahead))
        places += sorted(further, key=lambda p: p.shown, reverse=True)
    if not files:
        raise InvalidValue(Code.NOTHING_INCLUDED, f"`{pattern}` names no file", _hint(tree, pattern, left_out))
    return MatchedFiles(tuple(sorted(files)), tuple(sorted(n for n in left_out if _spare_of(n) not in files)))


def check_kind(name: str) -> None:
    """InvalidValue(bad_form) for a file that is a table by its name."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _NO_YAML:
        message = f"`{name}` is a table ({suffix}), and `include` takes YAML files"
        hint = "declare its rows as jobs in a YAML file, and include that; `include` reads `templates` and `jobs`"
        raise InvalidValue(Code.BAD_FORM, message, hint)


def _parts(pattern: str) -> tuple[str, ...]:
    """The parts of a pattern, `**` never twice in a row."""
    path = PurePosixPath(pattern)
    if path.is_absolute() or ".." in path.parts or "\\" in pattern or "\0" in pattern:
        shown = f"`{pattern[:100]}` leads out of the project"
        raise InvalidValue(Code.OUTSIDE_PROJECT, shown, "use a path below afsync.yaml, with /")
    if len(pattern) > _LONGEST:
        raise InvalidValue(
            Code.BAD_FORM, f"`{pattern[:60]}…` is not a path: it is too long", "write it as templates/*.yaml"
        )
    if any("**" in part and part != "**" for part in path.parts):
        message = f"`{pattern}` is not a pattern: `**` has to stand alone between two `/`"
        raise InvalidValue(Code.BAD_FORM, message, "write it as templates/*.yaml or calendar/**/*.yaml")
    return tuple(p for n, p in enumerate(path.parts) if p != "**" or path.parts[n - 1 : n] != ("**",))


def _closed(positions: frozenset[int], parts: tuple[str, ...]) -> Iterator[int]:
    """The positions, and those that follow a `**`, which may stand for no directory at all."""
    for position in positions:
        yield position
        if parts[position] == "**" and position + 1 < len(parts):
            yield position + 1


def _matches(
    tree: Tree, place: _Place, positions: set[int], parts: tuple[str, ...]
) -> Iterator[tuple[DirectoryEntry, str, set[int]]]:
    """The entries of a directory with their paths, and the positions that come next behind each."""
    prefix = f"{place.shown}/" if place.shown else ""
    spelt = {p for p in positions if _literal(parts[p])}
    for position in sorted(spelt):
        names = [parts[position], *(_variants(parts[position]) if position == len(parts) - 1 else ())]
        entries = ((name, tree.entry(place.directory, name, prefix + name)) for name in names)
        yield from ((e, prefix + name, {position + 1} if name == names[0] else set()) for name, e in entries if e)
    listed = positions - spelt
    dotted = any(part.startswith(".") for part in parts)
    stays = {p for p in listed if parts[p] == "**"}
    matchers = [(p + 1, _pattern(parts[p]).match) for p in listed - stays]
    for entry in tree.entries(place.directory, place.shown, len(listed)) if listed else ():
        if dotted or not entry.name.startswith("."):
            name = nfc(entry.name)
            yield entry, prefix + entry.name, stays | {behind for behind, fits in matchers if fits(name)}
        elif not entry.directory:
            yield entry, prefix + entry.name, set()


def _enters(entry: DirectoryEntry, shown: str) -> bool:
    """Whether the entry is a directory to search. Raises InvalidValue(unreadable) for a broken link with the name of
    a directory: what its files declared would be missing, and deleted."""
    if entry.broken is not None and not _FILE.search(entry.name):
        message = f"`{shown}` cannot be looked into: {entry.broken}"
        raise InvalidValue(
            Code.UNREADABLE, message, "what it declares is not known: put back what it leads to, or remove it"
        )
    return entry.directory


def _meant(name: str, part: str) -> bool:
    """Whether the part matches the name once it is spelt otherwise: `.yml`, `.YAML` or `.yaml.txt` for `.yaml`, or was
    put aside, as `.a.yaml` or `a.yaml.bak`."""
    return part != "**" and any(_fits(part, variant) for variant in _variants(name))


def _variants(name: str) -> list[str]:
    """Other spellings of the name of a YAML file: by its end, and what it was before it was put aside."""
    if spare := _spare_of(name):
        return [spare, *_variants(spare)]
    path = PurePosixPath(name)
    if path.suffix.lower() == ".txt":
        return [path.stem] if PurePosixPath(path.stem).suffix.lower() in _YAML else []
    return [path.stem + end for end in (".yaml", ".yml") if end != path.suffix] if path.suffix.lower() in _YAML else []


def _spare_of(path: str) -> str | None:
    """The path of the YAML file of which this one, by its name, is a copy or what was hidden."""
    directory, slash, name = path.rpartition("/")
    found = _SPARE.fullmatch(name)
    return f"{directory}{slash}{found[1] or found[2]}" if found else None


def _literal(part: str) -> bool:
    """Whether there is one name only that it can stand for, spelt with the very same bytes."""
    return part.isascii() and not _MAGIC.intersection(part)


def _fits(part: str, name: str) -> bool:
    return _pattern(part).match(nfc(name)) is not None


@lru_cache(maxsize=1000)
def _pattern(part: str) -> re.Pattern[str]:
    return re.compile(translate(nfc(part)))


def _hint(tree: Tree, pattern: str, left_out: set[str]) -> str:
    name = pattern.rstrip("/")
    if not _MAGIC.intersection(name) and tree.is_directory(name):
        return f"it is a directory: write {name or '.'}/*.yaml"
    if left_out:
        return f"there is `{min(left_out)}`: rename it, or name it here"
    return "check the spelling, or remove the line"


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
