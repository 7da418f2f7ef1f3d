"""A project folder and an emulator that never makes anybody wait."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.emulator import running
from tests.dialects import DIALECTS
from tests.harness import Sandbox


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def sandbox(dialect: str, tmp_path: Path) -> Iterator[Sandbox]:
    with running(dialect=dialect, speed="manual", rpm=100_000, credits=1000) as emulator:
        yield Sandbox(tmp_path, emulator)
