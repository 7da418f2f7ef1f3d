"""A state that has never submitted anything, in an account full of jobs that tell nothing: perhaps it was lost."""

from __future__ import annotations

from collections.abc import Iterable

from afsync.core.actions import Action, Reason
from afsync.core.lookalike import fits
from afsync.core.plan import Change
from afsync.core.plural import count
from afsync.core.remote import RemoteJob
from afsync.core.resources import Job
from afsync.core.submissions import body_of, may_be_ours
from afsync.core.verdict import Facts, Verdict
from afsync.errors import Problem, Severity

MATCH = "`afsync import --match` finds out what it can; `afsync import --none` says that none of them is declared here"


def unmatched(verdict: Verdict, facts: Facts) -> tuple[tuple[Problem, ...], tuple[Problem, ...]]:
    """What blocks the plan of a new state, and what is only warned of: jobs of the account that could be what is to
    be submitted, where the service tells no topic by which to know.

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
    new = [c.after for c in verdict.changes if c.action is Action.CREATE and isinstance(c.after, Job)]
    doubtful = [j for j in new if any(fits(body_of(j, facts), s.echo) for s in strangers)]
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
        _known_templates(doubtful, verdict.changes),
    )
    if any(signs):
        return (Problem("unmatched", f"{text}: was the state lost?", _ways(facts)),), ()
    return (), (Problem("unmatched", text, f"if the state was lost: {MATCH}", Severity.WARNING),)


def _ways(facts: Facts) -> str:
    shared = "; where others submit every day, `api: {exclusive: false}`"
    return MATCH + (shared if facts.options.exclusive is None else "")


def _known_times(new: Iterable[Job], strangers: Iterable[RemoteJob], facts: Facts) -> bool:
    times = facts.remote.publish_times or {}
    told = {times[s.id] for s in strangers if s.id in times}
    return any(job.schedule is not None and job.schedule.utc in told for job in new)


def _known_templates(new: Iterable[Job], changes: Iterable[Change]) -> bool:
    adopted = {c.address for c in changes if c.action is Action.ADOPT and c.reason is Reason.SAME_NAME}
    return any(job.template in adopted for job in new)
