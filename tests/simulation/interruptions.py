"""Publish times under interruptions: one apply, broken at every request, write and wait in every way there is, and
applied again until nothing changes. In the end every declared time is set, or the exit code is not 0 and it is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from msgspec.structs import replace

from afsync.core.plan.facts import Options
from afsync.core.plan.limits import check_plan
from afsync.core.plan.lookups import lookups, result_lookups
from afsync.core.plan.plan import Plan
from afsync.core.plan.planner import make_plan
from afsync.core.records import RecordedJob
from afsync.core.recovery.resolution import apply_resolutions, needs_person
from afsync.core.remote_account import Remote
from afsync.core.resources import Desired, Job, Limits, Schedule, Template
from afsync.core.service_statuses import ended_badly, never_changes
from afsync.core.state import Recorded
from afsync.engine.current_state import CurrentState
from afsync.engine.executor import apply_plan
from afsync.engine.run_report import RunReport
from afsync.errors import ApiError, Exit, Interrupted, StateError, StateLocked
from afsync.output.outcomes import outcome_line
from afsync.output.plan_text import NO_CHANGES, plan_text
from tests.simulation.breaks import EVERY_WAY, WAYS, Break, Breakable, BreakableStore, Points, Waits
from tests.simulation.runner import QUARANTINE, Scenario
from tests.simulation.service import Crash, Odds

SETTLE = Options().settle
APPLIES = 20
"""After so many a project has come to rest."""
DIALECTS = ("documented", "deployed", "router")


@dataclass
class Ended:
    """How one apply ended: its exit code (None: killed), what it printed, and its plan if it came to that."""

    code: int | None = None
    said: str = ""
    plan: Plan | None = None


class BrokenApply(Scenario):
    """One project whose first apply is broken at one point, and perhaps the second at another. `problems` is what did
    not hold."""

    def __init__(self, seed: int, dialect: str, first: Break | None = None) -> None:
        super().__init__(seed)
        self.effects = Breakable(
            self.random,
            self.clock,
            Odds(),
            echoes=dialect != "documented",
            tells_balance=True,
            quarantine=QUARANTINE,
            dialect=dialect,
        )
        self.service = self.effects
        self.disk = BreakableStore(self.random, Recorded("lineage"))
        self.store = self.disk
        self.own = Random(f"{seed} {dialect} {first}")
        """For what happens after the first apply, which has to be the same for every case until it breaks."""
        self.breaks = [first]
        if first is not None and self.own.random() < 0.4:
            self.breaks.append(Break(self.own.randrange(24), self.own.choice(EVERY_WAY)))
        self.desired = self._timed(self.desired)
        self.problems: list[str] = []

    def _timed(self, desired: Desired) -> Desired:
        """Most jobs have a publish time, soon or far ahead; some wait for a review first."""
        jobs: dict[str, Job] = {}
        for address, job in desired.jobs.items():
            minutes = self.random.choice([5, 90, 1440, 14400])
            at = self.clock.now + timedelta(minutes=minutes, seconds=len(jobs))
            schedule = Schedule(at.isoformat(), at) if self.random.random() < 0.8 else None
            more = {"publishMode": "scheduled"} if schedule else {}
            staging = {"staging": True} if self.random.random() < 0.15 else {}
            jobs[address] = replace(
                job, values={**job.values, "platforms": ["tiktok"], **more, **staging}, schedule=schedule
            )
        templates = {a: Template("t", {**t.values, "platforms": ["tiktok"]}) for a, t in desired.templates.items()}
        return Desired(templates, jobs)

    # --- what afsync does ---

    def apply_once(self) -> Ended:
        """What the command does, without its files and its screen."""
        stop = Waits(self._point)
        self.points = Points(stop, self.clock.advance, self.breaks.pop(0) if self.breaks else None)
        self.effects.points = self.disk.points = self.points
        ended = Ended()
        try:
            self._apply_into(ended, stop)
        except Crash:
            ended.code = None
            return ended
        except (ApiError, StateError, StateLocked, Interrupted) as error:
            ended.code = error.exit_code
            ended.said += error.message
        self._check(ended)
        return ended

    def _point(self) -> None:
        self.points.wait()

    def _apply_into(self, ended: Ended, stop: Waits) -> None:
        recorded, version = self.store.read()
        now = self.clock.now
        remote = self._read(recorded)
        stop.check()
        plan = make_plan(self.desired, recorded, remote, now, self._options())
        plan = check_plan(plan, Limits(), recorded=len(recorded.resources))
        state = CurrentState(self.store, recorded, version)
        state.write(apply_resolutions(recorded, plan.resolutions))
        ended.plan, ended.said = plan, plan_text(plan)
        if plan.blocking:
            ended.code = Exit.UNRESOLVED if needs_person(plan.resolutions) else Exit.REFUSED
            return
        world = replace(self._world(self.clock), stop=stop, read_back=self.effects.read_back)
        report = apply_plan(plan, remote, state, world)
        ended.code, ended.said = report.exit_code, ended.said + _told(report)

    def _options(self) -> Options:
        return Options(quarantine=QUARANTINE, exclusive=self.exclusive)

    def _read(self, recorded: Recorded) -> Remote:
        """As the command reads, with the results of what is produced without its time."""
        now = self.clock.now
        remote = self.effects.look(lookups(self.desired, recorded, now))
        asked = result_lookups(self.desired, recorded, remote, now, self._options())
        found = {i: r for i in asked if (r := self.effects.result(i)) is not None}
        return replace(remote, results=found)

    # --- what must hold ---

    def _check(self, ended: Ended) -> None:
        """After every apply that was not killed: what is missing is named, and is never a success."""
        missing = [a for a in self.missing() if not self._was_set(a)]
        if NO_CHANGES in ended.said and self.missing():
            self.problems.append(f"everything matches, it says, without the times of {self.missing()}")
        if ended.code == Exit.OK and missing:
            self.problems.append(f"exit 0 without the times of {missing}: {ended.said}")
        unnamed = [a for a in missing if a not in ended.said]
        if ended.plan is not None and unnamed:
            self.problems.append(f"exit {ended.code} does not name {unnamed}: {ended.said}")

    def missing(self) -> list[str]:
        """The jobs that are not published and whose declared time is not set, whatever afsync believes."""
        self.effects.pass_on()
        return [a for a, job in self.desired.jobs.items() if job.schedule and self._is_missing(a, job.schedule)]

    def _is_missing(self, address: str, schedule: Schedule) -> bool:
        record = self.store.recorded.resources.get(address)
        if not isinstance(record, RecordedJob):
            return True  # not submitted, or not known
        job = self.effects.job(record.id)
        if job is None or never_changes(job.status) or ended_badly(job.status):
            return False
        if schedule.utc > self.clock.now:
            return job.publish_at != schedule.utc
        # A time that was set and has passed is over, however late production is.
        return record.schedule is None and not self.effects.lives[record.id].publications

    def _was_set(self, address: str) -> bool:
        """With a 2xx. That the service dropped it is found out by a later plan."""
        record = self.store.recorded.resources.get(address)
        return isinstance(record, RecordedJob) and record.schedule is not None

    def run_to_rest(self) -> str:
        """The broken apply, and then more of them until nothing changes; how it ends."""
        ended = self.apply_once()
        if self.own.random() < 0.1:
            self._put_back()
        for _ in range(APPLIES):
            self.clock.advance(self.own.choice([1, 30, 100, 700, 5000]))
            before, broken = replace(self.store.recorded, serial=0), bool(self.breaks)
            ended = self.apply_once()
            self.points.break_ = None
            self._answer_questions()
            if not broken and replace(self.store.recorded, serial=0) == before and not before.intents:
                break
        else:
            self.problems.append(f"it does not come to rest: exit {ended.code}: {ended.said}")
        return self._judge_rest()

    def _put_back(self) -> None:
        """The publish times are taken out of the files, applied, and put back."""
        with_times = self.desired
        bare = {a: replace(j, schedule=None) for a, j in with_times.jobs.items()}
        self.desired = replace(with_times, jobs=bare)
        self.apply_once()
        self.clock.advance(self.own.choice([30, 5000]))
        self.desired = with_times

    def _judge_rest(self) -> str:
        """Once more, when whatever the service dropped must be visible."""
        self.clock.advance(SETTLE + 60)
        ended = self.apply_once()
        missing = self.missing()
        if ended.code == Exit.OK and missing:
            self.problems.append(f"at rest with exit 0 without the times of {missing}: {ended.said}")
        if unnamed := [a for a in missing if a not in ended.said]:
            self.problems.append(f"at rest, {unnamed} are not named: {ended.said}")
        self._judge()
        found = self.findings
        if found.duplicates or found.losses or found.mistaken:
            self.problems.append(f"{found.duplicates} paid twice, {found.losses} forgotten: {found.problems}")
        return "named" if missing else "all set"


def _told(report: RunReport) -> str:
    stopped = [report.stopped.message] if report.stopped else []
    return "\n".join([*map(outcome_line, report.outcomes), *stopped])


def cases(seed: int) -> Iterator[tuple[str, Break]]:
    """Every point of the first apply of a project, in every way that something can happen there, in every dialect."""
    for dialect in DIALECTS:
        whole = BrokenApply(seed, dialect)
        whole.apply_once()
        for place, kind in enumerate(whole.points.kinds):
            yield from ((dialect, Break(place, way)) for way in WAYS[kind])


def rest_of(seed: int, dialect: str, first: Break) -> tuple[str, list[str]]:
    """How one case ended, and what did not hold."""
    case = BrokenApply(seed, dialect, first)
    try:
        ending = case.run_to_rest()
    except Exception as error:
        return "with an exception", [f"{type(error).__name__}: {error}"]
    return ending, case.problems


def search(seeds: range) -> tuple[dict[str, list[str]], Counter[str]]:
    """What did not hold, by case, and how many cases ended how."""
    bad: dict[str, list[str]] = {}
    endings: Counter[str] = Counter()
    for seed in seeds:
        for dialect, first in cases(seed):
            ending, problems = rest_of(seed, dialect, first)
            endings[f"{dialect} {ending}"] += 1
            if problems:
                bad[f"{seed} {dialect} {first}"] = problems
    return bad, endings
