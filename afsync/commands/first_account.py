"""Whose account it is, where neither the files nor the state say so yet: a person does, or `--account`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.commands.screen import agreed, interactive, messages
from afsync.core.recorded import Account, Recorded
from afsync.core.resources import typed
from afsync.errors import UsageError
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.config.project import Project


def unknown_account(project: Project, recorded: Recorded, account: Account) -> bool:
    """Whether neither the files nor the state say whose account it is, so that the key may be the wrong one."""
    from afsync.api.access import is_real

    return recorded.account is None and project.settings.account is None and is_real(account.base_url)


def refuse_unknown_account(account: Account, first: str = "apply") -> None:
    """UsageError that names both ways to say that it is the right one."""
    text = f"This would be the first {first}, in account {account.id} at {account.base_url}; is that the one?"
    hint = f"write `account: {typed(account.id)}` into afsync.yaml (`afsync init` does), or add --account"
    raise UsageError(text, f"{hint} {typed(account.id)}")


def announcement(account: Account, first: str = "apply") -> str:
    """What is said before the question."""
    name = visible(account.id)
    return (
        f"\nThis is the first {first}: all of it, and this state, will belong to account {name} at "
        f"{visible(account.base_url)}.\n  (`account: {name}` in afsync.yaml says so for good.)\n"
    )


def account_agreed(
    project: Project, recorded: Recorded, account: Account, first: str, *, said: str | None, unattended: bool
) -> bool:
    """Whether a state may become this account's. `said` is what `--account` says, which was checked."""
    if said is not None or not unknown_account(project, recorded, account):
        return True
    if unattended or not interactive():
        refuse_unknown_account(account, first)
    messages()(announcement(account, first))
    return agreed("Is that the account?")
