"""Seeded days of a project in one dialect: edits, cancels, replacements, publish times, approvals, lost answers and
other people, with every claim of afsync held against what is so."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace as changed
from datetime import datetime, timedelta
from random import Random
from typing import Any

from msgspec.structs import replace

from afsync.core.outcomes import Failed
from afsync.core.plan.actions import Reason
from afsync.core.plan.facts import Options
from afsync.core.plan.limits import check_plan
from afsync.core.plan.lookups import lookups
from afsync.core.plan.plan import Plan
from afsync.core.plan.planner import make_plan
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.resources import Desired, Job, Limits, Schedule, Template
from afsync.core.state import Recorded
from afsync.core.status_lines import statuses
from afsync.engine.current_state import CurrentState, with_refreshed
from afsync.engine.dependencies import Dependencies
from afsync.engine.executor import apply_plan
from tests.simulation.audit import Audit
from tests.simulation.effects import Effects, Life
from tests.simulation.runner import QUARANTINE, Scenario
from tests.simulation.service import START, Odds, SimJob

APPLIES = 3
"""After so many a project has come to rest, or waits for a person."""
WATCH = timedelta(seconds=Options().watch)
IGNORING = 0.3
"""How many of the accounts that tell whether a job stops for its review do not stop any."""
PATCHES = 2
"""So often the same publish time is set on one job, if it is not kept."""


class Days(Scenario):
    """Everything that happens follows from the seed and the dialect. `problems` is what did not hold."""

    def __init__(self, seed: int, dialect: str) -> None:
        super().__init__(seed)
        base = self.service
        self.effects = Effects(
            self.random,
            self.clock,
            changed(base.odds, foreign=base.odds.foreign * 0.3),
            echoes=dialect != "documented",
            tells_balance=base.tells_balance,
            quarantine=QUARANTINE,
            coarse=base.coarse,
            dialect=dialect,
        )
        self.service = self.effects
        # Drawn by itself, so that everything else that happens is the same.
        ignores = Random(f"{seed} {dialect} staging").random() < IGNORING
        self.effects.ignores_staging = ignores and dialect != "documented"
        self.told_out: dict[str, datetime] = {}
        self.clocks_differ = False
        self.two_runners = self.two_runners and self.random.random() < 0.5
        self.version = 0
        self.reviewed: dict[str, bool] = {}
        self.held: set[str] = set()
        self.ever_held: set[str] = set()
        self.early: list[str] = []
        self.effects.asked = self._asked
        self.approved: Counter[str] = Counter()
        self.named: dict[str, datetime] = {}
        templates = {}
        if self.random.random() < 0.5:
            staging = {"staging": True} if self.random.random() < 0.4 else {}
            templates["template.t"] = Template(
                "t", {"name": "T", "format": "short", "platforms": ["youtube"], **staging}
            )
        self.desired = Desired(templates, {})
        self.problems: list[str] = []
        self.failed: set[str] = set()
        self.audit = Audit(self.effects, {})
        for _ in range(self.random.randint(1, 3)):
            self._add()

    # --- what people do ---

    def _add(self) -> None:
        n = len(self.audit.urls)
        values: dict[str, Any] = {
            "url": f"https://clips/{n}",
            "topic": f"topic {n if self.random.random() < 0.9 else 0}",
        }
        if self.random.random() < 0.8:
            values["platforms"] = ["tiktok"]
        if self.desired.templates and self.random.random() < 0.4:
            values["template"] = "t"
        if self.random.random() < 0.3:
            values["staging"] = self.random.random() < 0.8
        time = self._time() if self.random.random() < 0.5 else None
        held = time is not None and self.random.random() < 0.5
        job = self._versioned(Job(f"j{n}", values, time, held=held))
        self.audit.urls[job.address] = str(values["url"])
        self._declare(job)

    def _time(self) -> Schedule:
        at = self.clock.now + timedelta(hours=self.random.choice([1, 3, 24, 240]), seconds=self.random.randint(0, 999))
        return Schedule(at.isoformat(), at)

    def _versioned(self, job: Job) -> Job:
        """With a field that no other version has, so that what was submitted tells what it was declared as."""
        self.version += 1
        tone = f"v{self.version}"
        made_from = self.desired.templates.get(job.template or "")
        declared = job.values.get("staging", made_from.values.get("staging") if made_from else None)
        self.reviewed[tone] = declared is True
        if job.held:
            self.held.add(tone)
            self.ever_held.add(tone)
        return replace(job, values={**job.values, "tone": tone})

    def _declare(self, job: Job) -> None:
        self.audit.edited(job.address, job.schedule.utc if job.schedule else None)
        self.desired = replace(self.desired, jobs={**self.desired.jobs, job.address: job})

    def _edit(self) -> None:
        """One thing that somebody changes in the files."""
        jobs = list(self.desired.jobs.values())
        if not jobs or self.random.random() < 0.15:
            self._add()
            return
        job = self.random.choice(jobs)
        match self.random.randint(0, 5):
            case 0 | 1:
                self._declare(self._versioned(replace(job, approve=None)))
            case 2:
                self._declare(replace(job, schedule=self._time()))
            case 3:
                self.held.discard(str(job.values["tone"]))
                self._declare(replace(job, schedule=None, held=False))
            case 4:
                self.audit.edited(job.address, None)
                kept = {a: j for a, j in self.desired.jobs.items() if a != job.address}
                self.desired = replace(self.desired, jobs=kept)
            case _:
                self._review(job)

    def _review(self, job: Job) -> None:
        record = self.store.recorded.jobs.get(job.address)
        if record is not None and record.staged:
            self.approved[record.id] += 1
            self._declare(replace(job, approve=record.id))

    def _asked(self, job: SimJob) -> None:
        """afsync sends an approval: of a held job no sooner than its time, unless a person asked for it."""
        for declared in self.desired.jobs.values():
            time = declared.schedule
            mine = self.audit.urls[declared.address] == job.body["url"] and job.body["tone"] in self.held
            if mine and declared.held and time and time.utc > self.clock.now:
                self.early.append(f"public before its time: {job.id}, {time.utc}, at {self.clock.now}")

    def _others(self) -> None:
        """What somebody does in the product, to any job."""
        self.effects.pass_on()
        if self.effects.jobs:
            job = self.random.choice(self.effects.jobs)
            if self.random.random() < 0.5:
                self.effects.publish(job.id, "person")
            elif job.created_at <= self.clock.now:
                self.effects.stop(job.id)
                self.effects.lives[job.id].stopped_by_person = True

    # --- what afsync does ---

    def _plan(self) -> tuple[Plan, Any, Recorded, str]:
        recorded, version = self.store.read()
        now = self.clock.now
        remote = self.effects.look(lookups(self.desired, recorded, now))
        options = Options(quarantine=QUARANTINE, exclusive=self.exclusive)
        plan = make_plan(self.desired, recorded, remote, now, options)
        plan = check_plan(plan, Limits(), recorded=len(recorded.resources))
        self.audit.planned(plan, self.desired, recorded)
        self._two_live(plan, recorded)
        # A warning is enough of one that has left the files, where no cancel could stop it.
        cancelled = (n for n in plan.notices if n.code == "cancel_not_kept" and self.effects.router)
        named = (v for v in plan.violations if v.code != "unresolved")  # that one only says whose it could be
        held = "\n".join(f"{v.message} {v.hint}" for v in (*named, *cancelled))
        self.told_out |= {j.id: now for j in self.effects.jobs if j.id in held}
        seen = replace(remote, publish_times=None, covered=frozenset(), results={})
        self.audit.status(statuses(self.desired, with_refreshed(recorded, plan), seen, now))
        return plan, remote, recorded, version

    def _apply(self) -> None:
        plan, remote, recorded, version = self._plan()
        state = CurrentState(self.store, recorded, version)
        state.write(apply_resolutions(recorded, plan.resolutions))
        if not plan.blocking:
            self.failed, before = set(), self._held(state)
            report = apply_plan(plan, remote, state, self._world(self.clock))
            self.audit.looked(report.looked)
            self.failed = {o.change.address for o in report.outcomes if isinstance(o, Failed) and o.hint}
            if not self.two_runners:  # beside the state, what the other one made cannot be told apart
                self.audit.summary(report.outcomes, self._held(state) - before, report.looked)

    def _held(self, state: CurrentState) -> set[str]:
        """What the run has on disk, in the state or beside it."""
        return _ids(state.recorded) | {record.id for _, record in self.store.rescued}

    def _world(self, clock: Any) -> Dependencies:
        return replace(super()._world(clock), tell=self.audit.tell, read_back=self.effects.read_back)

    def days(self) -> list[str]:
        """Bad days, quiet ones, and what did not hold in the end."""
        for _ in range(self.random.randint(2, 6)):
            self._apply_or_crash()
            self.clock.advance(self.random.choice([1, 30, 100, 700, 5000]))
            if self.random.random() < 0.7:
                self._edit()
            if self.random.random() < 0.15:
                self._others()
        self.effects.odds = Odds()
        self.store.crash = self.store.fail = 0.0
        self.two_runners = False
        self._resolve()
        for hours in (2, 300):
            self.clock.advance(hours * 3600)
            self._rest(f"{hours} hours later")
        self.audit.end(self.desired)
        self._judge_world()
        return self.problems + self.early + self.audit.false

    def _resolve(self) -> None:
        for _ in range(8):
            self._apply_or_crash()
            self._answer_questions()
            self.clock.advance(700)
            if not self.store.recorded.intents:
                return
        self.problems.append("a lost answer is not resolved")

    def _rest(self, when: str) -> None:
        """A few applies, after which nothing is left to do without a person: that is done, withheld, or has failed
        with a hint."""
        for _ in range(APPLIES):
            self._apply_or_crash()
            self.clock.advance(700)
        plan = self._plan()[0]
        due = Reason.DUE  # by now, not when it was applied last
        left = [c for c in plan.changes if c.address not in self.failed and c.reason is not due]
        if left and not plan.blocking:
            told = ", ".join(f"{c.action} {c.address} ({c.reason})" for c in left)
            self.problems.append(f"endless, {when}: {told}")

    # --- what must hold ---

    def _two_live(self, plan: Plan, recorded: Recorded) -> None:
        """An address with two submissions that live is named by every plan until its watch ends."""
        problems = (*plan.notices, *plan.violations, *plan.blocking)
        text = "\n".join(f"{p.address} {p.message} {p.hint}" for p in problems)
        open_ = {i.address for i in recorded.intents}
        for address, record in recorded.jobs.items():
            for job in self.effects.jobs:
                ours = job.owner == "declared" and job.body["url"] == self.audit.urls[address]
                if not ours or job.id == record.id or address in open_ or job.visible_at > self.clock.now:
                    continue
                if not self._lives(job, self.effects.lives[job.id]):
                    continue
                now = self.clock.now
                if job.id in text:
                    self.named.setdefault(job.id, now)
                elif now - self.named.get(job.id, now) < WATCH:
                    self.problems.append(f"two live: {address} has {record.id}, and {job.id} is not named")

    def _lives(self, job: SimJob, life: Life) -> bool:
        """Whether it is public or will be, and its status shows that."""
        if job.status in ("cancelled", "failed") or life.fails:
            return False
        if life.publications:
            return life.cancelled
        return not life.staged and (self.effects.router or life.mode == "immediate" or job.publish_at is not None)

    def _judge_world(self) -> None:
        paid = Counter((j.body["url"], j.body["tone"]) for j in self.effects.jobs if j.owner == "declared")
        self.problems += [f"paid twice: {url} {tone}" for (url, tone), n in paid.items() if n > 1]
        for job in self.effects.jobs:
            life = self.effects.lives[job.id]
            if job.owner == "declared":
                self._judge_job(job, life)

    def _judge_job(self, job: SimJob, life: Life) -> None:
        mine = [p for p in life.publications if p.by == "afsync"]
        if mine and (len(mine) > 1 or any(p.at < mine[0].at for p in life.publications)):
            self.problems.append(f"published twice: {job.id} {life.publications}")
        tone = job.body["tone"]
        out = next((p.at for p in life.publications if p.by == "production"), None)
        # A service that stops nothing, or publishes what was cancelled, is named by a plan that holds back.
        told = self.effects.ignores_staging and self.told_out.get(job.id, START) >= (out or START)
        told = told or (job.id not in self.told_out and self.audit.hidden(job.id))
        if self.reviewed[tone] and out is not None and not told:
            self.problems.append(f"public without review: {job.id}")
        if tone in self.held and out is not None and not told:
            self.problems.append(f"held and published by the service: {job.id}")
        if mine and not self.approved[job.id] and (tone not in self.ever_held or self.reviewed[tone]):
            self.problems.append(f"published unasked: {job.id}")
        times = Counter(p.at for p in self.audit.promises if p.what == "time" and p.id == job.id and p.at is not None)
        self.problems += [f"{n} PATCHes: {job.id} {at}" for at, n in times.items() if n > PATCHES]


def _ids(recorded: Recorded) -> set[str]:
    return {record.id for record in recorded.jobs.values()}


def walk(dialect: str, seeds: range) -> tuple[dict[int, list[str]], Counter[str]]:
    """Seeds in which something did not hold, and how many claims of each kind were held against the world."""
    bad: dict[int, list[str]] = {}
    claims: Counter[str] = Counter()
    for seed in seeds:
        days = Days(seed, dialect)
        if problems := days.days():
            bad[seed] = problems
        claims.update(days.audit.made)
    return bad, claims
