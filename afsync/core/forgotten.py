"""Jobs that the state let go of while their videos stay: remembered, so that none is paid for a second time."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.actions import Reason
from afsync.core.instances import occurrence_of
from afsync.core.plan import Change
from afsync.core.recorded import Forgotten, Record, Recorded, RecordedJob
from afsync.core.remote import ended_badly
from afsync.core.resources import Job, same_body, typed
from afsync.core.text import nfc
from afsync.core.verdict import Facts, Verdict, withhold

REMEMBERED = timedelta(days=30)
"""How long: as long as an unrecorded job in the account counts as a possible twin."""


def let_go(recorded: Recorded, address: str, now: datetime) -> Recorded:
    """The state without a resource. A job whose video stays is remembered."""
    return remembering(recorded.without_resource(address), address, recorded.resources.get(address), now)


def remembering(recorded: Recorded, address: str, gone: Record | None, now: datetime) -> Recorded:
    """The state that remembers the record that left `address`, if its video stays. What is too old is dropped."""
    if not isinstance(gone, RecordedJob) or ended_badly(gone.status) or gone.id in recorded.watched:
        return recorded
    young = {i: f for i, f in recorded.forgotten.items() if now - f.at <= REMEMBERED}
    return replace(recorded, forgotten={**young, gone.id: Forgotten(address, gone, now)})


def paid_before(change: Change, job: Job, facts: Facts) -> Verdict | None:
    """A submission, the first or another one, that asks for what was submitted from here, and left the state without
    a cancellation. What a person asks for by `--replace` is not questioned."""
    twin = submitted_before(job, facts)
    if twin is None or change.reason is Reason.REQUESTED:
        return None
    job_id, address = twin.record.id, typed(change.address)
    another = "another `rerun`" if job.allow_duplicate else "`allow_duplicate: true` on it, or another `rerun`"
    take = f"take it over with `afsync import {address} {typed(job_id)}`, which is free; "
    if change.before is not None:  # the address has a submission already
        take = f"undo the edit; or forget {change.before.id} with `afsync state rm {address}` (it goes on) and {take}"
    return withhold(
        replace(change, reason=Reason.BLOCKED_LOOKALIKE, id=job_id),
        f"{change.address} asks for what {job_id} was submitted for (as {twin.address}), which left the state on "
        f"{twin.at:%Y-%m-%d} and was not cancelled: a second video of it would be made and paid for",
        f"{take}to pay for another, set {another}; `afsync import --none` says that nothing in the account is declared "
        "here",
    )


def submitted_before(job: Job, facts: Facts) -> Forgotten | None:
    """What is remembered of the job that a declared one asks for again. `allow_duplicate` asks for another; a series
    has it for good, so there it does not answer for the very occurrence that was submitted."""
    if not facts.recorded.forgotten or (job.allow_duplicate and occurrence_of(job.address) is None):
        return None
    known = {*facts.recorded.foreign, *(r.id for r in facts.recorded.jobs.values())}
    newest_first = sorted(facts.recorded.forgotten.items(), key=lambda entry: (entry[1].at, entry[0]), reverse=True)
    found = (f for i, f in newest_first if i not in known)
    mine = (f for f in found if not job.allow_duplicate or f.address == job.address)
    return next((f for f in mine if _is_the_same(job, f, facts)), None)


def _is_the_same(job: Job, entry: Forgotten, facts: Facts) -> bool:
    """Whether it is the same submission. Under another address, another publish time means another show. Where the
    time of the old one was taken off, occurrences are compared by key: all of a series may have the same body."""
    seen, record = facts.remote.jobs.get(entry.record.id), entry.record
    if facts.now - entry.at > REMEMBERED or (seen is not None and ended_badly(seen.status)):
        return False
    if job.rerun is not None and (record.rerun is None or nfc(job.rerun) != nfc(record.rerun)):
        return False
    if job.address != entry.address and (_at_another_time(job, record) or _is_another_occurrence(job, entry)):
        return False
    return same_body(job.values, record.declared, record.fingerprint)


def _is_another_occurrence(job: Job, entry: Forgotten) -> bool:
    wanted, known = occurrence_of(job.address), occurrence_of(entry.address)
    timed = job.schedule is not None and entry.record.schedule is not None
    return wanted is not None and not timed and (known is None or wanted[1] != known[1])


def _at_another_time(job: Job, record: RecordedJob) -> bool:
    wanted, known = job.schedule, record.schedule
    return wanted is not None and known is not None and wanted.utc != known.utc
