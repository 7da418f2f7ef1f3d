"""What `init` leaves to version control, and what is said of a key file that others can read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from afsync.emulator import Running
from tests.harness import KEY, Sandbox


def test_a_fresh_clone_has_what_it_needs_and_no_more(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.does("init")
    sandbox.applied()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    told = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.split()
    kept = {name for name in told if not name.startswith(".afsync/history/")}
    assert kept == {".gitignore", "afsync.yaml", ".afsync/state.json", ".afsync/afsync.schema.json"}
    assert "$schema=.afsync/afsync.schema.json\n" in (tmp_path / "afsync.yaml").read_text()


def test_a_gitignore_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    Sandbox(tmp_path).does("init")
    assert (tmp_path / ".gitignore").read_text() == "mine\n"


@pytest.mark.parametrize(("mode", "warned"), [(0o644, True), (0o640, True), (0o600, False), (0o400, False)])
def test_a_key_file_that_others_can_read(emulator: Running, tmp_path: Path, mode: int, warned: bool) -> None:
    key = tmp_path / "key"
    key.write_text(KEY)
    key.chmod(mode)
    root = tmp_path / "project"
    root.mkdir()
    sandbox = Sandbox(root, emulator)
    sandbox.write("")
    done = sandbox.does("init", env={"AURAFLUX_API_KEY": None, "AURAFLUX_API_KEY_FILE": str(key)})
    assert (f"others can read the key file {key} (mode {mode:04o})" in done.err) is warned
