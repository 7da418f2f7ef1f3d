"""Bars for files on their way, with their speed: on a terminal only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from afsync.commands.screen import messages
from afsync.commands.telling import on_terminal

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress as RichProgress

Progress = Callable[[int, int | None], None]
"""Told how many bytes are there, and of how many, where that is known."""


def bars() -> RichProgress:
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
    def file(self, name: str) -> Iterator[Progress]:
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
