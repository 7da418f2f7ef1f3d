"""A state that may have been lost, or that is older than the account: an old clone, a restored copy, or one that lost
its last writes. What a newer state may have submitted already is not submitted again by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.command_lines import IMPORT_MATCH, IMPORT_NONE, import_command
from afsync.core.decisions.new_submissions import may_be_ours
from afsync.core.plan.actions import Action, Reason, Step
from afsync.core.plan.changes import Change, Decision, withhold
from afsync.core.plan.facts import Facts
from afsync.core.remote_account import Remote, RemoteJob
from afsync.core.resources import Job
from afsync.core.service_statuses import ended_badly
from afsync.core.similarity import echo_differs, fits, looks_like
from afsync.core.state import Recorded
from afsync.core.text import are, compared, count, first_of, same_text
from afsync.errors import Problem, Severity

NAMED = 3
"""So many ids are written out."""


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
        f"{count(len(strangers), 'job')} that the state does not know, of which the service does not report the topic "
        f"({_ids(strangers)})"
    )
    ways = _ways(doubtful, strangers)
    signs = (
        facts.options.exclusive is not False and any(job.held for job in doubtful),
        facts.recorded.resources,
        _known_times(doubtful, strangers, facts),
        _known_templates(doubtful, decision.changes),
    )
    if any(signs):
        ways = f"{ways}; {SHARED}" if facts.options.exclusive is None else ways
        return (Problem("unmatched", f"{text}: was the state lost?", ways),), ()
    return (), (Problem("unmatched", text, f"if the state was lost: {ways}", Severity.WARNING),)


def _ways(new: list[Job], strangers: list[RemoteJob]) -> str:
    """What to do; where one unknown job could be one declared job only, the command that records it is complete."""
    one = import_command(new[0].address, strangers[0].id if len(new) == len(strangers) == 1 else "ID")
    return (
        f"{IMPORT_MATCH} finds out what it can, {one} records what you know yourself; {IMPORT_NONE} says that none of "
        "them is declared here"
    )


def _known_times(new: Iterable[Job], strangers: Iterable[RemoteJob], facts: Facts) -> bool:
    reported = {facts.remote.publish_time(s.id) for s in strangers}
    return any(job.schedule is not None and job.schedule.utc in reported for job in new)


def _known_templates(new: Iterable[Job], changes: Iterable[Change]) -> bool:
    adopted = {c.address for c in changes if c.action is Action.ADOPT and c.reason is Reason.SAME_NAME}
    return any(job.template in adopted for job in new)


def lost_duplicates(decision: Decision, facts: Facts) -> tuple[Problem, ...]:
    """What blocks the plan: declared jobs with `allow_duplicate` that look like jobs the state does not know.

    `allow_duplicate` says that a second video is meant, not that a lost state is to be paid for again. With no sign of
    a loss it answers for the job in the account: nothing was taken over, and no other job that is declared has its
    topic, so that the account has what it is the second of. Where only afsync submits, `outdated` decides.
    """
    new = [job for change in decision.changes if (job := _duplicate(change))]
    if facts.recorded.counter or not new:
        return ()
    unknown = [j for j in facts.remote.jobs.values() if j.echo.get("topic") and may_be_ours(j, facts)]
    alike = {j.address: [s for s in unknown if looks_like(facts.effective(j.values), s.echo)] for j in new}
    found = [job for job in new if alike[job.address]]
    if not found or not (facts.recorded.resources or _is_second(found, facts)):
        return ()
    seen = list({s.id: s for job in found for s in alike[job.address]}.values())
    text = (
        f"{first_of([job.address for job in found])} would be submitted from a state that is new, and the account "
        f"holds jobs that look like that and that the state does not know ({_ids(seen)}): was the state lost?"
    )
    return (Problem("unmatched", text, f"`allow_duplicate` does not answer that: {_ways(found, seen)}"),)


def _duplicate(change: Change) -> Job | None:
    job = change.after
    return job if change.action is Action.CREATE and isinstance(job, Job) and job.allow_duplicate else None


def _is_second(jobs: Iterable[Job], facts: Facts) -> bool:
    """Whether another declared job has the topic of one of them."""
    topics = Counter(compared(str(facts.effective(job.values).get("topic"))) for job in facts.desired.jobs.values())
    return any(topics[compared(str(facts.effective(job.values).get("topic")))] > 1 for job in jobs)


DATE_PRECISION = timedelta(seconds=1)
"""A creation time may have been taken from a Date header, in whole seconds, when the answer gave none."""

WAYS = (
    f"use the newer state if there is one; {IMPORT_MATCH} finds out what is declared here, "
    f"{IMPORT_NONE} says once that none of them is"
)

SHARED = "where others submit every day, `api: {exclusive: false}`"


def outdated(decision: Decision, facts: Facts, asked: Collection[str]) -> tuple[Decision, datetime | None]:
    """The decision with the submissions withheld that a newer state than this one may have made already; and since when
    jobs are in doubt, for the state to keep. A take-over is free and not withheld, and the doubt outlives it.

    The sign is a job in the account that is newer than the last one recorded here, and unknown. Ids in `asked` are
    those that an open submission is about. A state that has submitted nothing yet is judged by `lost_state`, unless
    only afsync submits: then any unknown job says that a state was lost. What held something back stays in doubt until
    a person decided, whatever is submitted, recorded and removed meanwhile.
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
    waiting = [c for c in paid if c.address in doubts and (lost or c.submits)]
    names = {c.address for c in waiting}
    kept = replace(decision, changes=tuple(c for c in decision.changes if c.address not in names or not _is_judged(c)))
    for change in waiting:
        kept += _lost(change, strangers) if lost else _withheld(change, doubts[change.address], facts)
    if len(waiting) < len(paid):
        kept += Decision(notices=(_warning(strangers),))
    return kept, suspected


def _is_judged(change: Change) -> bool:
    """A second video that is meant (`allow_duplicate`) may have been submitted already, like any other. A take-over
    makes all that is older known, so it is judged as well."""
    return Step.SUBMIT_JOB in change.steps and isinstance(change.after, Job)


def newer(unknown: Iterable[RemoteJob], recorded: Recorded, remote: Remote) -> Iterator[RemoteJob]:
    """The unknown jobs that are newer than all that are or were recorded. Where a job reports no creation time, its
    place in the list decides. Equal times count, unless the newest recorded job is not recorded any more: it is listed
    as an unknown one itself. While jobs of that time are in doubt, only those that ended badly are taken for it, since
    all others that left the state are remembered."""
    mark = recorded.known_until
    if not recorded.has_known_a_job:
        return
    removed = mark is not None and mark == recorded.newest
    in_doubt = removed and mark == recorded.suspected
    above = _listed_first(recorded, remote)
    for job in unknown:
        if job.created_at is None or mark is None:
            later = job.id in above
        elif removed and (not in_doubt or ended_badly(job.status)):
            later = job.created_at > mark + DATE_PRECISION  # the list may tell the time of the removed job more exactly
        else:
            later = job.created_at >= mark
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
    for seen in strangers:
        topic, wanted = seen.echo.get("topic"), body.get("topic")
        if echo_differs(body, seen.echo) or (topic and wanted and not same_text(topic, wanted)):
            continue
        same_instant = job.schedule is not None and facts.remote.publish_time(seen.id) == job.schedule.utc
        if same_instant or (topic and wanted) or (exclusive is None and not topic):
            yield seen


def _lost(change: Change, strangers: list[RemoteJob]) -> Decision:
    what = "may have been submitted already:" if change.submits else "is to be taken over by `import:`, but"
    text = (
        f"{change.address} {what} the account holds {_ids(strangers)}, this state has recorded no job yet, and "
        "`api.exclusive` says that only afsync submits: was a state lost?"
    )
    return withhold(replace(change, reason=Reason.OUTDATED_STATE), text, WAYS)


def _withheld(change: Change, strangers: list[RemoteJob], facts: Facts) -> Decision:
    text = (
        f"{change.address} may have been submitted already: {_ids(strangers)}, created after the last job recorded "
        f"here, {are(strangers)} not known; either others submit with this account, or this state is older than the "
        "account (an old copy, or one that lost its last writes)"
    )
    hint = f"{WAYS}; {SHARED}" if facts.options.exclusive is None else WAYS
    return withhold(replace(change, reason=Reason.OUTDATED_STATE), text, hint)


def _warning(strangers: list[RemoteJob]) -> Problem:
    text = f"{_ids(strangers)}, created in the account after the last job recorded here, {are(strangers)} not known"
    hint = f"if this state is older than the account: {WAYS}"
    return Problem(Reason.OUTDATED_STATE.value, text, hint, Severity.WARNING)


def _ids(jobs: list[RemoteJob]) -> str:
    return first_of([j.id for j in jobs], NAMED)
