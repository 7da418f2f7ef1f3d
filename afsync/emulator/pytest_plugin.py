"""The pytest fixture `afsync_emulator`: AuraFlux on this machine, for the tests of a project.

pytest loads this in every environment that has afsync installed, so it imports nothing until the fixture is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from afsync.emulator.server import Running

KEY = "af_live_of_a_test"
MARK = "afsync_emulator(**options): options of the emulator, such as dialect, credits, speed or faults"


def pytest_configure(config: pytest.Config) -> None:
    """So that `--strict-markers` knows it."""
    config.addinivalue_line("markers", MARK)


@pytest.fixture
def afsync_emulator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A service of its own for the test, which every afsync that it starts finds: `url`, and `control` to look at
    requests, move jobs and clocks, and break things. Jobs stay as they are until the test moves them.

    `@pytest.mark.afsync_emulator(dialect="deployed", credits=5)` gives options.
    """
    from afsync.emulator.server import running

    options: dict[str, Any] = {"speed": "manual", "rpm": 100_000, "concurrent": 100}
    for mark in reversed([*request.node.iter_markers("afsync_emulator")]):
        options |= mark.kwargs
    with running(**options) as emulator:
        monkeypatch.setenv("AURAFLUX_BASE_URL", emulator.url)
        monkeypatch.setenv("AURAFLUX_API_KEY", KEY)
        monkeypatch.delenv("AURAFLUX_API_KEY_FILE", raising=False)
        yield emulator
