"""The resolution of a request whose answer was lost: as a value, in words, and written into the state."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind, typed
from afsync.core.command_lines import FlagName, resolve_command
from afsync.core.forgotten import remembering
from afsync.core.records import Deposed, Publish, Record, RecordedJob, RecordedTemplate
from afsync.core.state import Intent, Purpose, Recorded, Scan


class Adopt(Struct, frozen=True):
    """It was done: the submission became `id`, or the approval published `id`. `evidence` says how that is known and is
    kept in the state."""

    intent: Intent
    id: str
    evidence: str
    status: str = "queued"
    created_at: datetime | None = None


class Absent(Struct, frozen=True):
    """The submission was not made; it may be planned again."""

    intent: Intent
    evidence: str


class Wait(Struct, frozen=True):
    """It is too early to say. `scan` is what was read this time; apply keeps it once the quarantine is over
    (`counts`)."""

    intent: Intent
    until: datetime
    scan: Scan
    counts: bool


class Ask(Struct, frozen=True):
    """The evidence is not enough; a person must decide. `candidates` are the ids that it could be."""

    intent: Intent
    why: str
    candidates: tuple[str, ...] = ()


Resolution: TypeAlias = Adopt | Absent | Wait | Ask


def record_publication(recorded: Recorded, intent: Intent, at: datetime, status: str | None = None) -> Recorded:
    """The state after an approval was accepted, at `at` (UTC): its intent is closed and the job approved."""
    record = recorded.resources.get(intent.address)
    recorded = close_intent(recorded, intent)
    if not isinstance(record, RecordedJob) or record.id != intent.job_id:
        return recorded
    done = replace(record, approved=True, approval=None, approved_at=at, status=status or record.status)
    done = replace(done, publish_finding=None, failed_on=())
    return recorded.with_resource(intent.address, done)


def approval_summary(resolution: Resolution) -> str:
    """What will happen with an open approval, in words."""
    match resolution:
        case Adopt(_, job_id, evidence):
            return f"{job_id} was approved ({evidence}); apply records it, nothing is sent"
        case Absent(_, evidence):
            return f"it was not approved ({evidence})"
        case Wait(intent, until):
            return f"{intent.job_id} may still be published; looked for until {until:%Y-%m-%d %H:%M:%S} UTC"
        case Ask(_, why):
            return f"a person must decide whether it was published: {why}"
        case _:
            assert_never(resolution)


def approval_options(intent: Intent) -> tuple[str, ...]:
    """The commands that resolve an open approval, one per line."""
    resolve = resolve_command(intent.address)
    return (
        f"if it was published: {resolve} {FlagName.ADOPT} {typed(str(intent.job_id))}",
        f"if it was not: {resolve} {FlagName.ABSENT} (it can then be published again)",
    )


def resolution_summary(resolution: Resolution) -> str:
    """What will happen with an open intent, in words."""
    if resolution.intent.purpose is Purpose.APPROVAL:
        return approval_summary(resolution)
    match resolution:
        case Adopt(_, job_id, evidence):
            return f"found: it is {job_id} ({evidence}); apply records it, nothing is submitted"
        case Absent(_, evidence):
            return f"it was not made ({evidence}); it is planned again"
        case Wait(_, until, scan):
            shown = f"; so far this could be it: {', '.join(scan.candidates)}" if scan.candidates else ""
            return f"it may still turn up; looked for until {until:%Y-%m-%d %H:%M:%S} UTC{shown}"
        case Ask(_, why, ids):
            shown = f" ({', '.join(ids)})" if ids else ""
            return f"a person must decide: {why}{shown}"
        case _:
            assert_never(resolution)


def resolution_options(resolution: Resolution) -> tuple[str, ...]:
    """The commands that resolve an open intent, one per line; none where it is decided."""
    intent = resolution.intent
    if not needs_person((resolution,)):
        return ()
    if intent.purpose is Purpose.APPROVAL:
        return approval_options(intent)
    return options_for(intent.address, candidates_of(resolution))


def options_for(address: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The commands that resolve an open submission that could be one of these ids."""
    resolve = resolve_command(address)
    if not ids:
        return (
            f"if you know it was not made: {resolve} {FlagName.ABSENT}",
            f"if you know its id: {resolve} {FlagName.ADOPT} ID",
        )
    if len(ids) == 1:
        one = typed(ids[0])
        return (
            f"if it is this one: {resolve} {FlagName.ADOPT} {one}",
            f"if it is another client's: {resolve} {FlagName.FOREIGN} {one}",
        )
    return (
        f"if it is one of them: {resolve} {FlagName.ADOPT} ID",
        f"what is another client's: {resolve} {FlagName.FOREIGN} ID",
    )


def advice(resolution: Resolution) -> str:
    """Summary and options in one line, for programs."""
    return ". ".join(filter(None, (resolution_summary(resolution), "; ".join(resolution_options(resolution)))))


def not_asked(recorded: Recorded) -> tuple[Resolution, ...]:
    """A resolution for every open intent where the account could not be read, with what was seen last."""
    last = ((i, i.scans[-1].candidates if i.scans else ()) for i in recorded.intents)
    return tuple(Ask(intent, "the account could not be asked", ids) for intent, ids in last)


def needs_person(resolutions: tuple[Resolution, ...]) -> bool:
    """Whether anything stays open."""
    return any(isinstance(r, Wait | Ask) for r in resolutions)


def apply_resolutions(recorded: Recorded, resolutions: tuple[Resolution, ...]) -> Recorded:
    """The state in which everything that could be resolved is written. What is no longer open stays as it is."""
    open_now = {i.uuid for i in recorded.intents}
    for resolution in (r for r in resolutions if r.intent.uuid in open_now):
        match resolution:
            case Adopt(intent, job_id, evidence, status) if intent.purpose is Purpose.APPROVAL:
                recorded = record_publication(recorded, intent, intent.server_time or intent.at, status)
                recorded = _decided(recorded, intent, "adopt", job_id, evidence)
            case Adopt(intent, job_id, evidence, status, created_at):
                recorded = replace_intent(recorded, intent, record_of(intent, job_id, status, created_at))
                recorded = _decided(recorded, intent, "adopt", job_id, evidence)
            case Absent(intent, evidence):
                recorded = _decided(close_intent(recorded, intent), intent, "absent", None, evidence)
            case Wait(intent, _, scan, counts):
                if counts and not any(s.at == scan.at for s in intent.scans):
                    kept = (*intent.scans[:1], scan)
                    recorded = reopen_intent(recorded, replace(intent, scans=kept if intent.scans else (scan,)))
            case Ask():
                pass
            case _:
                assert_never(resolution)
    return recorded


def record_of(intent: Intent, resource_id: str, status: str, created_at: datetime | None) -> Record:
    """The record an intent becomes."""
    if intent.kind is Kind.TEMPLATE:
        return RecordedTemplate(
            resource_id,
            intent.fingerprint,
            intent.declared,
            intent.prevent_destroy,
            created_at or intent.server_time,
            created=True,
        )
    return RecordedJob(
        id=resource_id,
        fingerprint=intent.fingerprint,
        declared=intent.declared,
        # Where the service publishes, the time is set in a step of its own.
        schedule=intent.schedule if intent.publish is Publish.HELD else None,
        status=status,
        rerun=intent.rerun,
        prevent_destroy=intent.prevent_destroy,
        created_at=created_at or intent.server_time,
        staged=intent.staged,
        publish=intent.publish,
        time_missing=intent.schedule is not None and intent.publish is not Publish.HELD,
    )


def replace_intent(recorded: Recorded, intent: Intent, record: Record) -> Recorded:
    """The state in which an intent has become a record, in one step, so that a replaced template is never forgotten. A
    job that was submitted again is remembered, too: its video may be there."""
    old = recorded.resources.get(intent.address)
    recorded = close_intent(recorded, intent).with_resource(intent.address, record)
    if old is not None and old.id != record.id:
        recorded = remembering(recorded, intent.address, old, intent.at)
    if isinstance(old, RecordedTemplate) and old.id != record.id:
        return replace(recorded, deposed=(*recorded.deposed, Deposed(old.id, intent.address)))
    return recorded


def close_intent(recorded: Recorded, intent: Intent) -> Recorded:
    """The state without this intent; the same state where it is not open."""
    if all(i.uuid != intent.uuid for i in recorded.intents):
        return recorded
    return replace(recorded, intents=tuple(i for i in recorded.intents if i.uuid != intent.uuid))


def reopen_intent(recorded: Recorded, intent: Intent) -> Recorded:
    """The state with this intent in place of the one with its uuid."""
    return replace(recorded, intents=tuple(intent if i.uuid == intent.uuid else i for i in recorded.intents))


def _decided(recorded: Recorded, intent: Intent, what: str, resource_id: str | None, why: str) -> Recorded:
    entry = {"address": intent.address, "seq": intent.seq, "decision": what, "id": resource_id, "why": why}
    return recorded.with_decision(entry)


def candidates_of(resolution: Resolution) -> tuple[str, ...]:
    """The ids in the account that the submission could have become."""
    match resolution:
        case Ask(_, _, candidates):
            return candidates
        case Wait(_, _, scan):
            return scan.candidates
        case Adopt(_, resource_id):
            return (resource_id,)
        case Absent():
            return ()
        case _:
            assert_never(resolution)
