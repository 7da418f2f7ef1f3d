"""The ledger of credits, and what a job costs (docs/service.md#submitting-a-job)."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from afsync.emulator.clock import iso


def cost(spec: Mapping[str, Any], surcharge: int = 0) -> int:
    """Credits for a job: generated video 3, long or several sources 2, otherwise 1."""
    if spec.get("entry") == "generate":
        return 3 + surcharge
    sources = len(spec.get("urls") or ()) + bool(spec.get("url"))
    return (2 if spec.get("format") == "long" or sources > 1 else 1) + surcharge


def enter(
    connection: sqlite3.Connection, account: str, at: int, amount: int, reason: str, job: str | None = None
) -> None:
    """Write down a movement that the account's balance already shows."""
    connection.execute(
        "INSERT INTO ledger (account, at, amount, balance, reason, job)"
        " SELECT id, ?, ?, balance, ?, ? FROM accounts WHERE id = ?",
        (at, amount, reason, job, account),
    )


def deduct(connection: sqlite3.Connection, account: str, at: int, amount: int, reason: str, job: str | None) -> None:
    """Take credits."""
    connection.execute(
        "UPDATE accounts SET balance = balance - ?, used = used + ? WHERE id = ?", (amount, amount, account)
    )
    enter(connection, account, at, -amount, reason, job)


def add(connection: sqlite3.Connection, account: str, at: int, amount: int, reason: str) -> None:
    """Give credits, or take some away that no job was made for."""
    connection.execute(
        "UPDATE accounts SET balance = balance + ?, packs = packs + max(0, ?) WHERE id = ?", (amount, amount, account)
    )
    enter(connection, account, at, amount, reason)


def entries(connection: sqlite3.Connection, account: str | None) -> list[dict[str, Any]]:
    """Everything that moved, oldest first."""
    rows = connection.execute(
        "SELECT account, at, amount, balance, reason, job FROM ledger WHERE ? IS NULL OR account = ? ORDER BY seq",
        (account, account),
    )
    names = ("account", "at", "amount", "balance", "reason", "job_id")
    return [{**dict(zip(names, row, strict=True)), "at": iso(row[1])} for row in rows]
