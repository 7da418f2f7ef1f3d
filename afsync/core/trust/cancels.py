"""Cancelled jobs: a service may produce and publish them anyway, so they are watched for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.command_lines import forget_command, import_command
from afsync.core.fingerprints import same_body
from afsync.core.links import unsigned
from afsync.core.plan.facts import Facts, Options
from afsync.core.records import UNSEEN, Effect, Finding, Forgotten, RecordedJob, StagingIgnored, Watched, Why
from afsync.core.remote_account import Remote
from afsync.core.resources import Values
from afsync.core.service_statuses import CANCELLED, PRODUCED, ended_badly, is_known, is_open
from afsync.core.state import Recorded
from afsync.core.text import count
from afsync.core.trust.kept_publish_times import PLAN_AFTER_SETTLE, settle_time_over
from afsync.errors import Problem, Severity

NOT_BEGUN = ("queued", "pending")
"""Statuses of which production has certainly not begun. `scheduled` may hide that it has."""


def to_cancel(recorded: Recorded, address: str, record: RecordedJob, why: Why, now: datetime, watch: float) -> Recorded:
    """The state before a cancel is sent, so that later plans know of it whatever happens to the request. `watch` is in
    seconds."""
    entry = Watched(address, record, now, now + timedelta(seconds=watch), why=why, accepted=False)
    return with_watched(recorded, {**recorded.watched, record.id: entry})


def with_cancel_answer(recorded: Recorded, job_id: str, too_late: str | None, now: datetime, watch: float) -> Recorded:
    """The state after a cancel was accepted, or refused because the job is `too_late`. `watch` is in seconds."""
    entry = recorded.watched[job_id]
    status = too_late or CANCELLED
    address = recorded.address_of_job(job_id)
    if address is not None:
        recorded = recorded.with_resource(address, replace(recorded.jobs[address], status=status))
    if too_late is not None and entry.why is not Why.UNREVIEWED:
        return without_watch(recorded, job_id)
    record = replace(entry.record, status=status) if entry.why is Why.UNREVIEWED else entry.record
    until = now + timedelta(seconds=watch)
    entry = replace(entry, record=record, cancelled_at=now, until=until, accepted=too_late is None)
    return with_watched(recorded, {**recorded.watched, job_id: entry})


def with_watched(recorded: Recorded, watched: Mapping[str, Watched]) -> Recorded:
    """The state with these watched jobs. A job whose cancel is accepted now is no longer recorded, unless it is
    unreviewed; that the service ignored a review withholds further ones. Where a watch ends and the job was produced
    anyway and is recorded nowhere, it is remembered, so that it is not paid for again."""
    left = {i: w for i, w in recorded.watched.items() if i not in watched and is_back(w)}
    made = {i: Forgotten(w.address, w.record, w.until) for i, w in left.items() if recorded.address_of_job(i) is None}
    if made:
        recorded = replace(recorded, forgotten={**recorded.forgotten, **made})
    for job_id, entry in watched.items():
        before = recorded.watched.get(job_id)
        if entry.why is Why.UNREVIEWED:
            if before is None:
                recorded = replace(recorded, staging_ignored=StagingIgnored(job_id, entry.cancelled_at))
        elif entry.accepted and before is not None and not before.accepted:
            address = recorded.address_of_job(job_id)
            recorded = recorded if address is None else recorded.without_resource(address)
    return replace(recorded, watched=dict(watched))


def judged_cancels(recorded: Recorded, remote: Remote, now: datetime, options: Options) -> Recorded:
    """The state with findings about the jobs that were or are to be cancelled. A watch that is over ends with its
    finding."""
    watched: dict[str, Watched] = {}
    for job_id, entry in recorded.watched.items():
        if job_id not in remote.jobs and job_id not in remote.missing:
            watched[job_id] = entry
            continue
        status = remote.jobs[job_id].status if job_id in remote.jobs else CANCELLED
        decides = entry.why is not Why.UNREVIEWED and recorded.address_of_job(job_id) is not None
        kept, finding = _judged(entry, status, now, options, decides=decides)
        if finding is not None:
            recorded = recorded.with_finding(Effect.CANCEL, finding, now)
        if kept is not None:
            watched[job_id] = kept
    return recorded if watched == recorded.watched else with_watched(recorded, watched)


def _judged(
    entry: Watched, status: str, now: datetime, options: Options, *, decides: bool
) -> tuple[Watched | None, Finding | None]:
    """What is still watched, and the finding that is counted. `decides`: the job is still recorded, so the files decide
    again whether it is cancelled."""
    seen = replace(entry, record=replace(entry.record, status=status))
    there = is_known(status) and not ended_badly(status)
    late = there and settle_time_over(entry.cancelled_at, now, options.settle)
    again = now + timedelta(seconds=options.watch)
    if not entry.accepted and status == CANCELLED:
        return replace(seen, accepted=True), None
    if decides and not entry.accepted:
        return (seen if entry.until > now and not (late and is_open(status)) else None), None
    if late and entry.finding is None:
        found = Finding.LOST if entry.accepted else Finding.UNKNOWN
        counted = found if entry.accepted else None
        return replace(seen, finding=found, until=max(entry.until, again)), counted
    if entry.why is Why.UNREVIEWED and status in PRODUCED and entry.record.status not in PRODUCED:
        return replace(seen, until=max(entry.until, again)), None
    going = entry.why is Why.UNREVIEWED and status not in PRODUCED and not ended_badly(status)
    if entry.until > now or going:
        return seen, None
    return None, Finding.KEPT if status == CANCELLED and entry.finding is None else None


def without_watch(recorded: Recorded, job_id: str) -> Recorded:
    """The state that no longer watches a job."""
    if job_id not in recorded.watched:
        return recorded
    return replace(recorded, watched={i: w for i, w in recorded.watched.items() if i != job_id})


def is_back(entry: Watched) -> bool:
    """Whether a job that was to be cancelled was last seen alive or finished."""
    return entry.finding in (Finding.LOST, Finding.UNKNOWN) and not ended_badly(entry.record.status)


def _is_still_there(job_id: str, entry: Watched, facts: Facts) -> bool:
    """Whether a cancelled job without a finding is seen alive."""
    status = facts.remote.jobs[job_id].status if job_id in facts.remote.jobs else None
    return status is not None and entry.finding is None and is_known(status) and not ended_badly(status)


def not_cancelled(facts: Facts) -> Iterator[Problem]:
    """A warning for each job that was cancelled and is still in the account, until it is forgotten. Soon after the
    cancel it is a note, since the list may lag. Recorded jobs are judged by what is declared, and unreviewed ones by
    `core.trust.reviews`."""
    for job_id, entry in sorted(facts.recorded.watched.items()):
        if entry.why is Why.UNREVIEWED or facts.recorded.address_of_job(job_id) is not None:
            continue
        if _is_still_there(job_id, entry, facts):
            text = f"{entry.address} ({job_id}) was cancelled, and is still {entry.record.status}"
            yield Problem("cancel_unseen", text, PLAN_AFTER_SETTLE, Severity.NOTE, entry.address)
        if is_back(entry):
            text = f"{entry.address} ({job_id}): {still_there(entry)}{link_to(job_id, facts)}"
            yield Problem(
                "cancel_not_kept", text, cancelled_job_options(entry, job_id), Severity.WARNING, entry.address
            )


def still_there(entry: Watched) -> str:
    """That a job which was to be cancelled is alive or finished, in words."""
    moment = f"{entry.cancelled_at:%Y-%m-%d %H:%M} UTC"
    if entry.accepted:
        return f"afsync cancelled it on {moment}, but the service still reports it as {entry.record.status}"
    return f"it is {entry.record.status}, and no cancellation is known to have been accepted"


def link_to(job_id: str, facts: Facts) -> str:
    """`: https://…` where there is a video and its link is not signed, since a plan may be posted where others read it;
    `status` on a terminal shows any link."""
    link = unsigned(facts.remote.jobs[job_id].output_url) if job_id in facts.remote.jobs else None
    return f": {link}" if link else ""


def cancelled_job_options(entry: Watched, job_id: str) -> str:
    """The options for a cancelled job that is still in the account."""
    adopt = import_command(entry.address, job_id)
    return f"declare it and adopt it, which is free ({adopt}), or forget it: {forget_command(job_id)}"


def same_as_cancelled(values: Values, facts: Facts) -> str | None:
    """The id of a cancelled job that is still in the account and has these values; also during `api.settle`."""
    there = (i for i, w in sorted(facts.recorded.watched.items()) if is_back(w) or _is_in_sight(i, w, facts))
    back = ((i, facts.recorded.watched[i].record) for i in there)
    return next((i for i, r in back if same_body(values, r.declared, r.fingerprint)), None)


def _is_in_sight(job_id: str, entry: Watched, facts: Facts) -> bool:
    """Whether a cancelled job without a finding is in the account and has not ended. An unknown status counts: what may
    be produced is not paid for a second time."""
    seen = facts.remote.jobs.get(job_id)
    if seen is None or entry.finding is not None or ended_badly(seen.status):
        return False
    return facts.recorded.address_of_job(job_id) is None


def has_lost_one(recorded: Recorded) -> bool:
    """Whether this account did not keep a cancel before."""
    return recorded.trust.get(Effect.CANCEL, UNSEEN).lost > 0


def two_videos(job_id: str, status: str, spend: int, spent: int | None) -> str | None:
    """The warning for a reviewer of a replacement; None while production has not begun."""
    if status in NOT_BEGUN:
        return None
    before = "an unknown number of credits" if spent is None else count(spent, "credit")
    return (
        f"{job_id} is {status}: a cancel may not stop its production, and then two videos are made, for {before} "
        f"already spent and {spend} more"
    )
