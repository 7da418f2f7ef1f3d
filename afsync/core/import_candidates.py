"""The candidates in the account for everything that is declared and not recorded, with the evidence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.body_fields import ECHOED
from afsync.core.decisions.duplicates import submitted_before
from afsync.core.decisions.imports import objection, template_differences
from afsync.core.decisions.new_submissions import may_be_ours
from afsync.core.fingerprints import fingerprint
from afsync.core.plan.facts import Facts
from afsync.core.remote_account import RemoteJob
from afsync.core.resources import Job, Template
from afsync.core.service_statuses import Group, group_of
from afsync.core.similarity import contradictions, fits, looks_like
from afsync.core.text import compared, same_text


class Candidate(Struct, frozen=True):
    """Something in the account that could be it, and what speaks for that."""

    id: str
    evidence: tuple[str, ...]


class Match(Struct, frozen=True):
    """The candidates for one address. `certain` is set where exactly one can be it, and that can be nothing else."""

    address: str
    candidates: tuple[Candidate, ...] = ()
    certain: Candidate | None = None


def find_matches(facts: Facts) -> tuple[Match, ...]:
    """By address. What an open intent is about is left out: `resolve` is for that."""
    unresolved = facts.recorded.open_addresses
    new = [a for a in (*facts.desired.templates, *facts.desired.jobs) if a not in facts.recorded.resources]
    named = [a for a in new if a not in unresolved and a in facts.desired.imports]
    rest = sorted(a for a in new if a not in unresolved and a not in facts.desired.imports)
    templates = [facts.desired.templates[a] for a in rest if a in facts.desired.templates]
    jobs = [facts.desired.jobs[a] for a in rest if a in facts.desired.jobs]
    sure = [_named(a, facts) for a in named]
    facts = replace(facts, owned=facts.owned | set(facts.desired.imports.values()))
    found = [*sure, *_templates(templates, facts), *_jobs(jobs, facts)]
    return tuple(sorted(found, key=lambda m: m.address))


def undecided_jobs(found: Iterable[Match], facts: Facts) -> tuple[str, ...]:
    """The ids of unknown jobs that are no candidate, and could be one of the jobs that have none: nothing that the
    service reports of them contradicts it."""
    found = tuple(found)
    matched = {c.id for m in found for c in m.candidates}
    jobs = [facts.desired.jobs[m.address] for m in found if not m.candidates and m.address in facts.desired.jobs]
    bodies = [facts.effective(job.values) for job in jobs]
    unknown = (j for j in facts.remote.jobs.values() if may_be_ours(j, facts) and j.id not in matched)
    return tuple(j.id for j in unknown if any(fits(body, j.echo) for body in bodies))


def _named(address: str, facts: Facts) -> Match:
    declared = facts.desired.get(address)
    candidate = Candidate(facts.desired.imports[address], ("named in `import:`",))
    against = objection(declared, candidate.id, facts) if declared else None
    if against is None:
        return Match(address, (candidate,), candidate)
    return Match(address, (Candidate(candidate.id, (*candidate.evidence, against.text)),))


def _templates(templates: Sequence[Template], facts: Facts) -> Iterable[Match]:
    claims: dict[str, int] = defaultdict(int)
    for template in templates:
        claims[compared(template.name)] += 1
    for template in templates:
        found = [
            t
            for t in facts.remote.templates.values()
            if same_text(t.name, template.name) and t.id not in facts.owned and t.unreadable is None
        ]
        candidates = []
        for seen in found:
            differing = template_differences(template, seen)
            said = (
                f"other {', '.join(differing)}"
                if differing
                else "the same content"
                if seen.echo
                else "only the name is reported"
            )
            candidates.append(Candidate(seen.id, ("the same name", said)))
        sure = len(found) == 1 and claims[compared(template.name)] == 1 and not template_differences(template, found[0])
        yield Match(template.address, tuple(candidates), candidates[0] if sure else None)


def _jobs(jobs: Sequence[Job], facts: Facts) -> Iterable[Match]:
    """The best candidates of each job, then those that no other job could be; equal jobs may share equally many."""
    best = {job.address: _best(job, facts) for job in jobs}
    takers: dict[str, list[str]] = defaultdict(list)
    for address, candidates in best.items():
        for candidate in candidates:
            takers[candidate.id].append(address)
    before = {j.address: f.record.id for j in jobs if (f := submitted_before(j, facts)) is not None}
    prints = {j.address: (fingerprint(Kind.JOB, j.values), j.schedule and j.schedule.utc) for j in jobs}
    for job in jobs:
        if before.get(job.address) in facts.remote.jobs:
            known = Candidate(before[job.address], ("it was submitted from here for this",))
            against = objection(job, known.id, facts)
            yield Match(job.address, (known,), None if against else known)
            continue
        sure = _certain(job.address, best, takers, prints)
        # The same topic with other content: a person decides, since what differs would be replaced and paid for.
        against = objection(job, sure.id, facts) if sure else None
        yield Match(job.address, best[job.address], None if against else sure)


def _certain(
    address: str,
    best: dict[str, tuple[Candidate, ...]],
    takers: dict[str, list[str]],
    prints: Mapping[str, tuple[object, ...]],
) -> Candidate | None:
    """The n-th of n equal candidates for the n-th of n equal jobs: they are interchangeable. Usually n is one."""
    mine = best[address]
    if not mine:
        return None
    rivals = takers[mine[0].id]
    same = all(takers[c.id] == rivals for c in mine) and all(best[r] == mine for r in rivals)
    if not same or len(rivals) != len(mine) or len({prints[r] for r in rivals}) > 1:
        return None
    return mine[rivals.index(address)]


def _best(job: Job, facts: Facts) -> tuple[Candidate, ...]:
    """The candidates with the most evidence, oldest first; none where only unspecific fields agree."""
    scored: dict[int, list[Candidate]] = defaultdict(list)
    for seen in reversed(list(facts.remote.jobs.values())):
        evidence = _evidence(job, seen, facts)
        if evidence:
            strong = sum(e.startswith(("the same topic", "the same publish time")) for e in evidence)
            scored[strong].append(Candidate(seen.id, evidence))
    top = max((s for s in scored if s), default=0)
    return tuple(scored[top]) if top else ()


def _evidence(job: Job, seen: RemoteJob, facts: Facts) -> tuple[str, ...]:
    """The fields that agree; empty where any contradicts, or the job is not ours."""
    group = group_of(seen.status)
    body = facts.effective(job.values)
    differing = contradictions(body, seen.echo)
    if seen.id in facts.owned or group is Group.CANCELLED or (differing and not looks_like(body, seen.echo)):
        return ()
    observed = facts.remote.publish_time(seen.id)
    wanted = job.schedule.utc if job.schedule else None
    if observed is not None and observed != wanted:
        return ()
    echoed = [f for f in ECHOED if f != "topic" and f not in differing and seen.echo.get(f) not in (None, "", [], {})]
    agreeing = [f for f in echoed if body.get(f)]
    found = []
    if body.get("topic") and same_text(seen.echo.get("topic"), body["topic"]):
        found.append("the same topic")
    if observed is not None:
        found.append("the same publish time")
    if differing:
        found.append(f"other {', '.join(differing)}")
    if agreeing:
        found.append(f"the same {', '.join(agreeing)}")
    return tuple(found)
