"""Control calls for accounts (create, change, top up) and the ledger."""

from __future__ import annotations

import json
from typing import Any

from afsync.emulator import accounts, ledger
from afsync.emulator.control.arguments import BadCall, read
from afsync.emulator.options import check
from afsync.emulator.service import EmulatedService

Json = dict[str, Any]


def index(service: EmulatedService, body: Json) -> Json:
    """All of them."""
    read(body)
    with service.db.reading() as connection:
        return {"accounts": [account.as_json() for account in accounts.everyone(connection)]}


def change(service: EmulatedService, body: Json) -> Json:
    """Make the key's account if there is none, change what is named, add credits."""
    kinds: Json = {"tier": str, "balance": int, "included": int, "used": int, "packs": int}
    given = read(body, key=str, add_credits=int, concurrent=(int, str, type(None)), **kinds)
    if "key" not in given:
        raise BadCall("'key' is required")
    check({"tier": given.get("tier", "operate")})
    now = service.clock.now()
    account = accounts.find_or_create(service.db, given["key"], service.options, now)
    columns = {name: given[name] for name in kinds if name in given}
    if "concurrent" in given:
        unlimited = given["concurrent"] == "tier"
        columns["concurrent"] = None if unlimited else json.dumps(given["concurrent"])
    with service.db.writing() as connection:
        accounts.change(connection, account.id, columns)
        if "add_credits" in given:
            ledger.add(connection, account.id, now, given["add_credits"], "top_up")
        changed = accounts.find(connection, account_id=account.id)
    return changed.as_json() if changed else {}


def owner(service: EmulatedService, key: str | None) -> str:
    """The account that a call speaks of: the key's, or the only one there is."""
    if key is not None:
        return accounts.find_or_create(service.db, key, service.options, service.clock.now()).id
    with service.db.reading() as connection:
        everyone = accounts.everyone(connection)
    if len(everyone) != 1:
        raise BadCall(f"'key' is required: there are {len(everyone)} accounts")
    return everyone[0].id


def entries(service: EmulatedService, body: Json) -> Json:
    """Every credit that moved, oldest first."""
    given = read(body, key=str)
    account = owner(service, given["key"]) if "key" in given else None
    with service.db.reading() as connection:
        return {"ledger": ledger.entries(connection, account)}
