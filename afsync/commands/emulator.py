"""`afsync emulator`."""

from __future__ import annotations

from pathlib import Path

import click

from afsync.app.connection import DIALECTS
from afsync.commands.console import messages
from afsync.commands.options import FileName
from afsync.errors import UsageError


@click.command
@click.option("--port", default=8787, show_default=True, type=click.IntRange(0, 65535), help="0 picks a free one.")
@click.option("--data", type=FileName(dir_okay=False), help="Keep everything in this file; else it is forgotten.")
@click.option("--dialect", type=click.Choice(DIALECTS), default="documented", show_default=True)
@click.option("--speed", default="1", show_default=True, metavar="N|manual", help="How fast production goes.")
@click.option("--rpm", type=click.IntRange(1), help="Requests a minute, instead of what the tier allows.")
@click.option("--tier", default="operate", show_default=True, help="The plan of accounts made on first use.")
@click.option("--credits", "credit", default=50, show_default=True, type=click.IntRange(0), help="Their credits.")
@click.option("--fault", "faults", multiple=True, metavar="SPEC", help="'POST /jobs#2: committed-then-close'.")
def command(
    port: int,
    data: str | None,
    dialect: str,
    speed: str,
    rpm: int | None,
    tier: str,
    credit: int,
    faults: tuple[str, ...],
) -> int:
    """Serve AuraFlux on this machine, for rehearsals: nothing costs anything.

    Any key that starts with af_ opens an account of its own. Point afsync at it with
    AURAFLUX_BASE_URL=http://127.0.0.1:PORT/v1.
    """
    from afsync.emulator.server import serve

    say = messages()

    def ready(url: str) -> None:
        say(f"AuraFlux emulator ({dialect}) at {url}; stop it with Ctrl-C.\n")

    try:
        pace: float | str = speed if speed == "manual" else float(speed)
    except ValueError:
        raise UsageError(f"--speed {speed}: not a number", "write a number such as 60, or manual") from None
    try:
        serve(
            data=Path(data) if data else ":memory:",
            port=port,
            dialect=dialect,
            speed=pace,
            rpm=rpm,
            tier=tier,
            credits=credit,
            faults=faults,
            on_ready=ready,
        )
    except (ValueError, OSError) as error:
        raise UsageError(f"the emulator could not start: {error}") from None
    return 0
