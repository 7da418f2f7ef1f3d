"""A plan for programs (`plan --json`); described in schemas/plan.schema.json."""

from __future__ import annotations

from typing import Any

from afsync.core.fingerprints import plain
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.core.plan.plan import Plan
from afsync.core.recovery.resolution import Resolution, advice
from afsync.core.resources import Job, Schedule, Template
from afsync.core.state.records import Publish, Record, RecordedJob
from afsync.output.approvals import preview_json
from afsync.output.budget import budget_json
from afsync.output.json_text import json_text
from afsync.output.problems import problem_json
from afsync.output.values import iso

FORMAT_VERSION = "1.0"
SCHEDULE = "schedule"
"""The path of what is no field of a body: `before` and `after` hold it too."""


def plan_json(plan: Plan) -> str:
    """The document as text, ending in a newline."""
    return json_text(plan_document(plan))


def plan_document(plan: Plan) -> dict[str, Any]:
    s = plan.summary
    return {
        "format_version": FORMAT_VERSION,
        "fingerprint": plan.fingerprint,
        "as_of": iso(plan.as_of),
        "lineage": plan.lineage,
        "serial": plan.serial,
        "account": {"id": plan.account.id, "base_url": plan.account.base_url},
        "changes": [change_json(c) for c in plan.changes],
        "withheld": [change_json(c) for c in plan.withheld],
        "summary": {
            "add": s.add,
            "change": s.change,
            "destroy": s.destroy,
            "adopt": s.adopt,
            "move": s.move,
            "forget": s.forget,
            "approve": s.approve,
        },
        "credits": {
            "spend": plan.spend,
            "balance": plan.balance,
            "after": None if plan.balance is None else plan.balance - plan.spend,
        },
        "limits": [{"name": u.name, "used": u.used, "allowed": u.allowed, "flag": u.flag} for u in plan.limits],
        "budget": budget_json(plan.budget),
        "requests": plan.requests,
        "warnings": [problem_json(n) for n in plan.notices],
        "violations": [problem_json(v) for v in (*plan.blocking, *plan.violations)],
        "intents": [_intent_json(r) for r in plan.resolutions],
        "waiting": [
            {"address": w.address, "id": w.id, "preview": preview_json(w.preview, plan.as_of)} for w in plan.waiting
        ],
    }


def change_json(change: Change) -> dict[str, Any]:
    """One change in the shape of DESIGN's machine formats."""
    return {
        "address": change.address,
        "kind": change.kind.value,
        "action": change.action.value,
        "reason": change.reason.value,
        "id": change.id,
        "moved_from": change.moved_from,
        "retire": change.retire.value if change.retire else None,
        "observed": schedule_json(change.observed),
        "later": schedule_json(change.later),
        "platforms": list(change.platforms),
        "uploads": change.uploads,
        "warning": change.warning,
        "file": _file(change.after),
        "rerun": change.after.rerun if isinstance(change.after, Job) else None,
        "credits": {"spend": change.credits.spend, "spent": change.credits.spent},
        "before": _before(change.before),
        "after": _after(change.after),
        "fields": [{"path": f.path, "before": plain(f.before), "after": plain(f.after)} for f in change.fields]
        + _schedule_field(change),
    }


def _schedule_field(change: Change) -> list[dict[str, Any]]:
    """The publish time as one more field, where it is what changes."""
    if change.action not in (Action.RESCHEDULE, Action.REPLACE):
        return []
    known = change.before.schedule if isinstance(change.before, RecordedJob) else None
    before = schedule_json(change.observed if change.reason is Reason.DRIFT else known)
    after = schedule_json(change.after.schedule if isinstance(change.after, Job) else None)
    return [{"path": SCHEDULE, "before": before, "after": after}] if before != after else []


def schedule_json(schedule: Schedule | None) -> dict[str, Any] | None:
    return {"written": schedule.written, "utc": iso(schedule.utc), "zone": schedule.zone} if schedule else None


def _file(after: Template | Job | None) -> dict[str, Any] | None:
    file = after.file if isinstance(after, Job) else None
    return {"path": file.path, "sha256": file.sha256, "size": file.size} if file else None


def _before(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    values: dict[str, Any] = plain(record.declared)
    if isinstance(record, RecordedJob) and record.schedule is not None:
        values["schedule"] = schedule_json(record.schedule)
    if isinstance(record, RecordedJob) and record.publish is not Publish.SERVICE:
        values["publish"] = record.publish.value
    return values


def _after(declared: Template | Job | None) -> dict[str, Any] | None:
    if declared is None:
        return None
    values: dict[str, Any] = plain(declared.values)
    if isinstance(declared, Job) and declared.schedule is not None:
        values["schedule"] = schedule_json(declared.schedule)
    if isinstance(declared, Job) and declared.held:
        values["publish"] = Publish.HELD.value
    return values


def _intent_json(resolution: Resolution) -> dict[str, Any]:
    intent = resolution.intent
    return {
        "address": intent.address,
        "seq": intent.seq,
        "at": iso(intent.at),
        "decision": type(resolution).__name__.lower(),
        "message": advice(resolution),
    }
