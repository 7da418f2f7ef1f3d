"""`afsync account`."""

from __future__ import annotations

import click

from afsync.app.account import read_account
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags, check_together
from afsync.commands.account_run import run
from afsync.commands.console import print_report
from afsync.commands.context import here
from afsync.core.workspace import Numbers
from afsync.output.account import account_json, account_text


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@account_flags()
def command(as_json: bool, over: AccountFlags) -> int:
    """Show plan, balance and limits of the account, and what the declared jobs will still cost.

    Without a state, or with one of another account, the last is left out.
    """
    if over.every:
        check_together(json=as_json)
    return run("account", over, lambda: _account(as_json))


def _account(as_json: bool) -> CommandResult:
    read = read_account(here())
    account, plan = read.account, read.plan
    text = account_text(account, read.base_url, read.limits, read.held, plan)
    code = print_report(account_json(account, read.limits, read.held, plan) if as_json else text)
    return CommandResult(code, Numbers(credits=plan.spend if plan else None, balance=account.balance))
