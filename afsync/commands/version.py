"""`afsync version`."""

from __future__ import annotations

import click

from afsync import __version__


@click.command
def command() -> int:
    """Print the version."""
    click.echo(f"afsync {__version__}")
    return 0
