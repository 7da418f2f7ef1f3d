"""Uploaded files: a row each, and the bytes on disk beside the database."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from pathlib import Path

from msgspec import Struct

from afsync.emulator.database import columns, insert

VIDEO_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime"}


class EmulatedUpload(Struct, frozen=True):
    """`size` and `sha256` are None until the bytes have come."""

    id: str
    account: str
    filename: str
    content_type: str
    created: int
    size: int | None = None
    sha256: str | None = None


COLUMNS = columns(EmulatedUpload)


def create(connection: sqlite3.Connection, upload: EmulatedUpload) -> None:
    """Store the row of an upload."""
    insert(connection, "uploads", [upload])


def find(connection: sqlite3.Connection, identity: object) -> EmulatedUpload | None:
    """The upload with this file id (its key, in the deployed dialect); None when there is none."""
    row = connection.execute(f"SELECT {COLUMNS} FROM uploads WHERE id = ?", (identity,)).fetchone()
    return EmulatedUpload(*row) if row else None


def everything(connection: sqlite3.Connection) -> list[EmulatedUpload]:
    """All uploads, oldest first."""
    return [EmulatedUpload(*row) for row in connection.execute(f"SELECT {COLUMNS} FROM uploads ORDER BY rowid")]


def fill(connection: sqlite3.Connection, identity: str, size: int, sha256: str) -> None:
    """Record the size and hash of an upload whose bytes have arrived."""
    connection.execute("UPDATE uploads SET size = ?, sha256 = ? WHERE id = ?", (size, sha256, identity))


class TooLarge(Exception):
    """More bytes than the service accepts."""


class Folder:
    """Where the bytes are: beside the database file, or in a temporary folder for a database in memory."""

    def __init__(self, database: str) -> None:
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._path = None if database == ":memory:" else Path(f"{database}.uploads")

    def receive(self, limit: int) -> Incoming:
        """A temporary file for incoming bytes, at most `limit` of them."""
        return Incoming(self._ready(), limit)

    def path(self, sha256: str) -> Path:
        """Where the bytes with this hash are."""
        return self._ready() / sha256

    def _ready(self) -> Path:
        if self._path is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="afsync-emulator-")
            self._path = Path(self._temporary.name)
        self._path.mkdir(parents=True, exist_ok=True)
        return self._path

    def close(self) -> None:
        """Remove the folder, where it is temporary."""
        if self._temporary is not None:
            self._temporary.cleanup()


class Incoming:
    """Bytes on their way in: written as they come, and kept under their hash when complete."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="incoming-", delete=False)  # noqa: SIM115
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Write a chunk; TooLarge beyond the limit."""
        self.size += len(data)
        if self.size > self._limit:
            raise TooLarge
        self._file.write(data)
        self._hash.update(data)

    def keep(self) -> str:
        """Keep a file that came completely; the hash that it is kept under."""
        self._file.close()
        digest = self._hash.hexdigest()
        Path(self._file.name).replace(self._folder / digest)
        return digest

    def discard(self) -> None:
        """Remove a file that did not come completely."""
        self._file.close()
        Path(self._file.name).unlink(missing_ok=True)
