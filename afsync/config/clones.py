"""Accounts that a workspace names and that do not know of it, since a repository of their own lies between."""

from __future__ import annotations

from collections.abc import Iterator

from afsync.config.problems import Code
from afsync.config.workspace import Workspace, above
from afsync.errors import Problem


def unreachable_members(workspace: Workspace) -> Iterator[Problem]:
    """One problem for each account that would be in no workspace when it is run alone, and so have another key and
    another state."""
    for member in workspace.members:
        place = workspace.place(member)
        if workspace.root in above(place):
            continue
        inside = [p for p in (place, *place.parents) if p.is_relative_to(workspace.root) and (p / ".git").exists()]
        top = inside[0].relative_to(workspace.root).as_posix() if inside else member.directory
        why = f"{top} is a git repository of its own" if inside else "the directory is outside of the workspace"
        message = f"`{member.name}` would not be an account of this workspace when it is run alone: {why}"
        hint = (
            f"keep its files in the repository of the workspace (no {top}/.git), or take it out of `accounts` and run "
            "it alone"
        )
        yield Problem(Code.OUTSIDE_PROJECT, message, hint, location=workspace.locate("accounts"))
