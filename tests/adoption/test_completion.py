"""What the shells offer: addresses, keys, examples and files, by the protocol of each and in a real bash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from click.shell_completion import get_completion_class

from afsync.cli import cli
from tests.harness import Sandbox

FILES = """
api: {base_url: emulator}
templates:
  weekly: {name: Weekly, format: short, platforms: [tiktok]}
jobs:
  one: {template: weekly, url: "https://clips.twitch.tv/one", topic: One}
"""


@pytest.fixture
def project(tmp_path: Path) -> Sandbox:
    sandbox = Sandbox(tmp_path)
    sandbox.write(FILES)
    sandbox.does("init")
    sandbox.applied()
    sandbox.write(FILES + '  two: {url: "https://clips.twitch.tv/two", topic: Two}\n')
    return sandbox


def offered(project: Sandbox, *words: str, shell: str = "bash") -> list[str]:
    """What the shell is told for the last of the words."""
    line = ["afsync", "-C", str(project.root), *words]
    env = {"_AFSYNC_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(line), "COMP_CWORD": str(len(line) - 1)}
    if shell == "fish":
        env["COMP_CWORD"] = words[-1]
    asked = get_completion_class(shell)
    assert asked is not None
    with mock.patch.dict(os.environ, project.environ(env), clear=True):
        return asked(cli, {}, "afsync", "_AFSYNC_COMPLETE").complete().split()


CASES = {
    "recorded": (("state", "show", "job."), ["job.one"]),
    "declared, too": (("plan", "--target", "job."), ["job.one", "job.two"]),
    "templates": (("apply", "--exclude", "t"), ["template.weekly"]),
    "to approve": (("approve", "j"), ["job.one"]),
    "to wait for": (("status", ""), ["job.one", "job.two"]),
    "keys": (("explain", "job.sch"), ["job.schedule"]),
    "words of status": (("explain", "status.prod"), ["status.produced"]),
    "examples": (("init", "--example", "t"), ["tested"]),
    "nothing open": (("resolve", ""), []),
    "commands": (("stat",), ["state", "status"]),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_offered(project: Sandbox, case: str) -> None:
    words, names = CASES[case]
    assert [name.partition(",")[2] for name in offered(project, *words)] == names


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_offered_the_same(project: Sandbox, shell: str) -> None:
    told = offered(project, "state", "show", "job.", shell=shell)
    assert "job.one" in " ".join(told).replace(",", " ").split()
    script = project.does("completion", shell).out
    assert "_AFSYNC_COMPLETE" in script


def test_zsh_completes_a_second_time(project: Sandbox) -> None:
    """As a function from `fpath`; click's own script offers nothing then."""
    assert '[[ $funcstack[1] == "_afsync" ]]' in project.does("completion", "zsh").out


def test_files_are_left_to_the_shell(project: Sandbox) -> None:
    assert offered(project, "apply", "pl") == ["file,pl"]


@pytest.mark.parametrize("spoilt", ["jobs: [", "version: 9\n"])
def test_a_project_that_cannot_be_read_offers_nothing(project: Sandbox, spoilt: str) -> None:
    project.write(spoilt, head=False)
    before = project.files()
    assert offered(project, "state", "show", "job.") == []
    assert project.files() == before


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_a_real_bash(project: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    command = tmp_path / "bin/afsync"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m afsync "$@"\n')
    command.chmod(0o755)
    script = tmp_path / "completion.bash"
    script.write_text(project.does("completion", "bash").out)
    asked = f"""
        source {script}
        COMP_WORDS=(afsync -C {project.root} state show job.) COMP_CWORD=5
        _afsync_completion afsync
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    env = project.environ({"PATH": f"{command.parent}:{os.environ['PATH']}"})
    done = subprocess.run(["bash", "-c", asked], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("job.one\n", "")
