"""Whose account it is, where neither the files nor the state say so yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.api.access import is_real
from afsync.core.addresses import typed
from afsync.core.state.recorded import Account, Recorded
from afsync.errors import UsageError

if TYPE_CHECKING:
    from afsync.config.project import Project


def unknown_account(project: Project, recorded: Recorded, account: Account) -> bool:
    """Whether neither the files nor the state say whose account it is, so that the key may be the wrong one."""

    return recorded.account is None and project.settings.account is None and is_real(account.base_url)


def refuse_unknown_account(account: Account, first: str = "apply") -> None:
    """UsageError that names both ways to say that it is the right one."""
    text = f"This would be the first {first}, in account {account.id} at {account.base_url}; is that the one?"
    hint = f"write `account: {typed(account.id)}` into afsync.yaml (`afsync init` does), or add --account"
    raise UsageError(text, f"{hint} {typed(account.id)}")
