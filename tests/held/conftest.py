"""One account and one project per test, in the dialects whose turn it is, unless the test says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.emulator import running
from tests.dialects import DIALECTS
from tests.held.world import HeldWorld


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(tmp_path: Path, dialect: str) -> Iterator[HeldWorld]:
    with running(dialect=dialect, speed="manual", rpm=100_000, concurrent=100) as emulator:
        world = HeldWorld(tmp_path, emulator, dialect=dialect)
        world.declare()
        world.does("init")
        yield world
