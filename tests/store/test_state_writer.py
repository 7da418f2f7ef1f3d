"""That a state can be written is tried for real before anything is paid for, and who may use it stays as it was."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from afsync.errors import StateError
from afsync.store.disk import Disk
from afsync.store.paths import state_path
from tests.builders import LINEAGE
from tests.store.support import a_store, with_job


class Mounted(Disk):
    """A disk on which one file is a mount of its own: it can be written, but nothing can take its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def rename(self, source: Path, target: Path) -> None:
        if target.name == self.name:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(source), None, str(target))
        super().rename(source, target)


@pytest.mark.parametrize("name", ["state.json", "state.json.backup", "state.json.journal"])
def test_a_file_that_cannot_be_replaced_is_found(tmp_path: Path, name: str) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    store.write(with_job(recorded, 1), version)
    store.paths.backup.write_bytes(store.paths.state.read_bytes())
    mounted = a_store(tmp_path, Mounted(name))
    mounted.read()
    before = {p: p.read_bytes() for p in tmp_path.rglob("*.json*")}
    with pytest.raises(StateError, match="could not be written: Device or resource busy") as caught:
        mounted.check_writable()
    assert "mount the directory" in (caught.value.hint or "")
    assert {p: p.read_bytes() for p in tmp_path.rglob("*.json*")} == before


def test_it_leaves_what_was_there(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    store.write(with_job(recorded, 1), version)
    known = store.read()
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    store.check_writable()
    assert store.read() == known == a_store(tmp_path).read()
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_mode_and_group_stay(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    recorded, version = store.create(LINEAGE), store.read()[1]
    group = next((g for g in os.getgroups() if g != store.paths.state.stat().st_gid), None)
    if group is not None:
        os.chown(store.paths.state, -1, group)
    store.paths.state.chmod(0o664)
    version = store.write(with_job(recorded, 1), version)
    store.check_writable()
    store.fold()
    for path in (store.paths.state, store.paths.version(2, LINEAGE)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o664, path
        assert group in (None, path.stat().st_gid)


def test_a_new_state_is_private(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.create(LINEAGE)
    assert stat.S_IMODE(store.paths.state.stat().st_mode) == 0o600


def test_a_link_may_not_leave_the_project(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "project"
    (outside / "history").mkdir(parents=True)
    (root / "inside").mkdir(parents=True)
    (root / "out").symlink_to(outside)
    (root / "in").symlink_to("inside")
    assert state_path(root, "in/state.json") == root / "inside/state.json"
    with pytest.raises(StateError, match="leads out of the project"):
        state_path(root, "out/state.json")
    (root / ".afsync").mkdir()
    (root / ".afsync/history").symlink_to(outside / "history")
    with pytest.raises(StateError, match="history leads out of the project"):
        state_path(root, ".afsync/state.json")
    (root / ".afsync/history").unlink()
    (root / ".afsync").rmdir()
    (root / ".afsync").symlink_to(outside)
    with pytest.raises(StateError, match=r"\.afsync leads out of the project"):
        state_path(root, "state.json")
