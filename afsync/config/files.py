"""The files a project names: opened only if regular and inside the project; for uploads, with their hash."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final

from afsync.config.problems import Code, InvalidValue
from afsync.core.resources import File

PROJECT_FILE = "afsync.yaml"


@contextmanager
def open_regular(path: Path, written: str) -> Iterator[tuple[BinaryIO, int]]:
    """The open file and its size in bytes; `written` is what it is called.

    Raises InvalidValue(not_found, unreadable, not_a_file).
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        raise _unreadable(written, error) from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise _not_a_file(status.st_mode)
    with os.fdopen(descriptor, "rb") as file:
        yield file, status.st_size


def inside(root: Path, written: str) -> Path:
    """`written` below `root`, symbolic links resolved on both sides. InvalidValue(outside_project, unreadable)."""
    if not written or "\0" in written:
        raise InvalidValue(Code.BAD_FORM, "this is not the path of a file", "write a path such as media/intro.mp4")
    try:
        home = root.resolve()
        path = (home / written).resolve()
    except (OSError, RuntimeError):
        raise InvalidValue(
            Code.UNREADABLE, f"`{written}` cannot be resolved", "its symbolic links go in a circle"
        ) from None
    if Path(written).is_absolute() or not path.is_relative_to(home):
        message = f"`{written}` is outside of the project"
        raise InvalidValue(
            Code.OUTSIDE_PROJECT, message, "move it below the directory of afsync.yaml, and write that path"
        )
    return path


def _not_a_file(mode: int) -> InvalidValue:
    if stat.S_ISDIR(mode):
        return InvalidValue(Code.NOT_A_FILE, "this is a directory", "name a file in it")
    return InvalidValue(Code.NOT_A_FILE, "this is a pipe or a device", "name a regular file")


def _unreadable(written: str, error: OSError) -> InvalidValue:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return InvalidValue(Code.NOT_FOUND, f"`{written}` does not exist", "check the path; it counts from afsync.yaml")
    if isinstance(error, IsADirectoryError):
        return InvalidValue(Code.NOT_A_FILE, "this is a directory", "name a file in it")
    if isinstance(error, PermissionError):
        return InvalidValue(Code.UNREADABLE, f"`{written}` may not be read", "check its permissions")
    return InvalidValue(Code.UNREADABLE, f"`{written}` cannot be read: {error.strerror or error}")


MAX_BYTES: Final = 500 * 1024 * 1024
"""At most 500 MB, taken as the larger of its two meanings; the service has the last word."""

_SUFFIXES = (".mp4", ".mov")
_POINTER = b"version https://git-lfs.github.com/spec/"
_CHUNK = 1024 * 1024


class Media:
    """Reads and hashes every file once, however many jobs name it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[Path, tuple[str, int]] = {}

    def file(self, written: str) -> File:
        """The file as it is now.

        InvalidValue(outside_project, file_type, not_found, unreadable, not_a_file, empty_file, too_large, lfs_pointer).
        """
        path = inside(self.root, written)
        if path.suffix.lower() not in _SUFFIXES:
            raise InvalidValue(
                Code.FILE_TYPE, f"`{written}` is not an MP4 or MOV file", "convert it; only these are accepted"
            )
        if path not in self._known:
            self._known[path] = _hash(path, written)
        sha256, size = self._known[path]
        return File(PurePosixPath(written).as_posix(), sha256, size)


def _hash(path: Path, written: str) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with open_regular(path, written) as (source, announced):
        if announced > MAX_BYTES:
            message = f"`{written}` has {announced / 2**20:.0f} MB; at most 500 MB can be uploaded"
            raise InvalidValue(Code.TOO_LARGE, message, "shorten or compress it")
        if announced == 0:
            raise InvalidValue(Code.EMPTY_FILE, f"`{written}` is empty", "check how it was made")
        while chunk := source.read(_CHUNK):
            if size == 0 and chunk.startswith(_POINTER):
                raise InvalidValue(
                    Code.LFS_POINTER, f"`{written}` is a Git LFS pointer, not the video", "run `git lfs pull`"
                )
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size
