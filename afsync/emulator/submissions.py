"""A paid submission: checked, paid and stored in one transaction."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from afsync.emulator import accounts, fields, jobs, lifecycle, router_life, templates, uploads
from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.database import Database, get_setting, insert, next_number
from afsync.emulator.errors import ErrorAnswer, invalid
from afsync.emulator.options import EmulatorOptions
from afsync.emulator.router_life import ROUTER


def submit(
    db: Database, account: EmulatedAccount, body: Mapping[str, Any], options: EmulatorOptions, now: int
) -> jobs.EmulatedJob:
    """The new job; ErrorAnswer, with nothing done, when it is refused."""
    own = fields.checked_fields(body)
    with db.writing() as connection:
        spec = _over_template(connection, account, own)
        fields.check_source(spec)
        if options.check_files:
            _check_file(connection, account, spec)
        price = cost(spec, options.surcharge)
        _check_balance(connection, account, price)
        number = next_number(connection, "jobs")
        job = new_job(get_setting(connection, "seed", ""), number, account.id, body, spec, price, options, now)
        insert(connection, "jobs", [job])
        accounts.deduct_credits(connection, account.id, now, price, "job", job.id)
        return job


def new_job(
    seed: str,
    number: int,
    account: str,
    body: Mapping[str, Any],
    spec: Mapping[str, Any],
    price: int,
    options: EmulatorOptions,
    now: int,
    origin: str = "submitted",
) -> jobs.EmulatedJob:
    """A job as it is right after its submission."""
    name = jobs.job_id(seed, number)
    if options.ignore_staging:
        spec = {**spec, "staging": False}
    plan = lifecycle.production_times(spec, now, options.speed)
    router = options.dialect == "router"
    return jobs.EmulatedJob(
        seq=number,
        id=name,
        account=account,
        origin=origin,
        submitted=json.dumps(body),
        spec=json.dumps(spec),
        cost=price,
        mode=ROUTER if router else spec.get("publishMode", "immediate"),
        staged=int(spec.get("staging", False) is True),
        created=now,
        visible=now + round(options.list_lag * 1000),
        updated=now,
        started=plan["started"],
        finished=plan["finished"],
        outcome=_outcome(name, spec, options),
        auto=int(plan["auto"]),
        publishing_ms=plan["publishing_ms"],
    )


def charge_only(
    db: Database, account: EmulatedAccount, body: Mapping[str, Any], options: EmulatorOptions, now: int
) -> None:
    """Take the credits and make no job: the bad kind of `500 job_creation_failed`."""
    with db.writing() as connection:
        accounts.deduct_credits(connection, account.id, now, cost(body, options.surcharge), "job_creation_failed", None)


def _over_template(connection: sqlite3.Connection, account: EmulatedAccount, own: dict[str, Any]) -> dict[str, Any]:
    body = {name: value for name, value in own.items() if name != "fromTemplateId"}
    if "fromTemplateId" not in own:
        return body
    template = templates.find(connection, own["fromTemplateId"], account.id)
    if template is None:
        raise ErrorAnswer(404, "template_not_found", "No template with this id")
    return {**fields.checked_fields(template.fields), **body}


def _check_file(connection: sqlite3.Connection, account: EmulatedAccount, spec: Mapping[str, Any]) -> None:
    if spec.get("entry") != "upload":
        return
    upload = uploads.find(connection, spec["fileId"])
    if upload is None or upload.account != account.id or upload.size is None:
        raise invalid("fileId names no uploaded file")


def _check_balance(connection: sqlite3.Connection, account: EmulatedAccount, price: int) -> None:
    current = accounts.find(connection, account_id=account.id)
    balance = current.balance if current else 0
    if balance < price:
        extra = {"creditCost": price, "balance": balance}
        raise ErrorAnswer(402, "insufficient_credits", "Not enough credits for this job", extra)


def _outcome(name: str, spec: Mapping[str, Any], options: EmulatorOptions) -> str:
    topic = str(spec.get("topic", ""))
    if options.dialect == "router" and (ends := router_life.outcome(topic)) != "complete":
        return ends
    if "[non-compliant]" in topic:
        return "non-compliant"
    chance = int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) / 0x1_0000_0000
    return "failed" if "[fail]" in topic or chance < options.fail_share else "complete"


def cost(spec: Mapping[str, Any], surcharge: int = 0) -> int:
    """Credits for a job: generated video 3, long or several sources 2, otherwise 1."""
    if spec.get("entry") == "generate":
        return 3 + surcharge
    sources = len(spec.get("urls") or ()) + bool(spec.get("url"))
    return (2 if spec.get("format") == "long" or sources > 1 else 1) + surcharge
