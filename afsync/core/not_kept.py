"""What is said, and held back, where the service did not keep a publish time."""

from __future__ import annotations

from datetime import datetime

from afsync.core.actions import Action, Reason
from afsync.core.kept import PRODUCED, time_was_lost
from afsync.core.plan import Change, Credits
from afsync.core.recorded import RecordedJob
from afsync.core.remote import never_changes
from afsync.core.resources import Job
from afsync.core.verdict import Verdict, note, withhold

WAY_OUT = (
    "to accept that, remove `schedule`, or ignore it (`lifecycle: {ignore_changes: [schedule]}`): nothing "
    "is sent; for further jobs, `publish: held` leaves publishing to afsync"
)


def still_matters(declared: Job, record: RecordedJob, now: datetime) -> bool:
    """Whether a publish time that was not kept is still declared, and still ahead."""
    schedule, known = declared.schedule, record.schedule
    if schedule is None or known is None or not time_was_lost(record):
        return False
    return schedule.utc == known.utc and schedule.utc > now and "schedule" not in declared.ignore_changes


def schedule_not_kept(declared: Job, record: RecordedJob, status: str) -> Verdict:
    """No publish time is set a third time, so this waits for a person."""
    change = Change(
        declared.address,
        Action.RESCHEDULE,
        Reason.SCHEDULE_NOT_KEPT,
        before=record,
        after=declared,
        id=record.id,
        credits=Credits(0, record.credits or 0),
    )
    written = declared.schedule.written if declared.schedule else ""
    text = (
        f"{declared.address} ({record.id}): the service accepted its publish time, {written}, and did not keep it: "
        f"{_what_happens(record, status)}"
    )
    return withhold(change, text, WAY_OUT, "schedule")


def _what_happens(record: RecordedJob, status: str) -> str:
    if record.published_on:
        return f"it was published before that, on {', '.join(record.published_on)}"
    if never_changes(status):
        return "it was published before that"
    if status == PRODUCED and record.staged:
        return "it is produced, the time is gone, and it waits for an approval"
    if status == PRODUCED:
        return "it is produced and the time is gone; such a job is published as soon as it is produced"
    return "it was set twice, and is gone again; the job is published as soon as it is produced"


def not_seen_yet(declared: Job, record: RecordedJob) -> Verdict:
    text = f"the publish time of {declared.address} ({record.id}) was accepted, and is not to be seen yet"
    return note(declared.address, "schedule_unseen", text, "a plan judges it once `api.settle` has passed")
