"""The accounts of a workspace that a command runs over."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.config.workspace import WORKSPACE_FILE, enclosing_workspace, equal_lineages, unreachable_members
from afsync.core.account_results import AccountResult, shard_of
from afsync.core.text import did_you_mean
from afsync.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.workspace import Member, Workspace


class ChosenAccounts(Struct, frozen=True):
    """The accounts that are chosen, and a result for each that is gone since `--changed-since`."""

    workspace: Workspace
    members: Sequence[Member]
    gone: tuple[AccountResult, ...] = ()


def choose_accounts(
    context: Context, names: tuple[str, ...], changed_since: str | None, shard: tuple[int, int] | None
) -> ChosenAccounts:
    """Those whose names match one of the globs `names` (none: all), of which files differ from the commit
    `changed_since`, and that are in `shard` (number, of how many)."""
    workspace = find_workspace_here(context)
    members = _named(workspace.members, names)
    gone: tuple[AccountResult, ...] = ()
    if changed_since is not None:
        # Imported here: it starts git.
        from afsync.app.changed_accounts import find_changed

        members, gone = find_changed(changed_since, workspace, members, context.environ)
        gone = tuple(g for g in gone if _matches(g.account, names))
    if shard is not None:
        number, shards = shard
        members = [m for m in members if shard_of(m.name, shards) == number]
        gone = tuple(g for g in gone if shard_of(g.account, shards) == number)
    return ChosenAccounts(workspace, members, gone)


def _named(members: Sequence[Member], names: tuple[str, ...]) -> Sequence[Member]:
    """Those whose names match. UsageError for a glob that matches nothing: it is misspelt."""
    for glob in names:
        if not any(fnmatchcase(m.name, glob) for m in members):
            hint = did_you_mean(glob, [m.name for m in members])
            raise UsageError(f"--account {glob}: no account has this name", hint or "see `accounts` of the workspace")
    return [m for m in members if _matches(m.name, names)]


def _matches(name: str, globs: tuple[str, ...]) -> bool:
    return not globs or any(fnmatchcase(name, glob) for glob in globs)


def find_workspace_here(context: Context) -> Workspace:
    """The workspace that the directory is in. UsageError where there is none; ConfigError where it is wrong, or where
    accounts have the same lineage, as after copying a directory, or cannot be reached."""
    try:
        found = enclosing_workspace(context.directory)
    except ConfigError as error:
        context.report_problems(error.problems, context.directory)
        raise
    if found is None:
        hint = "write one beside the accounts, or name its directory with `-C DIR`"
        raise UsageError(f"there is no {WORKSPACE_FILE} here or above", hint)
    if problems := (*unreachable_members(found), *equal_lineages(found)):
        raise ConfigError(problems)
    return found
