"""One account and one project per test, in the dialects whose turn it is, unless the test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from afsync.emulator import running
from afsync.emulator.media_host import video
from tests.dialects import DIALECTS
from tests.scenarios.world import Fields, World, a_job

MakeWorld = Callable[..., World]


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[MakeWorld]:
    """Makes an account and an empty project; options of the emulator as arguments."""
    with ExitStack() as stack:

        def make(dialect: str = "documented", **options: Any) -> World:
            options = {"speed": "manual", "rpm": 100_000, "concurrent": 100, **options}
            emulator = stack.enter_context(running(dialect=dialect, **options))
            world = World(tmp_path, emulator, dialect=dialect)
            world.declare()
            world.does("init")
            return world

        yield make


@pytest.fixture
def world(make_world: MakeWorld, dialect: str) -> World:
    return make_world(dialect)


def put_video(world: World, path: str = "media/intro.mp4", name: str = "intro") -> bytes:
    """A real video in the project."""
    content = video(name)
    file = world.root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return content


def an_upload(file: str = "media/intro.mp4", **fields: Any) -> Fields:
    return a_job(url=None, entry="upload", file=file, **fields)


def waiting(world: World, **fields: Any) -> str:
    """The id of a job, `job.intro`, that is produced and waits for an approval."""
    put_video(world)
    (job,) = world.submitted(intro=an_upload(topic="Introducing", platforms=["tiktok"], staging=True, **fields))
    world.becomes("complete", job)
    return job
