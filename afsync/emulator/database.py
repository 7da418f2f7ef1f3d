"""The SQLite file behind the emulator: its tables, and the way to read and write them."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from msgspec import Struct
from msgspec.structs import astuple

SCHEMA = """
CREATE TABLE accounts (
    id TEXT PRIMARY KEY, key_id TEXT UNIQUE NOT NULL, tier TEXT NOT NULL, included INTEGER NOT NULL,
    packs INTEGER NOT NULL DEFAULT 0, balance INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0,
    concurrent TEXT
);
CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, at INTEGER NOT NULL, amount INTEGER NOT NULL,
    balance INTEGER NOT NULL, reason TEXT NOT NULL, job TEXT
);
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, account TEXT NOT NULL, origin TEXT NOT NULL,
    submitted TEXT NOT NULL, spec TEXT NOT NULL, cost INTEGER NOT NULL,
    mode TEXT NOT NULL, staged INTEGER NOT NULL,
    created INTEGER NOT NULL, visible INTEGER NOT NULL, updated INTEGER NOT NULL,
    started INTEGER, finished INTEGER, outcome TEXT NOT NULL, auto INTEGER NOT NULL, publishing_ms INTEGER NOT NULL,
    publish_at INTEGER, approved INTEGER, narrowed TEXT, published INTEGER, cancelled INTEGER, forced TEXT,
    events TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX jobs_newest ON jobs (account, created, seq, visible);
CREATE TABLE templates (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, account TEXT NOT NULL, name TEXT NOT NULL,
    description TEXT, spec TEXT NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL
);
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, filename TEXT NOT NULL, content_type TEXT NOT NULL,
    created INTEGER NOT NULL, size INTEGER, sha256 TEXT
);
CREATE TABLE pending (seq INTEGER PRIMARY KEY, due INTEGER NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
VERSION = 2
UPGRADES = {1: "ALTER TABLE jobs ADD COLUMN events TEXT NOT NULL DEFAULT '[]'"}
"""What makes a file of an older version one of the next."""
BUSY_S = 30


class Database:
    """One connection, used by one thread at a time, beside other processes that have the same file open.

    A rollback journal rather than WAL: nothing but one file stays behind, and it opens in a read-only
    directory. `synchronous=OFF` survives the death of the process, though not of the machine.
    """

    def __init__(self, path: str, *, copied: bool = False) -> None:
        """`copied`: work on a copy in memory, so that the file, which may be missing, is left as it is."""
        self.path = path
        self.read_only = False
        self._lock = threading.RLock()
        self._connection = _copy(path) if copied else self._open(path)
        try:
            self._create()
        except sqlite3.DatabaseError as wrong:
            self.close()
            raise ValueError(f"{path} cannot be used: {wrong}") from None
        except ValueError:
            self.close()
            raise

    def _open(self, path: str) -> sqlite3.Connection:
        if path != ":memory:" and not _writable(Path(path)):
            if not Path(path).exists():
                return _connect(":memory:")
            self.read_only = True
            return _connect(f"{Path(path).resolve().as_uri()}?mode=ro")
        return _connect(path if path == ":memory:" else Path(path).resolve().as_uri())

    def _create(self) -> None:
        self._connection.execute("PRAGMA synchronous = OFF")
        if self._version() == VERSION:
            return
        if self._version() not in (0, *UPGRADES) or self.read_only:
            raise ValueError(f"{self.path} was written by another version of the emulator; remove it to start over")
        with self.writing() as connection:
            if self._version() == 0:  # another process may have been faster
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                put_setting(connection, "seed", secrets.token_hex(8))
            else:
                for older in range(self._version(), VERSION):
                    connection.execute(UPGRADES[older])
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for queries."""
        with self._lock:
            yield self._connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """The connection inside one transaction: all of it, or nothing of it, whatever happens."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, timeout=BUSY_S, isolation_level=None, check_same_thread=False, uri=True)


def _copy(path: str) -> sqlite3.Connection:
    connection = _connect(":memory:")
    if Path(path).exists():
        with closing(_connect(f"{Path(path).resolve().as_uri()}?mode=ro")) as source:
            source.backup(connection)
    return connection


def _writable(path: Path) -> bool:
    """Whether the file can be written and a journal made beside it."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def get_setting(connection: sqlite3.Connection, name: str, default: str) -> str:
    """A value that is kept beside the tables (the seed of the ids, the clock's offset), or `default`."""
    row = connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else default


def put_setting(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Keep a value for `get_setting`."""
    connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))


def columns(row: type[Struct]) -> str:
    """The columns of a table, which are the fields of its rows."""
    return ", ".join(row.__struct_fields__)


def insert(connection: sqlite3.Connection, table: str, rows: Sequence[Struct]) -> None:
    """Store new rows; those of a table are all of one type."""
    if rows:
        marks = ", ".join("?" * len(rows[0].__struct_fields__))
        statement = f"INSERT INTO {table} ({columns(type(rows[0]))}) VALUES ({marks})"
        connection.executemany(statement, map(astuple, rows))


def next_number(connection: sqlite3.Connection, table: str) -> int:
    """The number that the next row of a table will get; never used twice, purges included."""
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return (int(row[0]) if row else 0) + 1
