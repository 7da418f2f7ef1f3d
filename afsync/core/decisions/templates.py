"""What is to be done about one template: docs/planning.md#templates, row by row."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.command_lines import import_command
from afsync.core.decisions.imports import decide_import
from afsync.core.fingerprints import normalise, same_request
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import NOTHING, Change, Decision, differing_fields, do, withhold
from afsync.core.plan.facts import Facts
from afsync.core.records import Deposed, RecordedTemplate
from afsync.core.remote_account import RemoteTemplate
from afsync.core.resources import Template, Values
from afsync.core.text import same_text


def decide_template(address: str, declared: Template | None, record: RecordedTemplate | None, facts: Facts) -> Decision:
    """The decision about one address that is declared, recorded, or both."""
    match declared, record:
        case Template(), None:
            return _unrecorded(declared, facts)
        case Template(), RecordedTemplate():
            return _left_alone(_recorded(declared, record, facts), record, facts)
        case None, RecordedTemplate():
            return _left_alone(_undeclared(address, record, facts), record, facts)
        case _:
            return NOTHING


def _left_alone(decision: Decision, record: RecordedTemplate, facts: Facts) -> Decision:
    """The decision about a recorded template that the service reports in an unknown form: nothing is done."""
    seen = facts.remote.templates.get(record.id)
    if seen is None or seen.unreadable is None or not decision.changes:
        return decision
    (change,) = decision.changes
    text = f"{change.address} ({record.id}) is not known: {seen.unreadable}; nothing is done to it"
    return withhold(replace(change, reason=Reason.NOT_KNOWN), text, AGAIN)


AGAIN = "plan again when the service reports it in a known form"


def decide_deposed(deposed: Deposed, facts: Facts) -> Decision:
    """The decision about a replaced template that an earlier run could not delete."""
    seen = facts.remote.templates.get(deposed.id)
    if seen is not None and seen.unreadable is not None:
        return NOTHING
    action = Action.DELETE if seen is not None else Action.FORGET
    return do(Change(deposed.address, action, Reason.TEMPLATE_CHANGED, id=deposed.id))


def without_ignored(declared: Values, recorded: Values, ignored: tuple[str, ...]) -> Values:
    """The declared values, with those fields as recorded that are to be ignored."""
    if not ignored:
        return declared
    kept = {k: v for k, v in recorded.items() if k in ignored}
    return {**{k: v for k, v in declared.items() if k not in ignored}, **kept}


def _unrecorded(declared: Template, facts: Facts) -> Decision:
    if declared.address in facts.desired.imports:
        return decide_import(declared, facts.desired.imports[declared.address], facts)
    namesakes = [
        t for t in facts.remote.templates.values() if same_text(t.name, declared.name) and t.id not in facts.owned
    ]
    create = Change(declared.address, Action.CREATE, Reason.NEW, after=declared)
    if not namesakes:
        return do(create)
    odd = next((t for t in namesakes if t.unreadable is not None), None)
    if odd is not None:
        text = f"the account has a template named {declared.name!r} ({odd.id}) that is not known: {odd.unreadable}"
        return withhold(replace(create, reason=Reason.NOT_KNOWN), text, f"{AGAIN}, or give this one another name")
    if len(namesakes) == 1 and _claims(declared, facts) == 1 and _equal(declared.values, namesakes[0]):
        return do(replace(create, action=Action.ADOPT, reason=Reason.SAME_NAME, id=namesakes[0].id))
    ids = ", ".join(t.id for t in sorted(namesakes, key=lambda t: t.id))
    if len(namesakes) > 1:
        why = f"the account already has {len(namesakes)} templates named {declared.name!r} ({ids})"
    elif _claims(declared, facts) > 1:
        why = f"several declared templates could be the one named {declared.name!r} ({ids})"
    else:
        differing = differing_fields(Kind.TEMPLATE, {**namesakes[0].echo, "name": declared.name}, declared.values)
        fields = ", ".join(f.path for f in differing)
        why = f"the account already has a template named {declared.name!r} ({ids}), and it differs in {fields}"
    return withhold(
        replace(create, reason=Reason.SAME_NAME),
        why,
        f"import it with {import_command(declared.address)}, or give this one another name",
    )


def _claims(declared: Template, facts: Facts) -> int:
    """The number of declared templates that could be the one with this name: new ones, and unresolved ones."""
    new = {t.address for t in facts.desired.templates.values() if same_text(t.name, declared.name)}
    lost = {i.address for i in facts.recorded.submissions if same_text(i.declared.get("name"), declared.name)}
    return len((new - facts.recorded.resources.keys()) | lost)


def _equal(declared: Values, remote: RemoteTemplate) -> bool:
    """Equal in all that the service echoes; the documented dialect echoes only the name."""
    if not remote.echo:
        return True
    ours, theirs = normalise(Kind.TEMPLATE, declared), normalise(Kind.TEMPLATE, remote.echo)
    return all(same_text(ours.get(k), theirs.get(k)) for k in {*ours, *theirs} - {"name"})


def _recorded(declared: Template, record: RecordedTemplate, facts: Facts) -> Decision:
    values = without_ignored(declared.values, record.declared, declared.ignore_changes)
    after = replace(declared, values=values)
    changed = not same_request(Kind.TEMPLATE, values, record.declared, record.fingerprint)
    requested = declared.address in facts.options.replace
    if record.id not in facts.remote.templates:
        return do(Change(declared.address, Action.CREATE, Reason.MISSING, before=record, after=after))
    if not changed and not requested:
        return NOTHING
    change = Change(
        declared.address,
        Action.REPLACE,
        Reason.TEMPLATE_CHANGED if changed else Reason.REQUESTED,
        before=record,
        after=after,
        id=record.id,
        fields=differing_fields(Kind.TEMPLATE, record.declared, values),
    )
    return unless_protected(change)


def _undeclared(address: str, record: RecordedTemplate, facts: Facts) -> Decision:
    if record.id not in facts.remote.templates:
        return do(Change(address, Action.FORGET, Reason.MISSING, before=record, id=record.id))
    reason = Reason.REQUESTED if facts.options.destroy else Reason.REMOVED
    change = Change(address, Action.DELETE, reason, before=record, id=record.id)
    return unless_protected(change)


def unless_protected(change: Change) -> Decision:
    """The change of something recorded, withheld where `prevent_destroy` forbids it: the files decide that where they
    say something, else the state."""
    declared = change.after.prevent_destroy if change.after else None
    recorded = change.before is not None and change.before.prevent_destroy
    if not (recorded if declared is None else declared):
        return do(change)
    gone = "deleted" if change.kind is Kind.TEMPLATE else "taken out"
    verb = "replaced" if change.action is Action.REPLACE else gone
    return withhold(
        replace(change, reason=Reason.PREVENT_DESTROY),
        f"{change.address} would be {verb}, and `lifecycle.prevent_destroy` forbids it",
        "set `prevent_destroy: false` on it and apply again, if that is meant",
    )
