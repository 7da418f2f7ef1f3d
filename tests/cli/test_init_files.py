"""What `init` leaves to version control, and what is said of a key file that others can read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from afsync.config.starter_files import IGNORE
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


def test_the_state_of_the_emulator_stays_here_when_it_is_put_away(tmp_path: Path) -> None:
    """As README.md says it, for a project that changes to the real account."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    Sandbox(tmp_path).does("init")
    (tmp_path / ".afsync").rename(tmp_path / ".afsync-emulator")
    assert others(tmp_path) == {".gitignore", "afsync.yaml"}


def test_the_docs_have_the_same_lines() -> None:
    lines = [line for line in IGNORE.splitlines() if not line.startswith("#")]
    text = (Path(__file__).parents[2] / "docs/state.md").read_text(encoding="utf-8")
    assert "```\n" + "\n".join(lines) + "\n```\n" in text


def test_a_gitignore_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine\n")
    done = Sandbox(tmp_path).does("init")
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert ".gitignore does not name .afsync/: see docs/state.md" in done.out


def others(root: Path) -> set[str]:
    """The files that `git add -A` would add."""
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    return {*subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split()}


@pytest.mark.parametrize("state", [".afsync/state.json", "states/main.json"])
def test_a_project_that_was_written_by_people_gets_one(state: str, tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    sandbox = Sandbox(tmp_path)
    sandbox.write(f"api: {{base_url: emulator}}\nstate: {state}\ntemplates: {{t: {{name: A, format: short}}}}\n")
    assert "Wrote .gitignore.\n" in sandbox.does("init").out
    sandbox.applied()
    (tmp_path / f"{state}.backup").touch()
    kept = {name for name in others(tmp_path) if not name.startswith(".afsync/history/")}
    assert kept == {".gitignore", "afsync.yaml", state, ".afsync/afsync.schema.json"}
    assert ".gitignore" not in sandbox.does("init").out


def test_with_a_state_elsewhere_nothing_of_it_is_added(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    sandbox = Sandbox(tmp_path)
    sandbox.write("api: {base_url: emulator}\nstate: branch:kept\n")
    assert "git has no remote here" in sandbox.does("init", code=7).err
    assert others(tmp_path) == {".gitignore", "afsync.yaml"}


def test_one_above_that_names_it_is_enough(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text("**/.afsync/\n")
    (tmp_path / "channel").mkdir()
    Sandbox(tmp_path / "channel").write("api: {base_url: emulator}\n")
    Sandbox(tmp_path / "channel").does("init")
    assert not (tmp_path / "channel/.gitignore").exists()


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
