"""The plan, made by one pure function of what is desired, recorded and remote. Never does I/O."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from afsync.core.actions import Action, Reason
from afsync.core.approvals import ON_ITS_WAY, waiting
from afsync.core.by_hand import candidates_of
from afsync.core.cancels import judged_cancels, not_cancelled
from afsync.core.clocks import ahead, skew
from afsync.core.duplicates import lost_duplicates
from afsync.core.ghosts import ghosts
from afsync.core.held import stops
from afsync.core.job_decisions import decide_job
from afsync.core.job_notices import undecided
from afsync.core.kept import judged, nothing_to_take_off, without_time
from afsync.core.lookups import lookups
from afsync.core.moves import Moves, find_moves
from afsync.core.odd import not_known
from afsync.core.others_approvals import judged_others
from afsync.core.outdated import outdated
from afsync.core.plan import Change, Plan, Waiting
from afsync.core.proof import unproven
from afsync.core.publications import decide_publication, judged_publications
from afsync.core.publish_notices import publish_notices
from afsync.core.recorded import Account, Record, Recorded, RecordedJob, RecordedTemplate
from afsync.core.recovery import Ask, Resolution, Wait, advice, resolve
from afsync.core.remote import Remote
from afsync.core.request import template_unknown
from afsync.core.resources import Desired, Job, Template
from afsync.core.reviews import accepted, judged_reviews, unreviewed
from afsync.core.selection import select, selected
from afsync.core.sequence import by_due, place_of
from afsync.core.settling import settle
from afsync.core.submissions import decide_new_job
from afsync.core.targets import only_somewhere
from afsync.core.template_decisions import decide_deposed, decide_template
from afsync.core.time_off import with_warning
from afsync.core.twice import named_alike, paid_twice
from afsync.core.unmatched import unmatched
from afsync.core.used_again import used_again
from afsync.core.verdict import NOTHING, Facts, Options, Verdict
from afsync.errors import Problem, Severity

__all__ = ["Options", "lookups", "make_plan"]

NO_OPTIONS = Options()


def make_plan(
    desired: Desired, recorded: Recorded, remote: Remote, now: datetime, options: Options = NO_OPTIONS
) -> Plan:
    """What has to change so that the account matches the files, in the order in which it will be done.

    `now` is UTC. The same values give the same plan, whatever order files, keys or lists came in. Limits are not
    looked at here: `core.limits.check_plan` does that. What can be said of lost answers is said first, and the rest
    is planned as if it were written down already, which is the first thing apply does.
    """
    if options.destroy:
        desired = replace(desired, templates={}, jobs={})
    difference = skew(remote.server_time, now)
    resolutions = resolve(recorded, remote, now, quarantine=options.quarantine, exclusive=bool(options.exclusive))
    written, settled_now = recorded, settle(recorded, resolutions)
    recorded, let_go = _judged(settled_now, desired, remote, now, options)
    blocked = frozenset(i.address for i in recorded.intents)
    moves, settled = find_moves(desired, recorded, blocked, remote)
    owned = _owned(settled, desired, remote)
    facts = facts_at(now, desired, settled, remote, options)
    taken = frozenset(moves.displaced.values())
    facts = replace(facts, ambiguous=moves.ambiguous, moved=moves.moved, taken=taken, owned=owned)
    verdict = _moved(moves, settled, desired)
    verdict += _templates(facts, blocked)
    facts = replace(facts, blocked_templates=_blocked_templates(verdict, blocked))
    verdict += _jobs(facts, blocked) + _deposed(facts, blocked) + _unresolved(resolutions)
    verdict = select(_undecided(verdict, moves, settled.resources), options)
    verdict, suspected = outdated(verdict, facts, {i for r in resolutions for i in candidates_of(r)})
    blocking, doubts = unmatched(verdict, facts)
    blocking += lost_duplicates(verdict, facts)
    unknown = not_known(recorded, remote, verdict.notices)
    verdict += Verdict(notices=(*_noticed(verdict.changes, facts), *doubts, *unknown, *let_go))
    verdict += Verdict(violations=tuple(unreviewed(facts, verdict.changes)))
    return Plan(
        lineage=recorded.lineage,
        serial=written.serial,
        as_of=now,
        account=Account(remote.account.id, remote.base_url),
        changes=tuple(sorted(map(with_warning, verdict.changes), key=_order)),
        withheld=tuple(sorted(verdict.withheld, key=_order)),
        notices=tuple(sorted(verdict.notices, key=_by_address)),
        violations=tuple(sorted(verdict.violations, key=_by_address)),
        blocking=blocking,
        resolutions=resolutions,
        refreshed=_refreshed(facts, settled_now) | _judged_before_moving(moves, recorded, settled_now),
        suspected=suspected,
        trust=recorded.trust,
        watched=recorded.watched,
        balance=remote.account.balance,
        per_minute=remote.account.per_minute or 60,
        reads=remote.requests,
        skew=difference,
        declared=len(desired.templates) + len(desired.jobs),
        quarantine=options.quarantine,
        settle=options.settle,
        watch=options.watch,
        accept_unstaged=options.accept_unstaged,
        waiting=tuple(w for w in waiting(settled, remote, facts.now, desired) if _waits(w, desired, options)),
    )


def _judged(
    recorded: Recorded, desired: Desired, remote: Remote, now: datetime, options: Options
) -> tuple[Recorded, tuple[Problem, ...]]:
    """The state with what the account shows of publish times, reviews, cancels and publications, and what is said of
    reviews that a person gives up."""
    recorded = judged(recorded, desired, remote, by_service_clock(now, remote), options)
    recorded = judged_cancels(judged_reviews(recorded, remote, now, options), remote, now, options)
    recorded, let_go = accepted(recorded, options)
    recorded = judged_others(recorded, remote)
    return judged_publications(recorded, remote, remote.server_time or now, options), let_go


def _noticed(changes: tuple[Change, ...], facts: Facts) -> Iterator[Problem]:
    """What is said of the changes and holds none of them back."""
    yield from not_cancelled(facts)
    yield from unproven(changes, facts)
    twice = paid_twice(changes)
    yield from twice
    warned = {problem.address for problem in twice}
    yield from used_again(changes, facts.recorded.resources, warned, facts.desired.shared)
    yield from named_alike(changes, facts.desired.templates.values())
    yield from template_unknown(changes, facts)
    yield from publish_notices(changes, facts)


def facts_of(desired: Desired, recorded: Recorded, remote: Remote, now: datetime) -> Facts:
    """What a decision about the state as it stands may look at, for those that take something over."""
    return Facts(desired, recorded, remote, now, owned=_owned(recorded, replace(desired, imports={}), remote))


def facts_at(now: datetime, desired: Desired, recorded: Recorded, remote: Remote, options: Options) -> Facts:
    """What decisions look at; where the clocks are far apart, by the service's: it is the one that publishes."""
    return Facts(desired, recorded, remote, by_service_clock(now, remote), options, here=now)


def by_service_clock(now: datetime, remote: Remote) -> datetime:
    """Our time, or the service's where the clocks are far apart."""
    return now + timedelta(seconds=ahead(skew(remote.server_time, now)))


def _waits(job: Waiting, desired: Desired, options: Options) -> bool:
    return job.address in desired.jobs and selected(options, job.address)


def _order(change: Change) -> tuple[float, tuple[datetime, str, str]]:
    """By the step that defines the change, then by publish time and address."""
    return (place_of(change), by_due(change))


def _by_address(problem: Problem) -> tuple[str, str]:
    return (problem.address or "", problem.code)


def _owned(recorded: Recorded, desired: Desired, remote: Remote) -> frozenset[str]:
    """Ids that are spoken for: recorded, deposed, to be imported, watched after a cancel, said by a person not to be
    ours, or ghosts."""
    ids = {r.id for r in recorded.resources.values()} | {d.id for d in recorded.deposed}
    marked = {job for intent in recorded.submissions for job in intent.foreign}
    ids |= set(recorded.watched)
    return frozenset(ids | marked | ghosts(remote) | set(recorded.foreign) | set(desired.imports.values()))


def _moved(moves: Moves, settled: Recorded, desired: Desired) -> Verdict:
    return Verdict(
        changes=tuple(
            Change(
                new,
                Action.MOVE,
                Reason.RENAMED,
                before=settled.resources[new],
                after=desired.get(new),
                id=settled.resources[new].id,
                moved_from=old,
            )
            for new, old in moves.moved.items()
        )
    )


def _templates(facts: Facts, blocked: frozenset[str]) -> Verdict:
    verdict = NOTHING
    records = facts.recorded.templates
    for address in sorted({*facts.desired.templates, *records} - blocked):
        verdict += decide_template(address, facts.desired.templates.get(address), records.get(address), facts)
    return verdict


def _jobs(facts: Facts, blocked: frozenset[str]) -> Verdict:
    parts: list[Verdict] = []
    records = facts.recorded.jobs
    for address in sorted({*facts.desired.jobs, *records} - blocked):
        declared, record = facts.desired.jobs.get(address), records.get(address)
        if record is not None:
            verdict = decide_job(address, declared, record, facts)
            parts.append(only_somewhere(verdict, record, facts) if verdict.changes else verdict)
            if declared is not None and (record.approved_at or record.publish_finding):
                parts.append(decide_publication(declared, record, parts[-1], facts))
        elif declared is not None:
            parts.append(decide_new_job(declared, facts))
    return _joined(parts)


def _joined(parts: list[Verdict]) -> Verdict:
    """One verdict of many; adding them up one by one would copy the tuples again and again."""
    parts = [p for p in parts if p is not NOTHING]
    return Verdict(
        tuple(c for p in parts for c in p.changes),
        tuple(c for p in parts for c in p.withheld),
        tuple(n for p in parts for n in p.notices),
        tuple(v for p in parts for v in p.violations),
    )


def _deposed(facts: Facts, blocked: frozenset[str]) -> Verdict:
    return _joined([decide_deposed(d, facts) for d in facts.recorded.deposed if d.address not in blocked])


def _undecided(verdict: Verdict, moves: Moves, records: Collection[str]) -> Verdict:
    """What may only have been renamed, and where that may have gone, stay as they are until a person says which."""
    if not moves.ambiguous:
        return verdict
    heirs: dict[str, list[str]] = {}
    for new, olds in sorted(moves.ambiguous.items()):
        for old in olds:
            heirs.setdefault(old, []).append(new)
    open_ = {*heirs, *moves.ambiguous}
    going = [c for c in verdict.changes if c.address in open_ and c.before is not None]
    kept = tuple(c for c in verdict.changes if c.address not in open_ or c.before is None)
    held = [undecided(c, heirs.get(c.address, []), moves.ambiguous.get(c.address, ()), records) for c in going]
    return _joined([replace(verdict, changes=kept), *held])


def _blocked_templates(verdict: Verdict, blocked: frozenset[str]) -> dict[str, str]:
    waiting = {c.address: "which waits for a person to decide" for c in verdict.withheld}
    return {**waiting, **dict.fromkeys(blocked, "whose own creation is unresolved")}


def _unresolved(resolutions: tuple[Resolution, ...]) -> Verdict:
    return Verdict(
        violations=tuple(
            Problem(
                Reason.UNRESOLVED.value,
                f"{r.intent.address}: {r.intent.purpose.one} whose outcome is not known; nothing else is done to it",
                advice(r),
                Severity.ERROR,
                r.intent.address,
            )
            for r in resolutions
            if isinstance(r, Wait | Ask)
        )
    )


def _refreshed(facts: Facts, recorded: Recorded) -> dict[str, Record]:
    """Records as they are now known, where that differs from the state: for `apply` to save, and nothing else."""
    result: dict[str, Record] = {}
    for address, record in facts.recorded.resources.items():
        before = recorded.resources.get(address)
        now = _refresh(address, record, facts)
        if before is None or before.id != record.id or now is before or now == before:
            continue  # another one moves there, and is saved by the next apply
        now = _as_declared(now, before)
        if now != before:
            result[address] = now
    return result


def _as_declared(record: Record, before: Record) -> Record:
    """With the name of its template as it is in the state: the move of that writes the new one."""
    return replace(record, declared=before.declared, fingerprint=before.fingerprint)


def _judged_before_moving(moves: Moves, recorded: Recorded, before: Recorded) -> dict[str, Record]:
    """What was found out about records that this plan moves: it counts, whether they are moved or not."""
    olds = set(moves.moved.values()) & recorded.resources.keys()
    return {old: r for old in olds if (r := recorded.resources[old]) is not before.resources[old]}


def _refresh(address: str, record: Record, facts: Facts) -> Record:
    """The record itself where nothing new is known of it, which is nearly always."""
    declared = facts.desired.get(address)
    if declared is not None and declared.prevent_destroy not in (None, record.prevent_destroy):
        record = replace(record, prevent_destroy=declared.prevent_destroy)
    if isinstance(record, RecordedTemplate):
        return record
    return _refresh_job(record, declared, facts)


def _refresh_job(record: RecordedJob, declared: Template | Job | None, facts: Facts) -> RecordedJob:
    seen = facts.remote.jobs.get(record.id)
    if seen is not None and seen.unreadable is None:
        again = record.status == "published" and seen.status == "publishing"  # published it stays, whatever comes of it
        status = record.status if again else seen.status
        record = replace(record, status=status, created_at=record.created_at or seen.created_at)
    wanted = declared.schedule if isinstance(declared, Job) else None
    known = record.schedule
    if wanted and known and wanted.written != known.written and wanted.utc == known.utc:
        record = replace(record, schedule=wanted)
    settle = facts.options.settle
    # Nearly all of a long history was not looked at, and nothing more is to be asked about it.
    if seen and isinstance(declared, Job) and nothing_to_take_off(declared, record, facts.remote, facts.now, settle):
        record = without_time(record)
    if seen is not None and seen.status in ON_ITS_WAY:
        return replace(record, approved=record.approved or stops(record), approval=None)
    return record
