"""`afsync approve ADDR…`."""

from __future__ import annotations

import click

from afsync.app.preparation import ApplyRequest
from afsync.commands.apply_report import ApplyFlags
from afsync.commands.apply_screen import apply_here
from afsync.commands.options import account_flag, auto_approve_flag, lock_timeout_flag
from afsync.commands.report_flags import Reports, report_flags


@click.command
@click.argument("addresses", nargs=-1, required=True, metavar="ADDR...")
@auto_approve_flag
@report_flags("approve", "Print one JSON object a line.")
@click.option("--now", "at_once", is_flag=True, help="Publish `held` jobs at once, before their time.")
@click.option(
    "--platform",
    "platforms",
    multiple=True,
    metavar="NAME",
    help="Where to publish again, or a job that has no platform. May be given several times.",
)
@account_flag
@lock_timeout_flag
def command(
    addresses: tuple[str, ...],
    auto_approve: bool,
    reports: Reports,
    at_once: bool,
    platforms: tuple[str, ...],
    lock_timeout: float,
    account: str | None,
) -> int:
    """Publish jobs that wait for an approval: shows what will be published, and asks.

    Of a job that is `publish: held` the approval is written down, and its time publishes it; --now publishes at once.
    A job whose publication failed is published again, only where it failed; where the service does not report that,
    --platform names it.
    Publishing cannot be undone. When there is nothing to publish for one of them, nothing is done, and it says why.
    To approve by a pull request, write `approve: ID` on the job instead.
    """
    request = ApplyRequest(
        approve=addresses,
        platforms=tuple(dict.fromkeys(platforms)),
        at_once=at_once,
        account=account,
        lock_timeout=lock_timeout,
    )
    return apply_here(ApplyFlags(request, auto_approve, reports)).code
