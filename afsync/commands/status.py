"""`afsync status`."""

from __future__ import annotations

import click

from afsync.app.status import selected_jobs, status
from afsync.commands.account_flags import AccountFlags, account_flags, check_together, run
from afsync.commands.command_result import CommandResult
from afsync.commands.console import links_shown, stdout_paint, tell
from afsync.commands.context import here
from afsync.commands.options import Seconds, with_links_flag
from afsync.commands.status_watch import watch_and_show
from afsync.core.phases import Until
from afsync.errors import UsageError
from afsync.output.status_json import status_json
from afsync.output.status_text import status_text

INTERVAL = 5.0
UNTIL = [until.value for until in Until]


@click.command
@click.argument("globs", nargs=-1, metavar="[ADDR-GLOB]...")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document; with --watch, at the end.")
@with_links_flag
@click.option("--watch", "watching", is_flag=True, help="Go on until all are produced, live on a terminal.")
@click.option(
    "--until", type=click.Choice(UNTIL), help="The same, until all are produced (`done`, the default) or published."
)
@click.option("--timeout", type=Seconds(), metavar="SECONDS", help="Give up watching after that; exit 1.")
@click.option(
    "--interval", type=Seconds(0.1), default=INTERVAL, show_default=True, metavar="SECONDS", help="Between looks."
)
@account_flags()
def command(
    globs: tuple[str, ...],
    as_json: bool,
    with_links: bool,
    watching: bool,
    until: str | None,
    timeout: float | None,
    interval: float,
    over: AccountFlags,
) -> int:
    """Show every job: how far it is, when it is published, what it cost, and its link.

    Reads the state and the account; writes nothing. Finished jobs are not looked up again. With --watch or --until it
    exits 0 when all went well, 1 when one failed, is missing or was never submitted, 3 when one is unresolved.
    """
    watching = watching or until is not None
    if timeout is not None and not watching:
        raise UsageError("--timeout is for --watch and --until")
    if over.every:
        check_together(json=as_json, watch=watching)

    def status_here() -> CommandResult:
        context, links = here(), links_shown(with_links, machine=as_json)
        if watching:
            jobs = selected_jobs(context, globs, links=links)
            goal = Until(until or Until.DONE)
            return CommandResult(watch_and_show(jobs, goal, timeout=timeout, interval=interval, as_json=as_json))
        now, found = context.now(), status(context, globs, links=links)
        return CommandResult(tell(status_json(found, now) if as_json else status_text(found, now, stdout_paint())))

    return run("status", over, status_here)
