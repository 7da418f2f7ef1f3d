"""Links to files that commands write: the file is replaced and the link stays, inside the project for its own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from afsync.emulator import Running
from tests.harness import Sandbox


@pytest.mark.parametrize("flag", ["--json-into", "--markdown-into", "--out"])
def test_files_that_are_asked_for(sandbox: Sandbox, tmp_path: Path, flag: str) -> None:
    real, link = tmp_path / "real.txt", tmp_path / "link.txt"
    for dangling in (True, False):
        link.unlink(missing_ok=True)
        link.symlink_to("real.txt")
        assert real.exists() is not dangling
        sandbox.does("plan", flag, str(link))
        assert link.is_symlink() and real.stat().st_size > 10


def test_init_follows_a_link_of_the_project(emulator: Running, tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "conf").mkdir(parents=True)
    real, link = root / "conf/main.yaml", root / "afsync.yaml"
    real.write_text("version: 1\n")
    link.symlink_to("conf/main.yaml")
    Sandbox(root, emulator).does("init")
    assert link.is_symlink() and "lineage: " in real.read_text()


def test_init_follows_no_link_out_of_the_project(emulator: Running, tmp_path: Path) -> None:
    root, outside = tmp_path / "project", tmp_path / "outside.json"
    (root / ".afsync").mkdir(parents=True)
    outside.write_text("precious")
    (root / ".afsync/afsync.schema.json").symlink_to(outside)
    done = Sandbox(root, emulator).does("init", code=1)
    assert "outside of the project" in done.err and outside.read_text() == "precious"


def test_export_follows_a_link_of_the_project(fresh: Sandbox) -> None:
    real, link = fresh.root / "real.yaml", fresh.root / "more.yaml"
    real.write_text("")
    link.symlink_to("real.yaml")
    text = (fresh.root / "afsync.yaml").read_text()
    fresh.does("state", "rm", "job.other")
    head, _, tail = text.partition("  other: ")
    (fresh.root / "afsync.yaml").write_text("include: [more.yaml]\n" + head + tail.partition("\n")[2])
    real.write_text("version: 1\n")
    fresh.does("export", "--into", "more.yaml", "--jobs", "all")
    assert link.is_symlink() and "import:\n" in real.read_text()
