"""When and where what a plan does would be published, and how much that makes on one day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo

from afsync.core.actions import Action, Step
from afsync.core.credits import effective
from afsync.core.plan import Change, Plan
from afsync.core.recorded import RecordedJob
from afsync.core.remote import Group, ended_badly, group_of
from afsync.core.resources import Job, Schedule, Values
from afsync.core.verdict import Facts

_MOVING = (Action.DELETE, Action.REPLACE, Action.RESCHEDULE, Action.APPROVE)

_OUT = ("publishing", "published")
"""Statuses that tell of a publication; other finished jobs may still wait for a person."""

Slot = tuple[str, date]
"""A platform and a local day."""


def publish_time(change: Change, facts: Facts) -> datetime | None:
    """When a change makes something public (UTC): without a schedule as soon as it is produced, which counts as now.

    None where a person publishes it, and where nothing is published.
    """
    job = change.after
    if not isinstance(job, Job):
        return None
    if change.action is Action.APPROVE:
        return facts.now if change.later is None else change.later.utc
    if change.action is Action.RESCHEDULE:
        return job.schedule.utc if job.schedule else None
    if Step.SUBMIT_JOB not in change.steps or change.action is Action.ADOPT:
        return None
    return _moment(job.schedule, effective(job.values, facts.template_values(job.values)), facts.now)


def crowded(plan: Plan, most: Mapping[str, int], zone: tzinfo, facts: Facts) -> dict[int, str]:
    """The changes, by their place in the plan, for which there is no room on their day, and why.

    What stays as it is counts first, then what is new, the earlier publish time first. What the account tells
    of jobs that are not recorded counts as well: a rerun or a replacement takes the place of a published one.
    """
    if not most:
        return {}
    touched = {c.id for c in plan.changes if c.action in _MOVING}
    taken = Counter(
        s for r in facts.recorded.jobs.values() if r.id not in touched for s in _recorded_slots(r, zone, facts)
    )
    taken.update(_unrecorded_slots(zone, facts))
    found = {}
    for moment, _, place in sorted(_timed(plan, facts)):
        change = plan.changes[place]
        slots = list(_slots(_values(change, facts), moment, zone))
        full = next((s for s in slots if s[0] in most and taken[s] >= most[s[0]]), None)
        if full is None:
            taken.update(slots)
            continue
        platform, day = full
        found[place] = (
            f"{change.address} would be one more on {platform} on {day:%a %Y-%m-%d}, and the policy allows "
            f"{most[platform]} a day"
        )
        if change.id in touched and isinstance(change.before, RecordedJob):
            taken.update(_recorded_slots(change.before, zone, facts))
    return found


def counts(change: Change, most: Mapping[str, int], zone: tzinfo, facts: Facts) -> bool:
    """Whether what a change lets go of was published, or is to be, on a day that is not over and is counted."""
    record = change.before
    if not isinstance(record, RecordedJob):
        return False
    today = facts.now.astimezone(zone).date()
    return any(platform in most and day >= today for platform, day in _recorded_slots(record, zone, facts))


def _timed(plan: Plan, facts: Facts) -> Iterator[tuple[datetime, str, int]]:
    for place, change in enumerate(plan.changes):
        moment = publish_time(change, facts)
        if moment is not None:
            yield moment, change.address, place


def _recorded_slots(record: RecordedJob, zone: tzinfo, facts: Facts) -> Iterator[Slot]:
    seen = facts.remote.jobs.get(record.id)
    status = seen.status if seen else record.status
    if group_of(status, publish_at=None, staged=False, now=facts.now) in (
        Group.FAILED,
        Group.CANCELLED,
    ):
        return
    values = effective(record.declared, facts.template_values(record.declared))
    moment = _moment(record.schedule, values, record.created_at)
    if record.approved and record.approved_at is not None:
        moment = record.approved_at
    elif record.staged and record.approved and (record.schedule is None or record.schedule.utc <= facts.now):
        # The last that happened to it is that it was published; the account tells when.
        moment = seen.updated_at if seen and seen.updated_at else moment
    if moment is not None:
        yield from _slots(values, moment, zone)


def _unrecorded_slots(zone: tzinfo, facts: Facts) -> Iterator[Slot]:
    """What the account tells of jobs that are not recorded, or no longer: the platforms and the time of those that were
    published, or have a publish time. Where it does not tell the last change of a job, its creation counts."""
    recorded, times = {r.id for r in facts.recorded.jobs.values()}, facts.remote.publish_times or {}
    for job in facts.remote.jobs.values():
        if job.id in recorded or ended_badly(job.status):
            continue
        out = (job.updated_at or job.created_at) if job.status in _OUT else None
        moment = out or times.get(job.id)
        if moment is not None:
            yield from _slots(job.echo, moment, zone)


def _values(change: Change, facts: Facts) -> Values:
    """Where it is published: by what was submitted when only its time is set, else by what is declared."""
    record, job = change.before, change.after
    moved = change.action is Action.RESCHEDULE and isinstance(record, RecordedJob)
    values = record.declared if moved and record else job.values if job else {}
    return effective(values, facts.template_values(values))


def _moment(schedule: Schedule | None, values: Values, otherwise: datetime | None) -> datetime | None:
    if schedule is not None:
        return schedule.utc
    by_hand = values.get("staging") is True or values.get("publishMode", "immediate") != "immediate"
    return None if by_hand else otherwise


def _slots(values: Values, moment: datetime, zone: tzinfo) -> Iterator[Slot]:
    platforms = values.get("platforms")
    day = moment.astimezone(zone).date()
    for platform in platforms if isinstance(platforms, list | tuple) else ():
        yield str(platform), day
