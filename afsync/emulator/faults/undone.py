"""A submission that was received, and not carried out as it should be: too late, or paid for nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.types import Scope

from afsync.emulator import accounts, submissions
from afsync.emulator.faults.reply import FaultReply, error

if TYPE_CHECKING:
    from afsync.emulator.service import EmulatedService


def submit_later(service: EmulatedService, scope: Scope, text: str, seconds: float) -> None:
    """Have it carried out when `seconds` have passed on the emulator's clock."""
    key = _key(scope)
    if key is None or _fields(text) is None:
        return  # it would have been refused
    due = service.clock.now() + round(seconds * 1000)
    with service.db.writing() as connection:
        connection.execute("INSERT INTO pending (due, key, body) VALUES (?, ?, ?)", (due, key, text))


def charge(service: EmulatedService, scope: Scope, text: str) -> FaultReply:
    """Take the credits and make no job."""
    key, fields, now = _key(scope), _fields(text), service.clock.now()
    if key is not None and fields is not None:
        account = accounts.find_or_create(service.db, key, service.options, now)
        submissions.charge_only(service.db, account, fields, service.options, now)
    return error(500, "job_creation_failed", "Rehearsed: the job could not be created")


def _key(scope: Scope) -> str | None:
    sent: bytes = dict(scope["headers"]).get(b"authorization", b"")
    key = sent.decode("latin-1").removeprefix("Bearer ")
    return key if accounts.KEY.fullmatch(key) else None


def _fields(text: str) -> dict[str, Any] | None:
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None
