"""`afsync schema`."""

from __future__ import annotations

import click

from afsync.app.files import data_folder
from afsync.commands.console import print_report

FILES = {
    "config": "afsync.schema.json",
    "plan": "plan.schema.json",
    "apply": "apply.schema.json",
    "validate": "validate.schema.json",
    "account": "account.schema.json",
    "status": "status.schema.json",
    "calendar": "calendar.schema.json",
    "result": "result.schema.json",
    "state": "state.schema.json",
    "workspace": "workspace.schema.json",
    "report": "report.schema.json",
}


@click.command
@click.argument("name", type=click.Choice(list(FILES)), default="config")
def command(name: str) -> int:
    """Print the JSON Schema of the configuration, or of a document that afsync writes."""
    return print_report((data_folder("schemas") / FILES[name]).read_text(encoding="utf-8"))
