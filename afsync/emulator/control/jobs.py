"""Control calls for jobs: show with all inputs, advance, purge, create by the thousand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from msgspec.structs import replace

from afsync.emulator import accounts, fields, jobs, submissions
from afsync.emulator.clock import iso, parse_iso
from afsync.emulator.control.calls import NUMBER, BadCall, account_id, checked
from afsync.emulator.database import get_setting, insert, next_number
from afsync.emulator.dialects.all_dialects import has_output
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.service import EmulatedService

Json = dict[str, Any]
SELECTION: Json = {
    "job_ids": list, "key": str, "status": str, "origin": str, "older_than": NUMBER, "newest": int, "oldest": int,
}  # fmt: skip
LISTED_IDS = 1000
PRODUCTION_MS = 180_000


def index(service: EmulatedService, body: Json) -> Json:
    """The selected jobs, newest first, with what the service does not show."""
    checked(body, **SELECTION)
    return {"jobs": [_shown(service, job) for job in _selected(service, body)]}


def advance(service: EmulatedService, body: Json) -> Json:
    """Give those that are selected the status `to`, now."""
    given = checked(body, to=str, **SELECTION)
    if "to" not in given:
        raise BadCall("'to' is required: the status to move jobs to")
    now = service.clock.now()
    chosen = _selected(service, given)
    with service.db.writing() as connection:
        for job in chosen:
            jobs.change(connection, job, now, jobs.advanced(job, given["to"], now))
    return {"count": len(chosen), "job_ids": [job.id for job in chosen[:LISTED_IDS]]}


def purge(service: EmulatedService, body: Json) -> Json:
    """Remove those that are selected, as the service does with old ones."""
    checked(body, **SELECTION)
    chosen = _selected(service, body)
    with service.db.writing() as connection:
        connection.executemany("DELETE FROM jobs WHERE seq = ?", [(job.seq,) for job in chosen])
    return {"count": len(chosen), "job_ids": [job.id for job in chosen[:LISTED_IDS]]}


def seed(service: EmulatedService, body: Json) -> Json:
    """Make `count` jobs without a submission; they stay as they are until they are advanced."""
    given = checked(
        body, key=str, count=int, status=str, age=NUMBER, spacing=NUMBER, fields=dict, publish_at=str, charge=bool
    )
    try:
        spec = fields.checked_fields(given.get("fields", {}))
    except ErrorAnswer as wrong:
        raise BadCall(wrong.body["message"]) from None
    if "publish_at" in given and parse_iso(given["publish_at"]) is None:
        raise BadCall("'publish_at' must be an ISO 8601 time with an offset or Z")
    account = account_id(service, given.get("key"))
    with service.db.writing() as connection:
        first = next_number(connection, "jobs")
        seeds = list(_seeds(service, get_setting(connection, "seed", ""), first, account, spec, given))
        insert(connection, "jobs", seeds)
        if given.get("charge"):
            for job in seeds:
                accounts.deduct_credits(connection, account, job.created, job.cost, "job", job.id)
    ids = [job.id for job in reversed(seeds)]
    return {"count": len(ids), "job_ids": ids[:LISTED_IDS]}


def _seeds(
    service: EmulatedService, seed_text: str, first: int, account: str, spec: Json, given: Json
) -> Iterator[jobs.EmulatedJob]:
    """Oldest first; `{n}` in the topic becomes the number, 1 for the newest."""
    count, status = given.get("count", 1), given.get("status", "published")
    now = service.clock.now()
    newest = now - round(given.get("age", 0) * 1000)
    spacing = round(given.get("spacing", 1) * 1000)
    options = replace(service.options, speed="manual", fail_share=0.0, list_lag=0.0)
    numbered = "{n}" in spec.get("topic", "")
    price = submissions.cost(spec, options.surcharge)
    like = submissions.new_job(seed_text, 0, account, {}, spec, price, options, now, "seeded")
    for back in range(count - 1, -1, -1):
        created = newest - back * spacing
        number = first + count - 1 - back
        own = {**spec, "topic": spec["topic"].replace("{n}", str(back + 1))} if numbered else None
        text = json.dumps(own) if own else like.spec
        done = min(now, created + PRODUCTION_MS)
        yield replace(
            like, seq=number, id=jobs.job_id(seed_text, number), spec=text, submitted=text,
            created=created, visible=created, updated=done, publish_at=parse_iso(given.get("publish_at")),
            **jobs.advanced(like, status, done),
        )  # fmt: skip


def _selected(service: EmulatedService, body: Json) -> list[jobs.EmulatedJob]:
    now = service.clock.now()
    account = account_id(service, body["key"]) if "key" in body else None
    dialect = service.dialect
    with service.db.reading() as connection:
        found = jobs.newest(connection, account, now + 10**12)  # those that the list lags behind with, too
        chosen = [
            job
            for job in found
            if ("job_ids" not in body or job.id in body["job_ids"])
            and ("origin" not in body or job.origin == body["origin"])
            and ("status" not in body or dialect.status(job, now) == body["status"])
            and ("older_than" not in body or job.created < now - body["older_than"] * 1000)
        ]
    if "oldest" in body:
        chosen = chosen[max(0, len(chosen) - body["oldest"]) :]
    return list(islice(chosen, body.get("newest")))


def _shown(service: EmulatedService, job: jobs.EmulatedJob) -> Json:
    def moment(ms: int | None) -> str | None:
        return None if ms is None else iso(ms)

    now = service.clock.now()
    return {
        "job_id": job.id, "account": job.account, "origin": job.origin, "credits": job.cost,
        "status": service.dialect.status(job, now),
        "submitted": json.loads(job.submitted), "fields": job.fields,
        "created_at": moment(job.created), "publish_at": moment(job.publish_at), "approved_at": moment(job.approved),
        "finished_at": moment(job.finished), "cancelled_at": moment(job.cancelled),
        "made": has_output(job, now), "events": [{**event, "at": iso(event["at"])} for event in job.story.events],
        "publications": [
            {"at": iso(one.at), "platforms": list(one.platforms), "by": one.by, "private": one.private}
            for one in job.publications(now)
        ],
    }  # fmt: skip
