"""`afsync account`."""

from __future__ import annotations

import click

from afsync.app.account import read_account
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags
from afsync.commands.account_run import run
from afsync.commands.console import print_report
from afsync.commands.context import here
from afsync.commands.report_flags import Reports, report_flags
from afsync.core.account_results import Numbers
from afsync.output.account import account_json, account_text


@click.command
@report_flags("account", "Print a JSON document.")
@account_flags()
def command(reports: Reports, over: AccountFlags) -> int:
    """Show plan, balance and limits of the account, and what the declared jobs will still cost.

    Without a state, or with one of another account, the last is left out.
    """
    return run("account", over, lambda: _account(reports))


def _account(reports: Reports) -> CommandResult:
    read = read_account(here())
    account, plan = read.account, read.plan

    def text_of(form: str) -> str:
        if form == "json":
            return account_json(account, read.limits, read.held, plan)
        return account_text(account, read.base_url, read.limits, read.held, plan)

    reports.write(text_of)
    code = print_report(text_of(reports.printed))
    return CommandResult(code, Numbers(credits=plan.spend if plan else None, balance=account.balance))
