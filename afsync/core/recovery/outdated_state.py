"""A state that may be older than the account: an old clone, a restored copy, or one that lost its last writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.command_lines import IMPORT_MATCH, IMPORT_NONE
from afsync.core.decisions.new_submissions import may_be_ours
from afsync.core.plan.actions import Reason, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.decision import Decision, withhold
from afsync.core.plan.facts import Facts
from afsync.core.remote_account import Remote, RemoteJob
from afsync.core.resources import Job
from afsync.core.state.recorded import Recorded
from afsync.core.takeover.similarity import echo_differs
from afsync.core.text import same_text
from afsync.errors import Problem, Severity

DATE_PRECISION = timedelta(seconds=1)
"""A creation time may have been taken from a Date header, in whole seconds, when the answer gave none."""

NAMED = 3
"""So many ids are written out."""

WAYS = (
    f"use the newer state if there is one; {IMPORT_MATCH} finds out what is declared here, "
    f"{IMPORT_NONE} says once that none of them is"
)
SHARED = "where others submit every day, `api: {exclusive: false}`"


def outdated(decision: Decision, facts: Facts, asked: Collection[str]) -> tuple[Decision, datetime | None]:
    """The decision with the submissions withheld that a newer state than this one may have made already; and since when
    jobs are in doubt, for the state to keep.

    The sign is a job in the account that is newer than the last one recorded here, and unknown. Ids in `asked` are
    those that an open submission is about. A state that has submitted nothing yet is judged by
    `core.recovery.lost_state`, unless only afsync submits: then any unknown job says that a state was lost. What held
    something back stays in doubt until a person decided, whatever is submitted and recorded meanwhile.
    """
    exclusive = bool(facts.options.exclusive)
    paid = [c for c in decision.changes if _is_judged(c)] if facts.recorded.counter or exclusive else []
    if not paid:
        return decision, facts.recorded.suspected  # the list may not have been read far enough to say more
    known = {*asked, *facts.recorded.forgotten}
    unknown = [j for j in facts.remote.jobs.values() if may_be_ours(j, facts) and j.id not in known]
    lost = exclusive and not facts.recorded.has_known_a_job
    strangers = unknown if lost else list(newer(unknown, facts.recorded, facts.remote))
    if not strangers:
        return decision, None
    doubts = {c.address: found for c in paid if (found := list(_doubts(c, strangers, facts)))}
    suspected = facts.recorded.suspected or (facts.recorded.newest_known if doubts else None)
    kept = replace(decision, changes=tuple(c for c in decision.changes if c.address not in doubts or not _is_judged(c)))
    for change in paid:
        if change.address in doubts:
            kept += _lost(change, strangers) if lost else _withheld(change, doubts[change.address], facts)
    if len(doubts) < len(paid):
        kept += Decision(notices=(_warning(strangers),))
    return kept, suspected


def _is_judged(change: Change) -> bool:
    """A second video that is meant (`allow_duplicate`) may have been submitted already, like any other."""
    return Step.SUBMIT_JOB in change.steps and isinstance(change.after, Job)


def newer(unknown: Iterable[RemoteJob], recorded: Recorded, remote: Remote) -> Iterator[RemoteJob]:
    """The unknown jobs that are newer than all that are or were recorded. Where a job reports no creation time, its
    place in the list decides; equal times count, unless the newest recorded job is not recorded any more."""
    mark = recorded.known_until
    if not recorded.has_known_a_job:
        return
    forgotten = mark is not None and mark == recorded.newest
    if forgotten and mark is not None:
        mark += DATE_PRECISION  # the forgotten job itself is listed, and may tell its time more exactly
    above = _listed_first(recorded, remote)
    for job in unknown:
        if job.created_at is None or mark is None:
            later = job.id in above
        else:
            later = job.created_at > mark or (job.created_at == mark and not forgotten)
        if later:
            yield job


def _listed_first(recorded: Recorded, remote: Remote) -> frozenset[str]:
    """The ids that are listed before the first recorded one."""
    known = {r.id for r in recorded.jobs.values()}
    above: list[str] = []
    for job_id in remote.jobs:
        if job_id in known:
            break
        above.append(job_id)
    return frozenset(above)


def _doubts(change: Change, strangers: Iterable[RemoteJob], facts: Facts) -> Iterator[RemoteJob]:
    """The unknown jobs that `change` may have submitted: all of them where only afsync submits, else those that do not
    differ."""
    job = change.after
    assert isinstance(job, Job)
    exclusive = facts.options.exclusive
    if exclusive:
        yield from strangers
        return
    body = facts.effective(job.values)
    times = facts.remote.publish_times or {}
    for seen in strangers:
        topic, wanted = seen.echo.get("topic"), body.get("topic")
        if echo_differs(body, seen.echo) or (topic and wanted and not same_text(topic, wanted)):
            continue
        same_instant = job.schedule is not None and times.get(seen.id) == job.schedule.utc
        if same_instant or (topic and wanted) or (exclusive is None and not topic):
            yield seen


def _lost(change: Change, strangers: list[RemoteJob]) -> Decision:
    text = (
        f"{change.address} may have been submitted already: the account holds {_ids(strangers)}, this state has "
        "recorded no job yet, and `api.exclusive` says that only afsync submits: was a state lost?"
    )
    return withhold(replace(change, reason=Reason.OUTDATED_STATE), text, WAYS)


def _withheld(change: Change, strangers: list[RemoteJob], facts: Facts) -> Decision:
    text = (
        f"{change.address} may have been submitted already: {_ids(strangers)}, created after the last job recorded "
        f"here, {_are(strangers)} not known; either others submit with this account, or this state is older than the "
        "account (an old copy, or one that lost its last writes)"
    )
    hint = f"{WAYS}; {SHARED}" if facts.options.exclusive is None else WAYS
    return withhold(replace(change, reason=Reason.OUTDATED_STATE), text, hint)


def _warning(strangers: list[RemoteJob]) -> Problem:
    text = f"{_ids(strangers)}, created in the account after the last job recorded here, {_are(strangers)} not known"
    hint = f"if this state is older than the account: {WAYS}"
    return Problem(Reason.OUTDATED_STATE.value, text, hint, Severity.WARNING)


def _are(jobs: list[RemoteJob]) -> str:
    return "is" if len(jobs) == 1 else "are"


def _ids(jobs: list[RemoteJob]) -> str:
    named = ", ".join(j.id for j in jobs[:NAMED])
    more = len(jobs) - NAMED
    return f"{named} and {more} more" if more > 0 else named
