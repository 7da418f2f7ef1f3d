"""Accounts, created when their key is first used, and the ledger of their credits."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from afsync.emulator.clock import iso
from afsync.emulator.database import Database, columns, insert
from afsync.emulator.options import EmulatorOptions

KEY = re.compile(r"af_[A-Za-z0-9_-]+")

TIERS_WITH_API = frozenset({"operate", "guided", "managed"})


class EmulatedAccount(Struct, frozen=True):
    """`concurrent` overrides the tier's limit: None is "as the tier", otherwise JSON (`null`: no limit)."""

    id: str
    key_id: str
    tier: str
    included: int
    packs: int
    balance: int
    used: int
    concurrent: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {**asdict(self), "concurrent": "tier" if self.concurrent is None else json.loads(self.concurrent)}


COLUMNS = columns(EmulatedAccount)


def key_id(key: str) -> str:
    """A short hash of a key, which is safe to show."""
    return hashlib.sha256(key.encode()).hexdigest()[:12]


def new_account(key: str, options: EmulatorOptions) -> EmulatedAccount:
    """A new account, not stored yet, for a key that was never used before."""
    short = key_id(key)
    return EmulatedAccount(f"user_{short}", short, options.tier, options.credits, 0, options.credits, 0)


def find(
    connection: sqlite3.Connection, *, key: str | None = None, account_id: str | None = None
) -> EmulatedAccount | None:
    """The account with this key or this id; None when there is none."""
    column, value = ("key_id", key_id(key)) if key is not None else ("id", account_id)
    row = connection.execute(f"SELECT {COLUMNS} FROM accounts WHERE {column} = ?", (value,)).fetchone()
    return EmulatedAccount(*row) if row else None


def everyone(connection: sqlite3.Connection) -> list[EmulatedAccount]:
    """All accounts, oldest first."""
    return [EmulatedAccount(*row) for row in connection.execute(f"SELECT {COLUMNS} FROM accounts ORDER BY rowid")]


def find_or_create(db: Database, key: str, options: EmulatorOptions, now: int) -> EmulatedAccount:
    """The key's account; it is not kept when the file cannot be written."""
    with db.reading() as connection:
        account = find(connection, key=key)
    if account is not None or db.read_only:
        return account or new_account(key, options)
    with db.writing() as connection:
        return find(connection, key=key) or _create(connection, new_account(key, options), now)


def _create(connection: sqlite3.Connection, account: EmulatedAccount, now: int) -> EmulatedAccount:
    insert(connection, "accounts", [account])
    enter_in_ledger(connection, account.id, now, account.balance, "included")
    return account


def change(connection: sqlite3.Connection, account_id: str, changes: dict[str, Any]) -> None:
    """Set columns of an account, by name."""
    for column, value in changes.items():
        connection.execute(f"UPDATE accounts SET {column} = ? WHERE id = ?", (value, account_id))


def enter_in_ledger(
    connection: sqlite3.Connection, account: str, at: int, amount: int, reason: str, job: str | None = None
) -> None:
    """Enter a change of the balance, which the account shows already, in the ledger."""
    connection.execute(
        "INSERT INTO ledger (account, at, amount, balance, reason, job)"
        " SELECT id, ?, ?, balance, ?, ? FROM accounts WHERE id = ?",
        (at, amount, reason, job, account),
    )


def deduct_credits(
    connection: sqlite3.Connection, account: str, at: int, amount: int, reason: str, job: str | None
) -> None:
    """Take credits from the balance, and enter it in the ledger."""
    connection.execute(
        "UPDATE accounts SET balance = balance - ?, used = used + ? WHERE id = ?", (amount, amount, account)
    )
    enter_in_ledger(connection, account, at, -amount, reason, job)


def add_credits(connection: sqlite3.Connection, account: str, at: int, amount: int, reason: str) -> None:
    """Add credits (or remove some, where negative) that belong to no job, and enter it in the ledger."""
    connection.execute(
        "UPDATE accounts SET balance = balance + ?, packs = packs + max(0, ?) WHERE id = ?", (amount, amount, account)
    )
    enter_in_ledger(connection, account, at, amount, reason)


def ledger_entries(connection: sqlite3.Connection, account: str | None) -> list[dict[str, Any]]:
    """The entries of one account, or of all, as JSON, oldest first."""
    rows = connection.execute(
        "SELECT account, at, amount, balance, reason, job FROM ledger WHERE ? IS NULL OR account = ? ORDER BY seq",
        (account, account),
    )
    names = ("account", "at", "amount", "balance", "reason", "job_id")
    return [{**dict(zip(names, row, strict=True)), "at": iso(row[1])} for row in rows]
