"""The result of a command over one account, for a report over many; alone, only its exit code counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec import Struct

from afsync.core.overall import Numbers
from afsync.errors import Problem

if TYPE_CHECKING:
    from afsync.config.workspace import Workspace

WORKSPACE, GLOBS = "afsync.workspace", "afsync.globs"


class Globs:
    """The globs of a command over many accounts, and which of them named something in some account."""

    def __init__(self) -> None:
        self._found: dict[str, bool] = {}

    def seen(self, glob: str, *, found: bool) -> None:
        self._found[glob] = found or self._found.get(glob, False)

    @property
    def unmatched(self) -> list[str]:
        return sorted(glob for glob, found in self._found.items() if not found)


class CommandResult(Struct, frozen=True):
    """`code` is the exit code, `details` Markdown; the others are as in `core.overall.AccountResult`. `fingerprint` is
    that of the plan, where one was made."""

    code: int
    numbers: Numbers = Numbers()
    problems: tuple[Problem, ...] = ()
    details: str = ""
    changes: bool = False
    blocked: bool = False
    fingerprint: str | None = None


def known_workspace() -> Workspace | None:
    """The workspace of a command that runs over many accounts; None for any other command."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(WORKSPACE)


def known_globs() -> Globs | None:
    """The same of the globs."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(GLOBS)
