"""`afsync show`."""

from __future__ import annotations

import click

from afsync.commands.project import load_project, read_state
from afsync.commands.screen import report


@click.command
def command() -> int:
    """Show the state: what was made, for what, and what is still open."""
    from afsync.output.state_text import state_text

    report()(state_text(read_state(load_project())[0]))
    return 0
