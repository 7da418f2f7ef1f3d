"""A real repository: a bare one as the remote, and clones of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from afsync.core.state_place import BranchPlace
from afsync.store.branch.backend import BranchBackend, branch_backend

BRANCH = "afsync-state"
KEY = ".afsync/state.json"
ALONE = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
"""Whatever git is configured with on this machine is not meant."""
QUIET = {
    **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
    **ALONE,
    "GIT_AUTHOR_NAME": "test",
    "GIT_AUTHOR_EMAIL": "test@localhost",
    "GIT_COMMITTER_NAME": "test",
    "GIT_COMMITTER_EMAIL": "test@localhost",
}


def git(folder: Path, *args: str, data: str = "", check: bool = True) -> str:
    done = subprocess.run(
        ["git", *args], cwd=folder, env=QUIET, input=data, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 or not check, f"git {args}: {done.stderr}"
    return done.stdout.strip()


class Repo:
    """`origin` is the bare repository, with one commit on `main`."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.origin = folder, folder / "origin.git"
        folder.mkdir(exist_ok=True)
        git(folder, "init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(self.origin))
        self.commit({"README": "A project\n"}, branch="main")

    def clone(self, name: str = "clone", *args: str, of: str = "") -> Path:
        git(self.folder, "clone", "--quiet", "--template=", *args, of or str(self.origin), name)
        return self.folder / name

    def commit(
        self, files: Mapping[str, str], branch: str = BRANCH, *, mode: str = "100644", keep: bool = False
    ) -> str:
        """A commit that holds exactly these files, or also those that are there already; no clone is needed for it."""
        index = {**QUIET, "GIT_INDEX_FILE": str(self.folder / "index"), "GIT_DIR": str(self.origin)}

        def run(*args: str, data: str = "") -> str:
            done = subprocess.run(["git", *args], env=index, input=data, capture_output=True, text=True, check=True)
            return done.stdout.strip()

        parent = self.tip(branch)
        run("read-tree", parent if keep and parent else "--empty")
        for path, text in files.items():
            blob = run("hash-object", "-w", "--stdin", data=text)
            run("update-index", "--add", "--cacheinfo", f"{mode},{blob},{path}")
        parents = ("-p", parent) if parent else ()
        made = run("commit-tree", run("write-tree"), *parents, data="By hand\n")
        run("update-ref", f"refs/heads/{branch}", made)
        return made

    def tip(self, branch: str = BRANCH) -> str:
        return git(self.origin, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}", check=False)

    def subjects(self) -> list[str]:
        return git(self.origin, "log", "--format=%s", BRANCH).splitlines() if self.tip() else []

    def shown(self, path: str = KEY) -> str:
        return git(self.origin, "show", f"{BRANCH}:{path}")

    def refuse(self, why: str = "not on a Friday") -> None:
        """From here on a hook refuses every push."""
        hook = self.origin / "hooks/pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\necho '{why}' >&2\nexit 1\n")
        hook.chmod(0o755)


def backend(root: Path, environ: Mapping[str, str] = QUIET, remote: str | None = None) -> BranchBackend:
    """An engine that does not wait."""
    made = branch_backend(root, BranchPlace(BRANCH, remote), environ)
    made._pause = lambda _: None
    return made
