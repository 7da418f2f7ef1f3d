"""One account and one project per test, in every dialect unless the test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from afsync.emulator import running
from tests.dialects import DIALECTS
from tests.scenarios.world import World

MakeWorld = Callable[..., World]


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes an account and an empty project; options of the emulator as arguments."""
    with ExitStack() as stack:

        def make(dialect: str, **options: Any) -> World:
            options = {"speed": "manual", "rpm": 100_000, "concurrent": 100, **options}
            world = World(tmp_path, stack.enter_context(running(dialect=dialect, **options)), dialect=dialect)
            world.declare()
            world.does("init")
            return world

        yield make


@pytest.fixture
def world(make_world: MakeWorld, dialect: str) -> World:
    return make_world(dialect)
