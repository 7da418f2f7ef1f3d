"""What a state holds, one function to write and one to read each kind of thing as a JSON object."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from afsync.core.recorded import (
    Account,
    Deposed,
    Intent,
    Phase,
    Record,
    RecordedJob,
    RecordedTemplate,
    Scan,
    Upload,
)
from afsync.core.resources import Kind, Schedule, kind_of
from afsync.store import fields as f
from afsync.store.fields import Object, Wrong, obj

JOBS_ONLY = ("schedule", "status", "credits", "rerun")
"""What only a job has; null in a template, so that every resource has the same keys."""
TEMPLATE = frozenset({"kind", "id", "fingerprint", "declared", "prevent_destroy", "created_at", *JOBS_ONLY})
JOB = TEMPLATE | {"staged", "approved"}
SCHEDULE = frozenset({"written", "utc", "zone"})
UPLOAD = frozenset({"file_id", "size"})
DEPOSED = frozenset({"id", "address"})
ACCOUNT = frozenset({"id", "base_url"})
SCAN = frozenset({"at", "candidates", "new", "balance"})
INTENT = frozenset(Intent.__struct_fields__)


def record_json(record: Record) -> Object:
    match record:
        case RecordedJob():
            return {
                "kind": "job",
                "id": record.id,
                "fingerprint": record.fingerprint,
                "declared": record.declared,
                "schedule": _schedule_json(record.schedule),
                "status": record.status,
                "credits": record.credits,
                "rerun": record.rerun,
                "prevent_destroy": record.prevent_destroy,
                "created_at": _time_json(record.created_at),
                "staged": record.staged,
                "approved": record.approved,
            }
        case RecordedTemplate():
            return {
                "kind": "template",
                "id": record.id,
                "fingerprint": record.fingerprint,
                "declared": record.declared,
                "prevent_destroy": record.prevent_destroy,
                "created_at": _time_json(record.created_at),
                **dict.fromkeys(JOBS_ONLY),
            }
        case _:
            assert_never(record)


def read_record(address: str, value: Any) -> Record:
    """The record at an address. Wrong when it is not one, or not of the kind the address says."""
    try:
        kind = kind_of(address)
    except ValueError as error:
        raise Wrong(str(error)) from None
    try:
        return _read_job(value) if kind is Kind.JOB else _read_template(value)
    except Wrong as error:
        raise Wrong(f"{address}: {error}") from None


def _read_job(value: Any) -> RecordedJob:
    o = obj(value, JOB)
    _check_kind(o, "job")
    return RecordedJob(
        f.text(o, "id"),
        f.text(o, "fingerprint"),
        f.values(o, "declared"),
        read_schedule(o["schedule"]),
        f.text(o, "status"),
        f.number_or_none(o, "credits"),
        f.text_or_none(o, "rerun"),
        f.flag(o, "prevent_destroy"),
        f.instant_or_none(o, "created_at"),
        f.flag(o, "staged"),
        f.flag(o, "approved"),
    )


def _read_template(value: Any) -> RecordedTemplate:
    o = obj(value, TEMPLATE)
    _check_kind(o, "template")
    for key in JOBS_ONLY:
        if o[key] is not None:
            raise Wrong(f"{key} should be null, because it is a template")
    return RecordedTemplate(
        f.text(o, "id"),
        f.text(o, "fingerprint"),
        f.values(o, "declared"),
        f.flag(o, "prevent_destroy"),
        f.instant_or_none(o, "created_at"),
    )


def _check_kind(o: Object, kind: str) -> None:
    if o["kind"] != kind:
        raise Wrong(f"kind should be {kind}, as the address says, not {f.shown(o['kind'])}")


def _schedule_json(schedule: Schedule | None) -> Object | None:
    if schedule is None:
        return None
    return {"written": schedule.written, "utc": f.instant_text(schedule.utc), "zone": schedule.zone}


def read_schedule(value: Any) -> Schedule | None:
    if value is None:
        return None
    try:
        o = obj(value, SCHEDULE)
        return Schedule(f.string(o["written"]), f.instant(o, "utc"), f.text_or_none(o, "zone"))
    except Wrong as error:
        raise Wrong(f"schedule: {error}") from None


def _time_json(at: datetime | None) -> str | None:
    return None if at is None else f.instant_text(at)


def upload_json(upload: Upload) -> Object:
    return {"file_id": upload.file_id, "size": upload.size}


def read_upload(value: Any) -> Upload:
    o = obj(value, UPLOAD)
    return Upload(f.text(o, "file_id"), f.whole(o, "size"))


def deposed_json(deposed: Deposed) -> Object:
    return {"id": deposed.id, "address": deposed.address}


def read_deposed(value: Any) -> Deposed:
    o = obj(value, DEPOSED)
    return Deposed(f.text(o, "id"), _address(o))


def account_json(account: Account | None) -> Object | None:
    return None if account is None else {"id": account.id, "base_url": account.base_url}


def read_account(value: Any) -> Account | None:
    if value is None:
        return None
    o = obj(value, ACCOUNT)
    return Account(f.text(o, "id"), f.text(o, "base_url"))


def intent_json(intent: Intent) -> Object:
    return {
        "seq": intent.seq,
        "uuid": intent.uuid,
        "address": intent.address,
        "kind": intent.kind.value,
        "fingerprint": intent.fingerprint,
        "declared": intent.declared,
        "echo": intent.echo,
        "at": f.instant_text(intent.at),
        "known": list(intent.known),
        "server_time": _time_json(intent.server_time),
        "balance": intent.balance,
        "cost": intent.cost,
        "schedule": _schedule_json(intent.schedule),
        "rerun": intent.rerun,
        "prevent_destroy": intent.prevent_destroy,
        "staged": intent.staged,
        "phase": intent.phase.value,
        "outcome": intent.outcome,
        "scans": [_scan_json(s) for s in intent.scans],
        "foreign": list(intent.foreign),
        "spent_since": intent.spent_since,
    }


def read_intent(value: Any) -> Intent:
    o = obj(value, INTENT)
    address = _address(o)
    _check_kind(o, kind_of(address).value)
    return Intent(
        seq=f.whole(o, "seq"),
        uuid=f.text(o, "uuid"),
        address=address,
        kind=Kind(o["kind"]),
        fingerprint=f.text(o, "fingerprint"),
        declared=f.values(o, "declared"),
        echo=f.values(o, "echo"),
        at=f.instant(o, "at"),
        known=f.items(o, "known", f.string),
        server_time=f.instant_or_none(o, "server_time"),
        balance=f.number_or_none(o, "balance"),
        cost=f.whole(o, "cost"),
        schedule=read_schedule(o["schedule"]),
        rerun=f.text_or_none(o, "rerun"),
        prevent_destroy=f.flag(o, "prevent_destroy"),
        staged=f.flag(o, "staged"),
        phase=f.member(o, "phase", Phase),
        outcome=f.text_or_none(o, "outcome"),
        scans=f.items(o, "scans", _read_scan),
        foreign=f.items(o, "foreign", f.string),
        spent_since=f.whole(o, "spent_since"),
    )


def _scan_json(scan: Scan) -> Object:
    return {
        "at": f.instant_text(scan.at),
        "candidates": list(scan.candidates),
        "new": list(scan.new),
        "balance": scan.balance,
    }


def _read_scan(value: Any) -> Scan:
    o = obj(value, SCAN)
    return Scan(
        f.instant(o, "at"),
        f.items(o, "candidates", f.string),
        f.items(o, "new", f.string),
        f.number_or_none(o, "balance"),
    )


def _address(o: Object) -> str:
    address = f.text(o, "address")
    try:
        kind_of(address)
    except ValueError as error:
        raise Wrong(str(error)) from None
    return address
