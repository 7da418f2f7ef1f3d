"""`afsync version`."""

from __future__ import annotations

import click

from afsync import __version__
from afsync.commands.screen import report


@click.command
def command() -> int:
    """Print the version."""
    report()(f"afsync {__version__}\n")
    return 0
