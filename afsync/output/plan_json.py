"""A plan for programs: the structs of its document (`plan --json`, plan files), and a plan written into them.

The structs are the one definition of the document: it is written from them here, and read into them by `plan_file`.
What has a default is missing in plan files of afsync 0.1. schemas/plan.schema.json describes it for users.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, to_builtins

from afsync.core.addresses import Kind
from afsync.core.fingerprints import plain
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change, Credits, FieldChange
from afsync.core.plan.plan import Plan, Spending, Summary
from afsync.core.records import Publish, Record, RecordedJob
from afsync.core.recovery.resolution import Resolution, advice
from afsync.core.resources import File, Job, Schedule, Template, Utc
from afsync.core.state import Account
from afsync.output.approvals import preview_json
from afsync.output.budget import budget_row
from afsync.output.json_text import json_text
from afsync.output.problems import ProblemRow, problem_row
from afsync.output.values import in_seconds

FORMAT_VERSION = "1.0"
SCHEDULE = "schedule"
"""The path of what is no field of a body: `before` and `after` hold it too."""


class ChangeRow(Struct, frozen=True, kw_only=True):
    """A change. `before` and `after` are the fields of the body, with `schedule` and `publish` where they are set."""

    address: str
    kind: Kind
    action: Action
    reason: Reason
    id: str | None
    moved_from: str | None
    retire: Retire | None
    observed: Schedule | None
    later: Schedule | None = None
    platforms: tuple[str, ...] = ()
    uploads: bool
    warning: str | None = None
    file: File | None
    rerun: str | None
    credits: Credits
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    fields: tuple[FieldChange, ...]


class CreditTotals(Struct, frozen=True):
    """What the plan spends, the balance, and the balance after it; null where the balance is unknown."""

    spend: int
    balance: int | None
    after: int | None


class LimitRow(Struct, frozen=True):
    """How much of a limit the plan takes, and the flag that overrides it."""

    name: str
    used: int
    allowed: int
    flag: str


class IntentRow(Struct, frozen=True):
    """A submission whose outcome was not known."""

    address: str
    seq: int
    at: Utc
    decision: str
    message: str


class WaitingRow(Struct, frozen=True):
    """A submission that waits for an approval, with the links that work."""

    address: str
    id: str
    preview: dict[str, Any] | None


class PlanDocument(Struct, frozen=True, kw_only=True):
    """The document of `plan --json`."""

    format_version: str
    fingerprint: str
    as_of: Utc
    lineage: str
    serial: int
    account: Account
    changes: tuple[ChangeRow, ...]
    withheld: tuple[ChangeRow, ...]
    summary: Summary
    credits: CreditTotals
    limits: tuple[LimitRow, ...]
    budget: Spending | None = None
    requests: int
    warnings: tuple[ProblemRow, ...]
    violations: tuple[ProblemRow, ...]
    intents: tuple[IntentRow, ...]
    waiting: tuple[WaitingRow, ...]


def plan_json(plan: Plan) -> str:
    """The document as text, ending in a newline."""
    return json_text(plan_document(plan))


def plan_document(plan: Plan) -> dict[str, Any]:
    """The document as JSON."""
    spend, balance = plan.spend, plan.balance
    document: dict[str, Any] = to_builtins(
        PlanDocument(
            format_version=FORMAT_VERSION,
            fingerprint=plan.fingerprint,
            as_of=in_seconds(plan.as_of),
            lineage=plan.lineage,
            serial=plan.serial,
            account=plan.account,
            changes=tuple(map(_change_row, plan.changes)),
            withheld=tuple(map(_change_row, plan.withheld)),
            summary=plan.summary,
            credits=CreditTotals(spend, balance, None if balance is None else balance - spend),
            limits=tuple(LimitRow(u.name, u.used, u.allowed, u.flag) for u in plan.limits),
            budget=budget_row(plan.budget),
            requests=plan.requests,
            warnings=tuple(map(problem_row, plan.notices)),
            violations=tuple(map(problem_row, (*plan.blocking, *plan.violations))),
            intents=tuple(map(_intent_row, plan.resolutions)),
            waiting=tuple(WaitingRow(w.address, w.id, preview_json(w.preview, plan.as_of)) for w in plan.waiting),
        )
    )
    return document


def change_json(change: Change) -> dict[str, Any]:
    """One change as JSON."""
    row: dict[str, Any] = to_builtins(_change_row(change))
    return row


def schedule_json(schedule: Schedule | None) -> dict[str, Any] | None:
    """A publish time as JSON."""
    row: dict[str, Any] | None = to_builtins(_schedule_row(schedule))
    return row


def _schedule_row(schedule: Schedule | None) -> Schedule | None:
    return Schedule(schedule.written, in_seconds(schedule.utc), schedule.zone) if schedule else None


def _change_row(change: Change) -> ChangeRow:
    after = change.after
    return ChangeRow(
        address=change.address,
        kind=change.kind,
        action=change.action,
        reason=change.reason,
        id=change.id,
        moved_from=change.moved_from,
        retire=change.retire,
        observed=_schedule_row(change.observed),
        later=_schedule_row(change.later),
        platforms=change.platforms,
        uploads=change.uploads,
        warning=change.warning,
        file=after.file if isinstance(after, Job) else None,
        rerun=after.rerun if isinstance(after, Job) else None,
        credits=change.credits,
        before=_before(change.before),
        after=_after(after),
        fields=(
            *(FieldChange(f.path, plain(f.before), plain(f.after)) for f in change.fields),
            *_schedule_field(change),
        ),
    )


def _schedule_field(change: Change) -> tuple[FieldChange, ...]:
    """The publish time as one more field, where it is what changes."""
    if change.action not in (Action.RESCHEDULE, Action.REPLACE):
        return ()
    known = change.before.schedule if isinstance(change.before, RecordedJob) else None
    before = _schedule_row(change.observed if change.reason is Reason.DRIFT else known)
    after = _schedule_row(change.after.schedule if isinstance(change.after, Job) else None)
    return (FieldChange(SCHEDULE, before, after),) if schedule_json(before) != schedule_json(after) else ()


def _before(record: Record | None) -> dict[str, Any] | None:
    if record is None:
        return None
    values: dict[str, Any] = plain(record.declared)
    if isinstance(record, RecordedJob) and record.schedule is not None:
        values[SCHEDULE] = _schedule_row(record.schedule)
    if isinstance(record, RecordedJob) and record.publish is not Publish.SERVICE:
        values["publish"] = record.publish
    return values


def _after(declared: Template | Job | None) -> dict[str, Any] | None:
    if declared is None:
        return None
    values: dict[str, Any] = plain(declared.values)
    if isinstance(declared, Job) and declared.schedule is not None:
        values[SCHEDULE] = _schedule_row(declared.schedule)
    if isinstance(declared, Job) and declared.held:
        values["publish"] = Publish.HELD
    return values


def _intent_row(resolution: Resolution) -> IntentRow:
    intent = resolution.intent
    decision = type(resolution).__name__.lower()
    return IntentRow(intent.address, intent.seq, in_seconds(intent.at), decision, advice(resolution))
