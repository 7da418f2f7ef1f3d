"""`afsync intents`."""

from __future__ import annotations

import click

from afsync.commands import project as work
from afsync.commands.screen import report


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def command(as_json: bool) -> int:
    """Show submissions whose outcome is not known, and what can be said of them now.

    Looks into the account; writes nothing.
    """
    from afsync.output.intents import intents_json, intents_text

    project = work.load_project()
    recorded, _ = work.read_state(project)
    resolutions = work.resolutions(project, recorded) if recorded.intents else ()
    report()(intents_json(resolutions) if as_json else intents_text(resolutions))
    return 0
