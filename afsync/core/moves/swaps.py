"""Declared jobs and templates that changed places: the body of each stands under the address of another one now."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from afsync.core.addresses import Kind, key_of
from afsync.core.decisions.templates import without_ignored
from afsync.core.fingerprints import same_body, same_request
from afsync.core.moves.pairing import Moves, pair
from afsync.core.records import Record, RecordedJob
from afsync.core.remote_account import Remote, status_now
from afsync.core.resources import Desired, Job
from afsync.core.service_statuses import is_open
from afsync.core.state import Recorded


def swapped_jobs(
    renamed: Moves, desired: Desired, recorded: Recorded, blocked: frozenset[str], remote: Remote | None
) -> Moves:
    """The moves of jobs: those in `renamed`, and those that change places with others.

    A job whose address is taken by another one, and whose own body is declared nowhere any more, moves to the address
    that became free, so that every record keeps an address. Where something else is declared at that address, the job
    must still be open, since it is replaced there. An uncertain move, or one of an address with an open intent, is
    ambiguous, and so are all moves that depend on it.
    """
    declared, records = desired.jobs, recorded.jobs
    differ = (declared.keys() & records.keys()) - recorded.unedited(declared)
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
    """Whether a new job has the body that another one, still declared, was submitted with. That one cannot be cancelled
    any more, so its own edit has no effect and may be old: the new job need not be its continuation."""
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
    """The moves that depend on no uncertain one, and the ambiguous addresses including the other moves."""
    moved, ambiguous = dict(moved), dict(ambiguous)
    stuck = {*blocked, *ambiguous, *(old for olds in ambiguous.values() for old in olds)}
    while held := {new: old for new, old in moved.items() if new in stuck or old in stuck}:
        for new, old in held.items():
            del moved[new]
            ambiguous[new] = (old,)
            stuck |= {new, old}
    return moved, ambiguous


def _displaced(moved: Mapping[str, str], records: Mapping[str, RecordedJob]) -> dict[str, str]:
    """New addresses for records whose address is taken by a move and that do not move themselves: each gets the address
    that became free at the start of that chain of moves."""
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
    """The moves of templates: those that were `renamed`, and those that exchanged their addresses among each other.

    Where a job still names its template by the same key, only the contents were exchanged: the job keeps the template
    it was made from, and both templates are replaced, which costs nothing.
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
