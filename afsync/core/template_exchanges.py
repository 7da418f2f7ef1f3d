"""Templates whose keys changed places, and the jobs that name them with them: nothing is created, or paid for again."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.pairing import Moves, pair
from afsync.core.recorded import Record, Recorded
from afsync.core.resources import Desired, Kind, key_of, same_request


def with_exchanged(renamed: Moves, desired: Desired, recorded: Recorded, blocked: frozenset[str]) -> Moves:
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
