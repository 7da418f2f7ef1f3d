"""What every command prints, byte by byte, on a fixed project at a fixed time; and the bytes of state and plan file.

A change that is meant is written down by `AFSYNC_PIN=write`, and then seen in the diff of the texts beside this file.
"""

from __future__ import annotations

import importlib
import itertools
import os
import re
import secrets
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from afsync.command_list import COMMANDS
from afsync.emulator import clock, running
from tests.harness import Done, Sandbox
from tests.locked import worded_by

TEXTS = Path(__file__).parent
WRITE = os.environ.get("AFSYNC_PIN") == "write"
START = datetime(2029, 11, 26, 8, 0, tzinfo=UTC)
"""A Monday."""

SHOWS = """
templates:
  weekly:
    name: Weekly highlights
    tone: hype
    format: short
    platforms: [tiktok, youtube]
  long:
    name: Long read
    format: long
    durationMins: 12
    staging: true
"""
JOBS = """
jobs:
  opening:
    template: weekly
    url: https://clips.twitch.tv/one
    topic: Opening plays
    schedule: "2029-12-01 18:00"
  finals:
    template: weekly
    url: https://clips.twitch.tv/two
    topic: "Finals: the ten best plays"
    schedule: "2029-12-02 20:15"
  review:
    template: long
    url: https://clips.twitch.tv/three
    topic: The year in review
    staging: true
  soon:
    template: weekly
    url: https://clips.twitch.tv/four
    topic: Soon
    schedule: "2029-11-27 12:00"
  briefing:
    template: weekly
    topic: "Briefing ${occurrence.date:%a %-d %b}"
    url: https://clips.twitch.tv/five
    repeat: {every: week, days: [mon, thu], at: "09:00", from: 2029-11-26, until: 2029-12-20}
"""
HEAD = """
horizon: 14d
include: [shows.yaml, jobs.yaml]
limits: {max_credits: 20, max_creates: 20}
policy:
  min_lead: 1h
  budget: {credits: 30, per: month}
"""
WRONG = """
horizon: soon
limits: {max_credits: many, max_deletes: 130%}
templates:
  weekly: {nme: Weekly, tone: hype, durationMins: 0}
jobs:
  a: {template: wekly, url: "not a url", topic: ""}
  b: {template: weekly, url: https://x.example/1, schedule: "2029-02-30 09:00"}
  b: {template: weekly, topic: "${var.shw}"}
  "c d": {template: weekly, url: https://x.example/2, topic: C, platforms: tiktok}
"""


class AtOneTime(Sandbox):
    """Time passes only when a test says so."""

    def now(self) -> datetime:
        return START + self.ahead


class Pinned:
    """Runs commands, and writes down what each printed."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.text = ""

    def __call__(self, *args: str, stdin: str = "", **env: str | None) -> Done:
        return self._write_down(self.sandbox.call(*args, stdin=stdin, env=env), args)

    def run(self, *args: str) -> Done:
        """The same in a process of its own: what click keeps of a command may depend on who asked for it before."""
        return self._write_down(self.sandbox.run(*args), args)

    def _write_down(self, done: Done, args: Sequence[str]) -> Done:
        self.text += f"$ afsync {' '.join(args)}\n{done.out}"
        self.text += f"--- stderr\n{done.err}" if done.err else ""
        self.text += f"--- exit {done.code}\n\n"
        return done

    def file(self, name: str) -> None:
        self.text += f"$ cat {name}\n{(self.sandbox.root / name).read_text('utf-8')}\n--- end\n\n"


def masked(text: str, sandbox: Sandbox) -> str:
    """Without what differs from run to run; ids are numbered as they appear."""
    text = text.replace(str(sandbox.root), "ROOT").replace(str(sandbox.root.resolve()), "ROOT")
    if sandbox.emulator is not None:
        for url, name in ((sandbox.emulator.origin, "SERVICE"), (sandbox.emulator.media, "MEDIA")):
            text = text.replace(url, name).replace(url.removeprefix("http://"), f"{name}-HOST")
    numbers: dict[str, str] = {}

    def numbered(match: re.Match[str]) -> str:
        return numbers.setdefault(match[0], f"ID-{len(numbers) + 1}")

    text = re.sub(r"\b[0-9a-f]{64}\b|\b(?:sha256:)?[0-9a-f]{32}\b|\b(?:tpl|acc|file)_[0-9a-f]+\b", numbered, text)
    text = re.sub(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", numbered, text)
    text = re.sub(r"0\.2\.0\.dev0|\bPython 3\.\d+\.\d+", "VERSION", text)
    text = re.sub(r"after \d+(\.\d+)? s\b", "after N s", text)
    return re.sub(r"(by |who\": \")[\w.-]+@[\w.-]+", r"\1WHO@HOST", text)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """An emulator and commands at one fixed time; it passes when the test says so."""

    with (
        mock.patch.object(clock.Clock, "now", lambda self: clock.to_ms(START) + self.offset_ms),
        mock.patch.object(secrets, "token_hex", lambda n: "5eed" * (n // 2)),
        running(speed="manual", rpm=100_000, concurrent=100, tier="managed") as emulator,
    ):
        root = tmp_path / "shows"
        root.mkdir()
        yield AtOneTime(root, emulator)


@pytest.fixture
def pinned(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Pinned]:
    pin = Pinned(sandbox)
    yield pin
    file = TEXTS / f"{request.node.name.removeprefix('test_')}.txt"
    found = masked(pin.text, sandbox)
    if WRITE:
        file.write_text(found, "utf-8")
    assert found == file.read_text("utf-8"), "see the docstring of this module"


def declared(sandbox: Sandbox, jobs: str = JOBS) -> None:
    sandbox.write(HEAD)
    sandbox.write(SHOWS, "shows.yaml")
    sandbox.write(jobs, "jobs.yaml")
    if not (sandbox.root / ".afsync").exists():
        sandbox.does("init")


@worded_by("click")
def test_help(pinned: Pinned) -> None:
    pinned.run("--help")
    for name in COMMANDS:
        pinned.run(name, "--help")
    for name in ("state", "pipeline", "report"):
        group = importlib.import_module(f"afsync.commands.{name}").command
        for below in group.commands:
            pinned.run(name, below, "--help")


def test_first_apply(pinned: Pinned, sandbox: Sandbox) -> None:
    declared(sandbox)
    pinned("validate")
    pinned("validate", "--format", "json")
    pinned("fmt", "--check")
    pinned("plan")
    pinned("plan", "--offline")
    pinned("plan", "--json")
    pinned("plan", "--format", "markdown")
    pinned("plan", "--detailed-exitcode", "--target", "job.finals")
    pinned("apply")
    pinned("apply", "--auto-approve")
    pinned("plan")
    pinned("apply", "--auto-approve")
    pinned.file(".afsync/state.json")


def test_reading(pinned: Pinned, sandbox: Sandbox) -> None:
    declared(sandbox)
    sandbox.applied()
    for args in (
        ("status",),
        ("status", "--json"),
        ("calendar",),
        ("calendar", "--markdown"),
        ("calendar", "--json"),
        ("calendar", "--csv"),
        ("calendar", "--ics"),
        ("show",),
        ("show", "--json"),
        ("state", "list"),
        ("state", "show", "job.finals"),
        ("intents",),
        ("account",),
        ("account", "--json"),
        ("export",),
        ("export", "--json"),
        ("export", "--csv", "job.briefing"),
        ("result", "job.opening"),
        ("plan", "--refresh-only"),
        ("explain", "jobs.schedule"),
        ("explain", "policy.budget"),
        ("explain", "status.upcoming"),
        ("version",),
    ):
        pinned(*args)


def test_edits(pinned: Pinned, sandbox: Sandbox) -> None:
    declared(sandbox)
    sandbox.applied()
    edited = JOBS.replace("2029-12-02 20:15", "2029-12-03 20:15").replace("Opening plays", "Opening plays, again")
    declared(sandbox, edited.replace("  soon:", "  later:").replace('    schedule: "2029-11-27 12:00"\n', ""))
    pinned("apply", "--auto-approve")
    declared(sandbox, edited.replace("  soon:", "  later:"))
    pinned("plan")
    pinned("plan", "--json")
    pinned("plan", "--format", "markdown")
    saved = str(sandbox.root / "edits.plan")
    pinned("plan", "--out", saved)
    pinned.file("edits.plan")
    pinned("show", saved)
    pinned("apply", saved, "--json")
    pinned("apply", saved)
    pinned("state", "mv", "job.later", "job.moved")
    pinned("state", "rm", "job.later")
    declared(sandbox, JOBS.split("  review:")[0])
    pinned("plan")
    pinned("apply", "--auto-approve", "--target", "job.review")
    pinned("destroy", "--auto-approve")
    pinned.file(".afsync/state.json")


def test_production(pinned: Pinned, sandbox: Sandbox) -> None:
    declared(sandbox)
    sandbox.applied()
    for status in ("running", "complete"):
        sandbox.control.advance(status)
        sandbox.pass_time(hours=1)
        pinned("status")
        pinned("plan")
    pinned("approve", "job.review")
    pinned("approve", "job.review", "--auto-approve")
    pinned("result", "job.opening")
    pinned("result", "job.opening", "--json")
    sandbox.pass_time(days=8)
    pinned("plan")
    pinned("apply", "--auto-approve")
    pinned("calendar")
    pinned("notify")


@worded_by("click")
def test_refusals(pinned: Pinned, sandbox: Sandbox) -> None:
    pinned("plan")
    sandbox.write(WRONG)
    pinned("validate")
    pinned("validate", "--format", "json")
    pinned("plan")
    declared(sandbox)
    pinned("plan", AURAFLUX_API_KEY=None)
    pinned("plan", AURAFLUX_API_KEY="af_other", AURAFLUX_BASE_URL="http://127.0.0.1:9/v1")
    pinned("plan", AURAFLUX_BASE_URL="http://service.example/v1")
    pinned("plan", "--target", "job.finls")
    pinned("plan", "--max-credits", "2")
    pinned("apply", "--auto-approve", "--max-credits", "2")
    pinned("apply", "finals.plan")
    pinned("plan", "--now", "2029-12-01T20:00:00Z")
    pinned("nonsense")
    pinned("plan", "--nonsense")
    pinned("explain", "nonsense")
    pinned("resolve", "job.finals")
    pinned("import", "job.finals", "job_000000000012")
    pinned("force-unlock", "12345678")
    pinned("state", "show", "job.finals")
    pinned("approve", "job.finals")


def test_lost_answers(pinned: Pinned, sandbox: Sandbox) -> None:
    declared(sandbox, JOBS.split("  review:")[0])
    sandbox.control.fault("POST /jobs#2: committed-then-close")
    pinned("apply", "--auto-approve")
    pinned("intents")
    pinned("plan")
    pinned("apply", "--auto-approve")
    pinned("status")


@worded_by("click")
def test_starting(pinned: Pinned, sandbox: Sandbox) -> None:
    numbers = itertools.count(1)
    with mock.patch.object(uuid, "uuid4", lambda: uuid.UUID(int=next(numbers), version=4)):
        pinned("init")
    pinned.file("afsync.yaml")
    pinned("validate")
    pinned("plan")
    pinned("init")
    pinned.run("schema", "--help")


def test_many_accounts(pinned: Pinned, sandbox: Sandbox) -> None:
    sandbox.write("version: 1\naccounts: [clients/*]\nkey: env:AURAFLUX_KEY_${account}\n", "afsync.workspace.yaml")
    for number, name in enumerate(("alba", "bora"), 1):
        lineage = f"lineage: 0190f1c2-8f2e-7c55-9a6b-2f1d3c4b5a6{number}\nversion: 1\n"
        sandbox.write(f"{lineage}timezone: UTC\n{SHOWS}{JOBS}", f"clients/{name}/afsync.yaml")
    keys = {"AURAFLUX_KEY_ALBA": "af_live_alba", "AURAFLUX_KEY_BORA": "af_live_bora"}
    pinned("init", "--all", **keys)
    pinned("validate", "--all", **keys)
    pinned("plan", "--all", "--jobs", "1", **keys)
    pinned("plan", "--all", "--jobs", "1", "--report", "markdown=-", **keys)
    pinned("plan", "--all", "--jobs", "1", "--report", "json=-", **keys)
    pinned("apply", "--all", "--jobs", "1", "--auto-approve", **keys)
    pinned("plan", "--all", "--jobs", "1", AURAFLUX_KEY_ALBA="af_live_alba")
    pinned("status", "--all", "--jobs", "1", **keys)
