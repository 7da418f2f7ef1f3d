"""A submission as the router takes it: the row is written first, and next to nothing is checked."""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from afsync.emulator import accounts, jobs, router_life, submissions, templates
from afsync.emulator.accounts import EmulatedAccount
from afsync.emulator.database import Database, get_setting, insert, next_number
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.options import EmulatorOptions

FROM_TEMPLATE = ("contentType", "durationMins", "addOns", "topic", "tone")
"""All that a template's `job_spec` gives to a job; beside `templateId`, which decides on the format."""
DEFAULT_MINUTES, MOST_MINUTES = 5, 10_000
SOURCE = {"upload": "DIRECT", "compose": "DIRECT", "generate": "GEN"}


def submit(
    db: Database, account: EmulatedAccount, body: Mapping[str, Any], options: EmulatorOptions, now: int
) -> jobs.EmulatedJob:
    """The new job. ErrorAnswer when it is refused; the row that was written then stays as a ghost."""
    with db.writing() as connection:
        spec = effective(body, _template(connection, account, body))
        price = cost(spec, account.tier) if options.charging else 0
        refusal = _refusal(connection, account, spec, price)
        origin = router_life.GHOST if refusal else "submitted"
        job = _written(connection, account, body, spec, price, options, now, origin)
        if refusal is None and price:
            _charge(connection, account, now, price, job.id)
    if refusal is not None:
        raise refusal
    return job


def effective(body: Mapping[str, Any], template: Mapping[str, Any] | None) -> dict[str, Any]:
    """What is made: the body over the few fields that a template gives, over the router's own defaults."""
    given = {} if template is None else {name: template[name] for name in FROM_TEMPLATE if name in template}
    sent = {name: value for name, value in body.items() if name != "fromTemplateId" and value is not None}
    spec = {**given, **sent}
    short = template is not None and template.get("templateId") == "short-form"
    spec["format"] = sent.get("format") or ("short" if short else "long")
    spec["durationMins"] = _minutes(spec.get("durationMins"))
    spec["topic"] = str(spec["topic"]) if spec.get("topic") else None
    return spec


def cost(spec: Mapping[str, Any], tier: str) -> int:
    """By the router's own calculator: far from what the reference says. The rate for a minute is made up."""
    entry = spec.get("entry") or "fetch"
    full = 10 + (10 if entry == "fetch" else 0) + math.ceil(float(spec["durationMins"]))
    share = {"guided": 0.9, "managed": 0.75}.get(tier, 1.0)
    return math.ceil(full * share)


def job_id(account: str, spec: Mapping[str, Any], now: int) -> str:
    """The id, made of account, format, source, content type and time; nothing in it is random."""
    way = "COMPACT" if spec["format"] == "short" else "EXTRACT"
    source = SOURCE.get(str(spec.get("entry")), "FETCH")
    kind = re.sub(r"[^A-Za-z0-9-]", "-", str(spec.get("contentType") or "news"))[:100]
    return f"{account}_{way}_{source}_{kind}_{now}"


def _minutes(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        return DEFAULT_MINUTES
    return min(MOST_MINUTES, value)


def _template(
    connection: sqlite3.Connection, account: EmulatedAccount, body: Mapping[str, Any]
) -> dict[str, Any] | None:
    wanted = body.get("fromTemplateId")
    if not wanted:
        return None
    if not templates.UUID_FORM.fullmatch(str(wanted)):
        raise ErrorAnswer(500, "template_load_failed", "invalid input syntax for type uuid")
    template = templates.find(connection, str(wanted).lower(), account.id)
    if template is None:
        raise ErrorAnswer(404, "template_not_found", "No template with this id")
    return template.fields


def _refusal(
    connection: sqlite3.Connection, account: EmulatedAccount, spec: Mapping[str, Any], price: int
) -> ErrorAnswer | None:
    if errors := _add_on_errors(spec.get("addOns")):
        return ErrorAnswer(400, "invalid_feature_inputs", "Some add-ons cannot be used", {"errors": errors})
    current = accounts.find(connection, account_id=account.id)
    if price and (current is None or current.balance < price):
        extra = {"creditCost": price, "balance": 0}  # whatever is left
        return ErrorAnswer(402, "insufficient_credits", "Not enough credits for this job", extra)
    return None


def _add_on_errors(sent: object) -> list[dict[str, str]]:
    if sent is None:
        return []
    if not isinstance(sent, dict):
        return [{"field": "addOns", "message": "must be an object"}]
    return [
        {"field": f"addOns.{name}", "message": "must be an object with active: true or false"}
        for name, value in sent.items()
        if not isinstance(value, dict) or not isinstance(value.get("active", False), bool)
    ]


def _written(
    connection: sqlite3.Connection,
    account: EmulatedAccount,
    body: Mapping[str, Any],
    spec: dict[str, Any],
    price: int,
    options: EmulatorOptions,
    now: int,
    origin: str,
) -> jobs.EmulatedJob:
    """Store the job's row; the job."""
    number = next_number(connection, "jobs")
    job = submissions.new_job(
        get_setting(connection, "seed", ""), number, account.id, body, spec, price, options, now, origin
    )
    event = {"what": "submit", "at": now, "body": dict(body)}
    if not job.staged:
        event["fails"] = options.publish_fails.split()
    job = replace(job, id=job_id(account.id, spec, now), events=json.dumps([event]))
    if origin == router_life.GHOST:
        job = replace(job, cost=0, started=None, finished=None)
    earlier = jobs.find(connection, job.id)
    if earlier is not None and options.shared_ids:
        return _taken_over(connection, earlier, job)
    while jobs.find(connection, job.id) is not None:
        now += 1
        job = replace(job, id=job_id(account.id, spec, now))
    insert(connection, "jobs", [job])
    return job


def _taken_over(connection: sqlite3.Connection, earlier: jobs.EmulatedJob, job: jobs.EmulatedJob) -> jobs.EmulatedJob:
    """Two submissions in one millisecond: one row, which is the later one's; the events name both."""
    events = [*json.loads(job.events), *json.loads(earlier.events)]
    names = ("submitted", "spec", "staged", "started", "finished", "outcome", "origin")
    changes = {name: getattr(job, name) for name in names}
    changes |= {"cost": earlier.cost + job.cost, "events": json.dumps(events)}
    return jobs.change(connection, earlier, job.updated, changes)


def _charge(connection: sqlite3.Connection, account: EmulatedAccount, now: int, price: int, job: str) -> None:
    """Packs drain before what is included, and `used` does not count them."""
    current = accounts.find(connection, account_id=account.id) or account
    packs = min(current.packs, price)
    accounts.deduct_credits(connection, account.id, now, price, "job", job)
    changed = {"packs": current.packs - packs, "used": current.used + price - packs}
    accounts.change(connection, account.id, changed)
