"""Notices of a plan about publishing: who publishes, and what this account was not seen to keep yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from afsync.core.command_lines import APPROVE_NOW, FlagName
from afsync.core.credits import cost_kind
from afsync.core.plan.actions import Action, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Facts
from afsync.core.plan.lookups import is_final
from afsync.core.records import UNSEEN, Effect, Publish, Trust
from afsync.core.resources import Job
from afsync.core.text import count, first_of
from afsync.errors import Problem, Severity


def publish_notices(changes: Iterable[Change], facts: Facts) -> Iterator[Problem]:
    """The notices, one for each kind, however many jobs it is about."""
    if any(job.held for job in facts.desired.jobs.values()):
        yield from _not_reached(changes, facts)
    submitted = [c.after for c in changes if c.submits]
    jobs = [job for job in submitted if isinstance(job, Job)]
    yield from _manual(jobs, facts)
    timed = [c.after for c in changes if c.action in (Action.CREATE, Action.REPLACE, Action.RESCHEDULE)]
    yield from _far_ahead([job for job in timed if isinstance(job, Job)], facts)
    yield from _reviewed([job for job in jobs if job.schedule and facts.effective(job.values).get("staging") is True])


def _not_reached(changes: Iterable[Change], facts: Facts) -> Iterator[Problem]:
    going = {c.id for c in changes if c.submits}
    names = [
        address
        for address, record in sorted(facts.recorded.jobs.items())
        if record.publish is Publish.SERVICE
        and (job := facts.desired.jobs.get(address)) is not None
        and job.held
        and record.id not in going
        and not is_final(record, facts.now)
    ]
    if names:
        text = (
            f"{first_of(names)} {'were' if len(names) > 1 else 'was'} submitted before `publish: held` was declared: "
            "it does not reach what is submitted, and the service publishes as before"
        )
        yield Problem("held_not_reached", text, None, Severity.NOTE, names[0], field="publish")


def _manual(jobs: list[Job], facts: Facts) -> Iterator[Problem]:
    bodies = ((job, facts.effective(job.values)) for job in jobs if not job.held)
    names = [j.address for j, b in bodies if b.get("publishMode") == "manual" and b.get("staging") is not True]
    if names:
        has = "have" if len(names) > 1 else "has"
        text = f"{first_of(names)} {has} `publishMode: manual`, which a service may ignore: it may be published at once"
        hint = "`staging: true` stops before publishing"
        yield Problem("manual_not_certain", text, hint, Severity.WARNING, names[0], field="publishMode")


FAR = timedelta(days=2 * 366)
"""A publish time further ahead than this may have a wrong year."""


def _far_ahead(jobs: list[Job], facts: Facts) -> Iterator[Problem]:
    far = [job for job in jobs if job.schedule is not None and job.schedule.utc > facts.now + FAR]
    if far and far[0].schedule is not None:
        text = f"{first_of([job.address for job in far])} would be published more than two years ahead"
        text += f" ({far[0].schedule.written})"
        yield Problem("far_ahead", text, "check the year", Severity.WARNING, far[0].address, field="schedule")


def _reviewed(jobs: list[Job]) -> Iterator[Problem]:
    """What an approval does to jobs that have a publish time and wait for a review as well."""
    for held, what, hint in (
        (False, "an approval publishes it at once, whatever its publish time", "`publish: held` keeps to the time"),
        (True, "an approval is recorded, and publishes it at its publish time", f"{APPROVE_NOW}: at once"),
    ):
        names = [job.address for job in jobs if job.held is held]
        if names:
            text = f"{first_of(names)} waits for a review: {what}"
            yield Problem("approval_and_time", text, hint, Severity.NOTE, names[0], field="schedule")


def relies_on_schedule(change: Change) -> bool:
    """Whether the change is published at its time only if the service keeps that time."""
    job = change.after
    return isinstance(job, Job) and job.schedule is not None and Step.SET_SCHEDULE in change.steps and not change.held


def unproven(changes: Sequence[Change], facts: Facts) -> Iterator[Problem]:
    """Notes about what this account was not seen to keep yet, each once for the whole plan."""
    trust = facts.recorded.trust.get(Effect.SCHEDULE, UNSEEN)
    relying = sum(map(relies_on_schedule, changes))
    if relying and not trust.kept:
        yield _schedules(relying, trust)
    yield from _costs(changes, facts)


def _schedules(relying: int, trust: Trust) -> Problem:
    lost = f" (it lost {trust.lost})" if trust.lost else ""
    text = f"{count(relying, 'job')} of this plan rel{'ies' if relying == 1 else 'y'} on a publish time, and "
    text += f"no job shows yet whether this account keeps them{lost}"
    hint = "that a time is set does not show it: one that is not kept publishes as soon as the job is produced. Later "
    hint += "plans check this (docs/trust.md)"
    return Problem("schedule_unproven", text, hint, Severity.NOTE)


def _costs(changes: Iterable[Change], facts: Facts) -> Iterator[Problem]:
    jobs = [c.after for c in changes if c.submits]
    kinds = {cost_kind(facts.effective(job.values)) for job in jobs if isinstance(job, Job)}
    unseen = sorted(kind.value for kind in kinds - facts.recorded.costs.keys())
    if unseen:
        text = f"what a job costs here was not seen yet ({', '.join(unseen)}): the first can cost more than estimated"
        yield Problem("cost_unproven", text, f"`{FlagName.MAX_CREDITS}` limits what one apply may spend", Severity.NOTE)
