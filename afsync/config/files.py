"""Opening what people name: only regular files inside the project, and never waiting for a FIFO or a device."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from afsync.config.problems import Code, Wrong


@contextmanager
def open_regular(path: Path, written: str) -> Iterator[tuple[BinaryIO, int]]:
    """The open file and its size in bytes; `written` is what it is called. Wrong(not_found, unreadable, not_a_file)."""
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
    """`written` below `root`, symbolic links resolved on both sides. Wrong(outside_project, unreadable)."""
    if not written or "\0" in written:
        raise Wrong(Code.BAD_FORM, "this is not the path of a file", "write a path such as media/intro.mp4")
    try:
        home = root.resolve()
        path = (home / written).resolve()
    except (OSError, RuntimeError):
        raise Wrong(Code.UNREADABLE, f"`{written}` cannot be resolved", "its symbolic links go in a circle") from None
    if Path(written).is_absolute() or not path.is_relative_to(home):
        message = f"`{written}` is outside of the project"
        raise Wrong(Code.OUTSIDE_PROJECT, message, "move it below the directory of afsync.yaml, and write that path")
    return path


def _not_a_file(mode: int) -> Wrong:
    if stat.S_ISDIR(mode):
        return Wrong(Code.NOT_A_FILE, "this is a directory", "name a file in it")
    return Wrong(Code.NOT_A_FILE, "this is a pipe or a device", "name a regular file")


def _unreadable(written: str, error: OSError) -> Wrong:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Wrong(Code.NOT_FOUND, f"`{written}` does not exist", "check the path; it counts from afsync.yaml")
    if isinstance(error, IsADirectoryError):
        return Wrong(Code.NOT_A_FILE, "this is a directory", "name a file in it")
    if isinstance(error, PermissionError):
        return Wrong(Code.UNREADABLE, f"`{written}` may not be read", "check its permissions")
    return Wrong(Code.UNREADABLE, f"`{written}` cannot be read: {error.strerror or error}")
