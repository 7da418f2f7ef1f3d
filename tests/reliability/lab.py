"""A project of three jobs, the service it talks to, and what must hold of the two after everything that happens."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.records import RecordedJob, RecordedTemplate
from afsync.core.state import Recorded
from afsync.emulator import ControlClient, Running, running
from afsync.emulator.control.app import CALLS
from afsync.errors import StateError
from afsync.store.disk import Disk
from afsync.store.local import LocalStore
from afsync.store.paths import Paths
from afsync.store.state_reader import load
from tests.harness import HEAD, Sandbox
from tests.reliability.processes import HURRIED, PATIENCE, Ended, Process, Worker
from tests.reliability.worker import Orders

CREDITS = 50
LATER = 660.0
"""Seconds between two unattended applies: more than the quarantine of ten minutes."""
RUNS = 8

CLIPS = "https://clips.twitch.tv/"
TEMPLATE = "templates:\n  weekly: {name: Weekly, format: short, platforms: [tiktok]}\n"
JOBS = {
    "a": '{template: weekly, url: "https://clips.twitch.tv/a", topic: Topic A, schedule: "2031-12-01T08:00:00Z"}',
    "b": '{template: weekly, url: "https://clips.twitch.tv/b", topic: Topic B, schedule: "2031-12-02T09:00:00Z"}',
    "c": '{url: "https://clips.twitch.tv/c", topic: Topic C}',
}
PUBLISHED = {"a": "2031-12-01T08:00:00Z", "b": "2031-12-02T09:00:00Z", "c": None}


class Variant(Struct, frozen=True):
    """How the service behaves and what the project says of the account."""

    dialect: str = "deployed"
    echo: str = "normal"
    exclusive: bool = False

    def __str__(self) -> str:
        return f"{self.dialect}, {'exclusive' if self.exclusive else 'shared'}"


VARIANTS = (
    Variant(),
    Variant("documented", "minimum", exclusive=True),
    Variant("documented", "minimum"),
    Variant(exclusive=True),
    Variant("router"),
    Variant("router", exclusive=True),
)


def text_of(jobs: Mapping[str, str] = JOBS, *, exclusive: bool = False) -> str:
    """The project's file."""
    api = "api: {exclusive: true}\n" if exclusive else ""
    return HEAD + api + TEMPLATE + "jobs:\n" + "".join(f"  {name}: {job}\n" for name, job in jobs.items())


class Control(ControlClient):
    """The control calls without the way over a socket, except for those that wait."""

    def __init__(self, emulator: Running) -> None:
        super().__init__(emulator.control.base)
        self._service = emulator.emulator.service

    def call(self, method: str, path: str, /, **arguments: Any) -> Any:
        if path == "/holds":
            return super().call(method, path, **arguments)
        return CALLS[method, path](self._service, arguments)


class Lab:
    """An emulator, a worker, and a place for projects; time passes for both at once."""

    def __init__(self, emulator: Running, folder: Path) -> None:
        self.emulator = emulator
        self.control = Control(emulator)
        self.folder = folder
        self.clock = 0.0
        self._numbers: Iterator[int] = count(1)
        self._under_way = 0
        self._idle = threading.Condition()
        self._watch_requests()
        self._places: dict[Worker, Path] = {}
        self._pristine = folder / "pristine"
        self._pristine.mkdir()
        (self._pristine / "afsync.yaml").write_text(text_of(), encoding="utf-8")
        Sandbox(self._pristine, emulator, "af_live_pristine").ok("init")
        self._workers: list[Worker] = []
        self.worker = self.hire()

    def hire(self) -> Worker:
        """One more worker; it lasts as long as the lab."""
        self.control.clear_faults()
        number = len(self._workers)
        practice = self.folder / f"practice{number}"
        shutil.copytree(self._pristine, practice)
        box = Sandbox(practice, self.emulator, f"af_live_practice{number}")
        apply = ["apply", "--auto-approve"]
        commands = (apply, apply, ["plan", "--json"], ["resolve", "job.a", "--absent"])
        worker = Worker(box.environ(), *(["-C", str(practice), *args] for args in commands))
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        for worker in self._workers:
            worker.close()

    def _watch_requests(self) -> None:
        """Count what the service is at work on, so that `settle` can wait for the end of what nobody waits for."""
        emulator: Any = self.emulator.emulator
        api = emulator._api

        async def counted(*args: Any) -> None:
            with self._idle:
                self._under_way += 1
            try:
                await api(*args)
            finally:
                with self._idle:
                    self._under_way -= 1
                    self._idle.notify_all()

        emulator._api = counted

    def until_held(self, alive: Callable[[], bool]) -> None:
        """Wait until a request is held; in vain when whoever was to send it has ended."""
        wait_for(lambda: bool(self.control.held(0.2)) or not alive(), "a request is held")
        assert self.control.held(0), "it ended before a request was held"

    def settle(self) -> None:
        """Wait until the service is at work on nothing any more."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._under_way == 0, PATIENCE), "a request does not come to an end"

    def place(self, worker: Worker) -> Path:
        """Where what this worker's commands print goes."""
        if worker not in self._places:
            self._places[worker] = self.folder / f"out{len(self._places)}"
            self._places[worker].mkdir()
        return self._places[worker]

    def pass_time(self, seconds: float) -> None:
        self.clock += seconds
        self.control.advance_clock(seconds)

    def project(self, variant: Variant = VARIANTS[0], **options: Any) -> Project:
        """A new project with an account of its own; where it is not exclusive, others have jobs in it already."""
        number = self.prepare(variant, **options)
        root = self.folder / f"p{number}"
        shutil.copytree(self._pristine, root)
        (root / "afsync.yaml").write_text(text_of(exclusive=variant.exclusive), encoding="utf-8")
        project = Project(root, self, f"af_live_p{number}", variant)
        if not variant.exclusive:
            project.take_in_strangers()
        return project

    def prepare(self, variant: Variant = VARIANTS[0], **options: Any) -> int:
        """Forget what was, for one more project; its number."""
        self.control.clear_faults()
        self.control.clear_requests()
        self.control.options(dialect=variant.dialect, echo=variant.echo, **{"rpm": 1_000_000, **options})
        return next(self._numbers)


class Snapshot(Struct, frozen=True):
    """What the state and the account hold, as far as it matters to whether anything still moves."""

    state: Any
    jobs: tuple[tuple[str, str, str | None], ...]
    templates: tuple[str, ...]


@dataclass
class Project:
    """One folder and one account. What does not hold is collected in `violations`."""

    root: Path
    lab: Lab
    key: str
    variant: Variant
    jobs: Mapping[str, str] = field(default_factory=lambda: JOBS)
    violations: list[str] = field(default_factory=list)
    strangers: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    reads: int = 0

    # --- what is done ---

    @property
    def sandbox(self) -> Sandbox:
        return Sandbox(self.root, self.lab.emulator, self.key)

    @property
    def store(self) -> LocalStore:
        folder = self.root / ".afsync"
        return LocalStore(Paths(folder / "state.json", folder), afsync_version="test")

    @property
    def recorded(self) -> Recorded:
        """The state as it is on disk; what waits in recovery files is not in it."""
        return self.store.read(unmerged=True)[0]

    def start(
        self, *args: str, orders: Orders = HURRIED, env: Mapping[str, str] | None = None, worker: Worker | None = None
    ) -> Process:
        """Run a command in the background; the clock is the lab's, and the quarantine the real one."""
        fixed = {"AFSYNC_QUARANTINE": "10m", "TMPDIR": str(self.root)}
        chosen = self.sandbox.environ({**fixed, **self.environment, **(env or {})})
        orders = replace(orders, clock=self.lab.clock)
        worker = worker or self.lab.worker
        args = ("-C", str(self.root), *args)
        return worker.start(args, env=chosen, folder=self.lab.place(worker), orders=orders)

    def run(self, *args: str, orders: Orders = HURRIED) -> Ended:
        return self.start(*args, orders=orders).wait()

    def apply(self, orders: Orders = HURRIED) -> Ended:
        """One unattended apply, and the invariants after it."""
        ended = self.run("apply", "--auto-approve", orders=orders)
        self.check(ended)
        return ended

    def until_rest(self) -> Ended:
        """Unattended applies, the first at once and then one every eleven minutes, until nothing changes."""
        ended = self.apply()
        for _ in range(RUNS):
            before = self.snapshot()
            self.lab.pass_time(LATER)
            ended = self.apply()
            if self.snapshot() == before:
                break
        else:
            self.wrong(f"it does not come to rest; the last exit code is {ended.code}")
        self.check_rest(ended)
        return ended

    def decide(self) -> None:
        """What a person who knows the truth says of every open submission."""
        for intent in self.recorded.intents:
            held = {r.id for r in self.recorded.resources.values()}
            paid = self.paid().get(self.name_of(intent.declared), ())
            ours = [j["job_id"] for j in paid if j["job_id"] not in held and j["job_id"] not in intent.known]
            if ours:
                self._say(intent.address, "--adopt", ours[0])
                continue
            seen = {job for scan in intent.scans for job in scan.new} | self.strangers.keys()
            for stranger in sorted(seen & self.strangers.keys()):
                self._say(intent.address, "--foreign", stranger)
            self._say(intent.address, "--absent")

    def say_whose(self) -> None:
        """What a person who knows the truth says of the jobs that make the state look old."""
        held = {r.id for r in self.recorded.resources.values()}
        ours = [j["job_id"] for jobs in self.paid().values() for j in jobs if j["job_id"] not in held]
        ended = self.run("import", "--match", "--auto-approve") if ours else self.run("import", "--none")
        if ended.code != 0:
            self.wrong(f"import: exit {ended.code}: {ended.out} {ended.err}")

    def _say(self, *args: str) -> None:
        ended = self.run("resolve", *args)
        if ended.code != 0:
            self.wrong(f"resolve {' '.join(args)}: exit {ended.code}: {ended.err}")

    # --- what is there ---

    def paid(self) -> dict[str, list[dict[str, Any]]]:
        """The jobs that were submitted, by the name they are declared under; `?` for a job nobody declared."""
        found: dict[str, list[dict[str, Any]]] = {}
        for job in self.lab.control.jobs(key=self.key, origin="submitted"):
            found.setdefault(self.name_of(job["fields"]), []).append(job)
        return found

    def name_of(self, body: Mapping[str, Any]) -> str:
        """What a body was declared as."""
        return str(body.get("url", "?")).removeprefix(CLIPS)

    def allowed(self, name: str) -> int:
        """How often it may be paid for."""
        return int(name in self.jobs)

    def take_in_strangers(self) -> None:
        """Jobs and a template of others, some of them still to be produced."""
        control = self.lab.control
        others = {"url": "https://elsewhere/{n}", "topic": "Other {n}"}
        for status in ("queued", "published"):
            control.seed(key=self.key, count=2, status=status, age=3600, fields=others)
        self._remember_strangers()

    def _remember_strangers(self) -> None:
        for job in self.lab.control.jobs(key=self.key, origin="seeded"):
            self.strangers.setdefault(job["job_id"], job)

    def snapshot(self) -> Snapshot:
        recorded = replace(self.recorded, serial=0)
        jobs = self.lab.control.jobs(key=self.key)
        templates = self.lab.control.templates(key=self.key)
        return Snapshot(
            recorded,
            tuple((j["job_id"], j["status"], j["publish_at"]) for j in jobs),
            tuple(t["id"] for t in templates),
        )

    # --- what must hold ---

    def wrong(self, text: str) -> None:
        self.violations.append(text)

    def check(self, ended: Ended | None = None) -> None:
        """After every step, whatever it was. `ended` is the command, unless it was killed."""
        self._remember_strangers()
        recorded = self._readable()
        if recorded is None:
            return
        self._check_money()
        self._check_ids(recorded)
        self._check_strangers()
        self._check_files()
        if ended is not None:
            self._check_exit(recorded, ended)

    def _readable(self) -> Recorded | None:
        try:
            return self.recorded
        except StateError as error:
            self.wrong(f"the state cannot be read: {error}")
            return None

    def _check_money(self) -> None:
        paid = self.paid()
        for name, jobs in paid.items():
            if len(jobs) > self.allowed(name):
                self.wrong(f"{name} was paid for {len(jobs)} times: {[j['job_id'] for j in jobs]}")
        ledger = self.lab.control.ledger(key=self.key)
        taken = -sum(entry["amount"] for entry in ledger if entry["amount"] < 0)
        lost = -sum(entry["amount"] for entry in ledger if entry["reason"] == "job_creation_failed")
        if taken - lost != sum(job["credits"] for jobs in paid.values() for job in jobs):
            self.wrong(f"{taken} credits were taken for {paid}")

    def _check_ids(self, recorded: Recorded) -> None:
        made = {job["job_id"]: job["fields"]["url"] for jobs in self.paid().values() for job in jobs}
        templates = {t["id"] for t in self.lab.control.templates(key=self.key)}
        for address, record in recorded.resources.items():
            if isinstance(record, RecordedJob) and made.get(record.id) != record.declared["url"]:
                self.wrong(f"{address} is recorded as {record.id}, which was made from {made.get(record.id)}")
            if isinstance(record, RecordedTemplate) and record.id not in templates:
                self.wrong(f"{address} is recorded as {record.id}, which does not exist")

    def _check_strangers(self) -> None:
        now = {job["job_id"]: job for job in self.lab.control.jobs(key=self.key, origin="seeded")}
        for job_id, before in self.strangers.items():
            if now.get(job_id) != before:
                self.wrong(f"{job_id} of somebody else was {before} and is {now.get(job_id)}")

    def _check_files(self) -> None:
        left = self.temporary_files()
        if len(left) > 3:
            self.wrong(f"temporary files pile up: {left}")

    def temporary_files(self) -> list[str]:
        return sorted(p.name for p in (self.root / ".afsync").rglob("*") if p.name.endswith(".tmp"))

    def _check_exit(self, recorded: Recorded, ended: Ended) -> None:
        if "Traceback" in ended.err or "bug in afsync" in ended.err:
            self.wrong(f"it broke down: {ended.err}")
        if ended.code == 2 or ended.code < 0:
            self.wrong(f"exit {ended.code}")
        planned = "Plan:" in ended.out or "No changes." in ended.out
        if (ended.code == 3) is not bool(recorded.intents) and ended.code not in (7, 130, 143) and planned:
            self.wrong(f"exit {ended.code} with {len(recorded.intents)} unresolved: {ended.out} {ended.err}")

    def check_rest(self, ended: Ended) -> None:
        """What must hold once nothing moves any more: all is done, or a person is asked and the rest is done."""
        recorded = self.recorded
        unresolved = {i.address for i in recorded.intents}
        held_back = self._held_back_as_old() if ended.code == 4 else set()
        blocked = unresolved | held_back
        if ended.code not in (0, 3) and not held_back:
            self.wrong(f"at rest with exit {ended.code}: {ended.out} {ended.err}")
        if len(self.temporary_files()) > 1:
            self.wrong(f"temporary files are left: {self.temporary_files()}")
        if self.is_unfolded():
            self.wrong("the journal was not taken into the state")
        if unresolved:
            self._check_blocked(unresolved)
        paid = self.paid()
        for name in self.jobs:
            address = f"job.{name}"
            if address in blocked or ("template" in self.jobs[name] and "template.weekly" in blocked):
                continue
            record = recorded.resources.get(address)
            if len(paid.get(name, ())) != 1 or not isinstance(record, RecordedJob):
                self.wrong(f"{address} is not blocked and was not made: {ended.out} {ended.err}")
            elif paid[name][0]["publish_at"] != PUBLISHED[name]:
                self.wrong(f"{address} is published at {paid[name][0]['publish_at']}")
        templates = [t["id"] for t in self.lab.control.templates(key=self.key)]
        if len(templates) != 1 and not blocked:
            self.wrong(f"there are {len(templates)} templates")

    def is_unfolded(self) -> bool:
        """Whether single writes wait to be put in order."""
        return load(Disk(), self.store.paths).pending

    def _held_back_as_old(self) -> set[str]:
        """What waits for a person only because a job of somebody else cannot be told from it, with a way out."""
        plan = json.loads(self.run("plan", "--json").out)
        problems = plan["violations"]
        if any(p["code"] != "outdated_state" or "import --none" not in p["hint"] for p in problems):
            return set()
        return {p["address"] for p in problems}

    def _check_blocked(self, blocked: set[str]) -> None:
        ended = self.run("plan", "--json")
        if ended.code != 0:
            self.wrong(f"plan: exit {ended.code}: {ended.err}")
            return
        moving = {change["address"] for change in json.loads(ended.out)["changes"]} & blocked
        if moving:
            self.wrong(f"unresolved and still planned: {moving}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Meanwhile the state is read all the time, and must be readable every time."""
        stop = threading.Event()

        def read() -> None:
            while not stop.wait(0.01):
                self._readable()
                self.reads += 1

        thread = threading.Thread(target=read)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Until it is so, which it must be before long."""
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"waited in vain until {what}"
        time.sleep(0.002)


@contextmanager
def lab(folder: Path, **options: Any) -> Iterator[Lab]:
    """A service in which nothing happens by itself and a worker, for as long as the block runs."""
    chosen = {"speed": "manual", "rpm": 1_000_000, "concurrent": 1000, "credits": CREDITS, **options}
    with running(**chosen) as emulator:
        opened = Lab(emulator, folder)
        try:
            yield opened
        finally:
            opened.close()
