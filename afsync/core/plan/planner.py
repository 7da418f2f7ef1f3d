"""The planner: one pure function from what is desired, recorded and remote to a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from afsync.core.approvals import only_somewhere, waiting
from afsync.core.clocks import skew
from afsync.core.decisions.duplicates import paid_twice, same_names, used_again
from afsync.core.decisions.jobs import decide_job, settled_jobs
from afsync.core.decisions.new_submissions import decide_new_job
from afsync.core.decisions.notices import not_known, undecided
from afsync.core.decisions.publish_notices import publish_notices, unproven
from afsync.core.decisions.publish_times import with_refusal_warning
from afsync.core.decisions.requested_fields import template_unknown
from afsync.core.decisions.templates import decide_deposed, decide_template
from afsync.core.moves import Moves, find_moves
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import NOTHING, Change, Decision
from afsync.core.plan.facts import Facts, Options, by_service_clock, facts_for_plan, owned_ids
from afsync.core.plan.order import by_due, place_of
from afsync.core.plan.plan import Plan, Waiting
from afsync.core.plan.refresh import judged_before_moving, refreshed_records
from afsync.core.plan.selection import select, selected
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.lost_state import lost_duplicates, lost_state, outdated
from afsync.core.recovery.resolution import Ask, Resolution, Wait, advice, apply_resolutions, candidates_of
from afsync.core.remote_account import Remote
from afsync.core.resources import Desired
from afsync.core.state import Account, Recorded
from afsync.core.trust.cancels import judged_cancels, not_cancelled
from afsync.core.trust.kept_publish_times import judged_publish_times
from afsync.core.trust.publications import decide_publication, judged_outside_approvals, judged_publications
from afsync.core.trust.reviews import judged_reviews, unreviewed, with_accepted_reviews
from afsync.errors import Problem, Severity

NO_OPTIONS = Options()


def make_plan(
    desired: Desired, recorded: Recorded, remote: Remote, now: datetime, options: Options = NO_OPTIONS
) -> Plan:
    """What has to change so that the account matches the files, in the order in which it will be done.

    `now` is UTC. The same values give the same plan, whatever order files, keys or lists came in. Limits are not looked
    at here: `core.plan.limits.check_plan` does that. Lost answers are resolved first, and the rest is planned as if
    that were recorded already, which is the first thing apply does.
    """
    if options.destroy:
        desired = replace(desired, templates={}, jobs={})
    resolutions = resolve(recorded, remote, now, quarantine=options.quarantine, exclusive=bool(options.exclusive))
    resolved = apply_resolutions(recorded, resolutions)
    judged, let_go = _judged(resolved, desired, remote, now, options)
    blocked = judged.open_addresses
    moves, moved = find_moves(desired, judged, remote)
    facts = replace(
        facts_for_plan(now, desired, moved, remote, options),
        ambiguous=moves.ambiguous,
        moved=moves.moved,
        taken=frozenset(moves.displaced.values()),
        owned=owned_ids(moved, desired, remote),
    )
    facts = replace(facts, settled=settled_jobs(facts))
    decision, facts = _decided(facts, moves, blocked)
    decision = select(_undecided(decision + _unresolved(resolutions), moves, moved.resources), options)
    decision, suspected = outdated(decision, facts, {i for r in resolutions for i in candidates_of(r)})
    blocking, doubts = lost_state(decision, facts)
    blocking += lost_duplicates(decision, facts)
    unknown = not_known(judged, remote, decision.notices)
    return replace(
        _without_decision(facts, recorded.serial, now),
        changes=tuple(sorted(map(with_refusal_warning, decision.changes), key=_order)),
        withheld=tuple(sorted(decision.withheld, key=_order)),
        notices=_by_address(*decision.notices, *_noticed(decision.changes, facts), *doubts, *unknown, *let_go),
        violations=_by_address(*decision.violations, *unreviewed(facts, decision.changes)),
        blocking=blocking,
        resolutions=resolutions,
        refreshed=refreshed_records(facts, resolved) | judged_before_moving(moves, judged, resolved),
        suspected=suspected,
    )


def _decided(facts: Facts, moves: Moves, blocked: frozenset[str]) -> tuple[Decision, Facts]:
    """The decisions about all addresses that are not `blocked`, and the facts with the templates that jobs wait for."""
    first = _moved(moves, facts.recorded, facts.desired) + _templates(facts, blocked)
    facts = replace(facts, blocked_templates=_blocked_templates(first, blocked))
    return first + _jobs(facts, blocked) + _deposed(facts, blocked), facts


def _without_decision(facts: Facts, serial: int, now: datetime) -> Plan:
    """The plan without anything that is decided: the account, the state and the options that it is made for."""
    desired, recorded, remote, options = facts.desired, facts.recorded, facts.remote, facts.options
    return Plan(
        lineage=recorded.lineage,
        serial=serial,
        as_of=now,
        account=Account(remote.account.id, remote.base_url),
        trust=recorded.trust,
        watched=recorded.watched,
        balance=remote.account.balance,
        per_minute=remote.account.per_minute or 60,
        reads=remote.requests,
        skew=skew(remote.server_time, now),
        declared=len(desired.templates) + len(desired.jobs),
        quarantine=options.quarantine,
        settle=options.settle,
        watch=options.watch,
        accept_unstaged=options.accept_unstaged,
        waiting=tuple(w for w in waiting(recorded, remote, desired) if _waits(w, desired, options)),
    )


def _judged(
    recorded: Recorded, desired: Desired, remote: Remote, now: datetime, options: Options
) -> tuple[Recorded, tuple[Problem, ...]]:
    """The state with findings about publish times, reviews, cancels and publications by what was read, and warnings
    about reviews that are given up with `--accept-unstaged`."""
    recorded = judged_publish_times(recorded, desired, remote, by_service_clock(now, remote), options)
    recorded = judged_cancels(judged_reviews(recorded, remote, now, options), remote, now, options)
    recorded, let_go = with_accepted_reviews(recorded, options)
    recorded = judged_outside_approvals(recorded, remote)
    return judged_publications(recorded, remote, remote.server_time or now, options), let_go


def _noticed(changes: tuple[Change, ...], facts: Facts) -> Iterator[Problem]:
    """The notices about changes that are not withheld."""
    yield from not_cancelled(facts)
    yield from unproven(changes, facts)
    twice = paid_twice(changes)
    yield from twice
    warned = {problem.address for problem in twice}
    yield from used_again(changes, facts.recorded.resources, warned, facts.desired.shared)
    yield from same_names(changes, facts.desired.templates.values())
    yield from template_unknown(changes, facts)
    yield from publish_notices(changes, facts)


def _waits(job: Waiting, desired: Desired, options: Options) -> bool:
    return job.address in desired.jobs and selected(options, job.address)


def _order(change: Change) -> tuple[float, tuple[datetime, str, str]]:
    """By the step that defines the change, then by publish time and address."""
    return (place_of(change), by_due(change))


def _by_address(*problems: Problem) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda p: (p.address or "", p.code)))


def _moved(moves: Moves, settled: Recorded, desired: Desired) -> Decision:
    return Decision(
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


def _templates(facts: Facts, blocked: frozenset[str]) -> Decision:
    declared, records = facts.desired.templates, facts.recorded.templates
    addresses = sorted({*declared, *records} - blocked)
    return _joined([decide_template(a, declared.get(a), records.get(a), facts) for a in addresses])


def _jobs(facts: Facts, blocked: frozenset[str]) -> Decision:
    parts: list[Decision] = []
    records = facts.recorded.jobs
    for address in sorted((facts.desired.jobs.keys() | records.keys()) - facts.settled - blocked):
        declared, record = facts.desired.jobs.get(address), records.get(address)
        if record is not None:
            decision = decide_job(address, declared, record, facts)
            parts.append(only_somewhere(decision, record, facts) if decision.changes else decision)
            if declared is not None and (record.approved_at or record.publish_finding):
                parts.append(decide_publication(declared, record, parts[-1], facts))
        elif declared is not None:
            parts.append(decide_new_job(declared, facts))
    return _joined(parts)


def _joined(parts: Iterable[Decision]) -> Decision:
    """One decision of many; adding them one by one would copy the tuples again and again."""
    parts = [p for p in parts if p is not NOTHING]
    return Decision(
        tuple(c for p in parts for c in p.changes),
        tuple(c for p in parts for c in p.withheld),
        tuple(n for p in parts for n in p.notices),
        tuple(v for p in parts for v in p.violations),
    )


def _deposed(facts: Facts, blocked: frozenset[str]) -> Decision:
    return _joined([decide_deposed(d, facts) for d in facts.recorded.deposed if d.address not in blocked])


def _undecided(decision: Decision, moves: Moves, records: Collection[str]) -> Decision:
    """The decision with the changes withheld that may be renames, at the old and at the possible new addresses."""
    if not moves.ambiguous:
        return decision
    heirs: dict[str, list[str]] = {}
    for new, olds in sorted(moves.ambiguous.items()):
        for old in olds:
            heirs.setdefault(old, []).append(new)
    open_ = {*heirs, *moves.ambiguous}
    going = [c for c in decision.changes if c.address in open_ and c.before is not None]
    kept = tuple(c for c in decision.changes if c.address not in open_ or c.before is None)
    held = [undecided(c, heirs.get(c.address, []), moves.ambiguous.get(c.address, ()), records) for c in going]
    return _joined([replace(decision, changes=kept), *held])


def _blocked_templates(decision: Decision, blocked: frozenset[str]) -> dict[str, str]:
    waiting = {c.address: "which waits for a person to decide" for c in decision.withheld}
    return {**waiting, **dict.fromkeys(blocked, "whose own creation is unresolved")}


def _unresolved(resolutions: tuple[Resolution, ...]) -> Decision:
    return Decision(
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
