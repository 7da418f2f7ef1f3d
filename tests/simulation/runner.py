"""One seeded scenario: a project, a service in a bad mood, applies until nothing changes, and what must hold."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, BinaryIO

from afsync.core.plan.facts import Options
from afsync.core.plan.limits import check_plan
from afsync.core.plan.lookups import lookups
from afsync.core.plan.planner import make_plan
from afsync.core.records import Record, RecordedJob
from afsync.core.recovery.resolution import Absent, Adopt, Ask, apply_resolutions
from afsync.core.resources import Desired, Job, Limits, Schedule, Template
from afsync.core.state import Recorded
from afsync.engine.current_state import CurrentState
from afsync.engine.dependencies import Dependencies
from afsync.engine.executor import apply_plan
from afsync.engine.interrupt import Stop
from afsync.errors import StateError, StateLocked
from afsync.store.recoveries import Recovery, merged
from tests.simulation.service import Crash, Odds, SimClock, SimService

QUARANTINE = 600.0


@dataclass
class SimStore:
    """A state on a disk that may fail or take the process down at any write; compare-and-swap as the real one."""

    random: Random
    recorded: Recorded
    crash: float = 0.0
    fail: float = 0.0
    version: int = 0
    rescued: list[tuple[str, Record]] = field(default_factory=list)

    def read(self) -> tuple[Recorded, str]:
        for address, record in self.rescued:
            self.recorded = merged(self.recorded, Recovery(Path("recovery"), address, record, ""))
            self.version += 1
        self.rescued.clear()
        return self.recorded, str(self.version)

    def write(self, recorded: Recorded, if_version: str) -> str:
        point = self.random.random()
        if point < self.crash / 2:
            raise Crash
        if point < self.crash / 2 + self.fail:
            raise StateError("no space left on device")
        if if_version != str(self.version):
            raise StateLocked("another run wrote in between")
        self.version += 1
        self.recorded = recorded
        if point > 1 - self.crash / 2:
            raise Crash
        return str(self.version)

    def check_writable(self) -> None:
        """It would work."""

    def rescue(self, address: str, record: Record, why: str) -> Path:
        # A process that is gone rescues nothing.
        if not isinstance(sys.exception(), Crash):
            self.rescued.append((address, record))
        return Path("recovery")


@dataclass
class Findings:
    """What one scenario came to. `mistaken`: wrong adoptions although the account is exclusive."""

    duplicates: int = 0
    losses: int = 0
    wrong: int = 0
    mistaken: int = 0
    asked: int = 0
    in_doubt: int = 0
    unsettled: int = 0
    problems: list[str] = field(default_factory=list)


class Scenario:
    """Everything that happens follows from the seed."""

    def __init__(self, seed: int, believed_quarantine: float = QUARANTINE) -> None:
        self.believed_quarantine = believed_quarantine
        self.random = Random(seed)
        self.clock = SimClock()
        self.exclusive = self.random.random() < 0.3
        draw = self.random.random
        bad = draw() ** 2 * 0.5
        odds = Odds(
            lost_before=bad * draw(),
            lost_after=bad * draw(),
            late=bad * draw() * 0.5,
            garbled=bad * draw() * 0.3,
            refused=0.1 * draw(),
            not_sent=0.2 * draw(),
            limited=0.2 * draw(),
            crash=bad * draw() * 0.5,
            foreign=0.0 if self.exclusive else 0.3 * draw(),
            lag=draw() * 0.5,
        )
        self.service = SimService(
            self.random,
            self.clock,
            odds,
            echoes=draw() < 0.6,
            tells_balance=draw() < 0.8,
            quarantine=QUARANTINE,
            coarse=draw() < 0.3,
        )
        self.clocks_differ = draw() < 0.3
        self.store = SimStore(self.random, Recorded("lineage"), crash=bad * 0.2, fail=bad * 0.1)
        self.desired = self._project()
        self.two_runners = draw() < 0.2
        self.ids: Iterator[int] = count(1)
        self.findings = Findings()

    def _project(self) -> Desired:
        draw = self.random.random
        templates = {"template.t": Template("t", {"name": "T", "format": "short"})} if draw() < 0.5 else {}
        jobs = {}
        for n in range(self.random.randint(1, 4)):
            values: dict[str, Any] = {"url": f"https://clips/{n}", "topic": f"topic {n if draw() < 0.8 else 0}"}
            if draw() < 0.2:
                del values["topic"]
            if templates and draw() < 0.5:
                values["template"] = "t"
            at = self.clock.now + timedelta(days=30 + n)
            schedule = Schedule("later", at) if draw() < 0.5 else None
            jobs[f"job.j{n}"] = Job(f"j{n}", values, schedule)
        return Desired(templates, jobs)

    def run(self) -> Findings:
        """A bad day of applies, then quiet ones until nothing changes; a person is asked where it has to be."""
        for _ in range(self.random.randint(1, 4)):
            self._apply_or_crash()
            self.clock.advance(self.random.choice([1, 30, 100, 700]))
            self.service.produce()
            if self.random.random() < 0.2:
                self.service.purge()
        self.service.odds = Odds()
        self.store.crash = self.store.fail = 0.0
        for _ in range(12):
            before = self.store.recorded
            self._apply_or_crash()
            self._answer_questions()
            self.clock.advance(700)
            if self.store.recorded == before and not before.intents:
                break
        else:
            self.findings.unsettled += 1
        self._judge()
        return self.findings

    def _apply_or_crash(self) -> None:
        if self.two_runners:
            self.service.before_submit = self._second_runner
        try:
            self._apply()
        except (Crash, StateError, StateLocked):
            return

    def _second_runner(self) -> None:
        """Another runner without a lock, in the middle of this one."""
        self.service.before_submit = None
        if self.random.random() < 0.5:
            try:
                self._apply()
            except (Crash, StateError, StateLocked):
                return

    def _apply(self) -> None:
        recorded, version = self.store.read()
        clock = self._runner()
        now = clock()
        remote = self.service.look(lookups(self.desired, recorded, now))
        plan = make_plan(
            self.desired, recorded, remote, now, Options(quarantine=self.believed_quarantine, exclusive=self.exclusive)
        )
        plan = check_plan(plan, Limits(), recorded=len(recorded.resources))
        state = CurrentState(self.store, recorded, version)
        state.write(apply_resolutions(recorded, plan.resolutions))
        if not plan.blocking:
            apply_plan(plan, remote, state, self._world(clock))

    def _runner(self) -> Callable[[], datetime]:
        """The clock of the machine that the next apply runs on."""
        wrong = timedelta(seconds=self.random.uniform(-3600, 3600) if self.clocks_differ else 0)
        return lambda: self.clock.now + wrong

    def _world(self, clock: Callable[[], datetime]) -> Dependencies:
        return Dependencies(
            writer=self.service,
            look=self.service.look,
            open_file=_no_file,
            clock=clock,
            monotonic=lambda: 0.0,
            new_id=lambda: f"uuid-{next(self.ids)}",
            stop=_NoWaiting(),
            tell=lambda event: None,
        )

    def _answer_questions(self) -> None:
        """A person decides what cannot be decided otherwise, knowing the truth."""
        recorded, _ = self.store.read()
        remote = self.service.look(lookups(self.desired, recorded, self.clock.now))
        options = Options(quarantine=self.believed_quarantine, exclusive=self.exclusive)
        plan = make_plan(self.desired, recorded, remote, self.clock.now, options)
        for resolution in plan.resolutions:
            if isinstance(resolution, Ask):
                self.findings.asked += 1
                self._decide(resolution)

    def _decide(self, asked: Ask) -> None:
        intent = asked.intent
        held = {r.id for r in self.store.recorded.resources.values()}
        url = intent.declared.get("url")
        ours = [j for j in self.service.jobs if j.owner and j.body.get("url") == url and j.id not in held]
        if ours and intent.kind == "job":
            decision: Adopt | Absent = Adopt(intent, ours[0].id, "a person", ours[0].status, ours[0].created_at)
        else:
            decision = Absent(intent, "a person")
        self.store.recorded = apply_resolutions(self.store.recorded, (decision,))
        self.store.version += 1

    def _judge(self) -> None:
        recorded, _ = self.store.read()
        found = self.findings
        paid = Counter(j.body["url"] for j in self.service.jobs if j.owner == "declared")
        found.duplicates = sum(n - 1 for n in paid.values() if n > 1)
        by_id = {j.id: j for j in self.service.jobs}
        held = {a: r for a, r in recorded.resources.items() if isinstance(r, RecordedJob)}
        for address, record in held.items():
            made = by_id.get(record.id)
            if made is None:
                continue
            if made.owner is None or made.body["url"] != record.declared["url"]:
                found.wrong += 1
                found.problems.append(f"{address} holds {record.id}, made for {made.body['url']} by {made.owner}")
        found.mistaken = found.wrong if self.exclusive else 0
        known = {r.id for r in held.values()}
        open_urls = {i.declared.get("url") for i in recorded.intents}
        for job in self.service.jobs:
            if job.owner == "declared" and job.id not in known and job.body["url"] not in open_urls:
                found.losses += 1
                found.problems.append(f"{job.id} ({job.body['url']}) was paid for and forgotten")
        found.in_doubt = len(recorded.intents)


class _NoWaiting(Stop):
    """Waiting costs no time here."""

    def sleep(self, seconds: float) -> None:
        return


def _no_file(path: str, sha256: str) -> AbstractContextManager[BinaryIO]:
    raise AssertionError("nothing is uploaded here")


def simulate(seeds: range, believed_quarantine: float = QUARANTINE) -> tuple[Findings, dict[int, Findings]]:
    """All seeds: the sum, and those in which something went wrong.

    `believed_quarantine` is what afsync thinks is long enough; the service keeps to QUARANTINE.
    """
    total, bad = Findings(), {}
    for seed in seeds:
        scenario = Scenario(seed, believed_quarantine)
        found = scenario.run()
        for name in ("duplicates", "losses", "wrong", "mistaken", "asked", "in_doubt", "unsettled"):
            setattr(total, name, getattr(total, name) + getattr(found, name))
        if found.duplicates or found.losses or found.mistaken or found.unsettled:
            bad[seed] = replace(found)
    return total, bad
