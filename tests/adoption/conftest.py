"""A project that was applied, in an account of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.emulator import running
from tests.harness import Sandbox


@pytest.fixture
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    """`FILES` of the test's module, applied."""
    with running(speed="manual", rpm=100_000, credits=1000) as emulator:
        sandbox = Sandbox(tmp_path, emulator)
        sandbox.write(request.module.FILES)
        sandbox.does("init")
        sandbox.applied()
        yield sandbox
