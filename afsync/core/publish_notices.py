"""What a plan says about who publishes: jobs that a switch to `held` does not reach, and a mode that may not hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from afsync.core.actions import Action, Step
from afsync.core.lookups import is_final
from afsync.core.plan import Change
from afsync.core.recorded import Publish
from afsync.core.resources import Job
from afsync.core.submissions import body_of
from afsync.core.verdict import Facts
from afsync.errors import Problem, Severity


def publish_notices(changes: Iterable[Change], facts: Facts) -> Iterator[Problem]:
    """One for each kind, whatever the number of jobs."""
    if any(job.held for job in facts.desired.jobs.values()):
        yield from _not_reached(changes, facts)
    submitted = [c.after for c in changes if Step.SUBMIT_JOB in c.steps and c.action is not Action.ADOPT]
    jobs = [job for job in submitted if isinstance(job, Job)]
    yield from _manual(jobs, facts)
    timed = [c.after for c in changes if c.action in (Action.CREATE, Action.REPLACE, Action.RESCHEDULE)]
    yield from _far_ahead([job for job in timed if isinstance(job, Job)], facts)
    yield from _reviewed([job for job in jobs if job.schedule and body_of(job, facts).get("staging") is True])


def _not_reached(changes: Iterable[Change], facts: Facts) -> Iterator[Problem]:
    going = {c.id for c in changes if Step.SUBMIT_JOB in c.steps}
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
            f"{_named(names)} {'were' if len(names) > 1 else 'was'} submitted before `publish: held` was declared: it "
            "does not reach what is submitted, and the service publishes as before"
        )
        yield Problem("held_not_reached", text, None, Severity.NOTE, names[0], field="publish")


def _manual(jobs: list[Job], facts: Facts) -> Iterator[Problem]:
    bodies = ((job, body_of(job, facts)) for job in jobs if not job.held)
    names = [j.address for j, b in bodies if b.get("publishMode") == "manual" and b.get("staging") is not True]
    if names:
        has = "have" if len(names) > 1 else "has"
        text = f"{_named(names)} {has} `publishMode: manual`, which a service may ignore: it may be published at once"
        hint = "`staging: true` stops before publishing"
        yield Problem("manual_not_certain", text, hint, Severity.WARNING, names[0], field="publishMode")


FAR = timedelta(days=2 * 366)
"""A publish time further ahead than this may have a wrong year."""


def _far_ahead(jobs: list[Job], facts: Facts) -> Iterator[Problem]:
    far = [job for job in jobs if job.schedule is not None and job.schedule.utc > facts.now + FAR]
    if far and far[0].schedule is not None:
        text = f"{_named([job.address for job in far])} would be published more than two years ahead"
        text += f" ({far[0].schedule.written})"
        yield Problem("far_ahead", text, "check the year", Severity.WARNING, far[0].address, field="schedule")


def _reviewed(jobs: list[Job]) -> Iterator[Problem]:
    """What an approval will do to those that have a publish time and wait for a review as well."""
    for held, what, hint in (
        (False, "an approval publishes it at once, whatever its publish time", "`publish: held` keeps to the time"),
        (True, "an approval is recorded, and publishes it at its publish time", "`afsync approve --now`: at once"),
    ):
        names = [job.address for job in jobs if job.held is held]
        if names:
            text = f"{_named(names)} waits for a review: {what}"
            yield Problem("approval_and_time", text, hint, Severity.NOTE, names[0], field="schedule")


def _named(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
