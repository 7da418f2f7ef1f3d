"""One emulator and one client per test, in both dialects unless the test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from afsync.emulator import ControlClient, Running, running

KEY = "af_live_test"
FETCH = {"url": "https://clips.twitch.tv/one"}

Serve = Callable[..., Running]


@pytest.fixture(params=["documented", "deployed"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts emulators that last as long as the test; their control calls go over a socket."""
    with ExitStack() as stack:

        def start(**options: Any) -> Running:
            options = {"speed": "manual", "rpm": 1_000_000, "concurrent": 1000, **options}
            started = stack.enter_context(running(**options))
            return replace(started, control=ControlClient(started.media))

        yield start


@pytest.fixture
def emulator(serve: Serve, dialect: str) -> Running:
    return serve(dialect=dialect)


def client_for(emulator: Running, key: str | None = KEY) -> httpx.Client:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    return httpx.Client(base_url=emulator.url, headers=headers, trust_env=False, verify=False, timeout=10)


@pytest.fixture
def api(emulator: Running) -> Iterator[httpx.Client]:
    with client_for(emulator) as client:
        yield client


def submitted(api: httpx.Client, **fields: Any) -> str:
    """The id of a new job."""
    answer = api.post("/jobs", json={**FETCH, **fields})
    assert answer.is_success, answer.text
    return str(answer.json()["jobId"])
