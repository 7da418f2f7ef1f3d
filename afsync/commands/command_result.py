"""The result of a command over one account, for a report over many; alone, only its exit code counts."""

from __future__ import annotations

from msgspec import Struct

from afsync.core.workspace import Numbers
from afsync.errors import Problem


class CommandResult(Struct, frozen=True):
    """`code` is the exit code, `details` Markdown; the others are as in `core.workspace.AccountResult`. `fingerprint`
    is that of the plan, where one was made."""

    code: int
    numbers: Numbers = Numbers()
    problems: tuple[Problem, ...] = ()
    details: str = ""
    changes: bool = False
    blocked: bool = False
    fingerprint: str | None = None
