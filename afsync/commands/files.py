"""Files that commands write or are given: whole or not at all, and never more than is sensible."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from afsync.errors import AfsyncError

LARGEST = 256 * 1024 * 1024


def write_private(path: Path, text: str) -> None:
    """Write `text`, readable by the owner only; a crash leaves the old file or the new one."""
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> AfsyncError:
    return AfsyncError(f"{path} could not be written: {error.strerror or error}")


def read_text(path: Path) -> str:
    """A file somebody named on the command line. AfsyncError when it is not a readable text file."""
    try:
        if not path.is_file():
            raise AfsyncError(f"{path} is not a file" if path.exists() else f"there is no file {path}")
        if path.stat().st_size > LARGEST:
            raise AfsyncError(f"{path} is too large to be what it should be")
        return path.read_text(encoding="utf-8")
    except UnicodeError:
        raise AfsyncError(f"{path} is not a text file") from None
    except OSError as error:
        raise AfsyncError(f"{path} could not be read: {error.strerror or error}") from None
