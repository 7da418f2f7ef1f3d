"""Whose account it is, where neither the files nor the state say so yet: a person does, or `--account`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.app.project_state import refuse_unknown_account, unknown_account
from afsync.commands.console import agreed, interactive, messages
from afsync.core.state import Account
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.app.locked_state import Session
    from afsync.core.remote_account import Remote


def announcement(account: Account, first: str = "apply") -> str:
    """What is said before the question."""
    name = escape_control(account.id)
    return (
        f"\nThis is the first {first}: all of it, and this state, will belong to account {name} at "
        f"{escape_control(account.base_url)}.\n  (`account: {name}` in afsync.yaml says so for good.)\n"
    )


def may_belong(session: Session, remote: Remote, *, unattended: bool = False) -> bool:
    """Whether the state may come to belong to this account: asks, where neither files nor state nor `--account` say so.
    UsageError where that cannot be asked."""
    account = Account(remote.account.id, remote.base_url)
    if session.account is not None or not unknown_account(session.project, session.recorded, account):
        return True
    if unattended or not interactive():
        refuse_unknown_account(account, "write")
    messages()(announcement(account, "write"))
    return agreed("Is that the account?")
