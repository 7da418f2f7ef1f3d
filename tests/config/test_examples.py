"""The examples load, and stay what their pages say."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from afsync.config.loader import load

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["quickstart", "content-calendar", "season", "tested"])
def test_they_load_without_an_environment_and_use_the_emulator(name: str) -> None:
    project = load(EXAMPLES / name, environ={})
    assert project.settings.base_url == "emulator"
    assert project.settings.lineage is not None
    assert (EXAMPLES / name / "README.md").is_file()
    for job in project.desired.jobs.values():
        assert job.schedule is None or job.schedule.utc > datetime(2029, 1, 1, tzinfo=UTC)


def test_the_calendar_is_spread_over_files() -> None:
    project = load(EXAMPLES / "content-calendar", environ={})
    assert len(project.files) == 5 and len(project.desired.jobs) == 13
    assert len({at.file for a in project.desired.jobs if (at := project.locate(a))}) == 3
