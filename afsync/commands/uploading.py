"""How far an upload is: a bar with its speed on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from afsync.core.resources import Job
from afsync.engine.events import Event, Uploading
from afsync.output.values import size

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from afsync.commands.telling import Lines

STEPS = 4
"""Without a terminal an upload is told of at its start and at every fourth of it."""


def file_of(event: Uploading) -> str:
    """The path of the file, as it is declared."""
    after = event.change.after
    return after.file.path if isinstance(after, Job) and after.file is not None else event.change.address


class Uploads:
    """Remembers when the upload that is under way began, and what was told of it."""

    def __init__(self) -> None:
        self._address = ""
        self._began = 0.0
        self._told = -1

    def due(self, event: Uploading) -> bool:
        """Whether it has come far enough to be told of again."""
        if event.change.address != self._address:
            self._address, self._began, self._told = event.change.address, time.monotonic(), -1
        step = event.sent * STEPS // max(event.size, 1)
        told, self._told = self._told, max(self._told, step)
        return step > told

    def line(self, event: Uploading) -> str | None:
        """What to print, if it is time to."""
        if not self.due(event):
            return None
        address, whole = event.change.address, size(event.size)
        if not event.sent:
            return f"{address}: uploading {file_of(event)} ({whole})..."
        done = whole if event.sent >= event.size else f"{size(event.sent)} of {whole}"
        return f"{address}: uploaded {done}{self._speed(event)}"

    def text(self, event: Uploading) -> str:
        """The same in a few words, as of now."""
        self.due(event)
        return f"uploading {event.sent * 100 // max(event.size, 1)} %{self._speed(event)}"

    def _speed(self, event: Uploading) -> str:
        seconds = time.monotonic() - self._began
        return f", {size(round(event.sent / seconds))}/s" if seconds >= 0.5 else ""


class UploadBar:
    """Lines, and under them a bar while a file is on its way."""

    def __init__(self, lines: Lines) -> None:
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
        from afsync.commands.transfers import bars

        progress = bars()
        self._shown = progress, progress.add_task(file_of(event), total=event.size)
        progress.start()
        return self._shown

    def close(self) -> None:
        if self._shown is not None:
            self._shown[0].stop()
            self._shown = None
