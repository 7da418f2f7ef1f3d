"""What a plan relies on that this account was not seen to keep yet: publish times, and what jobs cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from afsync.core.actions import Action, Step
from afsync.core.credits import cost_kind
from afsync.core.plan import Change
from afsync.core.resources import Job
from afsync.core.submissions import body_of
from afsync.core.trust import UNSEEN, Effect, Trust
from afsync.core.verdict import Facts
from afsync.errors import Problem, Severity


def relies_on_schedule(change: Change) -> bool:
    """Whether it is published at its time only if the service keeps that time."""
    job = change.after
    return isinstance(job, Job) and job.schedule is not None and Step.SET_SCHEDULE in change.steps and not change.held


def unproven(changes: Sequence[Change], facts: Facts) -> Iterator[Problem]:
    """Notes, each once for the whole plan."""
    trust = facts.recorded.trust.get(Effect.SCHEDULE, UNSEEN)
    relying = sum(map(relies_on_schedule, changes))
    if relying and not trust.kept:
        yield _schedules(relying, trust)
    yield from _costs(changes, facts)


def _schedules(relying: int, trust: Trust) -> Problem:
    lost = f" (it lost {trust.lost})" if trust.lost else ""
    text = f"{_jobs(relying)} of this plan rel{'ies' if relying == 1 else 'y'} on a publish time, and "
    text += f"no job shows yet whether this account keeps them{lost}"
    hint = "that a time is set does not show it: one that is not kept publishes as soon as the job is produced. Later "
    hint += "plans check this (docs/trust.md)"
    return Problem("schedule_unproven", text, hint, Severity.NOTE)


def _costs(changes: Iterable[Change], facts: Facts) -> Iterator[Problem]:
    jobs = [c.after for c in changes if Step.SUBMIT_JOB in c.steps and c.action is not Action.ADOPT]
    kinds = {cost_kind(body_of(job, facts)) for job in jobs if isinstance(job, Job)}
    unseen = sorted(kind.value for kind in kinds - facts.recorded.costs.keys())
    if unseen:
        text = f"what a job costs here was not seen yet ({', '.join(unseen)}): the first can cost more than estimated"
        yield Problem("cost_unproven", text, "`--max-credits` limits what one apply may spend", Severity.NOTE)


def _jobs(number: int) -> str:
    return f"{number} job{'' if number == 1 else 's'}"
