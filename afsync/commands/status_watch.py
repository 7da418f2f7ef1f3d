"""`afsync status --watch`: a live table on a terminal, a line per change elsewhere, or a document at the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from afsync.app.watch import WatchedJobs, watch
from afsync.commands.console import Out, messages, on_terminal, report, say_unwritten
from afsync.commands.context import here
from afsync.core.phases import JobStatus, Until, is_settled, succeeded
from afsync.engine.interrupt import Stop, handling_signals
from afsync.errors import Exit
from afsync.output.status_json import status_json
from afsync.output.status_text import change_line, state, summary
from afsync.output.values import visible

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


def watch_and_show(jobs: WatchedJobs, until: Until, *, timeout: float | None, interval: float, as_json: bool) -> int:
    """Watch until all jobs are settled or time is up, and show each look. Returns the exit code."""
    context, stop, out = here(), Stop(), report()
    view = _view(out, as_json=as_json)
    found: tuple[JobStatus, ...] = ()
    with handling_signals(stop):
        try:
            with stop.interruptible():
                found = watch(context, jobs, until, view.show, stop, timeout=timeout, interval=interval)
        finally:
            now = context.now()
            view.close(found or jobs.known(now), now)
    say_unwritten(out.error)
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
        named = ", ".join(f"{job.address} ({visible(state(job))})" for job in late[:10])
        more = f" and {len(late) - 10} more" if len(late) > 10 else ""
        messages()(f"Error: time is up, and not {_AWAITED[until]}: {named}{more}\n")
    if any(job.unresolved for job in found):
        return Exit.UNRESOLVED
    return Exit.OK if not late and all(succeeded(job) for job in found) else Exit.ERROR
