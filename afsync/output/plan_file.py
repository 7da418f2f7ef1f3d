"""A saved plan as a file: the plan's JSON document with what it is bound to, and a checksum. Read strictly."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from msgspec import MsgspecError, Struct, convert, to_builtins
from msgspec.structs import asdict, replace

from afsync.__version__ import __version__
from afsync.core.addresses import Kind, key_of, kind_of
from afsync.core.fingerprints import too_deep
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import LimitUse, Plan, Spending, Waiting, plan_without_links
from afsync.core.plan.saved_plan import SavedPlan
from afsync.core.records import Publish, Record, RecordedJob, RecordedTemplate
from afsync.core.resources import Job, Schedule, Template, Utc
from afsync.errors import PlanStale, Problem, Severity
from afsync.output.json_text import json_text
from afsync.output.plan_json import SCHEDULE, ChangeRow, IntentRow, PlanDocument, plan_document
from afsync.output.problems import problem_of
from afsync.output.values import escape_control, in_seconds

FORMAT = 1
KIND = "afsync-plan"
_OURS = (SCHEDULE, "publish")
"""What is declared and is no field of a request."""


class SavedOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The flags that the plan was made with. What has a default is missing in files of afsync 0.1."""

    replace: tuple[str, ...]
    target: tuple[str, ...]
    exclude: tuple[str, ...]
    destroy: bool
    allow_empty: bool
    ignore_policy: bool
    accept_unstaged: bool = False
    ignore_horizon: bool = False


class PlanBinding(Struct, frozen=True, kw_only=True):
    """What a file holds besides the plan's document and the checksum."""

    kind: str = KIND
    format: int = FORMAT
    afsync: str = __version__
    id: str
    created_at: Utc
    expires_at: Utc
    configuration: str
    options: SavedOptions


def encode_plan_file(saved: SavedPlan) -> str:
    """The file's text. No secrets are in it, links for reviewers neither; it ends in a newline."""
    flags = {name: getattr(saved.options, name) for name in SavedOptions.__struct_fields__}
    binding = PlanBinding(
        id=saved.id,
        created_at=in_seconds(saved.created_at),
        expires_at=in_seconds(saved.expires_at),
        configuration=saved.configuration,
        options=SavedOptions(**{**flags, "replace": tuple(sorted(saved.options.replace))}),
    )
    body = {**to_builtins(binding), **plan_document(plan_without_links(saved.plan))}
    return json_text({**body, "checksum": _checksum(body)})


def _checksum(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def decode_plan_file(text: str, name: str) -> SavedPlan:
    """The saved plan. PlanStale (exit 6) for anything that is not exactly what `plan --out` wrote."""
    return read_plan_file(text, name)[0]


def read_plan_file(text: str, name: str) -> tuple[SavedPlan, dict[str, Any]]:
    """The saved plan, and the plan's document as it was written."""
    try:
        document = json.loads(text, parse_constant=_not_a_number)
        if not isinstance(document, dict) or document.get("kind") != KIND:
            _refuse(name, "it is not a plan file")
        if too_deep(document):
            _refuse(name, "it is nested too deeply")
        if document.get("format") != FORMAT:
            _refuse_format(name, document)
        body = {k: v for k, v in document.items() if k != "checksum"}
        if document.get("checksum") != _checksum(body):
            _refuse(name, "it was changed after it was written")
    except (ValueError, RecursionError):
        _refuse(name, "it is not a plan file: not JSON, or cut off")
    try:
        plan = {k: v for k, v in body.items() if k not in PlanBinding.__struct_fields__}
        return _saved(convert(body, PlanBinding), convert(plan, PlanDocument)), plan
    except (MsgspecError, KeyError, TypeError, ValueError, AttributeError, OSError, OverflowError, RecursionError):
        _refuse(name, "it is not what this afsync writes, or was changed")


def _refuse_format(name: str, document: Mapping[str, Any]) -> NoReturn:
    number, writer = document.get("format"), str(document.get("afsync"))[:40]
    if type(number) is int and number > FORMAT:
        why = f"a newer afsync made it ({escape_control(writer)}): its format is {number}, and this one knows {FORMAT}"
        raise PlanStale(f"The plan {name} cannot be used: {why}.", "apply it with that version, or plan again here")
    _refuse(name, f"its format is {escape_control(str(number)[:20])}, and this afsync knows {FORMAT}")


def _not_a_number(said: str) -> NoReturn:
    raise ValueError(said)


def _refuse(name: str, why: str) -> NoReturn:
    raise PlanStale(f"The plan {name} cannot be used: {why}.", "make a new one with `afsync plan --out`")


def _saved(binding: PlanBinding, document: PlanDocument) -> SavedPlan:
    options = asdict(binding.options)
    return SavedPlan(
        id=binding.id,
        plan=_plan(document),
        fingerprint=document.fingerprint,
        options=Options(**{**options, "replace": frozenset(binding.options.replace)}),
        configuration=binding.configuration,
        created_at=binding.created_at.astimezone(UTC),
        expires_at=binding.expires_at.astimezone(UTC),
    )


def _plan(document: PlanDocument) -> Plan:
    """As much of a plan as rendering needs. ValueError when its changes have not the fingerprint it names."""
    violations = tuple(map(problem_of, document.violations))
    plan = Plan(
        lineage=document.lineage,
        serial=document.serial,
        as_of=document.as_of.astimezone(UTC),
        account=document.account,
        changes=tuple(map(_change, document.changes)),
        withheld=tuple(map(_change, document.withheld)),
        notices=(*_resolved(document.intents), *map(problem_of, document.warnings)),
        violations=tuple(v for v in violations if v.address is not None),
        blocking=tuple(v for v in violations if v.address is None),
        balance=document.credits.balance,
        budget=_budget(document.budget),
        # Without the links: they may have stopped working since.
        waiting=tuple(Waiting(w.address, w.id) for w in document.waiting),
        limits=tuple(LimitUse(u.name, u.used, u.allowed) for u in document.limits),
    )
    if plan.fingerprint != document.fingerprint:
        raise ValueError("its fingerprint is that of another plan")
    return plan


def _budget(found: Spending | None) -> Spending | None:
    if found is None:
        return None
    return replace(found, begins=found.begins.astimezone(UTC), ends=found.ends.astimezone(UTC))


def _resolved(intents: tuple[IntentRow, ...]) -> Iterator[Problem]:
    """Submissions that the plan had found out about; the open ones are among its violations."""
    for intent in intents:
        if intent.decision in ("adopt", "absent"):
            message = f"{intent.address}: {intent.message}"
            yield Problem("resolved", message, severity=Severity.NOTE, address=intent.address)


def _change(row: ChangeRow) -> Change:
    change = Change(
        row.address,
        row.action,
        row.reason,
        before=_record(row),
        after=_declared(row),
        id=row.id,
        fields=tuple(f for f in row.fields if f.path != SCHEDULE),
        credits=row.credits,
        retire=row.retire,
        observed=_schedule(row.observed),
        moved_from=row.moved_from,
        uploads=row.uploads,
        later=_schedule(row.later),
        platforms=row.platforms,
        warning=row.warning,
    )
    assert change.steps is not None  # KeyError for an action that there is not for this kind
    return change


def _record(row: ChangeRow) -> Record | None:
    before = row.before
    if before is None:
        return None
    values = {k: v for k, v in before.items() if k not in _OURS}
    if kind_of(row.address) is Kind.TEMPLATE:
        return RecordedTemplate(str(row.id), "", values)
    publish = Publish(before.get("publish", Publish.SERVICE))
    return RecordedJob(str(row.id), "", values, schedule=_schedule_in(before), publish=publish)


def _declared(row: ChangeRow) -> Template | Job | None:
    after = row.after
    if after is None:
        return None
    values = {k: v for k, v in after.items() if k not in _OURS}
    if kind_of(row.address) is Kind.TEMPLATE:
        return Template(key_of(row.address), values)
    held = after.get("publish") == Publish.HELD
    return Job(key_of(row.address), values, _schedule_in(after), row.file, row.rerun, held=held)


def _schedule_in(values: Mapping[str, Any]) -> Schedule | None:
    return _schedule(convert(values.get(SCHEDULE), Schedule | None))


def _schedule(schedule: Schedule | None) -> Schedule | None:
    """The publish time in UTC. ValueError or KeyError where its zone is unknown."""
    if schedule is None:
        return None
    if schedule.zone is not None:
        ZoneInfo(schedule.zone)
    return replace(schedule, utc=schedule.utc.astimezone(UTC))
