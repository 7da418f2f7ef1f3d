"""A state where it cannot be kept: refused by its name, before anything is paid for."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from afsync.store.disk import Disk
from tests.harness import Sandbox

JOB = "jobs:\n  b: {topic: B, url: https://clips.twitch.tv/b}\n"


class Refusing(Disk):
    """A disk that refuses one call on paths that end so."""

    def __init__(self, call: str, end: str, code: int) -> None:
        self.refused = call, end, code

    def _look(self, call: str, path: Path, other: Path | None = None) -> None:
        refused, end, code = self.refused
        if refused == call and str(other or path).endswith(end):
            raise OSError(code, os.strerror(code), str(path), None, str(other) if other else None)

    def rename(self, source: Path, target: Path) -> None:
        self._look("rename", source, target)
        super().rename(source, target)

    def create(self, path: Path) -> int:
        self._look("create", path.parent)
        return super().create(path)

    def names(self, directory: Path) -> tuple[str, ...]:
        self._look("names", directory)
        return super().names(directory)


REFUSALS = (
    ("rename", "/state.json", errno.EBUSY, "Device or resource busy", "mount the directory"),
    ("rename", "/state.json.backup", errno.EBUSY, "Device or resource busy", "mount the directory"),
    ("create", "/.afsync/history", errno.EACCES, "Permission denied (", "let this user write there"),
    ("create", "/.afsync", errno.EROFS, "Read-only file system (", "let this user write there"),
    ("create", "/.afsync", errno.ENOSPC, "No space left on device (", "make room"),
)


@pytest.mark.parametrize(("call", "end", "code", "says", "advice"), REFUSALS)
def test_nothing_is_paid_for_where_the_state_cannot_be_written(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, call: str, end: str, code: int, says: str, advice: str
) -> None:
    sandbox.write(JOB)
    monkeypatch.setattr("afsync.store.local.Disk", lambda: Refusing(call, end, code))
    before = sandbox.files()
    with sandbox.watched() as sent:
        done = sandbox.applied("--max-deletes", "9", code=7)
    assert sent == [] and says in done.err and advice in done.err
    assert {name: data for name, data in sandbox.files().items() if "lock" not in name} == before


def test_an_unreadable_history_is_named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("afsync.store.local.Disk", lambda: Refusing("names", "/history", errno.EACCES))
    done = sandbox.does("plan", code=7)
    assert ".afsync/history, which belongs to the state" in done.err and "restore" not in done.err


@pytest.mark.parametrize("command", [["plan"], ["init"], ["status"], ["state", "history"], ["apply", "--auto-approve"]])
def test_a_state_in_a_place_that_cannot_be_looked_into(sandbox: Sandbox, command: list[str]) -> None:
    sandbox.write(f"state: {'x' * 300}/state.json\n" + JOB)
    assert "File name too long" in sandbox.does(*command, code=7).err


@pytest.mark.parametrize(
    "name",
    [
        ".afsync/lock",
        ".afsync/state.json.guard",
        "my.json.Journal",
        "folder/state.json/",
        '"st\\nate.json"',
        "./.afsync//LOCK",
        ".afsync/history/1.json",
        ".git/config",
        "afsync.yaml",
        ".afsync/emulator.db",
    ],
)
def test_names_that_are_kept_for_something_else(sandbox: Sandbox, name: str) -> None:
    sandbox.write(f"state: {name}\n" + JOB)
    before = sandbox.files()
    done = sandbox.does("plan", code=1)
    assert "kept for something else" in done.err and "afsync.yaml:4:8" in done.err
    assert sandbox.files() == before
