"""The accounts of which any file differs from a commit, and those that are gone since. git is asked; it writes nothing
and fetches nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from afsync.config.document import parse
from afsync.config.files import PROJECT_FILE
from afsync.config.problems import InvalidValue
from afsync.config.workspace import WORKSPACE_FILE
from afsync.core.account_results import AccountResult
from afsync.errors import Exit, Problem, UsageError
from afsync.output.problems import problem_block
from afsync.store.branch.git import clean, run
from afsync.store.remote.backend import Unavailable

if TYPE_CHECKING:
    from afsync.config.workspace import Member, Workspace

OWN: Final = ".afsync"
"""What afsync itself writes there, such as the state of the last apply, is no change of an account."""

_TIMEOUT = 120.0
"""Seconds that one command of git may take."""
_INSTEAD = "name the accounts with --account instead"

ChangedAccounts = tuple[Sequence["Member"], tuple[AccountResult, ...]]


def find_changed(
    ref: str, workspace: Workspace, members: Sequence[Member], environ: Mapping[str, str]
) -> ChangedAccounts:
    """Those of `members` of which a file differs from `ref`, and a result for each account that is gone since then.

    Raises UsageError for a REF that cannot be resolved, which must not read as "nothing changed".
    """
    git = _GitFiles(workspace.root, environ)
    commit = git.commit_of(ref)
    paths = [path for path in git.changed_since(commit) if OWN not in PurePosixPath(path).parts]
    all_changed = WORKSPACE_FILE in paths or any(_is_shared(workspace, path) for path in paths)
    patterns = {*_patterns(workspace.document.value), *_patterns_at(git, commit)}
    gone = _gone(workspace, patterns, git.paths_at(commit))
    if all_changed:
        return members, tuple(_gone_result(directory, ref) for directory in gone)
    touched = {parent.as_posix() for path in paths for parent in PurePosixPath(path).parents}
    missing = tuple(_gone_result(directory, ref) for directory in gone)
    return [m for m in members if touched & _places(workspace, m)], missing


def _places(workspace: Workspace, member: Member) -> set[str]:
    """The directory as it is named, and where it really is."""
    real = workspace.place(member)
    inside = real.relative_to(workspace.root).as_posix() if real.is_relative_to(workspace.root) else member.directory
    return {member.directory, inside}


def _is_shared(workspace: Workspace, path: str) -> bool:
    """Whether a file is included into every account, or was: it may be gone."""
    if (workspace.root / path).resolve() in workspace.shared:
        return True
    patterns = workspace.document.value.get("shared") or ()
    return any(_matches(path, pattern) for pattern in patterns)


def _patterns(value: object) -> list[str]:
    listed = value.get("accounts") if isinstance(value, dict) else None
    return [p for p in listed if isinstance(p, str)] if isinstance(listed, list) else []


def _patterns_at(git: _GitFiles, commit: str) -> list[str]:
    """Those of the workspace file as it was."""
    text = git.text_at(commit, WORKSPACE_FILE)
    try:
        return _patterns(parse(text, WORKSPACE_FILE).value) if text is not None else []
    except InvalidValue:
        return []


def _gone(workspace: Workspace, patterns: Iterable[str], before: Iterable[str]) -> Iterator[str]:
    """The directories of accounts that were there, and are none now."""
    now = {m.directory for m in workspace.members}
    for path in before:
        directory = PurePosixPath(path).parent.as_posix()
        was_one = PurePosixPath(path).name == PROJECT_FILE and any(_matches(directory, p) for p in patterns)
        if was_one and directory not in now:
            yield directory


def _matches(path: str, pattern: str) -> bool:
    """Whether a path is of the pattern, part by part; `**` stands for any number of directories."""
    return _fit(PurePosixPath(path).parts, PurePosixPath(pattern).parts)


def _fit(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if not pattern:
        return not parts
    if pattern[0] == "**":
        return any(_fit(parts[n:], pattern[1:]) for n in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and _fit(parts[1:], pattern[1:])


def _gone_result(directory: str, ref: str) -> AccountResult:
    name = PurePosixPath(directory).name
    gone = f"the account `{name}` ({directory}) was there in {ref}, and is gone"
    hint = (
        f"to cancel them, bring the directory back and run `afsync destroy` there first; its key and state are {name}'s"
    )
    problem = Problem("account_gone", f"{gone}: its scheduled videos will still be published", hint)
    return AccountResult(name, directory, Exit.ERROR, problems=(problem,), output=problem_block(problem) + "\n")


class _GitFiles(Struct, frozen=True):
    """What git knows of the files below a directory; their names are relative to it."""

    directory: Path
    environ: Mapping[str, str]

    def commit_of(self, ref: str) -> str:
        """The commit that `ref` names. UsageError where it names none that is here."""
        found = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found:
            return found.decode().strip()
        if self._ask("rev-parse", "--git-dir") is None:
            raise UsageError(f"--changed-since {ref}: the workspace is in no git repository", _INSTEAD)
        if (self._ask("rev-parse", "--is-shallow-repository") or b"").strip() == b"true":
            hint = "fetch it as well: `fetch-depth: 0` for actions/checkout, `GIT_DEPTH: 0` in GitLab, or `git fetch`"
            raise UsageError(f"--changed-since {ref}: this is a shallow clone that does not hold it", hint)
        raise UsageError(f"--changed-since {ref}: git knows no such commit", "check the spelling, or fetch it first")

    def changed_since(self, commit: str) -> list[str]:
        """The files that differ from a commit, are new, or were deleted."""
        how = ("--name-only", "--no-renames", "--no-ext-diff", "--relative", "-z")
        differ = self._ask("diff", *how, commit, "--", ".")
        new = self._ask("ls-files", "--others", "--exclude-standard", "-z")
        if differ is None or new is None:
            raise UsageError("git could not compare the files", "run `git status`: it may say why")
        return _paths(differ + new)

    def paths_at(self, commit: str) -> list[str]:
        """The files as of a commit."""
        found = self._ask("ls-tree", "-r", "--name-only", "-z", commit, "--", ".")
        if found is None:
            raise UsageError("git could not list the files of then", "run `git status`: it may say why")
        return _paths(found)

    def text_at(self, commit: str, name: str) -> bytes | None:
        """A file as it was at a commit; None where there was none."""
        return self._ask("show", f"{commit}:./{name}")

    def _ask(self, *args: str) -> bytes | None:
        """What a command of git prints; None where it fails. UsageError where there is no git."""
        environ = {**clean(self.environ), "GIT_OPTIONAL_LOCKS": "0"}
        try:
            # A pull request must not decide what is run here.
            ran = run(["-c", "core.fsmonitor=false", *args], cwd=self.directory, environ=environ, limit=_TIMEOUT)
        except Unavailable:
            raise UsageError("git cannot be run, and --changed-since asks it", _INSTEAD) from None
        return ran.out if ran.code == 0 else None


def _paths(listed: bytes) -> list[str]:
    return sorted({os.fsdecode(path) for path in listed.split(b"\0") if path})
