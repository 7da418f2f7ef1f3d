"""What an apply prints while it works: a line per event for people, or a JSON object per event for programs.

The objects go to stdout, into files, or both. Bars for a terminal are in `live_display`, which uses what is here.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TextIO, assert_never

from afsync.app.files import open_stream
from afsync.commands.console import Out
from afsync.commands.report_flags import Reports
from afsync.core.apply_verification import Verification
from afsync.core.outcomes import Outcome
from afsync.core.plan.actions import Step
from afsync.core.plan.plan import Plan
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
from afsync.errors import AfsyncError, ConfigError, Problem
from afsync.output.apply_json import (
    due_json,
    event_json,
    outcome_json,
    problem_event_json,
    seen_fields,
    started_json,
    summary_json,
)
from afsync.output.outcomes import (
    due_lines,
    outcome_line,
    started_line,
    submission_line,
    submitted_line,
)
from afsync.output.plan_json import plan_document
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


EVERY = timedelta(seconds=5)
"""Between two lines that say how far the run is."""


class EventLines:
    """Where the lines go. False when no output is wanted. The last one is a summary, whatever happened."""

    def __init__(self, outs: Sequence[Out], clock: Callable[[], datetime]) -> None:
        self._outs, self._clock = outs, clock
        self._ended = False

    def __bool__(self) -> bool:
        return bool(self._outs)

    def __call__(self, line: str) -> None:
        for out in self._outs:
            out(line)

    def plan(self, plan: Plan) -> None:
        """What will be done, and everything there is to say about it."""
        if self:
            self(event_json("plan", plan.as_of, plan=plan_document(plan)))
        for problem in (*plan.notices, *plan.violations, *plan.blocking):
            self.problem(problem, plan.as_of)

    def problem(self, problem: Problem, at: datetime) -> None:
        self(problem_event_json(problem, at))

    def end(
        self, outcomes: Sequence[Outcome], stopped: AfsyncError | None = None, looked: Verification | None = None
    ) -> None:
        """What was seen at the end, what ended the run early, if something did, and the summary; only once."""
        if self._ended:
            return
        self._ended = True
        now = self._clock()
        if looked is not None:
            self(event_json("seen", now, **seen_fields(looked)))
        if isinstance(stopped, ConfigError):
            for problem in stopped.problems:
                self.problem(problem, now)
        elif stopped is not None:
            self(event_json("error", now, code=_code(stopped), message=stopped.message, hint=stopped.hint))
        self(summary_json(outcomes, now, looked))


def _code(error: AfsyncError) -> str:
    """`PlanStale` as `plan_stale`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(error).__name__).lower()


@contextmanager
def event_lines(reports: Reports, stdout: Out, clock: Callable[[], datetime]) -> Iterator[EventLines]:
    """The lines of one run. What ends it early is a line of its own before it is raised."""
    with ExitStack() as opened:
        files = [Out(opened.enter_context(_stream(name))) for name in reports.files_of("json")]
        lines = EventLines([*([stdout] if reports.printed == "json" else []), *files], clock)
        try:
            yield lines
        except AfsyncError as error:
            lines.end((), error)
            raise


def _stream(name: str) -> TextIO:
    """A file for the lines, written as they come and readable by the owner only. AfsyncError when it cannot be."""
    try:
        return open_stream(Path(name)) or os.fdopen(
            os.open(Path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        )
    except OSError as error:
        raise AfsyncError(f"{name} could not be written: {error.strerror or error}") from None


class ProgressPace:
    """Tells how far the run is: at first, every few seconds while there are events, and when all is done."""

    def __init__(self, changes: int) -> None:
        self._changes = changes
        self._done = 0
        self._told: datetime | None = None

    def after(self, event: Event, now: datetime) -> str | None:
        """A line, when one is due after this event. `now` is UTC."""
        self._done += isinstance(event, ChangeDone)
        self._changes += len(event.changes) if isinstance(event, BecameDue) else 0
        complete = isinstance(event, ChangeDone) and self._done == self._changes
        if self._told is not None and now - self._told < EVERY and not complete:
            return None
        self._told = now
        return event_json("progress", now, done=self._done, total=self._changes, unit="changes")


class JsonLines:
    """For programs: one object a line; `clock` stamps them (UTC). `shown` prints for people at the same time."""

    def __init__(self, out: EventLines, changes: int, clock: Callable[[], datetime], shown: Reporter | None) -> None:
        self._out = out
        self._clock = clock
        self._shown = shown
        self._uploads = Uploads()
        self._pace = ProgressPace(changes)

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
            case SubmissionStarted() | SubmissionDone():
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
