"""`afsync show`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from afsync import __version__
from afsync.app.files import read_text
from afsync.app.project import load_project
from afsync.app.project_state import read_state
from afsync.commands.console import stdout_paint, tell
from afsync.commands.context import here


@click.command
@click.argument("planfile", required=False, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def command(planfile: str | None, as_json: bool) -> int:
    """Show the state, or a saved plan.

    Without PLANFILE: what was made, for what, and what is still open.
    """
    return tell(_plan(planfile, as_json=as_json) if planfile is not None else show_state(as_json=as_json))


def _plan(planfile: str, *, as_json: bool) -> str:
    from afsync.output.json_text import json_text
    from afsync.output.plan_file import read_plan_file
    from afsync.output.plan_text import plan_text
    from afsync.output.values import iso

    saved, document = read_plan_file(read_text(Path(planfile)), planfile)
    if as_json:
        return json_text(document)
    until = f"Saved at {iso(saved.created_at)}; can be applied until {iso(saved.expires_at)}, once."
    return f"{plan_text(saved.plan, stdout_paint())}\n{until}\n"


def show_state(*, as_json: bool) -> str:
    """All of the state, for people or as the document that its schema describes."""
    from afsync.output.json_text import json_text
    from afsync.output.state_text import state_text
    from afsync.store.state_text import encode

    project = load_project(here())
    recorded, _ = read_state(here(), project)
    if as_json:
        return json_text(json.loads(encode(recorded, __version__)))
    return state_text(recorded, project.desired.paths)
