"""Which record belongs to which declaration: by the id in `import:`, by what was submitted, or within one series; and
which declarations changed places, so that the body of each stands under the address of another one now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.addresses import Kind, key_of
from afsync.core.decisions.templates import without_ignored
from afsync.core.fingerprints import fingerprint, recorded_fingerprint, same_body, same_request
from afsync.core.moved_records import at_new_addresses, with_template_keys
from afsync.core.records import Record, RecordedJob, RecordedTemplate
from afsync.core.remote_account import Remote, status_now
from afsync.core.resources import Desired, Job, Template
from afsync.core.service_statuses import ENDED, group_of, is_open
from afsync.core.state import Recorded
from afsync.core.text import nfc


class Moves(Struct, frozen=True):
    """`moved` maps new addresses to old ones; `ambiguous` maps addresses to the old ones they might be.

    `displaced` maps an address that was left to the one whose record is moved there: its place was taken, and nothing
    asks for it any more.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    displaced: Mapping[str, str] = field(default_factory=dict)


def find_moves(desired: Desired, recorded: Recorded, remote: Remote | None = None) -> tuple[Moves, Recorded]:
    """The moves, and the state after them. Nothing is sent for a move. `remote` is None where the account was not read
    yet.

    Templates move first, since a job's fingerprint names its template by key. Addresses with an open intent neither
    move nor are moved to.
    """
    blocked = recorded.open_addresses
    templates = paired(desired.templates, recorded.templates, blocked, desired.imports)
    templates = with_swapped_templates(templates, desired, recorded, blocked)
    renamed = {key_of(old): key_of(new) for new, old in templates.moved.items()}
    recorded = at_new_addresses(templates.moved, with_template_keys(recorded, renamed))
    jobs = swapped_jobs(
        paired(desired.jobs, recorded.jobs, blocked, desired.imports, remote), desired, recorded, blocked, remote
    )
    both = Moves({**templates.moved, **jobs.moved}, {**templates.ambiguous, **jobs.ambiguous}, jobs.displaced)
    return both, _same_reruns(at_new_addresses(jobs.moved, recorded), recorded, desired, jobs)


def _same_reruns(settled: Recorded, before: Recorded, desired: Desired, moves: Moves) -> Recorded:
    """A `rerun` that stays with its key when another job moves there asks for no new submission: it is recorded for the
    job that moved."""
    resources = dict(settled.resources)
    for address in moves.moved.keys() & before.jobs.keys():
        job, record = desired.jobs.get(address), settled.jobs[address]
        known = before.jobs[address].rerun
        if job and job.rerun is not None and known is not None and nfc(job.rerun) == nfc(known) != record.rerun:
            resources[address] = replace(record, rerun=job.rerun)
    return settled if resources == settled.resources else replace(settled, resources=resources)


def paired(
    declared: Mapping[str, Template] | Mapping[str, Job],
    records: Mapping[str, RecordedTemplate] | Mapping[str, RecordedJob],
    blocked: frozenset[str],
    imports: Mapping[str, str],
    remote: Remote | None = None,
) -> Moves:
    """The moves between what is declared and not recorded, and what is recorded and no longer declared."""
    left = records.keys() - declared.keys() - blocked
    if not left:
        return Moves()
    gone: dict[str, Record] = {a: r for a, r in records.items() if a in left}
    new = {a: d for a, d in declared.items() if a not in records and a not in blocked}
    return pair(new, gone, imports, remote)


def pair(
    new: Mapping[str, Template | Job],
    gone: Mapping[str, Record],
    imports: Mapping[str, str],
    remote: Remote | None = None,
) -> Moves:
    """The moves by the first of these criteria that pairs a declaration with a record: the id in `import:`;
    fingerprint, schedule and `rerun`; fingerprint and schedule (equal jobs are interchangeable, so any pairing is
    right); fingerprint within one series; the fingerprint alone, if exactly one declaration and one record have it."""
    holders = {r.id: a for a, r in gone.items()}
    exact = {a: holders[imports[a]] for a in new if imports.get(a) in holders}
    fingerprints = {a: _declared_fingerprint(d) for a, d in new.items() if a not in imports}
    wanted = set(fingerprints.values())
    gone = {a: r for a, r in gone.items() if _recorded_fingerprint(r) in wanted}

    for marks in (_time_and_rerun, _time):
        taken = set(exact.values())
        exact |= _match(
            {a: (fingerprints[a], *marks(d)) for a, d in new.items() if a in fingerprints and a not in exact},
            {a: (_recorded_fingerprint(r), *marks(r)) for a, r in gone.items() if a not in taken},
        )
    taken = set(exact.values())
    exact |= within_series(
        {a: (fingerprints[a], d) for a, d in new.items() if a in fingerprints and a not in exact},
        {a: (_recorded_fingerprint(r), r) for a, r in gone.items() if a not in taken},
        remote,
    )
    left_new = {a: p for a, p in fingerprints.items() if a not in exact}
    taken = set(exact.values())
    left_gone = _grouped((a, _recorded_fingerprint(r)) for a, r in gone.items() if a not in taken)
    certain, ambiguous = {}, {}
    for value, addresses in _grouped(left_new.items()).items():
        olds = left_gone.get(value, [])
        if len(addresses) == len(olds) == 1:
            certain[addresses[0]] = olds[0]
        elif olds:
            ambiguous.update({a: tuple(olds) for a in addresses})
    return Moves({**exact, **certain}, ambiguous)


def _match(new: Mapping[str, Hashable], gone: Mapping[str, Hashable]) -> dict[str, str]:
    olds = _grouped(gone.items())
    pairs: dict[str, str] = {}
    for value, addresses in _grouped(new.items()).items():
        pairs.update(zip(addresses, olds.get(value, []), strict=False))
    return pairs


def _grouped(pairs: Iterable[tuple[str, Hashable]]) -> dict[Hashable, list[str]]:
    groups: dict[Hashable, list[str]] = defaultdict(list)
    for address, value in sorted(pairs, key=lambda pair: pair[0]):
        groups[value].append(address)
    return groups


def _declared_fingerprint(declared: Template | Job) -> str:
    kind = Kind.TEMPLATE if isinstance(declared, Template) else Kind.JOB
    return fingerprint(kind, declared.values)


def _recorded_fingerprint(record: Record) -> str:
    kind = Kind.TEMPLATE if isinstance(record, RecordedTemplate) else Kind.JOB
    return recorded_fingerprint(kind, record.declared, record.fingerprint)


def _time(resource: Template | Job | Record) -> tuple[Hashable, ...]:
    return (resource.schedule and resource.schedule.utc,) if isinstance(resource, Job | RecordedJob) else ()


def _time_and_rerun(resource: Template | Job | Record) -> tuple[Hashable, ...]:
    return (*_time(resource), resource.rerun) if isinstance(resource, Job | RecordedJob) else ()


Fingerprinted = Mapping[str, tuple[str, Template | Job | Record]]
"""Resources with their fingerprints, by address."""


def within_series(new: Fingerprinted, gone: Fingerprinted, remote: Remote | None) -> dict[str, str]:
    """Pairs of addresses, the new one and the old one, of one series and one fingerprint.

    They ask for the same thing, so any pairing is right: the first to be published goes with the first. Where more
    records are left than are wanted, those go of which nothing is published any more, and then the earliest, since they
    may be published already.
    """
    olds = _by_series(gone)
    done = {a for a, (_, record) in gone.items() if isinstance(record, RecordedJob) and is_done_with(record, remote)}
    pairs: dict[str, str] = {}
    for group, addresses in _by_series(new).items():
        there = olds.get(group, [])
        kept = {*sorted(there, key=lambda a: a not in done)[-len(addresses) :]}
        pairs.update(zip(addresses, (a for a in there if a in kept), strict=False))
    return pairs


def is_done_with(record: RecordedJob, remote: Remote | None = None) -> bool:
    """Whether nothing is published of it at a later time, by the account where that was read."""
    status = status_now(record, remote.jobs) if remote is not None else record.status
    return group_of(status, waits=not record.approved) in ENDED


def _by_series(resources: Fingerprinted) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for address, (value, resource) in resources.items():
        if address.endswith('"]') and isinstance(resource, Job | RecordedJob):
            due = resource.schedule.utc.isoformat() if resource.schedule else ""
            found[address.partition("[")[0], value].append((due, address))
    return {group: [address for _, address in sorted(rows)] for group, rows in found.items()}


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
    found = pair(new, gone, desired.imports, remote)
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
