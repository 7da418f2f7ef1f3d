"""Files that commands write or are given, whole or not at all and never too large; folders that come with afsync."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path
from typing import TextIO

import afsync
from afsync.errors import AfsyncError

LARGEST = 256 * 1024 * 1024


def write_private(path: Path, text: str) -> None:
    """Write `text`, readable by the owner only; a crash leaves the old file or the new one.

    A device or a pipe (`/dev/stdout`, `>(…)`) is written to, not replaced; of a link, the file that it leads to.
    """
    if _is_a_stream(path):
        _pour(path, text)
    else:
        _write(_followed(path), text, None)


def check_writable(path: Path) -> None:
    """AfsyncError where `write_private` could not write there. Writes nothing."""
    try:
        if not _is_a_stream(path):
            handle, beside = _open_beside(_followed(path))
            os.close(handle)
            beside.unlink()
            return
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise _unwritable(path, error) from None


def _is_a_stream(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return not stat.S_ISREG(status.st_mode) or path.absolute().parts[1] in ("dev", "proc")


def open_stream(path: Path) -> TextIO | None:
    """A stream of this process that `path` names (`/dev/stdout`), where the rest of the output goes too: opened again
    it would be written from its beginning. None where it names none. Raises OSError for one that is closed. What was
    printed before is not in a buffer: `commands.console.Out` flushes every text."""
    found = re.fullmatch(r"/dev/(stdout|stderr|fd/\d{1,9})|/proc/self/fd/\d{1,9}", str(path.absolute()))
    if found is None:
        return None
    number = {"stdout": 1, "stderr": 2}.get(path.name) or int(path.name)
    return os.fdopen(os.dup(number), "w", encoding="utf-8", errors="surrogateescape")


def _pour(path: Path, text: str) -> None:
    try:
        with open_stream(path) or path.open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise _unwritable(path, error) from None


def write_shared(path: Path, text: str) -> None:
    """The same for what others are to read, with the permissions of any new file."""
    if _is_a_stream(path):
        _pour(path, text)
    else:
        write_whole(_followed(path), text)


def write_whole(path: Path, text: str, within: Path | None = None) -> None:
    """The same with the permissions that the file has, or any new file gets. Line ends stay as they are.

    A link is replaced, or, where `within` is a project, followed as long as it stays in there."""
    if within is not None:
        path = _followed(path)
        if not path.resolve().is_relative_to(within.resolve()):
            raise AfsyncError(f"{path} is outside of the project: nothing is written there", "replace the link")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        mode = 0o666 & ~mask
    except OSError as error:
        raise _unwritable(path, error) from None
    _write(path, text, mode)


def _write(path: Path, text: str, mode: int | None) -> None:
    try:
        handle, beside = _open_beside(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            beside.chmod(mode)
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def _open_beside(path: Path) -> tuple[int, Path]:
    """A new file in the same directory, readable by the owner only. `tempfile` takes too long to import."""
    beside = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    return os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), beside


def _followed(path: Path) -> Path:
    """What a link leads to; the link itself stays."""
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError) as error:
        raise AfsyncError(f"{path} could not be written: its links go in a circle") from error


def _unwritable(path: Path, error: OSError) -> AfsyncError:
    return AfsyncError(f"{path} could not be written: {error.strerror or error}")


def read_text(path: Path) -> str:
    """A text file as it is, line ends included. AfsyncError when it is not a readable text file."""
    try:
        if not path.is_file():
            raise AfsyncError(f"{path} is not a file" if path.exists() else f"there is no file {path}")
        if path.stat().st_size > LARGEST:
            raise AfsyncError(f"{path} is too large to be what it should be")
        return path.read_bytes().decode("utf-8")
    except UnicodeError:
        raise AfsyncError(f"{path} is not a text file") from None
    except OSError as error:
        raise AfsyncError(f"{path} could not be read: {error.strerror or error}") from None


def data_folder(folder: str) -> Path:
    """The directory of `schemas` or `examples`. A wheel carries them inside the package, a checkout beside it."""
    package = Path(afsync.__file__).parent
    for place in (package / folder, package.parent / folder):
        if place.is_dir():
            return place
    raise AfsyncError(f"this installation of afsync lacks its {folder}", "install it again")
