"""All that an account holds as one JSON document, with what the state knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from afsync.core.fingerprints import plain
from afsync.core.records import RecordedJob
from afsync.core.remote_account import Remote, RemoteJob, RemoteTemplate
from afsync.core.state import Recorded
from afsync.output.values import iso, iso_or_none

Document = dict[str, Any]


def export_document(recorded: Recorded, remote: Remote, now: datetime) -> Document:
    """Templates and jobs, newest first, as the service lists them; then the recorded ones that it does not list."""
    addresses = {record.id: address for address, record in recorded.resources.items()}
    jobs = [_job(job, addresses, recorded, remote) for job in remote.jobs.values()]
    gone = [_unlisted(a, r) for a, r in sorted(recorded.jobs.items()) if r.id not in remote.jobs]
    account = remote.account
    return {
        "version": 1,
        "at": iso(now),
        "account": {"id": account.id, "plan": account.plan_tier, "balance": account.balance},
        "templates": [_template(t, addresses, recorded) for t in remote.templates.values()],
        "jobs": [*jobs, *gone],
    }


def _template(template: RemoteTemplate, addresses: Mapping[str, str], recorded: Recorded) -> Document:
    address = addresses.get(template.id)
    return {
        "id": template.id,
        "address": address,
        "name": template.name or None,
        "created_at": iso_or_none(template.created_at),
        "fields": _fields(address, template.echo, recorded),
        "unreadable": template.unreadable,
    }


def _job(job: RemoteJob, addresses: Mapping[str, str], recorded: Recorded, remote: Remote) -> Document:
    address = addresses.get(job.id)
    record = recorded.jobs.get(address or "")
    reported = remote.publish_time(job.id)
    known = record.schedule.utc if record and record.schedule else None
    return {
        "id": job.id,
        "address": address,
        "status": job.status,
        "created_at": iso_or_none(job.created_at),
        "updated_at": iso_or_none(job.updated_at),
        "publish_at": iso_or_none(reported or known),
        "publish_at_from": "service" if reported else "state" if known else None,
        "credits": record.credits if record else None,
        "fields": _fields(address, job.echo, recorded),
        "unreadable": job.unreadable,
    }


def _unlisted(address: str, record: RecordedJob) -> Document:
    """A job that the service does not list any more, as it was last seen."""
    known = record.schedule.utc if record.schedule else None
    return {
        "id": record.id,
        "address": address,
        "status": record.status,
        "created_at": iso_or_none(record.created_at),
        "updated_at": None,
        "publish_at": iso_or_none(known),
        "publish_at_from": "state" if known else None,
        "credits": record.credits,
        "fields": plain(record.declared),
        "unreadable": "the service does not list it any more",
    }


def _fields(address: str | None, echo: Mapping[str, Any], recorded: Recorded) -> Any:
    """What it was made from, where that is recorded; else what the service reports, which is not all of it."""
    record = recorded.resources.get(address or "")
    return plain(record.declared if record else echo)
