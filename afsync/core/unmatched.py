"""A state that has never submitted anything, in an account full of jobs that tell nothing: perhaps it was lost."""

from __future__ import annotations

from collections.abc import Iterable

from afsync.core.lookalike import fits
from afsync.core.plan import Action, Change
from afsync.core.resources import Job
from afsync.core.submissions import body_of, may_be_ours
from afsync.core.verdict import Facts
from afsync.errors import Problem


def unmatched(changes: Iterable[Change], facts: Facts) -> tuple[Problem, ...]:
    """What blocks the plan of a new state: jobs of the account that could be what is to be submitted, where the
    service tells no topic by which to know.

    A state that was lost and begun anew looks just like this, and would pay for everything a second time.
    """
    if facts.recorded.counter:
        return ()
    strangers = [j for j in facts.remote.jobs.values() if may_be_ours(j, facts) and not j.echo.get("topic")]
    if not strangers:
        return ()
    new = [c.after for c in changes if c.action is Action.CREATE and isinstance(c.after, Job)]
    doubtful = [j for j in new if not j.allow_duplicate and any(fits(body_of(j, facts), s.echo) for s in strangers)]
    if not doubtful:
        return ()
    text = (
        f"{_count(len(doubtful), 'job')} would be submitted from a state that is new, and the account holds "
        f"{_count(len(strangers), 'job')} that could be {'it' if len(doubtful) == 1 else 'them'}: the service does "
        "not tell their topics"
    )
    hint = "`afsync import --match` finds out what it can; `afsync import --none` says that none of them is declared here"
    return (Problem("unmatched", text, hint),)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
