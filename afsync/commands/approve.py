"""`afsync approve ADDR…`."""

from __future__ import annotations

import click

from afsync.commands.applying import apply
from afsync.commands.options import Selection
from afsync.commands.preparing import Apply
from afsync.commands.seconds import Seconds


@click.command
@click.argument("addresses", nargs=-1, required=True, metavar="ADDR...")
@click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where nobody can answer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--lock-timeout", default=0.0, type=Seconds(), metavar="SECONDS", help="Wait for the lock.")
def command(addresses: tuple[str, ...], auto_approve: bool, as_json: bool, lock_timeout: float) -> int:
    """Publish jobs that wait for an approval: shows what will be published, and asks.

    Publishing cannot be undone. When there is nothing to publish for one of them, nothing is done, and it says why.
    To approve by a pull request, write `approve: ID` on the job instead.
    """
    return apply(
        Apply(
            Selection(),
            auto_approve=auto_approve,
            as_json=as_json,
            lock_timeout=lock_timeout,
            approve=addresses,
        )
    )
