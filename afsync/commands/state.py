"""`afsync state`."""

from __future__ import annotations

from difflib import get_close_matches

import click

from afsync.commands.project import load_project, read_state
from afsync.commands.screen import report
from afsync.core.recorded import Recorded
from afsync.errors import UsageError


@click.group
def command() -> None:
    """List or show what is recorded."""


def _recorded() -> Recorded:
    return read_state(load_project())[0]


@command.command("list")
def list_() -> int:
    """Print the address of everything recorded, one a line."""
    from afsync.output.state_text import list_text

    report()(list_text(_recorded()))
    return 0


@command.command()
@click.argument("address")
def show(address: str) -> int:
    """Show what is recorded under ADDRESS."""
    from afsync.output.state_text import record_lines

    recorded = _recorded()
    record = recorded.resources.get(address)
    if record is None:
        close = get_close_matches(address, recorded.resources, n=1)
        hint = f"did you mean `{close[0]}`?" if close else "`afsync state list` shows what is recorded"
        raise UsageError(f"nothing is recorded under {address}", hint)
    report()("\n".join(record_lines(address, record)) + "\n")
    return 0
