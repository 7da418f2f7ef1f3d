"""A project that was applied, to be misused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.emulator import Running, running
from tests.harness import Sandbox

PROJECT = """\
limits: {max_deletes: 100%}
templates:
  weekly: {name: Weekly highlights, tone: hype, platforms: [tiktok]}
jobs:
  best: {template: weekly, url: https://clips.twitch.tv/one, topic: Best plays, schedule: 2031-12-01 09:00}
  other: {url: https://clips.twitch.tv/two, topic: Other plays}
"""


@pytest.fixture(scope="session")
def emulator() -> Iterator[Running]:
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        yield emulator


def made(root: Path, emulator: Running) -> Sandbox:
    """The project, applied."""
    sandbox = Sandbox(root, emulator)
    sandbox.write(PROJECT)
    sandbox.does("init")
    sandbox.applied()
    (root / ".afsync/lock").unlink(missing_ok=True)
    return sandbox


@pytest.fixture(scope="session")
def applied(emulator: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project that was applied; only ever copied."""
    return made(tmp_path_factory.mktemp("applied"), emulator).root


@pytest.fixture
def sandbox(emulator: Running, applied: Path, tmp_path: Path) -> Sandbox:
    """A copy of it, for commands that do nothing: the account is shared."""
    root = tmp_path / "project"
    shutil.copytree(applied, root)
    return Sandbox(root, emulator)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Sandbox]:
    """The same with an account of its own."""
    root = tmp_path / "fresh"
    root.mkdir()
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        yield made(root, emulator)
