"""A project of three jobs, the service it talks to, and what must hold of the two after everything that happens."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from afsync.core.recorded import Recorded, RecordedJob
from afsync.emulator import ControlClient, Running, running
from afsync.errors import StateError
from afsync.store.local import LocalStore
from afsync.store.paths import Paths
from tests.harness import HEAD, Sandbox
from tests.reliability.processes import HURRIED, PATIENCE, Ended, Process, Worker
from tests.reliability.worker import Orders

SCALE = float(os.environ.get("AFSYNC_SCALE", "1"))
"""From 10 on the slices that a CI run takes become everything there is."""
EVERYTHING = SCALE >= 10

CREDITS = 50
LATER = 660.0
"""Seconds between two unattended applies: more than the quarantine of ten minutes."""
RUNS = 8

TEMPLATE = "templates:\n  weekly: {name: Weekly, format: short, platforms: [tiktok]}\n"
JOBS = {
    "a": '{template: weekly, url: "https://clips.twitch.tv/a", topic: Topic A, schedule: "2031-12-01T08:00:00Z"}',
    "b": '{template: weekly, url: "https://clips.twitch.tv/b", topic: Topic B}',
    "c": '{url: "https://clips.twitch.tv/c", topic: Topic C, schedule: "2031-12-02T09:00:00Z"}',
}
PUBLISHED = {"a": "2031-12-01T08:00:00Z", "b": None, "c": "2031-12-02T09:00:00Z"}


@dataclass(frozen=True)
class Variant:
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
)


def text_of(jobs: Mapping[str, str] = JOBS, *, exclusive: bool = False) -> str:
    """The project's file."""
    api = "api: {exclusive: true}\n" if exclusive else ""
    return HEAD + api + TEMPLATE + "jobs:\n" + "".join(f"  {name}: {job}\n" for name, job in jobs.items())


class Lab:
    """An emulator, a worker, and a place for projects; time passes for both at once."""

    def __init__(self, emulator: Running, worker: Worker, folder: Path) -> None:
        self.emulator = emulator
        self.worker = worker
        self.folder = folder
        self.clock = 0.0
        self._numbers: Iterator[int] = count(1)
        self._under_way = 0
        self._idle = threading.Condition()
        self._watch_requests()
        self._pristine = folder / "pristine"
        self._pristine.mkdir()
        (self._pristine / "afsync.yaml").write_text(text_of(), encoding="utf-8")
        Sandbox(self._pristine, emulator, "af_live_pristine").ok("init")

    @property
    def control(self) -> ControlClient:
        return self.emulator.control

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

    def settle(self) -> None:
        """Wait until the service is at work on nothing any more."""
        with self._idle:
            assert self._idle.wait_for(lambda: self._under_way == 0, PATIENCE), "a request does not come to an end"

    def pass_time(self, seconds: float) -> None:
        self.clock += seconds
        self.control.advance_clock(seconds)

    def project(self, variant: Variant = VARIANTS[0], **options: Any) -> Project:
        """A new project with an account of its own, in which others have jobs already."""
        number = next(self._numbers)
        self.control.clear_faults()
        self.control.clear_requests()
        self.control.options(dialect=variant.dialect, echo=variant.echo, **options)
        root = self.folder / f"p{number}"
        shutil.copytree(self._pristine, root)
        (root / "afsync.yaml").write_text(text_of(exclusive=variant.exclusive), encoding="utf-8")
        project = Project(root, self.emulator, f"af_live_p{number}", self, variant)
        project.take_in_strangers()
        return project


@dataclass
class Project(Sandbox):
    """One account and one folder."""

    key: str = ""
    lab: Lab = field(kw_only=True)
    variant: Variant = field(kw_only=True)
    violations: list[str] = field(default_factory=list)
    strangers: dict[str, Any] = field(default_factory=dict)
