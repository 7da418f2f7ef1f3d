"""The lines of `apply --json`: one JSON object for each thing that happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from afsync.core.apply_verification import Observable, Verification
from afsync.core.outcomes import Applied, Failed, NotAttempted, Outcome, Unresolved
from afsync.core.plan.actions import Step
from afsync.core.plan.changes import Change
from afsync.errors import Problem
from afsync.output.json_text import json_line
from afsync.output.outcomes import Tally, plural
from afsync.output.plan_json import change_json
from afsync.output.problems import problem_json
from afsync.output.values import iso


def event_json(kind: str, at: datetime, **fields: Any) -> str:
    """One line of `apply --json`."""
    return json_line({"type": kind, "at": iso(at), **fields})


def started_json(change: Change, step: Step, at: datetime) -> str:
    fields = {"address": change.address, "action": change.action.value, "step": step.name.lower()}
    return event_json("change_start", at, **fields)


def due_json(changes: Sequence[Change], at: datetime) -> str:
    """What is published besides what the plan said, because its time came while it was carried out."""
    return event_json("due", at, changes=[change_json(c) for c in changes])


def outcome_json(outcome: Outcome, at: datetime) -> str:
    names = {Applied: "applied", Failed: "failed", Unresolved: "unresolved", NotAttempted: "not_attempted"}
    fields: dict[str, Any] = {
        "address": outcome.change.address,
        "action": outcome.change.action.value,
        "outcome": names[type(outcome)],
        "id": outcome.id if isinstance(outcome, Applied) else outcome.change.id,
        "credits": outcome.credits if isinstance(outcome, Applied | Failed) else 0,
        "message": outcome.note if isinstance(outcome, Applied) else outcome.why,
    }
    return event_json("change_done", at, **fields)


def summary_json(outcomes: Sequence[Outcome], at: datetime, looked: Verification | None = None) -> str:
    t = Tally(outcomes)
    spent = (looked.spent if looked else None) if t.unknown_costs else t.credits
    return event_json(
        "summary",
        at,
        added=t.added,
        changed=t.changed,
        destroyed=t.destroyed,
        approved=t.approved,
        failed=t.failed,
        unresolved=t.unresolved,
        not_attempted=t.not_attempted,
        credits=spent,
    )


def problem_event_json(problem: Problem, at: datetime) -> str:
    return event_json(problem.severity.value if problem.severity != "note" else "warning", at, **problem_json(problem))


def seen_fields(looked: Verification) -> dict[str, Any]:
    """The fields of the event `seen`."""
    counts = {what: {"seen": found, "of": total} for what, found, total in looked.comparison.counts()}
    return {
        **{plural(what).replace(" ", "_"): counts.get(what) for what in Observable},
        "unseen": [{"what": e.what.value, "address": e.address, "id": e.id} for e in looked.comparison.unconfirmed],
        "not_read": looked.comparison.beyond,
        "failed": looked.failed,
    }
