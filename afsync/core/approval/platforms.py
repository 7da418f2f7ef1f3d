"""The platforms that an approval publishes to: those of the job, as far as they are known, or those that a person
names."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.command_lines import FlagName, approve_command
from afsync.core.decisions.requested_fields import is_known, reported
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.decision import Decision, withhold
from afsync.core.plan.facts import Facts
from afsync.core.remote_account import Remote
from afsync.core.resources import Desired, Values
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import RecordedJob
from afsync.core.trust.publications import publication_failed

NOWHERE = "has no platform to be published on: none is declared, by it or its template, and the service reports none"
OR_AGAIN = "where the service refuses that, submit it again with `platforms` (`rerun:`, which costs credits)"


def platforms_of(record: RecordedJob, desired: Desired, recorded: Recorded, remote: Remote) -> tuple[str, ...] | None:
    """The platforms that the job was submitted for; None where its template may hold some that are not known."""
    seen = remote.jobs.get(record.id)
    template = _template(record, desired, recorded, remote)
    for values in (record.declared, seen.echo if seen else {}, template or {}):
        if isinstance(named := values.get("platforms"), list | tuple) and named:
            return tuple(map(str, named))
    return None if template is None else ()


def _template(record: RecordedJob, desired: Desired, recorded: Recorded, remote: Remote) -> Values | None:
    """The values of its template; None where they are not known completely."""
    if key := record.declared.get("template"):
        made = recorded.templates.get(f"template.{key}")
        known = is_known(made, remote.templates.get(made.id) if made else None)
        declared = desired.templates.get(f"template.{key}")
        values = declared.values if declared else made.declared if made else {}
        return values if known or values.get("platforms") else None
    raw = record.declared.get("fromTemplateId")
    if raw is None:
        return {}
    found = remote.templates.get(str(raw))
    return found.echo if found is not None and reported(found) else None


def reason_against_platforms(record: RecordedJob, own: tuple[str, ...] | None, named: tuple[str, ...]) -> str | None:
    """Why publishing to the `named` platforms, or to none by name, would not do what is meant; None where it would."""
    if not publication_failed(record):
        if named and own != ():
            where = "where that failed, or where it has none"
            return f"is published on all of its platforms; `{FlagName.PLATFORM}` is for {where}"
        return f"{NOWHERE}: name one with `{FlagName.PLATFORM}`; {OR_AGAIN}" if own == () and not named else None
    if not (named or record.failed_on):
        return f"was approved, and which platforms failed is not reported: name them with `{FlagName.PLATFORM}`"
    out = [name for name in named if name in record.published_on]
    if out:
        return f"is published on {', '.join(out)} already"
    known = record.failed_on or own
    strange = [name for name in named if known and name not in known]
    return f"failed on {', '.join(known or ())}, not on {', '.join(strange)}" if strange else None


def targets(record: RecordedJob, named: tuple[str, ...]) -> tuple[str, ...]:
    """The platforms to publish to: those named, else those that failed before, else () for all of the job's own."""
    return named or (record.failed_on if publication_failed(record) else ())


def only_somewhere(decision: Decision, record: RecordedJob, facts: Facts) -> Decision:
    """The decision, but with an approval withheld that would publish nowhere."""
    if not any(c.action is Action.APPROVE and not c.platforms for c in decision.changes):
        return decision
    if platforms_of(record, facts.desired, facts.recorded, facts.remote) != ():
        return decision
    kept = tuple(c for c in decision.changes if c.action is not Action.APPROVE)
    (change,) = (c for c in decision.changes if c.action is Action.APPROVE)
    hint = f"{approve_command(change.address, platform=True)} publishes it on one; {OR_AGAIN}"
    held = withhold(
        replace(change, reason=Reason.APPROVE_NO_PLATFORM),
        f"{change.address} ({record.id}) {NOWHERE}",
        hint,
        "platforms",
    )
    return replace(decision, changes=kept) + held
