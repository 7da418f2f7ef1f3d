"""What changed outside: the account against the state, whatever the files say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from afsync.core.lookups import is_final
from afsync.core.recorded import Recorded, RecordedJob, RecordedTemplate
from afsync.core.remote import Group, Remote, RemoteJob, group_of
from afsync.core.resources import Kind, normalise
from afsync.errors import Problem, Severity


def find_drift(recorded: Recorded, remote: Remote, now: datetime) -> tuple[Problem, ...]:
    """One warning for each difference that afsync did not make, by address, in words for whoever edits the content.

    A job that was produced and published as planned is no drift.
    """
    found: list[Problem] = []
    for address, record in sorted(recorded.resources.items()):
        match record:
            case RecordedTemplate():
                found.extend(_template(address, record, remote))
            case RecordedJob():
                if not is_final(record, now):
                    found.extend(_job(address, record, remote, now))
    return tuple(found)


def _drift(address: str, code: str, message: str, hint: str | None = None) -> Problem:
    return Problem(f"drift_{code}", message, hint, Severity.WARNING, address)


def _template(address: str, record: RecordedTemplate, remote: Remote) -> Iterator[Problem]:
    found = remote.templates.get(record.id)
    if found is None:
        yield _drift(address, "missing", f"{address} ({record.id}) was deleted in AuraFlux", "apply makes it again")
        return
    ours, theirs = normalise(Kind.TEMPLATE, record.declared), normalise(Kind.TEMPLATE, found.echo)
    changed = sorted(k for k, v in theirs.items() if k != "name" and ours.get(k) != v)
    if found.name != record.declared.get("name"):
        changed.insert(0, "name")
    if changed:
        text = f"{address} ({record.id}) was edited in AuraFlux: {', '.join(changed)}"
        yield _drift(address, "edited", text, f"`--replace {address}` makes it anew from the files")


def _job(address: str, record: RecordedJob, remote: Remote, now: datetime) -> Iterator[Problem]:
    job = remote.jobs.get(record.id)
    name = f"{address} ({record.id})"
    if job is None:
        if record.id in remote.missing:
            yield _drift(address, "missing", f"{name} is not in AuraFlux any more; it was {record.status}")
        return
    match group_of(job.status, publish_at=None, staged=False, now=now):
        case Group.CANCELLED:
            yield _drift(address, "cancelled", f"{name} was cancelled in AuraFlux")
        case Group.FAILED:
            yield _drift(address, "failed", f"the production of {name} failed ({job.status})")
        case _:
            yield from _publish_time(address, record, job, remote, now)


def _publish_time(
    address: str, record: RecordedJob, job: RemoteJob, remote: Remote, now: datetime
) -> Iterator[Problem]:
    times = remote.publish_times
    if times is None or (job.id not in remote.covered and job.id not in times) or job.status == "published":
        return
    wanted = record.schedule.utc if record.schedule and record.schedule.utc > now else None
    found = times.get(job.id)
    if found == wanted:
        return
    said = f"{found:%Y-%m-%d %H:%M} UTC" if found else "no publish time"
    meant = f"{wanted:%Y-%m-%d %H:%M} UTC" if wanted else "none"
    text = f"{address} ({job.id}) now has {said} in AuraFlux; afsync had set {meant}"
    yield _drift(address, "rescheduled", text, "apply sets it back, or write the new time into the files")
