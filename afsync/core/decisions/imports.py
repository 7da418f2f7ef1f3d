"""Taking over what the account holds already: objections, and the record that it becomes. Nothing is sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.body_fields import TEMPLATE_FIELDS
from afsync.core.command_lines import INTENTS, import_command, rename_command
from afsync.core.fingerprints import fingerprint, normalise
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Decision, do, withhold
from afsync.core.plan.facts import Facts
from afsync.core.records import Publish, Record, RecordedJob, RecordedTemplate
from afsync.core.remote_account import Remote, RemoteJob, RemoteTemplate
from afsync.core.resources import Job, Schedule, Template, Values, effective
from afsync.core.service_statuses import BEING_PUBLISHED
from afsync.core.similarity import contradictions
from afsync.core.state import Recorded
from afsync.core.text import same_text


class Objection(Struct, frozen=True):
    """Why something cannot be taken over; `fields` are those in which it is not what is declared."""

    reason: Reason
    text: str
    hint: str
    fields: tuple[str, ...] = ()


def objection(declared: Template | Job, resource_id: str, facts: Facts) -> Objection | None:
    """Why `resource_id` cannot be taken over as what is declared; None where it can."""
    kind = Kind.TEMPLATE if isinstance(declared, Template) else Kind.JOB
    there, others = _of_kind(kind, facts.remote)
    if resource_id in others and resource_id not in there:
        other = Kind.JOB if kind is Kind.TEMPLATE else Kind.TEMPLATE
        hint = f"{declared.address} takes the id of a {kind}"
        return Objection(Reason.IMPORT_MISSING, f"{resource_id} is a {other}", hint)
    owner = next((a for a, r in facts.recorded.resources.items() if r.id == resource_id), None)
    if owner is None and any(d.id == resource_id for d in facts.recorded.deposed):
        owner = "a replaced template that is still to be deleted"
        return Objection(Reason.IMPORT_OWNED, f"{resource_id} belongs to {owner}", "the next apply deletes it")
    if owner is not None:
        hint = f"{rename_command(owner, declared.address)} renames a record; one id has one address"
        return Objection(Reason.IMPORT_OWNED, f"{resource_id} belongs to {owner}", hint)
    if resource_id not in there:
        again = "submitted and paid for again" if isinstance(declared, Job) else "created again"
        hint = f"look for its id in the account; without an import {declared.address} is {again}"
        return Objection(Reason.IMPORT_MISSING, f"the account has no {kind} {resource_id}", hint)
    seen = facts.remote.templates.get(resource_id) or facts.remote.jobs.get(resource_id)
    if seen is not None and seen.unreadable is not None:
        text = f"{resource_id} cannot be read: {seen.unreadable}"
        return Objection(Reason.NOT_KNOWN, text, "plan again when the service reports it in a known form")
    differing = _differing(declared, resource_id, facts)
    if not differing:
        return None
    names = f"{', '.join(differing)} differ{'s' if len(differing) == 1 else ''}"
    anyway = import_command(declared.address, resource_id, force=True)
    hint = f"fix the declaration, or import it as it is with {anyway}"
    return Objection(Reason.IMPORT_DIFFERS, f"{resource_id} is not what is declared: {names}", hint, differing)


def _of_kind(kind: Kind, remote: Remote) -> tuple[Collection[str], Collection[str]]:
    """The ids of that kind, and those of the other."""
    return (remote.templates, remote.jobs) if kind is Kind.TEMPLATE else (remote.jobs, remote.templates)


def _differing(declared: Template | Job, resource_id: str, facts: Facts) -> tuple[str, ...]:
    if isinstance(declared, Template):
        return template_differences(declared, facts.remote.templates[resource_id])
    return contradictions(facts.effective(declared.values), facts.remote.jobs[resource_id].echo)


def template_differences(declared: Template, seen: RemoteTemplate) -> tuple[str, ...]:
    """The fields in which a template differs from the declared one. Where only the name is reported, only that is
    compared."""
    comparable = {k: v for k, v in seen.echo.items() if k in TEMPLATE_FIELDS}
    ours = normalise(Kind.TEMPLATE, declared.values) if seen.echo else {}
    theirs = normalise(Kind.TEMPLATE, comparable)
    names = {f for f in {*ours, *theirs} - {"name"} if not same_text(ours.get(f), theirs.get(f))}
    return tuple(sorted(names | ({"name"} if not same_text(declared.name, seen.name) else set())))


def decide_import(declared: Template | Job, resource_id: str, facts: Facts) -> Decision:
    """The decision on an `import:` entry whose address is not recorded yet."""
    change = Change(declared.address, Action.ADOPT, Reason.IMPORTED, after=declared, id=resource_id)
    against = objection(declared, resource_id, facts) or _in_doubt(declared, resource_id, facts)
    if against is None:
        return do(change)
    text = f"{declared.address} is to be taken over by `import:`, but {against.text}"
    return withhold(replace(change, reason=against.reason), text, against.hint)


def _in_doubt(declared: Template | Job, resource_id: str, facts: Facts) -> Objection | None:
    """The objection where an open submission may have become this job: taken over as something else, it would be
    submitted again."""
    kind = Kind.TEMPLATE if isinstance(declared, Template) else Kind.JOB
    open_now = (i for i in facts.recorded.submissions if i.kind is kind)
    owner = next((i.address for i in open_now if resource_id not in {*i.known, *i.foreign}), None)
    if owner is None:
        return None
    text = f"{resource_id} may be the submission of {owner}, whose outcome is unknown"
    return Objection(Reason.AMBIGUOUS, text, f"resolve it first: {INTENTS} shows what could be it")


def adopted(declared: Template | Job, resource_id: str, remote: Remote, now: datetime, template: Values) -> Record:
    """The record of what is taken over: as declared, except where the service reports otherwise.

    So a plan is empty where nothing contradicts, and shows every difference where something did. `template` is what
    the job's template holds.
    """
    if isinstance(declared, Template):
        return template_record(declared, resource_id, remote.templates.get(resource_id))
    return _job_record(declared, remote.jobs[resource_id], remote, now, template)


def template_record(declared: Template, resource_id: str, seen: RemoteTemplate | None) -> RecordedTemplate:
    values = dict(declared.values)
    if seen is not None:
        reported = {**seen.echo, "name": seen.name}
        values |= {field: reported.get(field) for field in template_differences(declared, seen)}
    values = {k: v for k, v in values.items() if v is not None}
    held = declared.prevent_destroy or False
    created = seen.created_at if seen else None
    return RecordedTemplate(resource_id, fingerprint(Kind.TEMPLATE, values), values, held, created)


def _job_record(declared: Job, seen: RemoteJob, remote: Remote, now: datetime, template: Values) -> RecordedJob:
    body = {"entry": "fetch", **effective(declared.values, template)}
    wrong = contradictions(body, seen.echo)
    values = {**declared.values, **{f: seen.echo[f] for f in wrong}}
    return RecordedJob(
        seen.id,
        fingerprint(Kind.JOB, values),
        values,
        schedule=_publish_time(declared, seen, remote, now),
        status=seen.status,
        rerun=declared.rerun,
        prevent_destroy=declared.prevent_destroy or False,
        created_at=seen.created_at,
        staged=bool(body.get("staging")),
        approved=seen.status in BEING_PUBLISHED,
        publish=Publish.UNKNOWN,
    )


def _publish_time(declared: Job, seen: RemoteJob, remote: Remote, now: datetime) -> Schedule | None:
    """The publish time that the service reports; the declared one where it reports none, or where the declared one has
    passed."""
    wanted = declared.schedule
    if declared.held or remote.publish_times is None or not remote.reports_time_of(seen.id):
        return wanted
    at = remote.publish_times.get(seen.id)
    if at is None:
        return wanted if wanted is not None and wanted.utc <= now else None
    return wanted if wanted is not None and wanted.utc == at else Schedule(at.isoformat(), at)


def taken_over(recorded: Recorded, address: str, record: Record) -> Recorded:
    """The state with the record. What a person takes over is no longer marked as not ours."""
    foreign = tuple(i for i in recorded.foreign if i != record.id)
    entry = recorded.watched.get(record.id) or recorded.forgotten.get(record.id)
    if entry is not None and isinstance(record, RecordedJob):
        # It was ours: what it was made from, and what it cost, is known.
        known = replace(entry.record, status=record.status, schedule=record.schedule)
        record = replace(known, prevent_destroy=record.prevent_destroy, rerun=record.rerun)
    rest = {i: w for i, w in recorded.watched.items() if i != record.id}
    left = {i: f for i, f in recorded.forgotten.items() if i != record.id}
    return replace(recorded.with_resource(address, record), foreign=foreign, watched=rest, forgotten=left)
