"""Entries added to a file that a person wrote."""

from __future__ import annotations

import pytest

from afsync.config.document import Document
from afsync.config.edit import add_lineage
from afsync.errors import ConfigError

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
