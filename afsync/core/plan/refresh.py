"""Records as they are known after reading the account, where that differs from the state."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.held_jobs import stops
from afsync.core.moves import Moves
from afsync.core.plan.facts import Facts
from afsync.core.records import Record, RecordedJob, RecordedTemplate
from afsync.core.resources import Job, Template
from afsync.core.service_statuses import BEING_PUBLISHED, PUBLISHED, PUBLISHING
from afsync.core.state import Recorded
from afsync.core.trust.kept_publish_times import nothing_to_take_off, without_time


def refreshed_records(facts: Facts, recorded: Recorded) -> dict[str, Record]:
    """The records that differ from the state after reading the account, for `apply` to save."""
    result: dict[str, Record] = {}
    for address, record in facts.recorded.resources.items():
        before = recorded.resources.get(address)
        if record is before and address in facts.settled:
            continue
        now = _refresh(address, record, facts)
        if before is None or before.id != record.id or now is before or now == before:
            continue  # another one moves there, and is saved by the next apply
        now = _as_declared(now, before)
        if now != before:
            result[address] = now
    return result


def _as_declared(record: Record, before: Record) -> Record:
    """The record with the template key that the state has; the move of the template changes that."""
    return replace(record, declared=before.declared, fingerprint=before.fingerprint)


def judged_before_moving(moves: Moves, recorded: Recorded, before: Recorded) -> dict[str, Record]:
    """The records with findings that this plan moves, under their old addresses: a finding counts whether the move is
    made or not."""
    olds = set(moves.moved.values()) & recorded.resources.keys()
    return {old: r for old in olds if (r := recorded.resources[old]) is not before.resources[old]}


def _refresh(address: str, record: Record, facts: Facts) -> Record:
    """The record as it is now known; the same object where nothing changed, which is nearly always."""
    declared = facts.desired.get(address)
    if declared is not None and declared.prevent_destroy not in (None, record.prevent_destroy):
        record = replace(record, prevent_destroy=declared.prevent_destroy)
    if isinstance(record, RecordedTemplate):
        return record
    return _refresh_job(record, declared, facts)


def _refresh_job(record: RecordedJob, declared: Template | Job | None, facts: Facts) -> RecordedJob:
    seen = facts.remote.jobs.get(record.id)
    if seen is not None and seen.unreadable is None:
        # A published job stays published: it is `publishing` again where an approval repeats it on other platforms.
        repeated = record.status == PUBLISHED and seen.status == PUBLISHING
        status = record.status if repeated else seen.status
        record = replace(record, status=status, created_at=record.created_at or seen.created_at)
    wanted = declared.schedule if isinstance(declared, Job) else None
    known = record.schedule
    if wanted and known and wanted.written != known.written and wanted.utc == known.utc:
        record = replace(record, schedule=wanted)
    settle = facts.options.settle
    # Nearly all of a long history was not looked at, and nothing more is to be asked about it.
    if seen and isinstance(declared, Job) and nothing_to_take_off(declared, record, facts.remote, facts.now, settle):
        record = without_time(record)
    if seen is not None and seen.status in BEING_PUBLISHED:
        return replace(record, approved=record.approved or stops(record), approval=None)
    return record
