"""What changed outside of afsync: the account against the state, and paid jobs in the account that are not recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from typing import Any

from afsync.core.addresses import Kind
from afsync.core.command_lines import IMPORT_NONE, replace_command
from afsync.core.decisions.new_submissions import may_be_ours
from afsync.core.fingerprints import normalise, plain
from afsync.core.links import text_without_signed, without_signed
from afsync.core.plan.facts import Options, facts_for_import
from afsync.core.plan.lookups import is_final
from afsync.core.records import Publish, RecordedJob, RecordedTemplate
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.lost_state import newer
from afsync.core.recovery.resolution import candidates_of
from afsync.core.remote_account import Remote, RemoteJob
from afsync.core.resources import Desired
from afsync.core.service_statuses import PUBLISHED, Group, group_of
from afsync.core.state import Recorded
from afsync.core.text import first_of, same_text
from afsync.errors import Problem, Severity

_LONGEST = 80
"""Characters of a value that are shown."""


def find_drift(recorded: Recorded, remote: Remote, now: datetime, zone: tzinfo = UTC) -> tuple[Problem, ...]:
    """One warning for each difference that afsync did not make, by address, in words for those who edit the content;
    times are in `zone`, the files' own. A job that was produced and published as planned is no drift."""
    found: list[Problem] = []
    for address, record in sorted(recorded.resources.items()):
        match record:
            case RecordedTemplate():
                found.extend(_template(address, record, remote))
            case RecordedJob():
                if not is_final(record, now):
                    found.extend(_job(address, record, remote, now, zone))
    return tuple(found)


def differences(found: Iterable[Problem]) -> int:
    """The number of warnings that are drift; the rest is only information."""
    return sum(p.severity is not Severity.NOTE for p in found)


def _drift(address: str, code: str, message: str, hint: str | None = None) -> Problem:
    return Problem(f"drift_{code}", message, hint, Severity.WARNING, address)


def _not_read(address: str, id: str, why: str) -> Problem:
    return Problem("not_known", f"{address} ({id}) could not be read: {why}", None, Severity.NOTE, address)


def _template(address: str, record: RecordedTemplate, remote: Remote) -> Iterator[Problem]:
    found = remote.templates.get(record.id)
    if found is None:
        text = f"{address} ({record.id}) was deleted in AuraFlux"
        yield _drift(address, "missing", text, "the next apply makes it again")
        return
    if found.unreadable is not None:
        yield _not_read(address, record.id, found.unreadable)
        return
    ours, theirs = normalise(Kind.TEMPLATE, record.declared), normalise(Kind.TEMPLATE, found.echo)
    changed = [
        _now(k, ours.get(k), v) for k, v in sorted(theirs.items()) if k != "name" and not same_text(ours.get(k), v)
    ]
    if not same_text(found.name, record.declared.get("name")):
        changed.insert(0, _now("name", record.declared.get("name"), found.name))
    if changed:
        text = f"{address} ({record.id}) was edited in AuraFlux: {'; '.join(changed)}"
        hint = f"write that into the files to keep it; {replace_command(address)} makes it as it was"
        yield _drift(address, "edited", text, hint)


def _now(field: str, before: Any, after: Any) -> str:
    text = f"{text_without_signed(field)} is now {_said(after)}"
    return text if before is None else f"{text}, it was {_said(before)}"


def _said(value: Any) -> str:
    text = json.dumps(without_signed(plain(value)), ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _job(address: str, record: RecordedJob, remote: Remote, now: datetime, zone: tzinfo) -> Iterator[Problem]:
    job = remote.jobs.get(record.id)
    name = f"{address} ({record.id})"
    if job is None:
        if record.id in remote.missing:
            text = f"{name} is not in AuraFlux any more; when it was last seen it was {record.status}"
            again = f"{replace_command(address)} submits it again (that costs credits)"
            hint = f"{again}, or take it out of the files"
            yield _drift(address, "missing", text, hint)
        return
    if job.unreadable is not None:
        yield _not_read(address, record.id, job.unreadable)
        return
    again = "a new `rerun:` submits it again (that costs credits), or take it out of the files"
    match group_of(job.status):
        case Group.CANCELLED:
            yield _drift(address, "cancelled", f"{name} was cancelled in AuraFlux", again)
        case Group.FAILED:
            yield _drift(address, "failed", f"the production of {name} failed ({job.status})", again)
        case _:
            yield from _publish_time(address, record, job, remote, now, zone)


def _publish_time(
    address: str, record: RecordedJob, job: RemoteJob, remote: Remote, now: datetime, zone: tzinfo
) -> Iterator[Problem]:
    if record.publish is Publish.HELD or job.status == PUBLISHED or not remote.reports_time_of(job.id):
        return
    wanted = record.schedule.utc if record.schedule and record.schedule.utc > now else None
    found = remote.publish_time(job.id)
    name = f"{address} ({job.id})"
    match wanted, found:
        case None, datetime():
            text = f"{name} was scheduled in AuraFlux, for {_local(found, zone)}"
        case datetime(), None:
            text = f"{name} has no publish time in AuraFlux any more; it was to be published on {_local(wanted, zone)}"
        case datetime(), datetime() if wanted != found:
            text = f"{name} was moved in AuraFlux, from {_local(wanted, zone)} to {_local(found, zone)}"
        case _:
            return
    hint = "write that into the files to keep it; the next apply sets it back"
    yield _drift(address, "rescheduled", text, hint)


def _local(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"


MOST_NAMED = 10
"""So many ids are written out in a note."""

CODE = "drift_undeclared"

NONE = f"{IMPORT_NONE} remembers that it was not submitted from here"


def find_undeclared(
    desired: Desired, recorded: Recorded, remote: Remote, now: datetime, options: Options
) -> tuple[Problem, ...]:
    """The unrecorded jobs that another client submitted: warnings where `options.exclusive` says that there is no other
    client, else notes; nothing where other clients are declared.

    What is older than the newest job that was ever recorded may be one that afsync submitted and has forgotten since:
    removed from the files, or replaced. What an open submission may have made is not counted either.
    """
    if options.exclusive is False:
        return ()
    facts = facts_for_import(desired, recorded, remote, now)
    found = resolve(recorded, remote, now, quarantine=options.quarantine, exclusive=bool(options.exclusive))
    asked = {i for r in found for i in candidates_of(r)} | set(desired.imports.values())
    unknown = [j for j in remote.jobs.values() if may_be_ours(j, facts) and j.id not in asked]
    new = [j for j in unknown if j.id not in recorded.forgotten]
    strangers = list(newer(new, recorded, remote)) if recorded.has_known_a_job else new
    return tuple(_undeclared(strangers, [j for j in unknown if j not in strangers], exclusive=bool(options.exclusive)))


def _undeclared(strangers: list[RemoteJob], older: list[RemoteJob], *, exclusive: bool) -> Iterator[Problem]:
    if exclusive:
        for job in strangers:
            text = f"{_described(job)} is in the account and was not submitted from here, and `api.exclusive` is true"
            yield Problem(
                CODE, text, f"another client submitted it, or another copy of this state; {NONE}", Severity.WARNING
            )
    elif strangers:
        text = f"in the account and not submitted from here: {_listed(strangers)}"
        hint = "`api: {exclusive: true}` counts such jobs as drift, `exclusive: false` leaves them out"
        yield Problem(CODE, text, hint, Severity.NOTE)
    if older:
        text = f"in the account and not in the state: {_listed(older)}; made elsewhere, or here and forgotten since"
        yield Problem("drift_unknown", text, None, Severity.NOTE)


def _listed(jobs: list[RemoteJob]) -> str:
    return first_of([_described(j) for j in jobs], MOST_NAMED)


def _described(job: RemoteJob) -> str:
    return f"{job.id} ({job.status})"
