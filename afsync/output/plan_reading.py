"""A plan from its JSON document: everything that is shown of it, read strictly.

KeyError, TypeError, AttributeError or ValueError where the document is not what `plan_document` makes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from afsync.core.addresses import Kind, key_of, kind_of
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change, Credits, FieldChange
from afsync.core.plan.plan import LimitUse, Plan, Spending, Waiting
from afsync.core.resources import File, Job, Schedule, Template
from afsync.core.state.recorded import Account
from afsync.core.state.records import Publish, Record, RecordedJob, RecordedTemplate
from afsync.errors import Location, Problem, Severity
from afsync.output.plan_json import SCHEDULE

T = TypeVar("T")
_OURS = ("schedule", "publish")
"""What is declared and is no field of a request."""


def plan_from_document(document: Mapping[str, Any]) -> Plan:
    """As much of a plan as rendering needs. ValueError when its changes have not the fingerprint it names."""
    account, violations = document["account"], [_problem(p) for p in document["violations"]]
    plan = Plan(
        lineage=typed(document["lineage"], str),
        serial=typed(document["serial"], int),
        as_of=moment(document["as_of"]),
        account=Account(typed(account["id"], str), typed(account["base_url"], str)),
        changes=tuple(_change(c) for c in document["changes"]),
        withheld=tuple(_change(c) for c in document["withheld"]),
        notices=(*_resolved(document["intents"]), *(_problem(p) for p in document["warnings"])),
        violations=tuple(v for v in violations if v.address is not None),
        blocking=tuple(v for v in violations if v.address is None),
        balance=optional(document["credits"]["balance"], int),
        # Without the links: they may have stopped working since.
        budget=_budget(document.get("budget")),
        waiting=tuple(Waiting(typed(w["address"], str), typed(w["id"], str)) for w in document["waiting"]),
        limits=tuple(
            LimitUse(typed(u["name"], str), typed(u["used"], int), typed(u["allowed"], int)) for u in document["limits"]
        ),
    )
    if plan.fingerprint != document["fingerprint"]:
        raise ValueError("its fingerprint is that of another plan")
    return plan


def _budget(found: Any) -> Spending | None:
    """Plans of 0.1 have none."""
    if found is None:
        return None
    credits = {name: typed(found[name], int) for name in ("allowed", "spent", "estimated", "planned")}
    return Spending(
        period=typed(found["period"], str),
        begins=moment(found["begins"]),
        ends=moment(found["ends"]),
        later=optional(found["later"], int),
        **credits,
    )


def _resolved(intents: Any) -> Iterator[Problem]:
    """Submissions that the plan had found out about; the open ones are among its violations."""
    for intent in intents:
        if intent["decision"] in ("adopt", "absent"):
            address = typed(intent["address"], str)
            message = f"{address}: {typed(intent['message'], str)}"
            yield Problem("resolved", message, severity=Severity.NOTE, address=address)


def _change(c: Mapping[str, Any]) -> Change:
    address = typed(c["address"], str)
    change = Change(
        address,
        Action(c["action"]),
        Reason(c["reason"]),
        before=_record(kind_of(address), c["before"], c["id"]),
        after=_declared(address, c),
        id=optional(c["id"], str),
        fields=tuple(
            FieldChange(typed(f["path"], str), f["before"], f["after"]) for f in c["fields"] if f["path"] != SCHEDULE
        ),
        credits=Credits(typed(c["credits"]["spend"], int), typed(c["credits"]["spent"], int)),
        retire=None if c["retire"] is None else Retire(c["retire"]),
        observed=_schedule(c["observed"]),
        moved_from=optional(c["moved_from"], str),
        uploads=typed(c["uploads"], bool),
        later=_schedule(c.get("later")),
        platforms=tuple(typed(name, str) for name in c.get("platforms", ())),
        warning=optional(c.get("warning"), str),
    )
    assert change.steps is not None  # KeyError for an action that there is not for this kind
    return change


def _record(kind: Kind, before: Any, resource_id: Any) -> Record | None:
    if before is None:
        return None
    values = {k: v for k, v in before.items() if k not in _OURS}
    if kind is Kind.TEMPLATE:
        return RecordedTemplate(str(resource_id), "", values)
    publish = Publish(before.get("publish", Publish.SERVICE))
    return RecordedJob(str(resource_id), "", values, schedule=_schedule(before.get("schedule")), publish=publish)


def _declared(address: str, c: Mapping[str, Any]) -> Template | Job | None:
    after, file = c["after"], c["file"]
    if after is None:
        return None
    values = {k: v for k, v in after.items() if k not in _OURS}
    if kind_of(address) is Kind.TEMPLATE:
        return Template(key_of(address), values)
    found = File(typed(file["path"], str), typed(file["sha256"], str), typed(file["size"], int)) if file else None
    held = after.get("publish") == Publish.HELD
    return Job(key_of(address), values, _schedule(after.get("schedule")), found, optional(c["rerun"], str), held=held)


def _schedule(value: Any) -> Schedule | None:
    if value is None:
        return None
    zone = optional(value["zone"], str)
    if zone is not None:
        ZoneInfo(zone)
    return Schedule(typed(value["written"], str), moment(value["utc"]), zone)


def _problem(p: Mapping[str, Any]) -> Problem:
    line, column = optional(p["line"], int), optional(p["column"], int)
    at = Location(typed(p["file"], str), line, column) if p["file"] is not None else None
    severity, address = Severity(p["severity"]), optional(p["address"], str)
    return Problem(typed(p["code"], str), typed(p["message"], str), optional(p["hint"], str), severity, address, at)


def typed(value: Any, kind: type[T]) -> T:
    """`value`, which is of this very type. TypeError."""
    if type(value) is not kind:
        raise TypeError
    return value


def optional(value: Any, kind: type[T]) -> T | None:
    """The same, or None."""
    return None if value is None else typed(value, kind)


def strings(value: Any) -> tuple[str, ...]:
    """A list of texts. TypeError."""
    return tuple(typed(v, str) for v in typed(value, list))


def moment(value: Any) -> datetime:
    """An instant with an offset, in UTC. TypeError, ValueError."""
    parsed = datetime.fromisoformat(typed(value, str))
    if parsed.tzinfo is None:
        raise ValueError
    return parsed.astimezone(UTC)
