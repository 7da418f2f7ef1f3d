"""A saved plan as a file: the plan's JSON document, what it is bound to, and a checksum. Read strictly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar

from afsync.core.plan import Action, Change, Credits, FieldChange, Plan, Reason, Retire, Waiting
from afsync.core.recorded import Account, Record, RecordedJob, RecordedTemplate
from afsync.core.resources import File, Job, Kind, Schedule, Template, key_of, kind_of
from afsync.core.saved import SavedPlan
from afsync.core.verdict import Options
from afsync.errors import Location, PlanStale, Problem, Severity
from afsync.output.json_text import json_text
from afsync.output.plan_json import plan_document
from afsync.output.values import iso

FORMAT = 1
KIND = "afsync-plan"
T = TypeVar("T")


def encode_plan_file(saved: SavedPlan) -> str:
    """The file's text. No secrets are in it; it ends in a newline."""
    options = saved.options
    body = {
        "kind": KIND,
        "format": FORMAT,
        "id": saved.id,
        "created_at": iso(saved.created_at),
        "expires_at": iso(saved.expires_at),
        "configuration": saved.configuration,
        "options": {
            "replace": sorted(options.replace),
            "target": list(options.target),
            "exclude": list(options.exclude),
            "destroy": options.destroy,
            "allow_empty": options.allow_empty,
        },
        "plan": plan_document(saved.plan),
    }
    return json_text({**body, "checksum": _checksum(body)})


def _checksum(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def decode_plan_file(text: str, name: str) -> SavedPlan:
    """The saved plan. PlanStale (exit 6) for anything that is not exactly what `plan --out` wrote."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        _refuse(name, "it is not a plan file: not JSON, or cut off")
    if not isinstance(document, dict) or document.get("kind") != KIND:
        _refuse(name, "it is not a plan file")
    if document.get("format") != FORMAT:
        _refuse(name, f"its format is {document.get('format')!r}, and this afsync writes {FORMAT}")
    body = {k: v for k, v in document.items() if k != "checksum"}
    if document.get("checksum") != _checksum(body):
        _refuse(name, "it was changed after it was written")
    try:
        return _saved(body)
    except (KeyError, TypeError, ValueError, AttributeError):
        _refuse(name, "it is not what this afsync writes")


def _refuse(name: str, why: str) -> NoReturn:
    raise PlanStale(f"The plan {name} cannot be used: {why}.", "make a new one with `afsync plan --out`")


def _saved(body: Mapping[str, Any]) -> SavedPlan:
    options, document = body["options"], body["plan"]
    return SavedPlan(
        id=_is(body["id"], str),
        plan=plan_from_document(document),
        fingerprint=_is(document["fingerprint"], str),
        options=Options(
            replace=frozenset(_strings(options["replace"])),
            target=_strings(options["target"]),
            exclude=_strings(options["exclude"]),
            destroy=_is(options["destroy"], bool),
            allow_empty=_is(options["allow_empty"], bool),
        ),
        configuration=_is(body["configuration"], str),
        created_at=_moment(body["created_at"]),
        expires_at=_moment(body["expires_at"]),
    )


def plan_from_document(document: Mapping[str, Any]) -> Plan:
    """As much of a plan as rendering needs. KeyError, TypeError or ValueError where the document is not one."""
    account, credits = document["account"], document["credits"]
    blocking = tuple(_problem(p) for p in document["violations"] if p["address"] is None)
    return Plan(
        lineage=_is(document["lineage"], str),
        serial=_is(document["serial"], int),
        as_of=_moment(document["as_of"]),
        account=Account(_is(account["id"], str), _is(account["base_url"], str)),
        changes=tuple(_change(c) for c in document["changes"]),
        withheld=tuple(_change(c) for c in document["withheld"]),
        notices=tuple(_problem(p) for p in document["warnings"]),
        violations=tuple(_problem(p) for p in document["violations"] if p["address"] is not None),
        blocking=blocking,
        balance=credits["balance"] if credits["balance"] is None else _is(credits["balance"], int),
        # Without the links: they may have stopped working since.
        waiting=tuple(Waiting(_is(w["address"], str), _is(w["id"], str)) for w in document["waiting"]),
    )


def _change(c: Mapping[str, Any]) -> Change:
    address = _is(c["address"], str)
    credits = c["credits"]
    return Change(
        address,
        Action(c["action"]),
        Reason(c["reason"]),
        before=_record(kind_of(address), c["before"], c["id"]),
        after=_declared(address, c["after"], c.get("file")),
        id=None if c["id"] is None else _is(c["id"], str),
        fields=tuple(FieldChange(_is(f["path"], str), f["before"], f["after"]) for f in c["fields"]),
        credits=Credits(_is(credits["spend"], int), _is(credits["spent"], int)),
        retire=None if c["retire"] is None else Retire(c["retire"]),
        observed=_schedule(c["observed"]),
        moved_from=None if c["moved_from"] is None else _is(c["moved_from"], str),
        uploads=_is(c["uploads"], bool),
    )


def _record(kind: Kind, before: Any, resource_id: Any) -> Record | None:
    if before is None:
        return None
    values = {k: v for k, v in before.items() if k != "schedule"}
    if kind is Kind.TEMPLATE:
        return RecordedTemplate(str(resource_id), "", values)
    return RecordedJob(str(resource_id), "", values, schedule=_schedule(before.get("schedule")))


def _declared(address: str, after: Any, file: Any) -> Template | Job | None:
    if after is None:
        return None
    values = {k: v for k, v in after.items() if k != "schedule"}
    if kind_of(address) is Kind.TEMPLATE:
        return Template(key_of(address), values)
    found = File(_is(file["path"], str), _is(file["sha256"], str), _is(file["size"], int)) if file else None
    return Job(key_of(address), values, _schedule(after.get("schedule")), found)


def _schedule(value: Any) -> Schedule | None:
    if value is None:
        return None
    return Schedule(_is(value["written"], str), _moment(value["utc"]), value["zone"])


def _problem(p: Mapping[str, Any]) -> Problem:
    at = Location(p["file"], p["line"], p["column"]) if p["file"] is not None else None
    return Problem(_is(p["code"], str), _is(p["message"], str), p["hint"], Severity(p["severity"]), p["address"], at)


def _is(value: Any, kind: type[T]) -> T:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TypeError
    return value


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(_is(v, str) for v in _is(value, list))


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(_is(value, str))
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)
