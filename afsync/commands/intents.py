"""`afsync intents`."""

from __future__ import annotations

import click

from afsync.commands import project as work
from afsync.commands.screen import tell
from afsync.commands.service import resolutions
from afsync.commands.state_file import read_state


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def command(as_json: bool) -> int:
    """Show submissions and approvals whose outcome is not known, and what can be said of them now.

    Looks into the account; writes nothing.
    """
    from afsync.output.intents import intents_json, intents_text

    project = work.load_project()
    recorded, _ = read_state(project)
    found = resolutions(project, recorded) if recorded.intents else ()
    return tell(intents_json(found) if as_json else intents_text(found))
