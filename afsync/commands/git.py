"""What git knows of the files of a workspace. Nothing is written, and nothing is fetched."""

from __future__ import annotations

import os
from pathlib import Path

from afsync.errors import UsageError
from afsync.store.branch.git import clean, run
from afsync.store.remote.backend import Unavailable

_TIMEOUT = 120.0
_INSTEAD = "name the accounts with --account instead"
_COMPARE = ("diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z")


def git(directory: Path, *args: str) -> bytes | None:
    """What a command of git prints; None where it fails. UsageError where there is no git."""
    environ = {**clean(os.environ), "GIT_OPTIONAL_LOCKS": "0"}
    try:
        # A pull request must not decide what is run here.
        ran = run(["-c", "core.fsmonitor=false", *args], cwd=directory, environ=environ, limit=_TIMEOUT)
    except Unavailable:
        raise UsageError("git cannot be run, and --changed-since asks it", _INSTEAD) from None
    return ran.out if ran.code == 0 else None


def commit_of(directory: Path, ref: str) -> str:
    """The commit that `ref` names. UsageError where it names none that is here."""
    found = git(directory, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found:
        return found.decode().strip()
    if git(directory, "rev-parse", "--git-dir") is None:
        raise UsageError(f"--changed-since {ref}: the workspace is in no git repository", _INSTEAD)
    if (git(directory, "rev-parse", "--is-shallow-repository") or b"").strip() == b"true":
        hint = "fetch it as well: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab, or `git fetch`"
        raise UsageError(f"--changed-since {ref}: this is a shallow clone that does not hold it", hint)
    raise UsageError(f"--changed-since {ref}: git knows no such commit", "check the spelling, or fetch it first")


def changed_paths(directory: Path, commit: str) -> list[str]:
    """The files that differ from a commit, are new, or went, relative to `directory`, which is their home."""
    differ = git(
        directory, "diff", "--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z", commit, "--", "."
    )
    new = git(directory, "ls-files", "--others", "--exclude-standard", "-z")
    if differ is None or new is None:
        raise UsageError("git could not compare the files", "run `git status`: it may say why")
    return _paths(differ + new)


def paths_at(directory: Path, commit: str) -> list[str]:
    """The files below `directory` as they were, relative to it."""
    found = git(directory, "ls-tree", "-r", "--name-only", "-z", commit, "--", ".")
    if found is None:
        raise UsageError("git could not list the files of then", "run `git status`: it may say why")
    return _paths(found)


def text_at(directory: Path, commit: str, name: str) -> bytes | None:
    """A file as it was; None where there was none."""
    return git(directory, "show", f"{commit}:./{name}")


def _paths(listed: bytes) -> list[str]:
    return sorted({os.fsdecode(path) for path in listed.split(b"\0") if path})
