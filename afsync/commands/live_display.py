"""What is redrawn in place on a terminal, with rich; imported only where there is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.spinner import Spinner
from rich.text import Text

from afsync.app.partial_download import OnBytes
from afsync.commands.console import Out, stdout_paint
from afsync.commands.progress import LineReporter, Uploads, file_of
from afsync.core.job_status import JobStatus
from afsync.engine.events import BecameDue, ChangeDone, Event, Uploading
from afsync.output.status import status_text

if TYPE_CHECKING:
    from types import TracebackType

_STOP = "Ctrl-C stops watching; production goes on."


class ChangesBar:
    """Lines of an apply, with a bar below them. Its estimate includes how long the rate limit delays the rest: `wait`
    returns the seconds for a number of requests."""

    def __init__(self, lines: LineReporter, changes: int, requests: int, wait: Callable[[int], float]) -> None:
        self._lines = lines
        self._wait = wait
        self._uploads = Uploads()
        self._changes, self._requests = changes, requests
        self._progress = Progress(
            TextColumn("applying"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("", total=changes, left="")
        self._done = 0
        self._started = self._progress.get_time()
        self._progress.start()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Uploading):
            self._progress.update(self._task, left=self._uploads.text(event))
            return
        # The lines go to stdout, which the bar on stderr does not know of: it would stand in front of them.
        self._progress.stop()
        self._lines(event)
        self._progress.start()
        if isinstance(event, BecameDue):
            self._changes += len(event.changes)
            self._requests += len(event.changes)
            self._progress.update(self._task, total=self._changes)
        if isinstance(event, ChangeDone):
            self._count()

    def _count(self) -> None:
        self._done += 1
        elapsed = self._progress.get_time() - self._started
        pace = elapsed / self._done * (self._changes - self._done)
        requests = round(self._requests * (self._changes - self._done) / self._changes)
        left = max(pace, self._wait(requests))
        self._progress.update(self._task, advance=1, left=f"about {round(left)} s left" if left >= 1 else "")

    def close(self) -> None:
        self._progress.stop()


def _file_bars() -> Progress:
    """One line per file: name, bar, bytes, speed, time left; removed when it is stopped."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )


class UploadBar:
    """Lines of an apply, and below them a bar while a file is uploaded."""

    def __init__(self, lines: LineReporter) -> None:
        self._lines = lines
        self._shown: tuple[Progress, TaskID] | None = None

    def __call__(self, event: Event) -> None:
        if not isinstance(event, Uploading):
            self.close()
            self._lines(event)
            return
        progress, task = self._shown or self._open(event)
        progress.update(task, completed=event.sent)
        if event.sent >= event.size:
            self.close()

    def _open(self, event: Uploading) -> tuple[Progress, TaskID]:
        progress = _file_bars()
        self._shown = progress, progress.add_task(file_of(event), total=event.size)
        progress.start()
        return self._shown

    def close(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None


class DownloadBars:
    """Bars for files that are downloaded one after the other, and above them a line for each that is complete."""

    def __init__(self) -> None:
        self._bars = _file_bars()

    def __enter__(self) -> DownloadBars:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()

    @contextmanager
    def file(self, name: str) -> Iterator[OnBytes]:
        task = self._bars.add_task(name, total=None)
        try:
            yield lambda done, total: self._bars.update(task, completed=done, total=total)
        finally:
            self._bars.remove_task(task)

    def say(self, text: str) -> None:
        self._bars.console.print(text, markup=False, soft_wrap=True)


class StatusTable:
    """The table of `status --watch`, redrawn in place, and printed once at the end."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._live = Live(console=Console(highlight=False), auto_refresh=False, transient=True)
        self._live.start()

    def show(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        shown = status_text(jobs, now, stdout_paint()) + stdout_paint()(_STOP, "dim")
        text = Text.from_ansi(shown, no_wrap=True, overflow="ellipsis")
        self._live.update(text, refresh=True)

    def close(self, jobs: Sequence[JobStatus], now: datetime) -> None:
        self._live.stop()
        self._out(status_text(jobs, now, stdout_paint()))


@contextmanager
def running_accounts(names: Callable[[], Iterable[str]]) -> Iterator[Callable[[], AbstractContextManager[None]]]:
    """A line with a spinner for each account that runs; what is printed within what it gives goes above them."""

    def lines() -> Group:
        return Group(*(Spinner("dots", text=name) for name in names()))

    live = Live(console=Console(stderr=True), get_renderable=lines, refresh_per_second=8, transient=True)

    @contextmanager
    def above() -> Iterator[None]:
        live.stop()
        try:
            yield
        finally:
            live.start()

    live.start()
    try:
        yield above
    finally:
        live.stop()
