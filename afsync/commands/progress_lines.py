"""What an apply prints while it works, a line per event; and what every display of its progress knows of uploads."""

from __future__ import annotations

import time
from typing import Protocol, assert_never

from afsync.commands.console import Out
from afsync.core.plan.actions import Step
from afsync.core.resources import Job
from afsync.engine.events import (
    BecameDue,
    ChangeDone,
    ChangeStarted,
    Event,
    SubmissionDone,
    SubmissionStarted,
    Uploading,
    Warned,
)
from afsync.output.outcomes import (
    due_lines,
    outcome_line,
    started_line,
    submission_line,
    submitted_line,
)
from afsync.output.problems import problem_block
from afsync.output.values import Paint, size

MANY = 10
"""From so many changes on there is a progress bar."""


class Reporter(Protocol):
    """Takes the events of a run, one after the other."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


class LineReporter:
    """For people and logs: a line as a change starts and one as it ends."""

    def __init__(self, out: Out, paint: Paint) -> None:
        self._out = out
        self._paint = paint
        self._uploads = Uploads()

    def __call__(self, event: Event) -> None:
        match event:
            case ChangeStarted(change, step):
                if step is not Step.UPLOAD:  # an upload has lines of its own
                    self._out(started_line(change) + "\n")
            case SubmissionStarted(change):
                self._out(submission_line(change) + "\n")
            case SubmissionDone(change, resource_id, credits):
                self._out(submitted_line(change, resource_id, credits) + "\n")
            case ChangeDone(outcome):
                self._out(outcome_line(outcome, self._paint) + "\n")
            case Warned(problem):
                self._out(problem_block(problem, self._paint) + "\n")
            case BecameDue(changes):
                self._out("".join(f"{line}\n" for line in due_lines(changes)))
            case Uploading():
                if (line := self._uploads.line(event)) is not None:
                    self._out(line + "\n")
            case _:
                assert_never(event)

    def close(self) -> None:
        """Nothing is open."""


STEPS = 4
"""Without a terminal an upload has a line at its start and at every fourth of it."""


def file_of(event: Uploading) -> str:
    """The path of the file, as it is declared."""
    after = event.change.after
    return after.file.path if isinstance(after, Job) and after.file is not None else event.change.address


class Uploads:
    """Remembers when the current upload began, and how far it was in the last line."""

    def __init__(self) -> None:
        self._address = ""
        self._began = 0.0
        self._shown = -1

    def due(self, event: Uploading) -> bool:
        """Whether it is far enough for another line."""
        if event.change.address != self._address:
            self._address, self._began, self._shown = event.change.address, time.monotonic(), -1
        step = event.sent * STEPS // max(event.size, 1)
        before, self._shown = self._shown, max(self._shown, step)
        return step > before

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
