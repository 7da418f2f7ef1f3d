"""One account and one project per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.emulator import running
from tests.harness import Sandbox
from tests.scale import seeds

SEEDS = seeds(100)
"""Examples of a property; more of them by hand."""

PROJECT = """\
templates:
  weekly: {name: Weekly highlights, platforms: [tiktok], tone: hype}
jobs:
  best:
    template: weekly
    url: https://clips.twitch.tv/one
    topic: Best CS2 plays this week
  intro:
    entry: upload
    file: media/intro.mp4
    topic: The intro
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A project with a template, a job and an upload; nothing is applied yet."""
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        sandbox = Sandbox(tmp_path, emulator)
        sandbox.write(PROJECT)
        (tmp_path / "media").mkdir()
        (tmp_path / "media/intro.mp4").write_bytes(b"video" * 1000)
        sandbox.does("init")
        yield sandbox
