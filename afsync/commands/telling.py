"""What an apply shows while it works: a line per change, a bar where there are many, or one JSON object a line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, assert_never

from afsync.commands.event_lines import EventLines, Pace
from afsync.commands.screen import Out, stderr, stdout
from afsync.commands.uploading import Uploads
from afsync.core.actions import Step
from afsync.core.outcome import Outcome
from afsync.engine.events import (
    BecameDue,
    ChangeDone,
    ChangeStarted,
    Event,
    SubmissionStarted,
    Submitted,
    Uploading,
    Warned,
)
from afsync.output.outcomes import (
    due_json,
    due_lines,
    event_json,
    outcome_json,
    outcome_line,
    problem_event_json,
    started_json,
    started_line,
    submission_line,
    submitted_line,
)
from afsync.output.problems import problem_block
from afsync.output.values import Paint

MANY = 10
"""From so many changes on there is a progress bar."""


class Teller(Protocol):
    """Takes the events of a run, one after the other."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None: ...


class Lines:
    """For people and logs: a line as a change starts and one as it ends."""

    def __init__(self, out: Out, paint: Paint) -> None:
        self._out = out
        self._paint = paint
        self._uploads = Uploads()

    def __call__(self, event: Event) -> None:
        match event:
            case ChangeStarted(change, step):
                if step is not Step.UPLOAD:  # that one is told of by itself
                    self._out(started_line(change) + "\n")
            case SubmissionStarted(change):
                self._out(submission_line(change) + "\n")
            case Submitted(change, resource_id, credits):
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


class JsonLines:
    """For programs: one object a line; `clock` stamps them (UTC). `shown`: who tells people meanwhile."""

    def __init__(self, out: EventLines, changes: int, clock: Callable[[], datetime], shown: Teller | None) -> None:
        self._out = out
        self._clock = clock
        self._shown = shown
        self._uploads = Uploads()
        self._pace = Pace(changes)

    def __call__(self, event: Event) -> None:
        now = self._clock()
        self._tell(event, now)
        if (progress := self._pace.after(event, now)) is not None:
            self._out(progress)
        if self._shown is not None:
            self._shown(event)

    def _tell(self, event: Event, now: datetime) -> None:
        match event:
            case ChangeStarted(change, step):
                self._out(started_json(change, step, now))
            case SubmissionStarted() | Submitted():
                pass  # In `change_start` and `change_done` already.
            case ChangeDone(outcome):
                self._out(outcome_json(outcome, now))
            case Warned(problem):
                self._out(problem_event_json(problem, now))
            case BecameDue(changes):
                self._out(due_json(changes, now))
            case Uploading(change, sent, size):
                if self._uploads.due(event):
                    self._out(event_json("progress", now, address=change.address, done=sent, total=size, unit="bytes"))
            case _:
                assert_never(event)

    def close(self) -> None:
        if self._shown is not None:
            self._shown.close()


class Bar:
    """Lines, with a bar under them whose estimate knows how long the rate limit will hold the rest up."""

    def __init__(self, lines: Lines, changes: int, requests: int, wait: Callable[[int], float]) -> None:
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


def on_terminal() -> bool:
    return stderr().isatty() and stdout().isatty()
