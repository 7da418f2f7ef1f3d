"""Accounts of a workspace with the same lineage, and accounts whose own repository hides the workspace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from afsync.config.files import open_regular
from afsync.config.problems import Code, InvalidValue
from afsync.config.settings import PROJECT_FILE
from afsync.config.workspace import Member, Workspace, above
from afsync.errors import Location, Problem

_LINEAGE = re.compile(rb"^lineage[ \t]*:[ \t]*[\"']?([0-9a-fA-F-]{36})", re.MULTILINE)

_GLANCE: Final = 1_000_000


def equal_lineages(workspace: Workspace) -> tuple[Problem, ...]:
    """One problem for each account whose lineage another one had first. What cannot be read is reported when that
    account is loaded."""
    first: dict[bytes, Member] = {}
    found = []
    for member in workspace.members:
        lineage, line = _lineage(workspace, member)
        if lineage is None or (other := first.setdefault(lineage, member)) is member:
            continue
        file = f"{member.directory}/{PROJECT_FILE}"
        message = f"`{member.name}` has the lineage of `{other.name}`, which ties files to their state"
        hint = f"in {file}, remove the line `lineage:` (and a copied .afsync), then run `afsync init` there"
        found.append(Problem(Code.DUPLICATE_ITEM, message, hint, location=Location(file, line)))
    return tuple(found)


def _lineage(workspace: Workspace, member: Member) -> tuple[bytes | None, int | None]:
    path = workspace.root / member.directory / PROJECT_FILE
    try:
        with open_regular(path, PROJECT_FILE) as (file, _):
            text = file.read(_GLANCE)
    except (InvalidValue, OSError):
        return None, None
    found = _LINEAGE.search(text)
    return (found[1].lower(), text.count(b"\n", 0, found.start()) + 1) if found else (None, None)


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
