"""Control calls for all but jobs: clock, options, requests, accounts, templates, files, faults, held requests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import asdict

from afsync.emulator import accounts, templates, uploads
from afsync.emulator.accounts import KEY
from afsync.emulator.clock import iso, parse_iso
from afsync.emulator.faults import spec
from afsync.emulator.options import check
from afsync.emulator.service import EmulatedService

Json = dict[str, Any]
NUMBER = (int, float)


class BadCall(ValueError):
    """A control call that makes no sense, and why."""


def checked(body: Mapping[str, Any], **kinds: Any) -> dict[str, Any]:
    """The arguments, where `kinds` maps each name to a type, or a tuple of types."""
    for name, value in body.items():
        if name not in kinds:
            raise BadCall(f"unknown argument {name!r}; there are: {', '.join(kinds)}")
        allowed = kinds[name] if isinstance(kinds[name], tuple) else (kinds[name],)
        if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
            names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in allowed)
            raise BadCall(f"{name!r} must be {names}")
    key = body.get("key")
    if "key" in kinds and key is not None and not KEY.fullmatch(key):
        raise BadCall("'key' must look like af_live_…")
    return dict(body)


def show_clock(service: EmulatedService, body: Json) -> Json:
    """The emulator's time, and its offset in seconds."""
    checked(body)
    return {"now": iso(service.clock.now()), "offset": service.clock.offset_ms / 1000}


def move_clock(service: EmulatedService, body: Json) -> Json:
    """Move it on by `advance` seconds, or `set` it."""
    given = checked(body, advance=NUMBER, set=str)
    if len(given) != 1:
        raise BadCall("give either 'advance', in seconds, or 'set', an ISO 8601 time")
    to = parse_iso(given["set"]) if "set" in given else service.clock.now() + round(given["advance"] * 1000)
    if to is None:
        raise BadCall("'set' must be an ISO 8601 time with an offset or Z")
    service.move_clock(to)
    return show_clock(service, {})


def show_options(service: EmulatedService, body: Json) -> Json:
    """All options."""
    checked(body)
    return service.options.as_json()


def change_options(service: EmulatedService, body: Json) -> Json:
    """Change options; all of them."""
    service.options.update(body)
    return service.options.as_json()


def list_requests(service: EmulatedService, body: Json) -> Json:
    """What arrived, oldest first; `path` is exact, and so is `method`."""
    given = checked(body, method=str, path=str, host=str, since=(int, str))
    least = int(given.pop("since", 0))
    entries = [entry for entry in service.log.entries() if entry.number > least]
    kept = [entry for entry in entries if all(getattr(entry, name) == value for name, value in given.items())]
    return {"requests": [entry.as_json() for entry in kept]}


def clear_requests(service: EmulatedService, body: Json) -> Json:
    """Clear the request log."""
    checked(body)
    service.log.clear()
    return {}


def list_accounts(service: EmulatedService, body: Json) -> Json:
    """All accounts."""
    checked(body)
    with service.db.reading() as connection:
        return {"accounts": [account.as_json() for account in accounts.everyone(connection)]}


def change_account(service: EmulatedService, body: Json) -> Json:
    """Create the key's account if there is none, change what is named, add credits; the account."""
    kinds: Json = {"tier": str, "balance": int, "included": int, "used": int, "packs": int}
    given = checked(body, key=str, add_credits=int, concurrent=(int, str, type(None)), **kinds)
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
            accounts.add_credits(connection, account.id, now, given["add_credits"], "top_up")
        changed = accounts.find(connection, account_id=account.id)
    return changed.as_json() if changed else {}


def account_id(service: EmulatedService, key: str | None) -> str:
    """The id of the key's account, or of the only one there is; BadCall when there are several."""
    if key is not None:
        return accounts.find_or_create(service.db, key, service.options, service.clock.now()).id
    with service.db.reading() as connection:
        everyone = accounts.everyone(connection)
    if len(everyone) != 1:
        raise BadCall(f"'key' is required: there are {len(everyone)} accounts")
    return everyone[0].id


def list_ledger(service: EmulatedService, body: Json) -> Json:
    """Every credit that moved, oldest first."""
    given = checked(body, key=str)
    account = account_id(service, given["key"]) if "key" in given else None
    with service.db.reading() as connection:
        return {"ledger": accounts.ledger_entries(connection, account)}


def list_templates(service: EmulatedService, body: Json) -> Json:
    """All templates, newest first, with what the service does not report."""
    given = checked(body, key=str)
    account = account_id(service, given["key"]) if "key" in given else None
    with service.db.reading() as connection:
        rows = templates.everything(connection, account)
    return {"templates": [row.as_json() for row in rows]}


def edit_template(service: EmulatedService, body: Json) -> Json:
    """Change a template, as a person can in the product and the API cannot."""
    given = checked(body, id=str, name=str, description=(str, type(None)), fields=dict)
    with service.db.writing() as connection:
        template = templates.find(connection, given.get("id"))
        if template is None:
            raise BadCall(f"no template {given.get('id')!r}")
        changes: Json = {name: given[name] for name in ("name", "description") if name in given}
        if "fields" in given:
            changes["spec"] = json.dumps(given["fields"])
        templates.edit(connection, template, changes, service.clock.now())
        changed = templates.find(connection, template.id)
    return changed.as_json() if changed else {}


def list_uploads(service: EmulatedService, body: Json) -> Json:
    """All files, oldest first; those without a size have not come yet."""
    checked(body)
    with service.db.reading() as connection:
        return {"uploads": [asdict(row) for row in uploads.everything(connection)]}


def add_upload(service: EmulatedService, body: Json) -> Json:
    """Register a file id without sending a file."""
    given = checked(body, key=str, file_id=str, filename=str, size=int)
    if "file_id" not in given:
        raise BadCall("'file_id' is required")
    account = account_id(service, given.get("key"))
    name, size = given.get("filename", "video.mp4"), given.get("size", 1)
    row = uploads.EmulatedUpload(given["file_id"], account, name, "video/mp4", service.clock.now(), size, None)
    with service.db.writing() as connection:
        uploads.create(connection, row)
    return asdict(row)


def list_faults(service: EmulatedService, body: Json) -> Json:
    """The armed faults and rehearsals, with how often each was met."""
    checked(body)
    return {"faults": [armed.as_json() for armed in service.faults.everything()]}


def add_fault(service: EmulatedService, body: Json) -> Json:
    """Arm a fault, in its textual form."""
    given = checked(body, fault=str)
    return service.faults.add(spec.parse(given.get("fault", ""))).as_json()


def remove_faults(service: EmulatedService, body: Json) -> Json:
    """Disarm the fault with this id, or all."""
    given = checked(body, id=int)
    return {"count": service.faults.remove(given.get("id"))}


def list_holds(service: EmulatedService, body: Json) -> Json:
    """The requests that are held."""
    checked(body)
    return {"holds": [hold.as_json() for hold in service.holds.current()]}


def release(service: EmulatedService, body: Json) -> Json:
    """Let the held request with this id go on (or all); with `drop`, it is dropped instead."""
    given = checked(body, id=int, drop=bool)
    released = service.holds.release(given.get("id"), go_on=not given.get("drop", False))
    return {"count": len(released)}
