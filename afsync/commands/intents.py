"""`afsync intents`."""

from __future__ import annotations

import click

from afsync.app.intents import open_intents
from afsync.commands.console import messages, print_report
from afsync.commands.context import here
from afsync.commands.options import json_flag
from afsync.output.intents import intents_json, intents_text
from afsync.output.values import escape_control


@click.command
@json_flag
def command(as_json: bool) -> int:
    """Show submissions and approvals whose outcome is not known, and what can be said of them now.

    Looks into the account; writes nothing. Where the account cannot be asked, shows what is recorded.
    """
    found, error = open_intents(here())
    if error is not None:
        messages()(f"{escape_control(f'The account could not be asked: {error.message}')}\n")
    asked = error is None
    return print_report(intents_json(found, asked=asked) if as_json else intents_text(found, asked=asked))
