"""A declared publish time that was never set: while it is missing, the job is not done (TRUST.md §3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from afsync.core.actions import Action, Reason
from afsync.core.approvals import ON_ITS_WAY
from afsync.core.plan import Change, Credits
from afsync.core.recorded import Recorded, RecordedJob
from afsync.core.remote import Group, Remote, ended_badly, never_changes
from afsync.core.resources import Desired, Job, typed
from afsync.core.verdict import Facts, Verdict, do, withhold

_PRODUCED = "complete"


def lacks_time(declared: Job, record: RecordedJob) -> bool:
    """Whether a publish time is declared that the job was never given. An approval overtakes it."""
    if declared.schedule is None or record.schedule is not None or "schedule" in declared.ignore_changes:
        return False
    return not record.approved and not never_changes(record.status) and not ended_badly(record.status)


def to_look_up(desired: Desired, recorded: Recorded) -> Iterator[RecordedJob]:
    """The jobs that have to be seen although they look finished."""
    for address, record in recorded.jobs.items():
        declared = desired.jobs.get(address)
        if declared is not None and lacks_time(declared, record):
            yield record


def results_needed(desired: Desired, recorded: Recorded, remote: Remote) -> Iterator[str]:
    """The produced ones: only their results tell whether they were published already."""
    for record in to_look_up(desired, recorded):
        seen = remote.jobs.get(record.id)
        if seen is not None and seen.status == _PRODUCED and not record.staged:
            yield record.id


def decide_unset(declared: Job, record: RecordedJob, group: Group, status: str, facts: Facts) -> Verdict | None:
    """What is to be done about the missing time; None where it is not missing, or nothing comes of the job."""
    schedule = declared.schedule
    over = never_changes(status) or ended_badly(status) or (record.staged and status in ON_ITS_WAY)
    if schedule is None or not lacks_time(declared, record) or over:
        return None
    change = Change(
        declared.address,
        Action.RESCHEDULE,
        Reason.UNSET,
        before=record,
        after=declared,
        id=record.id,
        credits=Credits(0, record.credits or 0),
    )
    result = facts.remote.results.get(record.id)
    told = f"the publish time of {declared.address} ({record.id}), {schedule.written},"
    if result is not None and (result.published_to or never_changes(result.status)):
        return _published(change, result.published_to, schedule.utc, facts.now)
    if schedule.utc <= facts.now:
        return _passed(change, told, group, known=result is not None)
    match group:
        case Group.BUSY:
            return withhold(change, f"{told} is not set yet, and the service is working on it", _LATER, "schedule")
        case Group.MISSING:
            return withhold(change, f"{told} was never set, and {_GONE}", _LOOK.format(typed(declared.address)))
        case _:
            return do(change)


_LATER = "apply again when it is produced: that sets it"
_GONE = "it is not in the account any more; it is paid for, so it is not submitted again by itself"
_LOOK = "look into the account; `--replace {}` submits it again (that costs credits)"
_PAST = "give it a time still ahead; to leave it unpublished, remove `schedule`"
_NOT_REPORTED = "; the service does not report whether it was published"
_SEE = "look into the account: remove `schedule` if it was published, or give it a time still ahead"


def _passed(change: Change, told: str, group: Group, *, known: bool) -> Verdict | None:
    """Nothing can be set any more, and what is produced may have been published all the same."""
    if group is Group.MISSING:
        return None
    unclear = group is Group.DONE and not known
    held = f"{told} has passed, and it was never set{_NOT_REPORTED if unclear else ''}"
    return withhold(_as(change, Reason.PAST_SCHEDULE), held, _SEE if unclear else _PAST, "schedule")


def _published(change: Change, platforms: tuple[str, ...], wanted: datetime, now: datetime) -> Verdict | None:
    if wanted <= now:
        return None
    where = f" ({', '.join(platforms)})" if platforms else ""
    return withhold(
        _as(change, Reason.SCHEDULE_NOT_KEPT),
        f"{change.address} ({change.id}) is done: it was published{where} before its publish time was set",
        "remove `schedule` if that is fine; a new value of `rerun:` submits it again (that costs credits)",
        "schedule",
    )


def _as(change: Change, reason: Reason) -> Change:
    return Change(change.address, change.action, reason, change.before, change.after, change.id, credits=change.credits)
