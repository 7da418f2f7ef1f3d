"""Projects of a few lines, in real files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from afsync.config.loader import load
from afsync.config.project import LoadedProject
from afsync.core.resources import Job
from afsync.errors import ConfigError, Problem

URL = "https://clips.twitch.tv/your-clip"


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Writes `files` below `root`, exactly as they are given."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def loaded(
    root: Path, main: str | bytes, environ: Mapping[str, str] | None = None, **more: str | bytes
) -> LoadedProject:
    """The project with this afsync.yaml and `more` files, named with `__` for `/`."""
    write(root, {"afsync.yaml": main, **{name.replace("__", "/") + ".yaml": text for name, text in more.items()}})
    return load(root, environ=environ or {})


def problems(
    root: Path, main: str | bytes, environ: Mapping[str, str] | None = None, **more: str | bytes
) -> tuple[Problem, ...]:
    """What is wrong with such a project; fails when nothing is."""
    with pytest.raises(ConfigError) as caught:
        loaded(root, main, environ, **more)
    return caught.value.problems


def the_job(root: Path, *lines: str, head: str = "", environ: Mapping[str, str] | None = None) -> Job:
    """The one job with these lines, after `head`."""
    (job,) = loaded(root, a_job(*lines, head=head), environ).desired.jobs.values()
    return job


def a_job(*lines: str, head: str = "") -> str:
    """An afsync.yaml with the job `a`. Without a `head`, its fields begin on line 4."""
    return f"version: 1\n{head}jobs:\n  a:\n" + "".join(f"    {line}\n" for line in lines)


def summary(problem: Problem) -> str:
    """`afsync.yaml:3:5 unknown_key`."""
    return f"{problem.location} {problem.code}"
