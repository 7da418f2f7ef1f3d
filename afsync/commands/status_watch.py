"""What somebody who watches gets to see: a live table on a terminal, a line per change elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from afsync.commands.screen import Out, stdout_paint
from afsync.core.phases import JobStatus
from afsync.output.status_json import status_json
from afsync.output.status_text import change_line, state, status_text, summary

_STOP = "Ctrl-C stops watching; production goes on."


class View(Protocol):
    """Shows what was seen."""

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None: ...

    def close(self, jobs: Sequence[JobStatus], now: datetime) -> None: ...


class Changes:
    """For logs: a line whenever something is new."""

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


class Live:
    """For eyes: the table, drawn anew in its place, and left on the screen at the end."""

    def __init__(self, out: Out) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        self._out = out
        self._live = RichLive(console=Console(highlight=False), auto_refresh=False, transient=True)
        self._live.start()

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        from rich.text import Text

        shown = status_text(jobs, now, stdout_paint()) + stdout_paint()(_STOP, "dim")
        text = Text.from_ansi(shown, no_wrap=True, overflow="ellipsis")
        self._live.update(text, refresh=True)

    def close(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        self._live.stop()
        self._out(status_text(jobs, now, stdout_paint()))


class Document:
    """For programs: what it came to."""

    def __init__(self, out: Out) -> None:
        self._out = out

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        """Not before the end."""

    def close(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        self._out(status_json(jobs, now))
