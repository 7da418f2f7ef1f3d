"""Renamed keys: a record whose declaration went away, while its fingerprint turned up under a new address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.recorded import Record, Recorded, RecordedJob, RecordedTemplate
from afsync.core.resources import (
    ADDRESS,
    Desired,
    Job,
    Kind,
    Template,
    fingerprint,
    key_of,
    kind_of,
    recorded_fingerprint,
    typed,
)
from afsync.errors import UsageError


class Moves(Struct, frozen=True):
    """`moved` maps new addresses to old ones; `ambiguous` maps new addresses to the old ones they might be."""

    moved: Mapping[str, str] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_moves(desired: Desired, recorded: Recorded, blocked: frozenset[str]) -> tuple[Moves, Recorded]:
    """The moves, and the state as it is once they are made. Nothing is sent for a move.

    Templates move first, since a job's fingerprint names its template by key. Addresses in `blocked` (open
    intents) neither move nor are moved to.
    """
    templates = _pair(desired.templates, recorded.templates, blocked, desired.imports)
    renamed = {key_of(old): key_of(new) for new, old in templates.moved.items()}
    recorded = _apply(templates.moved, _rename_templates(recorded, renamed))
    jobs = _pair(desired.jobs, recorded.jobs, blocked, desired.imports)
    both = Moves({**templates.moved, **jobs.moved}, {**templates.ambiguous, **jobs.ambiguous})
    return both, _apply(jobs.moved, recorded)


def moved_by_hand(recorded: Recorded, old: str, new: str) -> Recorded:
    """The state with `old` recorded as `new`, and jobs that name a renamed template naming it so.

    UsageError where `new` is no address of that kind, is taken, or where either has an open submission.
    """
    if old == new:
        raise UsageError(f"{old} has that address already")
    if not ADDRESS.fullmatch(new) or kind_of(new) is not kind_of(old):
        raise UsageError(f"{new} is not an address of a {kind_of(old)}", f"write it as {kind_of(old)}.KEY")
    if new in recorded.resources:
        hint = f"`afsync state rm {typed(new)}` forgets that first"
        raise UsageError(f"{new} is {recorded.resources[new].id} already", hint)
    if intent := recorded.intent_for(old) or recorded.intent_for(new):
        raise UsageError(
            f"the outcome of {intent.purpose.one} of {old} is not known", "resolve it first: `afsync intents`"
        )
    renamed = {key_of(old): key_of(new)} if kind_of(old) is Kind.TEMPLATE else {}
    deposed = tuple(replace(d, address=new) if d.address == old else d for d in recorded.deposed)
    return replace(_apply({new: old}, _rename_templates(recorded, renamed)), deposed=deposed)


def moved(recorded: Recorded, old: str, new: str, record: Record) -> Recorded:
    """The state with `record`, until now `old`, under its new address.

    Every job that names a renamed template names it so, also one that a partial plan leaves out: else it would not be
    recognised later, when its own key was renamed too.
    """
    renamed = {key_of(old): key_of(new)} if kind_of(old) is Kind.TEMPLATE else {}
    return _apply({new: old}, _rename_templates(recorded, renamed)).with_resource(new, record)


def _pair(
    declared: Mapping[str, Template] | Mapping[str, Job],
    records: Mapping[str, RecordedTemplate] | Mapping[str, RecordedJob],
    blocked: frozenset[str],
    imports: Mapping[str, str],
) -> Moves:
    """Pair what appeared with what went away: by the id that `import:` gives; then by fingerprint, schedule and
    `rerun`, then without `rerun`, where any pairing is right because they are interchangeable; then by fingerprint
    alone, where only one to one is certain."""
    left = records.keys() - declared.keys() - blocked
    if not left:
        return Moves()
    gone = {a: r for a, r in records.items() if a in left}
    new = {a: d for a, d in declared.items() if a not in records and a not in blocked}
    holders = {r.id: a for a, r in gone.items()}
    exact = {a: holders[imports[a]] for a in new if imports.get(a) in holders}
    prints = {a: _declared_print(d) for a, d in new.items() if a not in imports}
    wanted = set(prints.values())
    gone = {a: r for a, r in gone.items() if _recorded_print(r) in wanted}

    for marks in (_time_and_rerun, _time):
        taken = set(exact.values())
        exact |= _match(
            {a: (prints[a], *marks(d)) for a, d in new.items() if a in prints and a not in exact},
            {a: (_recorded_print(r), *marks(r)) for a, r in gone.items() if a not in taken},
        )
    left_new = {a: p for a, p in prints.items() if a not in exact}
    taken = set(exact.values())
    left_gone = _grouped((a, _recorded_print(r)) for a, r in gone.items() if a not in taken)
    certain, ambiguous = {}, {}
    for print_, addresses in _grouped(left_new.items()).items():
        olds = left_gone.get(print_, [])
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


def _declared_print(declared: Template | Job) -> str:
    kind = Kind.TEMPLATE if isinstance(declared, Template) else Kind.JOB
    return fingerprint(kind, declared.values)


def _recorded_print(record: Record) -> str:
    kind = Kind.TEMPLATE if isinstance(record, RecordedTemplate) else Kind.JOB
    return recorded_fingerprint(kind, record.declared, record.fingerprint)


def _time(resource: Template | Job | Record) -> tuple[Hashable, ...]:
    return (resource.schedule and resource.schedule.utc,) if isinstance(resource, Job | RecordedJob) else ()


def _time_and_rerun(resource: Template | Job | Record) -> tuple[Hashable, ...]:
    return (*_time(resource), resource.rerun) if isinstance(resource, Job | RecordedJob) else ()


def _rename_templates(recorded: Recorded, renamed: Mapping[str, str]) -> Recorded:
    """Records of jobs name their template by key too; rewritten, so that the rename is no change of theirs."""
    if not renamed:
        return recorded
    resources = dict(recorded.resources)
    for address, record in recorded.jobs.items():
        key = record.declared.get("template")
        if isinstance(key, str) and key in renamed:
            values = {**record.declared, "template": renamed[key]}
            resources[address] = replace(record, declared=values, fingerprint=fingerprint(Kind.JOB, values))
    return replace(recorded, resources=resources)


def _apply(moved: Mapping[str, str], recorded: Recorded) -> Recorded:
    if not moved:
        return recorded
    names = {old: new for new, old in moved.items()}
    return replace(recorded, resources={names.get(a, a): r for a, r in recorded.resources.items()})
