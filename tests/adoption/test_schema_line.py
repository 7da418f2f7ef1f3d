"""The line for editors: `fmt` sets it right where it names our schema at a wrong place, and leaves all others alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from afsync.config.formatter import schema_for
from afsync.config.starter_files import SCHEMA_FILE
from tests.harness import Sandbox

LINE = "# yaml-language-server: $schema="


@pytest.mark.parametrize(
    ("file", "written", "there", "right"),
    [
        ("afsync.yaml", "afsync.schema.json", False, SCHEMA_FILE),
        ("calendar/2030/may.yaml", SCHEMA_FILE, False, f"../../{SCHEMA_FILE}"),
        ("a/b.yaml", "../../schemas/afsync.schema.json", True, "../../schemas/afsync.schema.json"),
        ("a/b.yaml", "https://a.b/afsync.schema.json", False, "https://a.b/afsync.schema.json"),
        ("a/b.yaml", "other.json", False, "other.json"),
    ],
)
def test_which_schema_a_file_names(file: str, written: str, there: bool, right: str) -> None:
    assert schema_for(file, written, there=there) == right


def test_a_file_that_was_moved_is_set_right(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.does("init")
    head = (tmp_path / "afsync.yaml").read_text()
    assert head.startswith(f"{LINE}{SCHEMA_FILE}\n")
    sandbox.write(f"{head}include: [calendar/*.yaml]\n", head=False)
    sandbox.write(f"{LINE}{SCHEMA_FILE}\njobs: {{}}\n", "calendar/may.yaml")
    assert "calendar/may.yaml" in sandbox.does("fmt").out.splitlines()
    assert (tmp_path / "calendar/may.yaml").read_text().startswith(f"{LINE}../{SCHEMA_FILE}\n")
    assert sandbox.does("fmt", "--check").out == ""
