"""A state that has never submitted anything, while the account holds jobs that could be its own: perhaps it was
lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from afsync.core.command_lines import IMPORT_MATCH, IMPORT_NONE
from afsync.core.decisions.new_submissions import may_be_ours
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.core.plan.decision import Decision
from afsync.core.plan.facts import Facts
from afsync.core.remote_account import RemoteJob
from afsync.core.resources import Job
from afsync.core.takeover.similarity import fits, looks_like
from afsync.core.text import compared, count
from afsync.errors import Problem, Severity

MATCH = f"{IMPORT_MATCH} finds out what it can; {IMPORT_NONE} says that none of them is declared here"


def lost_state(decision: Decision, facts: Facts) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What blocks the plan of a new state, and what is only warned of: jobs in the account that could be those to be
    submitted, where the service reports no topic to compare.

    A state that was lost and begun again looks like this, and would pay for everything a second time. It blocks where
    there is a sign of that: something was taken over and nothing ever submitted, a publish time that is declared here,
    or a template that jobs here are made from. A held job has no publish time there, so the job itself is the sign,
    unless others are declared to submit here every day (`exclusive: false`).
    """
    if facts.recorded.counter:
        return (), ()
    strangers = [j for j in facts.remote.jobs.values() if may_be_ours(j, facts) and not j.echo.get("topic")]
    if not strangers:
        return (), ()
    new = [c.after for c in decision.changes if c.action is Action.CREATE and isinstance(c.after, Job)]
    doubtful = [j for j in new if any(fits(facts.effective(j.values), s.echo) for s in strangers)]
    if not doubtful:
        return (), ()
    text = (
        f"{count(len(doubtful), 'job')} would be submitted from a state that is new, and the account holds "
        f"{count(len(strangers), 'job')} that the state does not know, of which the service does not report the topic"
    )
    signs = (
        facts.options.exclusive is not False and any(job.held for job in doubtful),
        facts.recorded.resources,
        _known_times(doubtful, strangers, facts),
        _known_templates(doubtful, decision.changes),
    )
    if any(signs):
        return (Problem("unmatched", f"{text}: was the state lost?", _ways(facts)),), ()
    return (), (Problem("unmatched", text, f"if the state was lost: {MATCH}", Severity.WARNING),)


def _ways(facts: Facts) -> str:
    shared = "; where others submit every day, `api: {exclusive: false}`"
    return MATCH + (shared if facts.options.exclusive is None else "")


def _known_times(new: Iterable[Job], strangers: Iterable[RemoteJob], facts: Facts) -> bool:
    times = facts.remote.publish_times or {}
    reported = {times[s.id] for s in strangers if s.id in times}
    return any(job.schedule is not None and job.schedule.utc in reported for job in new)


def _known_templates(new: Iterable[Job], changes: Iterable[Change]) -> bool:
    adopted = {c.address for c in changes if c.action is Action.ADOPT and c.reason is Reason.SAME_NAME}
    return any(job.template in adopted for job in new)


def lost_duplicates(decision: Decision, facts: Facts) -> tuple[Problem, ...]:
    """What blocks the plan: declared jobs with `allow_duplicate` that look like jobs the state does not know.

    `allow_duplicate` says that a second video is meant, not that a lost state is to be paid for again. With no sign of
    a loss it answers for the job in the account: nothing was taken over, and no other job that is declared has its
    topic, so that the account has what it is the second of. Where only afsync submits, `core.recovery.outdated_state`
    decides.
    """
    new = [job for change in decision.changes if (job := _duplicate(change))]
    if facts.recorded.counter or not new:
        return ()
    unknown = [j for j in facts.remote.jobs.values() if j.echo.get("topic") and may_be_ours(j, facts)]
    found = [job for job in new if any(looks_like(facts.effective(job.values), s.echo) for s in unknown)]
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
    topics = Counter(compared(str(facts.effective(job.values).get("topic"))) for job in facts.desired.jobs.values())
    return any(topics[compared(str(facts.effective(job.values).get("topic")))] > 1 for job in jobs)
