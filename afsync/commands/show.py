"""`afsync show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from afsync.__version__ import __version__
from afsync.app.project import load_project
from afsync.app.project_state import read_state
from afsync.commands.console import print_report
from afsync.commands.context import here
from afsync.commands.options import FileName, json_flag
from afsync.errors import UsageError
from afsync.output.json_text import json_text
from afsync.output.state import state_text
from afsync.store.state_text import encode


@click.command
@click.argument("planfile", required=False, type=FileName())
@json_flag
def command(planfile: str | None, as_json: bool) -> int:
    """Show the state, or a saved plan.

    Without PLANFILE: what was made, for what, and what is still open.
    """
    if planfile is None:
        return print_report(show_state(as_json=as_json))
    if planfile.startswith(("job.", "template.")) and not Path(planfile).exists():
        raise UsageError(f"there is no plan file {planfile}", f"what is recorded of it: `afsync state show {planfile}`")
    # Imported here: the state alone needs nothing of plans.
    from afsync.commands.plan_report import saved_plan_document

    return print_report(saved_plan_document(Path(planfile), as_json=as_json))


def show_state(*, as_json: bool) -> str:
    """All of the state, for people or as the document that its schema describes."""

    context = here()
    project = load_project(context)
    recorded, _ = read_state(context, project)
    if as_json:
        return json_text(json.loads(encode(recorded, __version__)))
    return state_text(recorded, project.desired.paths)
