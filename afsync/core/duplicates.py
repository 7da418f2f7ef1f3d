"""Duplicates that are meant, in a state that never submitted anything: perhaps they were paid for, and it was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from afsync.core.actions import Action
from afsync.core.lookalike import looks_like
from afsync.core.plan import Change
from afsync.core.resources import Job
from afsync.core.submissions import body_of, may_be_ours
from afsync.core.text import compared
from afsync.core.unmatched import MATCH
from afsync.core.verdict import Facts, Verdict
from afsync.errors import Problem


def lost_duplicates(verdict: Verdict, facts: Facts) -> tuple[Problem, ...]:
    """What blocks the plan: jobs with `allow_duplicate` that look like jobs which the state does not know.

    `allow_duplicate` says that a second video is meant, not that a lost state is to be paid for again. With no sign of
    a loss it answers for the job in the account: nothing was taken over, and no other job that is declared has its
    topic, so that the account has what it is the second of. Where only afsync submits, `core.outdated` decides.
    """
    new = [job for change in verdict.changes if (job := _duplicate(change))]
    if facts.recorded.counter or not new:
        return ()
    unknown = [j for j in facts.remote.jobs.values() if j.echo.get("topic") and may_be_ours(j, facts)]
    found = [job for job in new if any(looks_like(body_of(job, facts), s.echo) for s in unknown)]
    if not found or not (facts.recorded.resources or _is_second(found, facts)):
        return ()
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    text = (
        f"{found[0].address}{more} would be submitted from a state that is new, and the account holds jobs that look "
        "like that and that the state does not know: was the state lost?"
    )
    return (Problem("unmatched", text, f"`allow_duplicate` does not answer that: {MATCH}"),)


def _duplicate(change: Change) -> Job | None:
    job = change.after
    return job if change.action is Action.CREATE and isinstance(job, Job) and job.allow_duplicate else None


def _is_second(jobs: Iterable[Job], facts: Facts) -> bool:
    """Whether another declared job has the topic of one of them."""
    topics = Counter(compared(str(body_of(job, facts).get("topic"))) for job in facts.desired.jobs.values())
    return any(topics[compared(str(body_of(job, facts).get("topic")))] > 1 for job in jobs)
