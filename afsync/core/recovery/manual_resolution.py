"""What a person says about a submission whose outcome is not known, checked against the account."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind, typed
from afsync.core.command_lines import INTENTS, FlagName, import_command
from afsync.core.recovery.resolution import (
    Adopt,
    Resolution,
    candidates_of,
    close_intent,
    record_of,
    record_publication,
    reopen_intent,
    replace_intent,
)
from afsync.core.remote_account import Remote
from afsync.core.state import Intent, Purpose, Recorded
from afsync.errors import UsageError


class ManualAdopt(Struct, frozen=True):
    """The person says: the submission became this job."""

    id: str


class ManualAbsent(Struct, frozen=True):
    """The person says: the submission was never made."""


class ManualForeign(Struct, frozen=True):
    """The person says: these jobs are not ours."""

    ids: tuple[str, ...]


ManualDecision: TypeAlias = ManualAdopt | ManualAbsent | ManualForeign


def apply_manual_resolution(
    recorded: Recorded,
    resolution: Resolution,
    saying: ManualDecision,
    remote: Remote,
    *,
    who: str,
    why: str,
    now: datetime,
) -> Recorded:
    """The state with a person's decision in it, and a record of who took it when and why.

    `resolution` is what can be said without them. Raises UsageError where the account contradicts them.
    """
    intent = resolution.intent
    if intent.purpose is Purpose.APPROVAL:
        result = _approval(recorded, resolution, saying, remote)
        what = "adopt" if isinstance(saying, ManualAdopt) else "absent"
        return _noted(result, intent, what, (str(intent.job_id),), who, why, now)
    match saying:
        case ManualAdopt(resource_id):
            result = _adopt(_unmarked(recorded, resource_id), intent, resource_id, remote)
            return _noted(result, intent, "adopt", (resource_id,), who, why, now)
        case ManualAbsent():
            _check_absent(resolution)
            return _noted(close_intent(recorded, intent), intent, "absent", (), who, why, now)
        case ManualForeign(ids):
            result = _foreign(recorded, intent, ids, remote)
            return _noted(result, intent, "foreign", ids, who, why, now)
        case _:
            assert_never(saying)


def _approval(recorded: Recorded, resolution: Resolution, saying: ManualDecision, remote: Remote) -> Recorded:
    """The state after a person said whether a job was published; if not, it may be approved again."""
    intent = resolution.intent
    match saying:
        case ManualAdopt(job_id) if job_id == intent.job_id:
            seen = remote.jobs.get(job_id)
            return record_publication(recorded, intent, intent.server_time or intent.at, seen.status if seen else None)
        case ManualAbsent() if isinstance(resolution, Adopt):
            raise UsageError(f"{intent.job_id} was approved: {resolution.evidence}", "the next apply records it")
        case ManualAbsent():
            return close_intent(recorded, intent)
        case _:
            text = f"what is not known is whether {intent.job_id} was published"
            raise UsageError(
                text, f"say `{FlagName.ADOPT} {typed(str(intent.job_id))}` if it was, `{FlagName.ABSENT}` if it was not"
            )


def _adopt(recorded: Recorded, intent: Intent, resource_id: str, remote: Remote) -> Recorded:
    _check_free(recorded, intent, resource_id)
    if resource_id in intent.known:
        taking = f"{import_command(intent.address, resource_id)} takes over"
        hint = f"if it was never made, say so with `{FlagName.ABSENT}`; {taking}"
        raise UsageError(f"{resource_id} was there before this submission", hint)
    if intent.kind is Kind.TEMPLATE:
        template = remote.templates.get(resource_id)
        if template is None:
            raise _unknown(resource_id, "template")
        record = record_of(intent, resource_id, "", template.created_at)
    else:
        job = remote.jobs.get(resource_id)
        if job is None:
            raise _unknown(resource_id, "job")
        record = record_of(intent, resource_id, job.status, job.created_at)
    return replace_intent(recorded, intent, record)


def _unmarked(recorded: Recorded, resource_id: str) -> Recorded:
    """The state without a mark that contradicts the person's later word."""
    return replace(recorded, foreign=tuple(i for i in recorded.foreign if i != resource_id))


def _check_free(recorded: Recorded, intent: Intent, resource_id: str) -> None:
    holder = next((a for a, r in recorded.resources.items() if (r.kind, r.id) == (intent.kind, resource_id)), None)
    if holder is not None:
        text = f"{resource_id} belongs to {holder}"
        if holder == intent.address:
            text = f"{resource_id} is what {holder} had before this submission"
        raise UsageError(text, f"{INTENTS} shows the ids it could be")
    if any(d.id == resource_id for d in recorded.deposed):
        raise UsageError(f"{resource_id} is a replaced template that is still to be deleted")


def _check_absent(resolution: Resolution) -> None:
    seen = candidates_of(resolution)
    if seen:
        ids = " ".join(seen)
        raise UsageError(
            f"{resolution.intent.address}: {', '.join(seen)} could be it, so it cannot be called absent",
            f"if that is another client's, say so first: {FlagName.FOREIGN} {ids}",
        )


def _foreign(recorded: Recorded, intent: Intent, ids: tuple[str, ...], remote: Remote) -> Recorded:
    there = remote.templates if intent.kind is Kind.TEMPLATE else remote.jobs
    for resource_id in ids:
        if resource_id not in there:
            raise _unknown(resource_id, intent.kind.value)
        _check_free(recorded, intent, resource_id)
    marked = tuple(dict.fromkeys((*intent.foreign, *ids)))
    known = tuple(dict.fromkeys((*recorded.foreign, *ids)))
    return replace(reopen_intent(recorded, replace(intent, foreign=marked)), foreign=known)


def _unknown(resource_id: str, kind: str) -> UsageError:
    return UsageError(f"the account has no {kind} {resource_id}", f"{INTENTS} shows the ids it could be")


def _noted(
    recorded: Recorded, intent: Intent, what: str, ids: tuple[str, ...], who: str, why: str, now: datetime
) -> Recorded:
    entry = {
        "address": intent.address,
        "seq": intent.seq,
        "decision": what,
        "id": ", ".join(ids) or None,
        "who": who,
        "at": now.isoformat(),
        "why": why,
    }
    return recorded.with_decision(entry)
