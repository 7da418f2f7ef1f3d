"""`afsync status`; with `--watch` a live table on a terminal, a line per change elsewhere, or a document at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import click

from afsync.app.status import WatchedJobs, selected_jobs, watch
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags, check_together
from afsync.commands.account_run import run
from afsync.commands.console import (
    Out,
    links_shown,
    messages,
    on_terminal,
    print_report,
    report,
    stdout_paint,
    warn_unwritten,
)
from afsync.commands.context import here
from afsync.commands.options import Seconds, with_links_flag
from afsync.commands.report_flags import TEXT, Reports, report_flags
from afsync.core.job_status import JobStatus, Until, is_settled, succeeded
from afsync.engine.interrupt import Stop, handling_signals
from afsync.errors import Exit, UsageError
from afsync.output.status import change_line, state, status_json, status_text, summary
from afsync.output.values import escape_control

INTERVAL = 5.0

UNTIL = [until.value for until in Until]


@click.command
@click.argument("globs", nargs=-1, metavar="[ADDR-GLOB]...")
@report_flags("status", "Print a JSON document; with --watch, at the end.")
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
    reports: Reports,
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
        check_together("status", watch=watching)

    def status_here() -> CommandResult:
        context, links = here(), links_shown(with_links, machine=reports != Reports())
        jobs = selected_jobs(context, globs, links=links)
        if watching:
            goal = Until(until or Until.DONE)
            return CommandResult(watch_and_show(jobs, goal, timeout=timeout, interval=interval, reports=reports))
        now = context.now()
        found = jobs.current(now)
        reports.write(lambda _: status_json(found, now))
        text = status_text(found, now, stdout_paint()) if reports.printed == TEXT else status_json(found, now)
        return CommandResult(print_report(text))

    return run("status", over, status_here)


_AWAITED = {Until.DONE: "produced", Until.PUBLISHED: "published"}


class StatusView(Protocol):
    """Shows the status of jobs, again and again."""

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None: ...

    def close(self, jobs: Sequence[JobStatus], now: datetime) -> None: ...


class StatusChanges:
    """For logs: a line whenever the state of a job changes."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._before: dict[str, JobStatus] = {}

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        for job in jobs:
            before = self._before.get(job.address)
            if before is None or state(before) != state(job):
                self._out(change_line(before, job, now) + "\n")
            self._before[job.address] = job

    def close(self, jobs: Sequence[JobStatus], now: datetime) -> None:  # noqa: ARG002
        self._out(summary(jobs) + "\n")


class StatusDocument:
    """For programs: the status at the end, as JSON."""

    def __init__(self, out: Out) -> None:
        self._out = out

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        """Nothing before the end."""

    def close(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        self._out(status_json(jobs, now))


def watch_and_show(jobs: WatchedJobs, until: Until, *, timeout: float | None, interval: float, reports: Reports) -> int:
    """Watch until all jobs are settled or time is up, show each look, and write the last. Returns the exit code."""
    context, stop, out = here(), Stop(), report()
    view = _view(out, as_json=reports.printed == "json")
    found: tuple[JobStatus, ...] = ()
    with handling_signals(stop):
        try:
            with stop.interruptible():
                found = watch(context, jobs, until, view.show, stop, timeout=timeout, interval=interval)
        finally:
            now = context.now()
            last = found or jobs.known(now)
            view.close(last, now)
            reports.write(lambda _: status_json(last, now))
    warn_unwritten(out.error)
    return _exit_code(found, until)


def _view(out: Out, *, as_json: bool) -> StatusView:
    if as_json:
        return StatusDocument(out)
    if not on_terminal():
        return StatusChanges(out)
    # Imported here: it needs rich.
    from afsync.commands.live_display import StatusTable

    return StatusTable(out)


def _exit_code(found: Sequence[JobStatus], until: Until) -> int:
    """0 where all went well. Names the jobs that were not settled in time."""
    late = [job for job in found if not is_settled(job, until)]
    if late:
        named = ", ".join(f"{job.address} ({escape_control(state(job))})" for job in late[:10])
        more = f" and {len(late) - 10} more" if len(late) > 10 else ""
        messages()(f"Error: time is up, and not {_AWAITED[until]}: {named}{more}\n")
    if any(job.unresolved for job in found):
        return Exit.UNRESOLVED
    return Exit.OK if not late and all(succeeded(job) for job in found) else Exit.ERROR
