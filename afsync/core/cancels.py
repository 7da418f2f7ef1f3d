"""Jobs that afsync cancelled: a service may produce and publish them all the same, so they are watched for a while."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.kept import settled
from afsync.core.recorded import Recorded, RecordedJob, Watched
from afsync.core.remote import Remote, ended_badly, is_known
from afsync.core.resources import Values, same_body, typed
from afsync.core.signed import unsigned
from afsync.core.trust import UNSEEN, Effect, Finding
from afsync.core.verdict import Facts, Options
from afsync.errors import Problem, Severity

NOT_BEGUN = ("queued", "pending")
"""Statuses of which production has certainly not begun. `scheduled` may hide that it has."""


def watched(recorded: Recorded, address: str, record: RecordedJob, now: datetime, watch: float) -> Recorded:
    """The state once a job was cancelled: no longer recorded, but watched. `watch` is in seconds."""
    entry = Watched(address, record, now, now + timedelta(seconds=watch))
    return replace(recorded.without_resource(address), watched={**recorded.watched, record.id: entry})


def judged_cancels(recorded: Recorded, remote: Remote, now: datetime, options: Options) -> Recorded:
    """The state with what is seen now of the jobs that were cancelled. A watch that ended ends with its finding."""
    for job_id, entry in recorded.watched.items():
        if job_id not in remote.jobs and job_id not in remote.missing:
            continue
        status = remote.jobs[job_id].status if job_id in remote.jobs else "cancelled"
        seen = replace(entry, record=replace(entry.record, status=status))
        there = is_known(status) and not ended_badly(status)
        if there and entry.finding is None and settled(entry.cancelled_at, now, options.settle):
            until = max(entry.until, now + timedelta(seconds=options.watch))
            recorded = recorded.with_finding(Effect.CANCEL, Finding.LOST, now)
            recorded = _with(recorded, job_id, replace(seen, finding=Finding.LOST, until=until))
        elif entry.until > now:
            recorded = _with(recorded, job_id, seen)
        else:
            if status == "cancelled" and entry.finding is None:
                recorded = recorded.with_finding(Effect.CANCEL, Finding.KEPT, now)
            recorded = without_watch(recorded, job_id)
    return recorded


def _with(recorded: Recorded, job_id: str, entry: Watched) -> Recorded:
    if recorded.watched[job_id] == entry:
        return recorded
    return replace(recorded, watched={**recorded.watched, job_id: entry})


def without_watch(recorded: Recorded, job_id: str) -> Recorded:
    """The state that no longer watches a job."""
    if job_id not in recorded.watched:
        return recorded
    return replace(recorded, watched={i: w for i, w in recorded.watched.items() if i != job_id})


def is_back(entry: Watched) -> bool:
    """Whether a cancelled job was last seen alive, or finished as if nothing had happened."""
    return entry.finding is Finding.LOST and not ended_badly(entry.record.status)


def _is_still_there(job_id: str, entry: Watched, facts: Facts) -> bool:
    """Whether a cancelled job, of which nothing was found out yet, is seen alive."""
    status = facts.remote.jobs[job_id].status if job_id in facts.remote.jobs else None
    return status is not None and entry.finding is None and is_known(status) and not ended_badly(status)


def not_cancelled(facts: Facts) -> Iterator[Problem]:
    """A warning for each job that was cancelled and is still in the account, until it is forgotten. Of one that was
    cancelled just now it is a note: the list may lag."""
    for job_id, entry in sorted(facts.recorded.watched.items()):
        if _is_still_there(job_id, entry, facts):
            text = f"{entry.address} ({job_id}) was cancelled, and is still {entry.record.status}"
            hint = "a plan judges it once `api.settle` has passed"
            yield Problem("cancel_unseen", text, hint, Severity.NOTE, entry.address)
        if is_back(entry):
            # What is said of a plan may be posted where others read it; `status` on a terminal shows any link.
            link = unsigned(facts.remote.jobs[job_id].output_url) if job_id in facts.remote.jobs else None
            text = f"{entry.address} ({job_id}) was cancelled on {entry.cancelled_at:%Y-%m-%d %H:%M} UTC, and is "
            text += f"{entry.record.status} all the same" + (f": {link}" if link else "")
            yield Problem("cancel_not_kept", text, ways_on(entry, job_id), Severity.WARNING, entry.address)


def ways_on(entry: Watched, job_id: str) -> str:
    """What can be done about a cancelled job that is still in the account."""
    adopt = f"`afsync import {typed(entry.address)} {typed(job_id)}`"
    return f"declare it and adopt it, which is free ({adopt}), or forget it: `afsync state rm {typed(job_id)}`"


def same_as_cancelled(values: Values, facts: Facts) -> str | None:
    """The id of a cancelled job that is still in the account and has these values; also while `api.settle` has not
    passed, where it is not known yet whether the cancellation is kept."""
    there = (i for i, w in sorted(facts.recorded.watched.items()) if is_back(w) or _is_in_sight(i, w, facts))
    back = ((i, facts.recorded.watched[i].record) for i in there)
    return next((i for i, r in back if same_body(values, r.declared, r.fingerprint)), None)


def _is_in_sight(job_id: str, entry: Watched, facts: Facts) -> bool:
    """Whether a cancelled job, of which nothing was found out yet, is in the account and has not ended. A status that
    is not known counts: what may be produced is not paid for twice."""
    seen = facts.remote.jobs.get(job_id)
    recorded = any(r.id == job_id for r in facts.recorded.jobs.values())
    return seen is not None and entry.finding is None and not ended_badly(seen.status) and not recorded


def has_lost_one(recorded: Recorded) -> bool:
    """Whether this account did not keep a cancel before."""
    return recorded.trust.get(Effect.CANCEL, UNSEEN).lost > 0


def two_videos(job_id: str, status: str, spend: int, spent: int | None) -> str | None:
    """What a reviewer of a replacement should know; None while production has not begun."""
    if status in NOT_BEGUN:
        return None
    before = "an unknown number of credits" if spent is None else f"{spent} credit{'' if spent == 1 else 's'}"
    return (
        f"{job_id} is {status}: a cancel may not stop its production, and then two videos are made, for {before} "
        f"already spent and {spend} more"
    )
