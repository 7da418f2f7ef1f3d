"""What became of submissions whose answer was lost: one pure function, tested by tables and by simulation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import assert_never

from afsync.core.evidence import Sighting, sent_by, service_time, sighting_of, templates_found, waited
from afsync.core.lookalike import looks_like
from afsync.core.lost_approvals import approval_outlook, approval_ways, resolve_approval
from afsync.core.recorded import Intent, Phase, Purpose, Recorded, Scan
from afsync.core.remote import Remote, RemoteJob, RemoteTemplate
from afsync.core.resolution import Absent, Adopt, Ask, Resolution, Wait
from afsync.core.resources import Kind, typed

__all__ = ["Absent", "Adopt", "Ask", "Resolution", "Wait", "advice", "needs_person", "outlook", "resolve", "ways"]

SCANS_APART = timedelta(seconds=60)


def resolve(
    recorded: Recorded, remote: Remote, now: datetime, *, quarantine: float, exclusive: bool
) -> tuple[Resolution, ...]:
    """What can be said now of every open intent: submissions in the order of their numbers (SUBMISSION.md, "Recovery"),
    then approvals.

    `quarantine` is in seconds: how long after an attempt a job may still turn up. `exclusive` says that nobody
    else submits with this account.
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
    """The open submissions of the same body that share candidates, however far removed, with this one, in the order
    of their numbers; and all of these candidates."""
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
    """Templates are free, so there is no quarantine: the name, the content where it is told, and the time decide."""
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


def outlook(resolution: Resolution) -> str:
    """In words, what will happen to an open intent."""
    if resolution.intent.purpose is Purpose.APPROVAL:
        return approval_outlook(resolution)
    match resolution:
        case Adopt(_, job_id, evidence):
            return f"found: it is {job_id} ({evidence}); apply records it, nothing is submitted"
        case Absent(_, evidence):
            return f"it was not made ({evidence}); it is planned again"
        case Wait(_, until, scan):
            shown = f"; so far this could be it: {', '.join(scan.candidates)}" if scan.candidates else ""
            return f"it may still turn up; looked for until {until:%Y-%m-%d %H:%M:%S} UTC{shown}"
        case Ask(_, why, ids):
            shown = f" ({', '.join(ids)})" if ids else ""
            return f"a person must decide: {why}{shown}"
        case _:
            assert_never(resolution)


def ways(resolution: Resolution) -> tuple[str, ...]:
    """What a person can type about it, a line each; nothing where it is decided."""
    if resolution.intent.purpose is Purpose.APPROVAL:
        return approval_ways(resolution.intent) if needs_person((resolution,)) else ()
    match resolution:
        case Wait(intent, _, scan):
            return ways_for(intent.address, scan.candidates)
        case Ask(intent, _, ids):
            return ways_for(intent.address, ids)
        case Adopt() | Absent():
            return ()
        case _:
            assert_never(resolution)


def ways_for(address: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """The same for an open submission that could be one of these."""
    resolve = f"afsync resolve {typed(address)}"
    if not ids:
        return (f"if you know it was not made: {resolve} --absent", f"if you know its id: {resolve} --adopt ID")
    if len(ids) == 1:
        one = typed(ids[0])
        return (f"if it is this one: {resolve} --adopt {one}", f"if it is somebody else's: {resolve} --foreign {one}")
    return (f"if it is one of them: {resolve} --adopt ID", f"what is somebody else's: {resolve} --foreign ID")


def advice(resolution: Resolution) -> str:
    """Outlook and ways in one line, for programs."""
    return ". ".join(filter(None, (outlook(resolution), "; ".join(ways(resolution)))))


def not_asked(recorded: Recorded) -> tuple[Resolution, ...]:
    """The open intents where the account could not be asked, with what the last look saw of each."""
    last = ((i, i.scans[-1].candidates if i.scans else ()) for i in recorded.intents)
    return tuple(Ask(intent, "the account could not be asked", ids) for intent, ids in last)


def needs_person(resolutions: tuple[Resolution, ...]) -> bool:
    """Whether anything stays open."""
    return any(isinstance(r, Wait | Ask) for r in resolutions)
