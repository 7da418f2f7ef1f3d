"""Accounts of a workspace that have the same lineage, as after copying a directory: their states would be mixed up."""

from __future__ import annotations

import re
from typing import Final

from afsync.config.files import open_regular
from afsync.config.problems import Code, Wrong
from afsync.config.project import PROJECT_FILE
from afsync.config.workspace import Member, Workspace
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
    except (Wrong, OSError):
        return None, None
    found = _LINEAGE.search(text)
    return (found[1].lower(), text.count(b"\n", 0, found.start()) + 1) if found else (None, None)
