"""`--changed-since REF`: the accounts of which any file differs, and those that are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from afsync.commands.git import changed_paths, commit_of, paths_at, text_at
from afsync.config.document import parse
from afsync.config.problems import Wrong
from afsync.config.project import PROJECT_FILE
from afsync.config.workspace import WORKSPACE_FILE
from afsync.core.workspace import AccountResult
from afsync.errors import Exit, Problem
from afsync.output.problems import problem_block

if TYPE_CHECKING:
    from afsync.config.workspace import Member, Workspace

OWN: Final = ".afsync"
"""What afsync itself writes there, such as the state of the last apply, is no change of an account."""

Found = tuple[Sequence["Member"], tuple[AccountResult, ...]]


def changed_since(ref: str, workspace: Workspace, members: Sequence[Member]) -> Found:
    """Those of `members` that are to be looked at, and a result for each account that was there and is not any more.

    Raises UsageError for a REF that cannot be resolved, which must not read as "nothing changed".
    """
    root = workspace.root
    commit = commit_of(root, ref)
    paths = [path for path in changed_paths(root, commit) if OWN not in PurePosixPath(path).parts]
    everything = WORKSPACE_FILE in paths or any(_is_shared(workspace, path) for path in paths)
    patterns = {*_patterns(workspace.document.value), *_patterns_at(workspace, commit)}
    gone = _gone(workspace, patterns, paths_at(root, commit))
    if everything:
        return members, tuple(_told(directory, ref) for directory in gone)
    touched = {parent.as_posix() for path in paths for parent in PurePosixPath(path).parents}
    return [m for m in members if touched & _places(workspace, m)], tuple(_told(directory, ref) for directory in gone)


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


def _patterns_at(workspace: Workspace, commit: str) -> list[str]:
    """Those of the workspace file as it was."""
    text = text_at(workspace.root, commit, WORKSPACE_FILE)
    try:
        return _patterns(parse(text, WORKSPACE_FILE).value) if text is not None else []
    except Wrong:
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


def _told(directory: str, ref: str) -> AccountResult:
    name = PurePosixPath(directory).name
    gone = f"the account `{name}` ({directory}) was there in {ref}, and is gone"
    hint = (
        f"to cancel them, bring the directory back and run `afsync destroy` there first; its key and state are {name}'s"
    )
    problem = Problem("account_gone", f"{gone}: its scheduled videos will still be published", hint)
    return AccountResult(name, directory, Exit.ERROR, problems=(problem,), output=problem_block(problem) + "\n")
