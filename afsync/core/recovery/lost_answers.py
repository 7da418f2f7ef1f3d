"""The rules for submissions and approvals whose answer was lost: adopt, absent, wait, or ask a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from afsync.core.addresses import Kind
from afsync.core.recovery.evidence import Sighting, sent_by, service_time, sighting_of, templates_found, waited
from afsync.core.recovery.resolution import (
    Absent,
    Adopt,
    Ask,
    Resolution,
    Wait,
)
from afsync.core.remote_account import Remote, RemoteJob, RemoteTemplate
from afsync.core.service_statuses import BEING_PUBLISHED, COMPLETE, PUBLISHING
from afsync.core.similarity import looks_like
from afsync.core.state import Intent, Phase, Recorded, Scan

SCANS_APART = timedelta(seconds=60)


def resolve(
    recorded: Recorded, remote: Remote, now: datetime, *, quarantine: float, exclusive: bool
) -> tuple[Resolution, ...]:
    """A resolution for every open intent (docs/reliability.md#how-it-works): submissions by their numbers, then
    approvals.

    `quarantine` is in seconds: how long after an attempt a job may still turn up. `exclusive` says that only
    afsync submits with this account.
    """
    intents = sorted(recorded.submissions, key=lambda i: i.seq)
    wait = timedelta(seconds=quarantine)
    jobs = [i for i in intents if i.kind is Kind.JOB]
    approvals = sorted(recorded.approvals, key=lambda i: i.seq)
    seen = {i.uuid: sighting_of(i, recorded, remote, wait) for i in jobs}
    found = {i.uuid: templates_found(i, recorded, remote) for i in intents if i.kind is Kind.TEMPLATE}
    submitted = tuple(
        _template(i, found) if i.kind is Kind.TEMPLATE else _job(i, jobs, seen, remote, now, wait, exclusive)
        for i in intents
    )
    return (*submitted, *(resolve_approval(i, remote, now, wait) for i in approvals))


def _job(
    intent: Intent,
    intents: list[Intent],
    seen: Mapping[str, Sighting],
    remote: Remote,
    now: datetime,
    quarantine: timedelta,
    exclusive: bool,
) -> Resolution:
    sighting = seen[intent.uuid]
    balance = remote.account.balance
    at = service_time(remote.server_time or now, now)
    scan = Scan(at, sighting.ids, tuple(j.id for j in sighting.new), balance)
    left = quarantine - waited(intent, remote, now)
    if quarantine and left > timedelta():
        return Wait(intent, now + left, scan, counts=False)
    if not sighting.candidates:
        return _nothing_found(intent, sighting, scan, balance, min(SCANS_APART, quarantine))
    twins, ids = _twins(intent, intents, seen)
    shared = [j for j in reversed(list(remote.jobs.values())) if j.id in ids]
    if len(shared) != len(twins):
        many = len(sighting.candidates) > 1
        why = "several jobs could be it" if many else "one job could be it, and several submissions are unresolved"
        return Ask(intent, why, sighting.ids)
    mine = shared[twins.index(intent)]
    if mine not in sighting.candidates or _claimed_elsewhere(mine, intent, twins, intents, seen):
        return Ask(intent, f"{mine.id} could also be another unresolved submission", sighting.ids)
    if exclusive:
        return _adopt(intent, mine, "the account is exclusive, and it is the only new job")
    if looks_like(sent_by(intent), mine.echo):
        return _adopt(intent, mine, f"the only new job with the topic {mine.echo['topic']!r}")
    return Ask(intent, "one job matches, but the service reports too few fields to be certain", sighting.ids)


def _adopt(intent: Intent, job: RemoteJob, evidence: str) -> Adopt:
    return Adopt(intent, job.id, evidence, job.status, job.created_at)


def _twins(intent: Intent, intents: list[Intent], seen: Mapping[str, Sighting]) -> tuple[list[Intent], set[str]]:
    """The open submissions of the same body that share candidates with this one, directly or through others, by their
    numbers; and all of these candidates."""
    same = [i for i in intents if i.fingerprint == intent.fingerprint]
    ids: set[str] = set(seen[intent.uuid].ids)
    while True:
        twins = [i for i in same if i is intent or not ids.isdisjoint(seen[i.uuid].ids)]
        more = ids.union(*(seen[i.uuid].ids for i in twins))
        if more == ids:
            return twins, ids
        ids = more


def _claimed_elsewhere(
    job: RemoteJob, intent: Intent, twins: list[Intent], intents: list[Intent], seen: Mapping[str, Sighting]
) -> bool:
    """Whether another submission, of another body, may just as well have made `job`."""
    others = (i for i in intents if i not in twins and job.id in seen[i.uuid].ids)
    mine = looks_like(sent_by(intent), job.echo)
    return any(not mine or looks_like(sent_by(other), job.echo) for other in others)


def _nothing_found(intent: Intent, sighting: Sighting, scan: Scan, balance: int | None, apart: timedelta) -> Resolution:
    if intent.phase is Phase.COMMITTED_ID_UNKNOWN:
        return Ask(intent, "the service said yes, but no job shows up that could be it")
    if intent.balance is not None and balance is not None and intent.cost > 0:
        # The cost is an estimate, so anything that is gone may be what the submission took.
        missing = intent.balance - intent.spent_since - balance
        if missing > 0:
            gone = "1 credit is" if missing == 1 else f"{missing} credits are"
            return Ask(intent, f"{gone} gone, but no job shows up that could be it")
    if sighting.new:
        return Ask(intent, "new jobs turned up, none of which could be it", tuple(j.id for j in sighting.new))
    earlier = [s.at for s in intent.scans if not s.new and s.at <= scan.at - apart]
    if earlier:
        return Absent(intent, f"not in the list at {min(earlier):%H:%M:%S} and not at {scan.at:%H:%M:%S} UTC")
    again = min((s.at for s in intent.scans if not s.new), default=scan.at) + apart
    return Wait(intent, again, scan, counts=True)


def _template(intent: Intent, found: Mapping[str, list[RemoteTemplate]]) -> Resolution:
    """The resolution for a template. Templates are free, so there is no quarantine: the name, the contents where they
    are reported, and the time decide."""
    match found[intent.uuid]:
        case []:
            return Absent(intent, "no such template in the account")
        case [one] if any(one in others for uuid, others in found.items() if uuid != intent.uuid):
            return Ask(intent, f"{one.id} could also be another unresolved template", (one.id,))
        case [one] if one.unreadable:
            return Ask(intent, f"{one.id} could be it, and cannot be read", (one.id,))
        case [one]:
            evidence = f"the only new template named {one.name!r}"
            return Adopt(intent, one.id, evidence, created_at=one.created_at)
        case several:
            return Ask(intent, "several new templates could be it", tuple(sorted(t.id for t in several)))


def resolve_approval(intent: Intent, remote: Remote, now: datetime, quarantine: timedelta) -> Resolution:
    """The resolution for one open approval. Until the quarantine is over it may still be carried out."""
    job_id = str(intent.job_id)
    seen, preview = remote.jobs.get(job_id), remote.previews.get(job_id)
    if seen is not None and seen.status in BEING_PUBLISHED and (seen.status == PUBLISHING or not intent.platforms):
        return Adopt(intent, job_id, f"it is {seen.status}", seen.status)
    if seen is not None and _is_out(intent, remote):
        return Adopt(intent, job_id, f"it is published on {', '.join(intent.platforms)}", seen.status)
    staging = preview.staging if preview else None
    if seen is not None and seen.status == COMPLETE and staging is False:
        return Adopt(intent, job_id, "the service does not call it staged any more", seen.status)
    left = quarantine - waited(intent, remote, now)
    if left > timedelta():
        scan = Scan(service_time(remote.server_time or now, now))
        return Wait(intent, now + left, scan, counts=False)
    if seen is None:
        return Ask(intent, f"{job_id} is not in the account any more")
    staged = ", and the service still calls it staged" if staging else ""
    return Ask(intent, f"{job_id} is {seen.status}{staged}")


def _is_out(intent: Intent, remote: Remote) -> bool:
    """Whether the job is published where this approval asks for; its status does not say so where other platforms were
    published before."""
    result = remote.results.get(str(intent.job_id))
    if result is None or not intent.platforms:
        return False
    return all(name in result.published_to and name not in result.failed_on for name in intent.platforms)
