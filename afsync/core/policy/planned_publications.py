"""When and on which platforms a plan would publish: what the rules about several jobs are judged by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Facts
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob
from afsync.core.remote_account import status_now
from afsync.core.resources import Job, Schedule, Values
from afsync.core.service_statuses import BEING_PUBLISHED, ended_badly

_MOVING = (Action.DELETE, Action.REPLACE, Action.RESCHEDULE, Action.APPROVE)

Publication = tuple[datetime, str, str]
"""When (UTC), on which platform, and the address of what is published; no address for a job that is not recorded."""

Exempt = Callable[[tuple[str, ...], datetime], bool]
"""Whether a rule is set aside for one of these addresses at a moment."""

Breach = tuple[str, tuple[str, ...]]
"""In which way a change breaks a rule, and the addresses that it is about."""


def publish_time(change: Change, facts: Facts) -> datetime | None:
    """When a change publishes something (UTC); without a schedule as soon as it is produced, which counts as now.

    None where a person publishes it, and where nothing is published.
    """
    job = change.after
    if not isinstance(job, Job):
        return None
    if change.action is Action.APPROVE:
        return facts.now if change.later is None else change.later.utc
    if change.action is Action.RESCHEDULE:
        return job.schedule.utc if job.schedule else None
    if not change.submits:
        return None
    return _moment(job.schedule, facts.effective(job.values), facts.now)


def timed(plan: Plan, facts: Facts) -> list[tuple[datetime, Change, int]]:
    """The changes that publish something, with their index in the plan, by time."""
    found = ((publish_time(change, facts), change, place) for place, change in enumerate(plan.changes))
    published = [(moment, change, place) for moment, change, place in found if moment is not None]
    return sorted(published, key=lambda each: (each[0], each[1].address))


def publications(change: Change, moment: datetime, facts: Facts) -> Iterator[Publication]:
    """Where a change publishes: by what was submitted when only its time is set, else by what is declared."""
    record, job = change.before, change.after
    moved = change.action is Action.RESCHEDULE and isinstance(record, RecordedJob)
    values = record.declared if moved and record else job.values if job else {}
    return _on_platforms(facts.effective(values), moment, change.address)


def publications_without_plan(plan: Plan, facts: Facts) -> Iterator[Publication]:
    """The publications that were or will be made whatever the plan does."""
    touched = _touched(plan)
    for address, record in facts.recorded.jobs.items():
        if record.id not in touched:
            yield from of_record(address, record, facts)
    yield from _unrecorded(facts)


def publication_without_change(change: Change, plan: Plan, facts: Facts) -> Iterator[Publication]:
    """The publication that stays where a change is not made."""
    if change.id in _touched(plan) and isinstance(change.before, RecordedJob):
        yield from of_record(change.address, change.before, facts)


def awaited(plan: Plan, facts: Facts) -> Iterator[Publication]:
    """The publications that are declared, after all of the plan except what is withheld."""
    yield from publications_without_plan(plan, facts)
    made = timed(plan, facts)
    for moment, change, _ in made:
        yield from publications(change, moment, facts)
    others = {c.address for _, c, _ in made} | {c.address for c in plan.withheld} | facts.recorded.jobs.keys()
    for address, job in facts.desired.jobs.items():
        if address not in others and job.schedule is not None:
            yield from _on_platforms(facts.effective(job.values), job.schedule.utc, address)


def _touched(plan: Plan) -> set[str | None]:
    return {c.id for c in plan.changes if c.action in _MOVING}


def of_record(address: str, record: RecordedJob, facts: Facts) -> Iterator[Publication]:
    """When and where a recorded job was or will be published."""
    if ended_badly(status_now(record, facts.remote.jobs)):
        return
    values = facts.effective(record.declared)
    moment = _moment(record.schedule, values, record.created_at)
    if record.approved and record.approved_at is not None:
        moment = record.approved_at
    elif record.staged and record.approved and (record.schedule is None or record.schedule.utc <= facts.now):
        # The last that happened to it is that it was published; the account reports when.
        seen = facts.remote.jobs.get(record.id)
        moment = seen.updated_at if seen and seen.updated_at else moment
    if moment is not None:
        yield from _on_platforms(values, moment, address)


def _unrecorded(facts: Facts) -> Iterator[Publication]:
    """The platforms and times of jobs in the account that are not recorded: of those that were published or have a
    publish time. Where the service does not report the last change of a job, its creation counts."""
    recorded = {r.id for r in facts.recorded.jobs.values()}
    for job in facts.remote.jobs.values():
        if job.id in recorded or ended_badly(job.status):
            continue
        out = (job.updated_at or job.created_at) if job.status in BEING_PUBLISHED else None
        moment = out or facts.remote.publish_time(job.id)
        if moment is not None:
            yield from _on_platforms(job.echo, moment, "")


def _moment(schedule: Schedule | None, values: Values, otherwise: datetime | None) -> datetime | None:
    if schedule is not None:
        return schedule.utc
    by_a_person = values.get("staging") is True or values.get("publishMode", "immediate") != "immediate"
    return None if by_a_person else otherwise


def _on_platforms(values: Values, moment: datetime, address: str) -> Iterator[Publication]:
    platforms = values.get("platforms")
    for platform in platforms if isinstance(platforms, list | tuple) else ():
        yield moment, str(platform), address
