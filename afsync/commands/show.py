"""`afsync show`."""

from __future__ import annotations

from pathlib import Path

import click

from afsync.commands.files import read_text
from afsync.commands.plan import show
from afsync.commands.project import load_project, read_state
from afsync.commands.screen import report
from afsync.errors import UsageError
from afsync.output.plan_file import decode_plan_file


@click.command
@click.argument("planfile", required=False, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print a saved plan as a JSON document.")
def command(planfile: str | None, as_json: bool) -> int:
    """Show the state, or a saved plan.

    Without PLANFILE: what was made, for what, and what is still open.
    """
    if planfile is not None:
        saved = decode_plan_file(read_text(Path(planfile)), planfile)
        show(saved.plan, "json" if as_json else "text", report())
        return 0
    if as_json:
        raise UsageError("--json goes with a plan file", "the state itself is JSON: .afsync/state.json")
    from afsync.output.state_text import state_text

    report()(state_text(read_state(load_project())[0]))
    return 0
