"""`afsync intents`."""

from __future__ import annotations

import click

from afsync.app.checked_plan import resolve_with
from afsync.app.project import load_project
from afsync.app.project_state import read_state
from afsync.app.remote import read_for_intents
from afsync.commands.context import here
from afsync.commands.screen import messages, tell
from afsync.core.recovery.resolution import Resolution, not_asked
from afsync.errors import ApiError
from afsync.output.values import visible


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def command(as_json: bool) -> int:
    """Show submissions and approvals whose outcome is not known, and what can be said of them now.

    Looks into the account; writes nothing. Where the account cannot be asked, shows what is recorded.
    """
    from afsync.output.intents import intents_json, intents_text

    project = load_project(here())
    recorded, _ = read_state(here(), project)
    found: tuple[Resolution, ...] = ()
    asked = True
    try:
        if recorded.intents:
            found = resolve_with(here(), project, recorded, read_for_intents(here(), project, recorded))
    except ApiError as error:
        messages()(f"{visible(f'The account could not be asked: {error.message}')}\n")
        found, asked = not_asked(recorded), False
    return tell(intents_json(found, asked=asked) if as_json else intents_text(found, asked=asked))
