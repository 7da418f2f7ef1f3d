"""Whose account it is, where neither the files nor the state say so yet: a person does, or `--account`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.app.first_account import refuse_unknown_account, unknown_account
from afsync.commands.screen import agreed, interactive, messages
from afsync.core.state.recorded import Account, Recorded
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.config.project import Project


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
