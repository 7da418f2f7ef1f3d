"""`afsync resolve ADDR`."""

from __future__ import annotations

import click

from afsync.app.intents import resolve_manually
from afsync.commands.console import print_done
from afsync.commands.context import here
from afsync.commands.options import lock_timeout_flag
from afsync.core.recovery.manual_resolution import ManualAbsent, ManualAdopt, ManualDecision, ManualForeign
from afsync.core.state import Purpose
from afsync.errors import UsageError


@click.command
@click.argument("address")
@click.option("--adopt", metavar="ID", help="It was made: it is this one. Of an approval: this job was published.")
@click.option(
    "--absent", is_flag=True, help="It was never made; the next plan creates it again. Of an approval: not published."
)
@click.option(
    "--foreign", multiple=True, metavar="ID", help="This one is another client's. May be given several times."
)
@click.option("--reason", default="", metavar="TEXT", help="Why; kept in the state.")
@click.option("--because", hidden=True, default="", metavar="TEXT", help="The name of --reason in 0.1.")
@lock_timeout_flag
def command(
    address: str,
    adopt: str | None,
    absent: bool,
    foreign: tuple[str, ...],
    reason: str,
    because: str,
    lock_timeout: float,
) -> int:
    """Decide a submission or an approval whose outcome is unknown. Works without a terminal.

    A job of which you say that it was not published may be approved again, and a `publish: held` one whose time has
    come is published by the next apply.
    """
    saying = _saying(adopt, absent, foreign)
    purpose = resolve_manually(here(), address, saying, reason or because, lock_timeout)
    print_done(f"{address}: {_said_of_approval(saying) if purpose is Purpose.APPROVAL else _said(saying)}\n")
    return 0


def _saying(adopt: str | None, absent: bool, foreign: tuple[str, ...]) -> ManualDecision:
    given = [bool(adopt), absent, bool(foreign)]
    if sum(given) != 1:
        raise UsageError("say exactly one of --adopt ID, --absent and --foreign ID")
    if adopt:
        return ManualAdopt(adopt)
    return ManualForeign(foreign) if foreign else ManualAbsent()


def _said(saying: ManualDecision) -> str:
    match saying:
        case ManualAdopt(resource_id):
            return f"recorded as {resource_id}."
        case ManualAbsent():
            return "recorded as never made; the next plan creates it again."
        case ManualForeign(ids):
            return f"{', '.join(ids)} marked as another client's."


def _said_of_approval(saying: ManualDecision) -> str:
    return (
        "recorded as published."
        if isinstance(saying, ManualAdopt)
        else "recorded as not published; it can be approved."
    )
