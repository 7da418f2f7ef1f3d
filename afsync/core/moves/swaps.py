"""Declared jobs and templates that changed places: the body of each stands under the address of another one now."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from afsync.core.addresses import Kind, key_of
from afsync.core.decisions.templates import without_ignored
from afsync.core.fingerprints import same_body, same_request
from afsync.core.moves.pairing import Moves, pair
from afsync.core.remote_account import Remote, status_now
from afsync.core.resources import Desired, Job
from afsync.core.service_statuses import is_open
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import Record, RecordedJob


def swapped_jobs(
    renamed: Moves, desired: Desired, recorded: Recorded, blocked: frozenset[str], remote: Remote | None
) -> Moves:
    """The moves of jobs: those in `renamed`, and those that change places with others.

    Where a job's place is taken and its own body stands nowhere any more, it moves to the address that was left: every
    record has an address before and after. Where something else is declared there, that has to be able to replace it.
    What cannot be told, or belongs to an open intent, is ambiguous, and with it all that hangs together with it.
    """
    declared, records = desired.jobs, recorded.jobs
    # What is written alike needs no further look, and that is nearly all of a plan.
    differ = [a for a, job in declared.items() if a in records and job.values != records[a].declared]
    edited = {a for a in differ if _asks_for_another(declared[a], records[a], desired)}
    if not edited and blocked.isdisjoint(records.keys() - declared.keys()):
        return renamed
    settled = {*renamed.moved.values(), *(old for olds in renamed.ambiguous.values() for old in olds)}
    gone: dict[str, Record] = {
        a: r for a, r in records.items() if a in edited or (a not in declared and a not in settled)
    }
    settled = {*renamed.moved, *renamed.ambiguous, *blocked}
    new = {a: job for a, job in declared.items() if (a in edited or a not in records) and a not in settled}
    found = pair(new, gone, desired.imports)
    ambiguous = {**renamed.ambiguous, **found.ambiguous}
    moved = {**renamed.moved, **found.moved}
    for address, old in found.moved.items():
        if _was_edited_before(address, old, moved, desired, records, remote):
            del moved[address]
    moved, ambiguous = _certain(moved, ambiguous, blocked)
    displaced = _displaced(moved, records)
    if over := {left for left, a in displaced.items() if left in declared and not _is_open(records[a], remote)}:
        moved, ambiguous = _certain(moved, ambiguous, over)
        displaced = _displaced(moved, records)
    return Moves({**moved, **displaced}, ambiguous, displaced)


def _asks_for_another(job: Job, record: RecordedJob, desired: Desired) -> bool:
    """Whether the files ask for something else at an address than what is recorded there."""
    if desired.imports.get(job.address) == record.id:
        return False
    values = without_ignored(job.values, record.declared, job.ignore_changes) if job.ignore_changes else job.values
    return not same_body(values, record.declared, record.fingerprint)


def _was_edited_before(
    address: str,
    old: str,
    moved: Mapping[str, str],
    desired: Desired,
    records: Mapping[str, RecordedJob],
    remote: Remote | None,
) -> bool:
    """Whether a new job may only repeat the body of one that stays declared: no edit reaches that one any more, so its
    edit may be an old one."""
    stays = old in desired.jobs and old not in moved and not _is_open(records[old], remote)
    return stays and address not in records and address not in desired.imports


def _is_open(record: RecordedJob, remote: Remote | None) -> bool:
    """Whether the job can still be cancelled, by the account where that was read, else by the record."""
    if remote is None:
        return is_open(record.status)
    return record.id not in remote.missing and is_open(status_now(record, remote.jobs))


def _certain(
    moved: Mapping[str, str], ambiguous: Mapping[str, tuple[str, ...]], blocked: Collection[str]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Only those moves that depend on no uncertain one."""
    moved, ambiguous = dict(moved), dict(ambiguous)
    stuck = {*blocked, *ambiguous, *(old for olds in ambiguous.values() for old in olds)}
    while held := {new: old for new, old in moved.items() if new in stuck or old in stuck}:
        for new, old in held.items():
            del moved[new]
            ambiguous[new] = (old,)
            stuck |= {new, old}
    return moved, ambiguous


def _displaced(moved: Mapping[str, str], records: Mapping[str, RecordedJob]) -> dict[str, str]:
    """Where the records go whose place is taken, and which moved nowhere: to the address where that began."""
    going = set(moved.values())
    displaced = {}
    for address in moved:
        if address in records and address not in going:
            left = moved[address]
            while left in moved:
                left = moved[left]
            displaced[left] = address
    return displaced


def with_swapped_templates(renamed: Moves, desired: Desired, recorded: Recorded, blocked: frozenset[str]) -> Moves:
    """The moves of templates: those that were `renamed`, and closed circles of those that are still declared.

    Where a job still names its template by the same key, only the bodies were exchanged: the job was made from the old
    one and stays, and both templates are replaced, which costs nothing.
    """
    records, declared = recorded.templates, desired.templates
    edited = {
        a
        for a in declared.keys() & records.keys() - blocked - desired.imports.keys()
        if not same_request(Kind.TEMPLATE, declared[a].values, records[a].declared, records[a].fingerprint)
    }
    if len(edited) < 2:
        return renamed
    gone: dict[str, Record] = {a: records[a] for a in edited}
    circle = dict(pair({a: declared[a] for a in edited}, gone, {}).moved)
    while open_ends := circle.keys() ^ set(circle.values()):
        circle = {new: old for new, old in circle.items() if new not in open_ends and old not in open_ends}
    keys = {key_of(old): key_of(new) for new, old in circle.items()}
    jobs = ((r.declared.get("template"), desired.jobs.get(a)) for a, r in recorded.jobs.items())
    if any(job is not None and key in keys and job.values.get("template") == key for key, job in jobs):
        return renamed
    return replace(renamed, moved={**renamed.moved, **circle})
