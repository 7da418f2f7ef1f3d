"""`afsync account`."""

from __future__ import annotations

import click

from afsync.commands import project as work
from afsync.commands.screen import report


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def command(as_json: bool) -> int:
    """Show plan, balance and limits of the account."""
    from afsync.output.account import account_json, account_text

    service = work.connect(work.load_project(), writes=False)
    account = service.reader.account()
    report()(account_json(account) if as_json else account_text(account, service.base_url, None))
    return 0
