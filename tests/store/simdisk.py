"""A disk that can be cut off from its power, and that can refuse any single call.

What was written is in a cache until it is synced, names are in a cache until their directory is. A power cut keeps
what was synced; of the rest it keeps what the test says: nothing, everything, or some of it (a torn write, a block of
zeros, any of the renames).
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from afsync.store.disk import Disk, Identity


class PowerCut(BaseException):
    """Nothing of the program runs after this."""


@dataclass
class File:
    number: int
    cached: bytes = b""
    durable: bytes = b""
    changed: int = 0


Name = Path
Change = tuple[str, Path, Path | None, int | None]
"""`("set", name, None, number)`, `("move", from, to, None)` or `("drop", name, None, None)`."""


@dataclass
class SimDisk(Disk):
    files: dict[int, File] = field(default_factory=dict)
    names_cached: dict[Path, int] = field(default_factory=dict)
    names_durable: dict[Path, int] = field(default_factory=dict)
    unsynced: list[Change] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    before_call: Callable[[int, str], None] = lambda number, name: None
    clock: int = 0
    lies: bool = False
    """It says that it has synced, and has not."""
    open_files: dict[int, File] = field(default_factory=dict)

    def clone(self) -> SimDisk:
        return SimDisk(
            files={number: replace(file) for number, file in self.files.items()},
            names_cached=dict(self.names_cached),
            names_durable=dict(self.names_durable),
            unsynced=list(self.unsynced),
            clock=self.clock,
            lies=self.lies,
        )

    def _call(self, name: str) -> None:
        number = len(self.calls)
        self.calls.append(name)
        self.clock += 1
        self.before_call(number, name)

    def _file(self, path: Path) -> File:
        if path not in self.names_cached:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        return self.files[self.names_cached[path]]

    def read(self, path: Path) -> tuple[bytes, Identity]:
        self._call("read")
        file = self._file(path)
        return file.cached, _identity(file)

    def identity(self, path: Path) -> Identity | None:
        self._call("identity")
        return _identity(self._file(path)) if path in self.names_cached else None

    def is_ours(self, path: Path) -> bool:
        return path in self.names_cached

    def create(self, path: Path) -> int:
        self._call("create")
        if path in self.names_cached:
            raise FileExistsError(errno.EEXIST, "File exists", str(path))
        file = File(len(self.files) + 1, changed=self.clock)
        self.files[file.number] = file
        self._note(("set", path, None, file.number))
        return self._open(file)

    def keep_access(self, fd: int, like: Path) -> None:
        """Modes are not kept here."""

    def append_to(self, path: Path) -> int:
        self._call("append_to")
        return self._open(self._file(path))

    def write(self, fd: int, data: bytes) -> None:
        half = len(data) // 2
        file = self.open_files[fd]
        file.cached += data[:half]
        file.changed = self.clock
        self._call("write")
        file.cached += data[half:]

    def sync(self, fd: int) -> None:
        self._call("sync")
        if self.lies:
            return
        self.open_files[fd].durable = self.open_files[fd].cached

    def close(self, fd: int) -> None:
        self._call("close")
        del self.open_files[fd]

    def rename(self, source: Path, target: Path) -> None:
        self._call("rename")
        self._file(source)
        self._note(("move", source, target, None))

    def link(self, source: Path, target: Path) -> None:
        self._call("link")
        self._note(("set", target, None, self._file(source).number))

    def unlink(self, path: Path) -> None:
        self._call("unlink")
        if path in self.names_cached:
            self._note(("drop", path, None, None))

    def names(self, directory: Path) -> tuple[str, ...]:
        self._call("names")
        return tuple(sorted(p.name for p in self.names_cached if p.parent == directory))

    def make_directory(self, path: Path) -> None:
        self._call("make_directory")

    def sync_directory(self, path: Path) -> None:
        self._call("sync_directory")
        kept = [c for c in self.unsynced if c[1].parent != path]
        for change in self.unsynced:
            if change not in kept:
                _apply(self.names_durable, change)
        self.unsynced = kept

    def unused_name(self) -> str:
        return f"{self.clock:016x}"

    @contextmanager
    def exclusive(self, path: Path) -> Iterator[None]:
        self._call("exclusive")
        yield

    def _note(self, change: Change) -> None:
        _apply(self.names_cached, change)
        self.unsynced.append(change)

    def _open(self, file: File) -> int:
        fd = len(self.open_files) + 3
        self.open_files[fd] = file
        return fd

    def power_cut(self, kept: str) -> SimDisk:
        """The disk after the power is back: `kept` of what was not synced is "nothing", "everything" or a seed."""
        after = self.clone()
        random = Random(kept)
        for file in after.files.values():
            file.cached = file.durable = _survived(file, kept, random)
        after.names_cached = dict(after.names_durable)
        for change in after.unsynced:
            if kept == "everything" or (kept != "nothing" and random.random() < 0.5):
                _apply(after.names_cached, change)
        after.names_durable = dict(after.names_cached)
        after.unsynced.clear()
        return after


def _survived(file: File, kept: str, random: Random) -> bytes:
    new = file.cached[len(file.durable) :]
    match kept:
        case "nothing":
            return file.durable
        case "everything":
            return file.cached
        case _:
            part = random.randrange(len(new) + 1)
            if random.random() < 0.3:
                # The size arrived, a block of the content did not.
                return file.durable + b"\0" * part + new[part:]
            return file.durable + new[:part]


def _apply(names: dict[Path, int], change: Change) -> None:
    match change:
        case ("set", path, _, int(number)):
            names[path] = number
        case ("move", source, Path() as target, _) if source in names:
            names[target] = names.pop(source)
        case ("drop", path, _, _):
            names.pop(path, None)


def _identity(file: File) -> Identity:
    return Identity(0, file.number, len(file.cached), file.changed)
