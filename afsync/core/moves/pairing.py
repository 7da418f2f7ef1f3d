"""Which record belongs to which declaration: by the id in `import:`, by what was submitted, or within one series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from msgspec import Struct, field

from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint, recorded_fingerprint
from afsync.core.records import Record, RecordedJob, RecordedTemplate
from afsync.core.resources import Job, Template


class Moves(Struct, frozen=True):
    """`moved` maps new addresses to old ones; `ambiguous` maps addresses to the old ones they might be.

    `displaced` maps an address that was left to the one whose record is moved there: its place was taken, and nothing
    asks for it any more.
    """

    moved: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    displaced: Mapping[str, str] = field(default_factory=dict)


def paired(
    declared: Mapping[str, Template] | Mapping[str, Job],
    records: Mapping[str, RecordedTemplate] | Mapping[str, RecordedJob],
    blocked: frozenset[str],
    imports: Mapping[str, str],
) -> Moves:
    """The moves between what is declared and not recorded, and what is recorded and no longer declared."""
    left = records.keys() - declared.keys() - blocked
    if not left:
        return Moves()
    gone: dict[str, Record] = {a: r for a, r in records.items() if a in left}
    new = {a: d for a, d in declared.items() if a not in records and a not in blocked}
    return pair(new, gone, imports)


def pair(new: Mapping[str, Template | Job], gone: Mapping[str, Record], imports: Mapping[str, str]) -> Moves:
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


def within_series(new: Fingerprinted, gone: Fingerprinted) -> dict[str, str]:
    """Pairs of addresses, the new one and the old one, of one series and one fingerprint.

    They ask for the same thing, so any pairing is right: the first to be published goes with the first. Where more
    records are left than are wanted, it is the earliest that go, since they may be published already.
    """
    olds = _by_series(gone)
    pairs: dict[str, str] = {}
    for group, addresses in _by_series(new).items():
        pairs.update(zip(addresses, olds.get(group, [])[-len(addresses) :], strict=False))
    return pairs


def _by_series(resources: Fingerprinted) -> dict[tuple[str, str], list[str]]:
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for address, (value, resource) in resources.items():
        if address.endswith('"]') and isinstance(resource, Job | RecordedJob):
            due = resource.schedule.utc.isoformat() if resource.schedule else ""
            found[address.partition("[")[0], value].append((due, address))
    return {group: [address for _, address in sorted(rows)] for group, rows in found.items()}
