"""A state on a branch: what its pushes add to an apply, in a shallow clone of a repository with a long history."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import Command, measure
from benchmarks.world import account, afsync, environ, write_project

Tell = Callable[[str, str, str], None]
BRANCH = "afsync-state"


def branch(root: Path, tell: Tell, commits: int = 5_000, jobs: int = 20) -> None:
    """So many commits on the main branch, and as many on that of the state, which grows with every submission."""
    remote = root / "remote.git"
    _git(root, "init", "--quiet", "--bare", "--initial-branch=main", str(remote))
    _history(remote, commits)
    took = {}
    for name, state in (("local", ""), ("branch", f"state: branch:{BRANCH}\n")):
        clone = root / name
        _git(root, "clone", "--quiet", "--depth", "1", f"file://{remote}", name)
        with account(0, 0) as (emulator, _):
            write_project(clone, jobs)
            file = clone / "afsync.yaml"
            file.write_text(state + file.read_text("utf-8"), "utf-8")
            env = environ(emulator)
            measure(Command(afsync(clone, "init"), env), runs=1)
            began = _commits(remote)
            took[name] = measure(Command(afsync(clone, "apply", "--auto-approve"), env), runs=1).seconds
    pushes = _commits(remote) - began
    each = (took["branch"] - took["local"]) / jobs
    tell(
        f"apply of {jobs} scheduled jobs, state on a branch, {commits:,} commits, shallow clone",
        f"{took['branch']:.1f} s, {pushes} pushes",
        f"{each:.2f} s a submission more than with a local state ({took['local']:.1f} s); at most 1 s",
    )


def _history(remote: Path, commits: int) -> None:
    """Two branches of so many commits, each of which changes one of a hundred files."""
    lines = []
    for name in ("main", BRANCH):
        for number in range(commits):
            text = f"{number} of {name}\n" * 20
            lines.append(f"commit refs/heads/{name}\ncommitter test <test@localhost> {1_700_000_000 + number} +0000\n")
            lines.append(f"data 5\nmore\n\nM 100644 inline other/{number % 100}.txt\ndata {len(text)}\n{text}\n")
    _git(remote, "fast-import", "--quiet", data="".join(lines))
    _git(remote, "gc", "--quiet")


def _commits(remote: Path) -> int:
    return int(_git(remote, "rev-list", "--count", BRANCH))


def _git(folder: Path, *args: str, data: str = "") -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    done = subprocess.run(["git", *args], cwd=folder, env=kept, input=data, capture_output=True, text=True, check=True)
    return done.stdout.strip()
