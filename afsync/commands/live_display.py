"""Live displays on a terminal, drawn with rich: bars of an apply, of uploads and of downloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from afsync.commands.progress import LineReporter, Uploads, file_of
from afsync.commands.screen import messages, on_terminal
from afsync.core.outcome import Outcome
from afsync.engine.events import (
    BecameDue,
    ChangeDone,
    Event,
    Uploading,
)

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress, TaskID


class Bar:
    """Lines, with a bar under them whose estimate knows how long the rate limit will hold the rest up."""

    def __init__(self, lines: LineReporter, changes: int, requests: int, wait: Callable[[int], float]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

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
            self._count(event.outcome)

    def _count(self, _outcome: Outcome) -> None:
        self._done += 1
        elapsed = self._progress.get_time() - self._started
        pace = elapsed / self._done * (self._changes - self._done)
        requests = round(self._requests * (self._changes - self._done) / self._changes)
        left = max(pace, self._wait(requests))
        self._progress.update(self._task, advance=1, left=f"about {round(left)} s left" if left >= 1 else "")

    def close(self) -> None:
        self._progress.stop()


class UploadBar:
    """Lines, and under them a bar while a file is on its way."""

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

        progress = bars()
        self._shown = progress, progress.add_task(file_of(event), total=event.size)
        progress.start()
        return self._shown

    def close(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None


OnBytes = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many, where that is known."""


def bars() -> Progress:
    """One line a file: name, bar, bytes, speed, time left; gone when it is stopped."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True, highlight=False),
        transient=True,
    )


class Transfers:
    """Files that are fetched one after the other."""

    def __init__(self) -> None:
        self._bars = bars() if on_terminal() else None

    def __enter__(self) -> Transfers:
        if self._bars is not None:
            self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._bars is not None:
            self._bars.stop()

    @contextmanager
    def file(self, name: str) -> Iterator[OnBytes]:
        """A bar for one file, while it lasts."""
        shown = self._bars
        if shown is None:
            yield lambda _done, _total: None
            return
        task = shown.add_task(name, total=None)
        try:
            yield lambda done, total: shown.update(task, completed=done, total=total)
        finally:
            shown.remove_task(task)

    def say(self, text: str) -> None:
        """A line that stays, above the bars."""
        if self._bars is not None:
            self._bars.console.print(text, markup=False, soft_wrap=True)
        else:
            messages()(f"{text}\n")
