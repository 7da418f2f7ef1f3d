"""Several runners and one state elsewhere: killed at any request of the store, overtaken at any, their disks deleted.

All of it in this process: a killed runner is one whose store raises, and goes on raising, what nothing catches. The
other runs happen inside of a request of the first, so that they come between any two of its steps.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from afsync.emulator import Running
from afsync.store import opening
from afsync.store.remote.store import RemoteStore
from afsync.store.remote.versions import unpack
from tests.harness import Sandbox
from tests.scale import seeds
from tests.store.engines import KEY, Cloud, Fault, MemoryBackend

SEEDS = seeds(20)
PROJECT = f"""\
state: s3://states/{KEY}
templates:
  t: {{name: T, format: short, platforms: [tiktok]}}
jobs:
  a: {{template: t, url: https://clips.twitch.tv/one, topic: One, schedule: 2031-12-01 09:00}}
  b: {{template: t, url: https://clips.twitch.tv/two, topic: Two}}
"""
HONEST = (Fault.UNCLEAR, Fault.UNCLEAR_DONE, Fault.DENIED, Fault.DENIED_DONE, Fault.REFUSED)
REQUESTS = 70
"""About as many as a whole apply makes of the store."""
DEEPEST = 3


class Killed(BaseException):
    """The process is gone; nothing catches this."""


class Runner:
    """One process, in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.dead = False


class Watched(MemoryBackend):
    """A connection of one runner, in which a story happens before each request, and after each write."""

    def __init__(self, story: Story, runner: Runner) -> None:
        super().__init__(story.cloud)
        self._story, self._runner = story, runner

    def _asked(self, what: str, key: str) -> None:
        self._story.happens(self._runner)
        super()._asked(what, key)

    def put(self, key: str, data: bytes, if_version: str | None) -> str:
        version = super().put(key, data, if_version)
        self._story.happens(self._runner)
        return version


class Story:
    """What happens in one case, drawn from its seed."""

    def __init__(self, root: Path, emulator: Running, seed: int) -> None:
        self.root, self.emulator, self.key = root, emulator, f"af_live_shared_{seed}"
        self.cloud, self.chance = Cloud(), random.Random(seed)
        self.ahead = datetime.fromisoformat(emulator.control.now()) - datetime.now(UTC)
        self.events = {self.chance.randrange(REQUESTS * 2): self._event() for _ in range(self.chance.randint(1, 7))}
        self.requests = 0
        self.running: list[Runner] = []
        self.boxes: list[Sandbox] = []
        self.folders: list[Path] = []
        self.project = PROJECT
        self.told: list[str] = []

    def _event(self) -> Callable[[Runner], None]:
        return self.chance.choice([self._kill, self._kill, self._other, self._other, self._suspended, self._fault])

    def happens(self, runner: Runner) -> None:
        if runner.dead:
            raise Killed
        self.requests += 1
        event = self.events.pop(self.requests, None)
        if event is not None:
            event(runner)

    def _kill(self, runner: Runner) -> None:
        self.told.append(f"{self.requests}: {runner.root.name} killed")
        runner.dead = True
        raise Killed

    def _other(self, _runner: Runner) -> None:
        if len(self.running) < DEEPEST:
            # A lock can be taken over too early where its holder could not renew it.
            self.cloud.time += timedelta(minutes=self.chance.choice([0, 20]))
            self.told.append(f"{self.requests}: another begins")
            self.run()

    def _suspended(self, runner: Runner) -> None:
        """The machine sleeps so long that others take everything over and decide, then goes on where it was."""
        self.told.append(f"{self.requests}: {runner.root.name} sleeps")
        for _ in range(3):
            self.pass_time(20)
            self._other(runner)

    def pass_time(self, minutes: int) -> None:
        """For everyone: the store, the service and all runners."""
        span = timedelta(minutes=minutes)
        self.cloud.time += span
        self.ahead += span
        self.emulator.control.advance_clock(span.total_seconds())
        for box in self.boxes:
            box.ahead = self.ahead

    def _fault(self, _runner: Runner) -> None:
        faults = self.chance.choices(HONEST, k=self.chance.randint(1, 2))
        self.told.append(f"{self.requests}: {faults}")
        self.cloud.faults.extend(faults)

    def box(self, root: Path) -> Sandbox:
        box = Sandbox(root, self.emulator, key=self.key, ahead=self.ahead)
        self.boxes.append(box)
        return box

    def run(self, root: Path | None = None, *args: str) -> int | None:
        """Another runner, in a fresh clone; its exit code, None when it was killed."""
        if root is None:
            root = self.root / f"runner-{len(self.folders)}"
            root.mkdir()
            self.folders.append(root)
        runner = Runner(root)
        box = self.box(root)
        box.write(self.project)
        self.running.append(runner)
        try:
            done = box.call(*(args or ("apply", "--auto-approve")))
        except Killed:
            if self.chance.random() < 0.5:
                shutil.rmtree(root / ".afsync", ignore_errors=True)
            return None
        finally:
            self.running.pop()
            self.nothing_was_paid_twice()
        self.told.append(f"{self.requests}: {root.name} {args[:1]} exit {done.code} {done.err[:300]}")
        return done.code

    def nothing_was_paid_twice(self) -> None:
        jobs = Counter(str(job["submitted"]["topic"]) for job in self.emulator.control.jobs(key=self.key))
        assert max(jobs.values(), default=0) <= 1, (jobs, self.told)

    def settle(self) -> None:
        """Nothing goes wrong any more: all that is left has to come to an end, with at most a word from a person."""
        self.events.clear()
        self.cloud.faults.clear()
        for attempt in range(8):
            self.pass_time(20)
            survivors = [folder for folder in self.folders if list(folder.glob(".afsync/*.recovery-*"))]
            code = self.run(survivors[0] if survivors else None)
            if code == 0:
                break
            assert code == 3, (attempt, code, self.told)
            self._resolve()
        jobs = Counter(str(job["submitted"]["topic"]) for job in self.emulator.control.jobs(key=self.key))
        assert jobs == {"One": 1, "Two": 1}, (jobs, self.told)
        assert self.run(self.folders[-1], "plan", "--detailed-exitcode") == 0, self.told

    def _resolve(self) -> None:
        """A person looks into the account, and says what is there."""
        made = {str(job["submitted"]["topic"]): str(job["job_id"]) for job in self.emulator.control.jobs(key=self.key)}
        open_ = [i.address for i in unpack(self.cloud.kept[KEY].data).recorded.submissions]
        topics = {"job.a": "One", "job.b": "Two"}
        # While a job is there that could be either of two, neither can be called absent.
        for address in sorted(topics.keys() & set(open_), key=lambda a: topics[a] not in made):
            found = made.get(topics[address])
            self.pass_time(20)
            said = ("--adopt", found) if found else ("--absent",)
            assert self.run(self.folders[-1], "resolve", address, *said) == 0, self.told


_rescue = RemoteStore.rescue


def _rescued(store: RemoteStore, *args: Any) -> Path | None:
    """A process that is gone rescues nothing."""
    return None if isinstance(sys.exception(), Killed) else _rescue(store, *args)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_nothing_is_ever_paid_twice(
    tmp_path: Path, emulator: Running, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    story = Story(tmp_path, emulator, seed)
    monkeypatch.setattr(opening, "_backend", lambda *_: Watched(story, story.running[-1]))
    monkeypatch.setattr(RemoteStore, "rescue", _rescued)
    monkeypatch.setattr(opening, "PAUSE", 0.0)
    if story.chance.random() < 0.3:
        emulator.control.fault(f"POST /jobs#{story.chance.randint(1, 2)}: committed-then-close")
    try:
        assert story.run(None, "init") in (0, 7, None)
        if KEY not in story.cloud.kept:
            story.cloud.faults.clear()
            story.events.clear()
            assert story.run(None, "init") == 0, story.told
        for _ in range(3):
            story.run()
        story.settle()
    finally:
        emulator.control.clear_faults()


@pytest.mark.parametrize("number", range(14, 34) if SEEDS > 100 else [19, 23])
def test_a_machine_that_slept_pays_nothing_that_another_has_paid(
    tmp_path: Path, emulator: Running, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Between the write of an intent and the submission, another run may have found nothing and submitted it."""
    story = Story(tmp_path, emulator, 10_000 + number)
    monkeypatch.setattr(opening, "_backend", lambda *_: Watched(story, story.running[-1]))
    monkeypatch.setattr(RemoteStore, "rescue", _rescued)
    story.events.clear()
    story.project += "api: {exclusive: true}\n"
    assert story.run(None, "init") == 0
    story.events[story.requests + number] = story._suspended
    story.run()
    story.settle()
