"""`afsync version`."""

from __future__ import annotations

import click

from afsync import __version__
from afsync.commands.console import tell


@click.command
def command() -> int:
    """Print the version."""
    return tell(f"afsync {__version__}\n")
