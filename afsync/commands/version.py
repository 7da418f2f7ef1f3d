"""`afsync version`."""

from __future__ import annotations

import click

from afsync.__version__ import __version__
from afsync.commands.console import print_report


@click.command
def command() -> int:
    """Print the version."""
    return print_report(f"afsync {__version__}\n")
