"""One service and one worker for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from afsync.emulator import Running, running
from tests.reliability.lab import Lab, lab


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab(tmp_path_factory.mktemp("lab")) as opened:
        yield opened


@pytest.fixture(scope="module")
def emulator() -> Iterator[Running]:
    with running(speed="manual", rpm=1_000_000, concurrent=100) as emulator:
        yield emulator
