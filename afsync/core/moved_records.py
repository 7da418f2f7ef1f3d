"""Records under their new addresses: of renamed keys, of declarations that changed places, and of `state mv`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from afsync.core.addresses import ADDRESS, Kind, key_of, kind_of
from afsync.core.command_lines import INTENTS, forget_command
from afsync.core.fingerprints import fingerprint
from afsync.core.plan.changes import Change
from afsync.core.state import Recorded
from afsync.errors import UsageError


def moved_manually(recorded: Recorded, old: str, new: str) -> Recorded:
    """The state with `old` recorded as `new`, and jobs that name a renamed template naming it so.

    UsageError where `new` is no address of that kind, is taken, or where either has an open submission.
    """
    if old == new:
        raise UsageError(f"{old} has that address already")
    if not ADDRESS.fullmatch(new) or kind_of(new) is not kind_of(old):
        raise UsageError(f"{new} is not an address of a {kind_of(old)}", f"write it as {kind_of(old)}.KEY")
    if new in recorded.resources:
        hint = f"{forget_command(new)} forgets that first"
        raise UsageError(f"{new} already records {recorded.resources[new].id}", hint)
    if intent := recorded.intent_for(old) or recorded.intent_for(new):
        raise UsageError(f"the outcome of {intent.purpose.one} of {old} is not known", f"resolve it first: {INTENTS}")
    renamed = {key_of(old): key_of(new)} if kind_of(old) is Kind.TEMPLATE else {}
    deposed = tuple(replace(d, address=new) if d.address == old else d for d in recorded.deposed)
    return replace(at_new_addresses({new: old}, with_template_keys(recorded, renamed)), deposed=deposed)


def moved(recorded: Recorded, changes: Collection[Change]) -> Recorded:
    """The state with the record of every change under its new address. All are moved at once: those that change places
    would overwrite each other.

    Every job that names a renamed template names it so, also one that a partial plan leaves out: else it would not be
    recognised later, when its own key was renamed too.
    """
    names = {c.address: c.moved_from for c in changes if c.moved_from is not None}
    renamed = {key_of(old): key_of(new) for new, old in names.items() if kind_of(old) is Kind.TEMPLATE}
    result = at_new_addresses(names, with_template_keys(recorded, renamed))
    for change in changes:
        if change.before is not None:
            result = result.with_resource(change.address, change.before)
    return result


def is_made(change: Change, recorded: Recorded) -> bool:
    """Whether the state already has the record of a move at its new address."""
    there = recorded.resources.get(change.address)
    return change.before is not None and there is not None and there.id == change.before.id


def moved_together(changes: Collection[Change]) -> dict[str, frozenset[str]]:
    """By address of a move, all addresses of the moves that depend on each other: one must not be made without the
    others."""
    groups: dict[str, frozenset[str]] = {}
    for change in changes:
        if change.moved_from is None:
            continue
        both = (change.address, change.moved_from)
        group = frozenset(both).union(*(groups.get(a, frozenset()) for a in both))
        groups.update(dict.fromkeys(group, group))
    return groups


def with_template_keys(recorded: Recorded, renamed: Mapping[str, str]) -> Recorded:
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


def at_new_addresses(moved: Mapping[str, str], recorded: Recorded) -> Recorded:
    if not moved:
        return recorded
    names = {old: new for new, old in moved.items()}
    return replace(recorded, resources={names.get(a, a): r for a, r in recorded.resources.items()})
