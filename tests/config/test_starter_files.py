"""What `init` writes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from afsync.config.document import Document
from afsync.config.edit import add_lineage
from afsync.config.loader import load
from afsync.config.starter_files import SCHEMA_FILE, starter
from afsync.errors import ConfigError
from tests.config.support import write

LINEAGE = "0190f1c2-7c3e-7b1a-9d55-2f6c1f0e4a11"
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def test_the_starter_loads(tmp_path: Path) -> None:
    files = starter(LINEAGE, NOW)
    project = load(write(tmp_path, files), environ={})
    assert project.settings.lineage == LINEAGE
    (job,) = project.desired.jobs.values()
    assert job.schedule is not None and job.schedule.utc == datetime(2026, 12, 23, 9, 0, tzinfo=UTC)
    assert job.template in project.desired.templates
    assert files["afsync.yaml"].startswith(f"# yaml-language-server: $schema={SCHEMA_FILE}\n")


CASES: list[tuple[str, str]] = [
    ("version: 1\n", "version: 1\nlineage: L\n"),
    ("version: 1", "version: 1\nlineage: L\n"),
    ("# a\n\nversion: 1  # b\n# c\njobs: {}  # d\n", "# a\n\nversion: 1  # b\nlineage: L\n# c\njobs: {}  # d\n"),
    ("jobs: {}\r\nversion: 1\r\n\r\n", "jobs: {}\r\nversion: 1\r\nlineage: L\r\n\r\n"),
    ("\ufeffversion: 1\n", "\ufeffversion: 1\nlineage: L\n"),
    ("---\nversion: 1\n...\n", "---\nversion: 1\nlineage: L\n...\n"),
    ("  version: 1\n  jobs: {}\n", "  version: 1\n  lineage: L\n  jobs: {}\n"),
    ("version:\n  1\njobs: {}\n", "version:\n  1\nlineage: L\njobs: {}\n"),
    ("{version: 1, jobs: {}}\n", "{lineage: L, version: 1, jobs: {}}\n"),
    ("\ufeff{version: 1}", "\ufeff{lineage: L, version: 1}"),
    ("{ # a\n  jobs: {},\n  version: 1,\n}\n", "{ # a\n  jobs: {},\n  version: 1,\n  lineage: L\n}\n"),
]


@pytest.mark.parametrize(("before", "after"), CASES)
def test_a_lineage_is_added_and_nothing_else(before: str, after: str) -> None:
    assert add_lineage(before, "L") == after
    assert Document("f", after.removeprefix("\ufeff")).value["lineage"] == "L"


def test_a_lineage_that_is_there_stays() -> None:
    text = "lineage: old # x\nversion: 1\n"
    assert add_lineage(text, "L") == text


@pytest.mark.parametrize(("text", "code"), [("jobs: {}\n", "missing"), ("", "missing"), ("a: [", "syntax")])
def test_what_cannot_be_read_is_left_alone(text: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        add_lineage(text, "L")
    assert [p.code for p in caught.value.problems] == [code]
