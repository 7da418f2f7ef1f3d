"""Templates: their rows, and how they are created, found, edited and deleted."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import Struct

from afsync.emulator.database import columns, get_setting, insert, next_number

UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class EmulatedTemplate(Struct, frozen=True):
    """One row; `spec` holds the job fields as JSON text."""

    seq: int
    id: str
    account: str
    name: str
    description: str | None
    spec: str
    created: int
    updated: int

    @property
    def fields(self) -> dict[str, Any]:
        """The job fields it stands for."""
        fields: dict[str, Any] = json.loads(self.spec)
        return fields

    def as_json(self) -> dict[str, Any]:
        """As the control API shows it."""
        return {"id": self.id, "account": self.account, "name": self.name, "description": self.description,
                "fields": self.fields}  # fmt: skip


COLUMNS = columns(EmulatedTemplate)


def create(
    connection: sqlite3.Connection,
    account: str,
    name: str,
    description: str | None,
    spec: Mapping[str, Any],
    now: int,
    as_uuid: bool = False,
) -> EmulatedTemplate:
    """Store a new one; `as_uuid` is the form of its id."""
    number = next_number(connection, "templates")
    seed = get_setting(connection, "seed", "")
    digest = hashlib.sha256(f"template:{seed}:{number}".encode())
    identity = str(UUID(bytes=digest.digest()[:16], version=4)) if as_uuid else f"tpl_{digest.hexdigest()[:10]}"
    template = EmulatedTemplate(number, identity, account, name, description, json.dumps(spec), now, now)
    insert(connection, "templates", [template])
    return template


def find(connection: sqlite3.Connection, template: object, account: str | None = None) -> EmulatedTemplate | None:
    """The template with this id, of this account if one is given; None when there is none."""
    row = connection.execute(
        f"SELECT {COLUMNS} FROM templates WHERE id = ? AND (? IS NULL OR account = ?)", (template, account, account)
    ).fetchone()
    return EmulatedTemplate(*row) if row else None


def everything(connection: sqlite3.Connection, account: str | None) -> list[EmulatedTemplate]:
    """The templates of an account, or of all accounts, newest first."""
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM templates WHERE ? IS NULL OR account = ? ORDER BY seq DESC", (account, account)
    )
    return [EmulatedTemplate(*row) for row in rows]


def remove(connection: sqlite3.Connection, template: EmulatedTemplate) -> None:
    """Delete it; jobs made from it keep their fields."""
    connection.execute("DELETE FROM templates WHERE seq = ?", (template.seq,))


def edit(connection: sqlite3.Connection, template: EmulatedTemplate, changes: Mapping[str, Any], now: int) -> None:
    """Set columns of a template: for control calls, since the service has no such call."""
    for column, value in {**changes, "updated": now}.items():
        connection.execute(f"UPDATE templates SET {column} = ? WHERE seq = ?", (value, template.seq))
