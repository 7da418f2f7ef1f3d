"""Edits, applies, faults, kills, hands in the account and time, in any order; the invariants after every step."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from random import SystemRandom
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from msgspec import Struct
from msgspec.structs import replace

from afsync.core.records import RecordedJob
from afsync.emulator.faults.spec import POINTS
from tests.harness import HEAD
from tests.reliability.lab import CLIPS, LATER, VARIANTS, Lab, Project, Variant
from tests.reliability.processes import Ended
from tests.reliability.worker import Orders
from tests.scale import SCALE, scaled

Recorder = Callable[[str, object], None]

PARTS = 2
HISTORIES = scaled(3)
"""In one part."""
STEPS = 30

NAMES = [f"n{i}" for i in range(6)]
FAULTS = [
    *(f"{point}-then-{how}" for point in POINTS for how in ("close", "reset", "refuse(0.05)")),
    *(
        f"{point}-then-{how}"
        for point in ("headers", "received")
        for how in ("status(401)", "status(400)", "rate-limit")
    ),
    *(f"{point}-then-{how}" for point in ("received", "committed") for how in ("status", "proxy", "not-json")),
    "committed-then-cut-json",
    "committed-then-no-job-id",
    "committed-then-bad-job-id",
]
UNDONE = ["received-then-charge", "received-then-late(1)", "received-then-late(250)"]
PAID = ["POST /jobs#1", "POST /jobs#2", "POST /jobs#3"]
TARGETS = [
    *PAID,
    *PAID,
    "POST /templates#1",
    "PATCH /*#1",
    "DELETE /*#1",
    "GET /*#2",
    "GET /*#4",
    "* /*#3",
    "* /*#6",
    "* /*#9",
]
WAYS = (
    Orders(),
    Orders(torn=True),
    Orders(error="ENOSPC"),
    Orders(error="EIO", broken=True),
    Orders(signals=("SIGTERM",)),
)
ALIVE = ("queued", "running", "scheduled", "processing")
BY_HAND = ("running", "processing", "complete", "published", "failed", "cancelled")


class Job(Struct, frozen=True):
    """A declared job. `mark` and `tone` together are its body's, and no other body has both."""

    mark: int
    tone: str = "calm"
    template: bool = False
    day: int | None = None
    rerun: int | None = None

    @property
    def body(self) -> str:
        return f"m{self.mark} {self.tone}"

    def __str__(self) -> str:
        parts = [f'url: "{CLIPS}m{self.mark}", topic: Topic {self.mark}, tone: {self.tone}']
        parts += ["template: weekly"] if self.template else []
        parts += [f'schedule: "2031-12-{self.day:02}T08:00:00Z"'] if self.day else []
        parts += [f"rerun: {self.rerun}"] if self.rerun else []
        return "{" + ", ".join(parts) + "}"


@dataclass
class Playground(Project):
    """A project that is edited all the time.

    `asked` holds, for each body, what it was asked for when something was applied: so often it may be paid for.
    `purged` are jobs that the service has removed.
    """

    asked: dict[str, set[object]] = field(default_factory=dict)
    purged: dict[str, dict[str, Any]] = field(default_factory=dict)

    def name_of(self, body: Mapping[str, Any]) -> str:
        return f"{super().name_of(body)} {body.get('tone')}"

    def allowed(self, name: str) -> int:
        return len(self.asked.get(name, ()))

    def paid(self) -> dict[str, list[dict[str, Any]]]:
        found = super().paid()
        for job in self.purged.values():
            found.setdefault(self.name_of(job["fields"]), []).append(job)
        return found

    def own(self) -> list[dict[str, Any]]:
        """The jobs that are there, newest first."""
        return self.lab.control.jobs(key=self.key, origin="submitted")

    def check_rest(self, ended: Ended) -> None:
        """Nothing that is alive and was paid for is forgotten; what is declared was made, or somebody is told why
        not; and nothing happens to what is unresolved."""
        recorded = self.recorded
        held = {r.id for r in recorded.resources.values()}
        open_bodies = {self.name_of(i.declared) for i in recorded.intents}
        for job in self.own():
            forgotten = job["job_id"] not in held and self.name_of(job["fields"]) not in open_bodies
            if forgotten and (job["status"] in ALIVE or (job["status"] == "complete" and job["publish_at"])):
                self.wrong(f"{job['job_id']} ({job['fields']['url']}) is paid for and forgotten: {ended}")
        if recorded.intents:
            self._check_blocked({i.address for i in recorded.intents})
        elif ended.code not in (0, 1, 4) or (ended.code == 1 and "publish time" not in ended.out):
            self.wrong(f"at rest with exit {ended.code}: {ended}")
        elif ended.code == 0:
            for name in self.jobs:
                if not isinstance(recorded.resources.get(f"job.{name}"), RecordedJob):
                    self.wrong(f"job.{name} is declared, and not made: {ended}")


class Machine(RuleBasedStateMachine):
    """What a team, a service and a bad network do to one project."""

    lab: Lab
    tally: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.marks = count(1)
        self.jobs: dict[str, Job] = {}
        self.names: dict[str, str] = {}
        self.template = 0

    @initialize(variant=st.sampled_from(VARIANTS), lag=st.sampled_from([0, 0, 300]))
    def start(self, variant: Variant, lag: int) -> None:
        project = self.lab.project(variant, list_lag=lag)
        self.project = Playground(project.root, project.lab, project.key, variant, strangers=project.strangers)
        self.add("n0", template=True, day=1)

    # --- edits ---

    def write(self) -> None:
        api = "api: {exclusive: true}\n" if self.project.variant.exclusive else ""
        tone = ("hype", "calm", "dry")[self.template % 3]
        text = (
            f"templates:\n  weekly: {{name: Weekly, format: short, productionProfile: vertical_reel, tone: {tone}}}\n"
        )
        text += "jobs:\n" + "".join(f"  {name}: {job}\n" for name, job in self.jobs.items())
        text += "limits: {max_deletes: 100%}\n"
        (self.project.root / "afsync.yaml").write_text(HEAD + api + text, encoding="utf-8")
        self.project.jobs = {name: str(job) for name, job in self.jobs.items()}

    def declare(self, name: str, job: Job) -> None:
        self.jobs[name] = job
        self.write()

    def some_name(self, which: int) -> str:
        return sorted(self.jobs)[which % len(self.jobs)]

    @rule(name=st.sampled_from(NAMES), template=st.booleans(), day=st.none() | st.integers(1, 28))
    def add(self, name: str, template: bool, day: int | None) -> None:
        if name not in self.jobs:
            self.declare(name, Job(next(self.marks), template=template, day=day))

    @precondition(lambda self: len(self.jobs) > 1)
    @rule(which=st.integers(0, 5))
    def remove(self, which: int) -> None:
        del self.jobs[self.some_name(which)]
        self.write()

    @rule(which=st.integers(0, 5), anew=st.booleans())
    def edit_body(self, which: int, anew: bool) -> None:
        """Another source, or only another tone."""
        name = self.some_name(which)
        job = self.jobs[name]
        self.declare(name, replace(job, mark=next(self.marks)) if anew else replace(job, tone=job.tone + "er"))

    @rule(which=st.integers(0, 5), day=st.integers(1, 28))
    def edit_schedule(self, which: int, day: int) -> None:
        name = self.some_name(which)
        self.declare(name, replace(self.jobs[name], day=day))

    @rule(which=st.integers(0, 5))
    def submit_again(self, which: int) -> None:
        name = self.some_name(which)
        job = self.jobs[name]
        self.declare(name, replace(job, rerun=(job.rerun or 0) + 1))

    @rule(which=st.integers(0, 5), new=st.sampled_from(NAMES))
    def rename(self, which: int, new: str) -> None:
        if new not in self.jobs:
            self.declare(new, self.jobs.pop(self.some_name(which)))

    @rule()
    def edit_template(self) -> None:
        self.template += 1
        self.write()

    # --- applies ---

    def applying(self) -> None:
        """What is declared now is asked for: once for each value of `rerun`. A body that is declared under another
        name, while its old name stands for something else, is no renamed job: it is asked for once more."""
        for name, job in self.jobs.items():
            before = self.names.get(job.body, name)
            swapped = before != name and before in self.jobs
            self.project.asked.setdefault(job.body, set()).add((job.rerun, name) if swapped else job.rerun)
        self.names |= {job.body: name for name, job in self.jobs.items()}

    def note(self, what: str, ended: Ended | None) -> None:
        self.tally[what] += 1
        self.lab.settle()
        self.lab.control.clear_faults()
        self.project.check(ended)
        assert not self.project.violations, self.project.violations

    @rule()
    def apply(self) -> None:
        self.applying()
        self.note("applies", self.project.run("apply", "--auto-approve"))

    @rule(request=st.sampled_from(TARGETS), fault=st.sampled_from(FAULTS))
    def apply_on_a_bad_day(self, request: str, fault: str) -> None:
        self.applying()
        self.lab.control.fault(f"{request}: {fault}")
        self.note("applies with a fault", self.project.run("apply", "--auto-approve"))

    @rule(request=st.sampled_from(PAID), fault=st.sampled_from(UNDONE))
    def apply_on_a_worse_day(self, request: str, fault: str) -> None:
        self.applying()
        self.lab.control.fault(f"{request}: {fault}")
        self.note("applies with a fault", self.project.run("apply", "--auto-approve"))

    @rule(request=st.sampled_from(TARGETS), point=st.sampled_from(sorted(POINTS)), drop=st.booleans())
    def apply_killed_at_a_request(self, request: str, point: str, drop: bool) -> None:
        self.applying()
        self.lab.control.fault(f"{request}: {point}-then-hold")
        process = self.project.start("apply", "--auto-approve")
        while process.alive() and not self.lab.control.held(0.05):
            pass
        ended = process.kill()
        self.lab.control.release(drop=drop)
        self.note("kills at a request", ended if ended.code >= 0 else None)

    @rule(which=st.integers(0, 5), to=st.sampled_from(BY_HAND))
    def apply_while_a_job_gets_on(self, which: int, to: str) -> None:
        """After it was listed, so that what is planned for it comes too late."""
        if job := self.some_job(which, *ALIVE):
            self.lab.control.rehearse("GET /jobs#1", {"call": "advance", "to": to, "job_ids": [job]})
        self.applying()
        self.note("applies while a job gets on", self.project.run("apply", "--auto-approve"))

    @precondition(lambda self: not self.project.variant.exclusive)
    @rule(request=st.sampled_from(PAID), lost=st.booleans())
    def apply_while_somebody_submits(self, request: str, lost: bool) -> None:
        seed = {"call": "seed", "key": self.project.key, "status": "queued", "fields": self.of_somebody_else()}
        self.lab.control.rehearse("GET /jobs#1", seed)
        if lost:
            self.lab.control.fault(f"{request}: committed-then-close")
        self.applying()
        self.note("applies while somebody submits", self.project.run("apply", "--auto-approve"))

    @rule(call=st.integers(1, 60), way=st.sampled_from(WAYS))
    def apply_on_a_bad_disk(self, call: int, way: Orders) -> None:
        self.applying()
        ended = self.project.run("apply", "--auto-approve", orders=replace(way, at=call))
        self.note("kills, errors and signals at a write", ended if ended.code >= 0 else None)

    @rule()
    def decide(self) -> None:
        """A person says what became of what is open, once the service has come to an end with it."""
        self.lab.pass_time(LATER)
        self.applying()
        self.project.run("apply", "--auto-approve")
        self.project.decide()
        self.note("decisions", None)

    # --- hands in the account, and time ---

    def some_job(self, which: int, *statuses: str) -> str | None:
        own = [job["job_id"] for job in self.project.own() if job["status"] in statuses]
        return own[which % len(own)] if own else None

    @rule(which=st.integers(0, 5), to=st.sampled_from(BY_HAND))
    def produce(self, which: int, to: str) -> None:
        if job := self.some_job(which, *ALIVE):
            self.lab.control.advance(to, job_ids=[job])

    @rule(which=st.integers(0, 5))
    def schedule_by_hand(self, which: int) -> None:
        if job := self.some_job(which, *ALIVE[:3]):
            moment = {"scheduledAt": "2031-12-31T00:00:00Z", "scheduledPublishAt": "2031-12-31T00:00:00Z"}
            self.call("PATCH", f"/jobs/{job}/schedule", moment)

    def call(self, method: str, path: str, body: Any) -> None:
        headers = {"Authorization": f"Bearer {self.project.key}", "Content-Type": "application/json"}
        request = Request(self.lab.emulator.url + path, json.dumps(body).encode(), headers, method=method)
        build_opener(ProxyHandler({})).open(request, timeout=10).close()

    @precondition(lambda self: not self.project.variant.exclusive)
    @rule()
    def somebody_else_submits(self) -> None:
        self.lab.control.seed(key=self.project.key, status="queued", fields=self.of_somebody_else())

    def of_somebody_else(self) -> dict[str, str]:
        return {"url": f"https://elsewhere/{len(self.project.strangers)}", "topic": "Other"}

    @rule()
    def purge(self) -> None:
        """The service removes what is finished, but not while it is looked for."""
        held = {record.id for record in self.project.recorded.resources.values()}
        for job in self.project.own():
            if job["status"] in ("published", "failed", "cancelled") and job["job_id"] in held:
                self.project.purged[job["job_id"]] = job
                self.lab.control.purge(job_ids=[job["job_id"]])

    @rule(seconds=st.sampled_from([1.0, 61.0, LATER, 86_400.0]))
    def wait(self, seconds: float) -> None:
        self.lab.pass_time(seconds)

    def teardown(self) -> None:
        """The bad days are over: it comes to rest, with the help of a person if need be."""
        if not hasattr(self, "project") or self.project.violations:
            return
        self.applying()
        self.lab.control.options(list_lag=0)
        self.lab.pass_time(LATER)
        self.project.until_rest()
        self.project.decide()
        ended = self.project.until_rest()
        if self.project.recorded.intents:
            self.project.wrong(f"a person has decided, and something is open still: {ended}")
        assert not self.project.violations, self.project.violations


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_comes(part: int, laboratory: Lab, record_property: Recorder) -> None:
    """In CI the same histories every time; with AFSYNC_SCALE, more of them, and others each time."""

    tallied: Counter[str] = Counter()

    class Bound(Machine):
        lab = laboratory
        tally = tallied

    chosen = part if SCALE <= 1 else SystemRandom().getrandbits(64)
    run_state_machine_as_test(
        seed(chosen)(Bound),
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=STEPS,
            deadline=None,
            report_multiple_bugs=False,
            database=None,
            # A history takes seconds, and shrinking one that fails takes hundreds of them.
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
    told = ", ".join(f"{n} {what}" for what, n in sorted(tallied.items()))
    record_property("figure", f"state machine, part {part}: {HISTORIES} histories, {told}, 0 violations")
