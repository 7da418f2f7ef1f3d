"""How an apply is shown on the screen and asked about, with its report on every channel at the end."""

from __future__ import annotations

import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec.structs import replace

from afsync.app.apply import ApplyResult, apply
from afsync.app.context import Context
from afsync.app.files import read_text
from afsync.app.preparation import Prepared
from afsync.app.project import load_project
from afsync.commands.account_flags import CommandResult
from afsync.commands.apply_report import ApplyFlags, finish, outcome, refused
from afsync.commands.ci import errors_into
from afsync.commands.console import (
    Out,
    agreed,
    interactive,
    links_shown,
    messages,
    on_terminal,
    report,
    stderr,
    stdout_paint,
)
from afsync.commands.context import here
from afsync.commands.first_account import announcement
from afsync.commands.plan_report import publish_plan
from afsync.commands.progress import MANY, EventLines, JsonLines, LineReporter, Reporter, event_lines
from afsync.core.plan.plan import plan_without_links
from afsync.engine.events import Tell
from afsync.engine.interrupt import Stop, telling_of_signals
from afsync.errors import Exit, Interrupted, UsageError
from afsync.output.plan_file import decode_plan_file
from afsync.output.plan_text import plan_text

NOTHING_DUE = "Nothing is due.\n"


def apply_here(flags: ApplyFlags) -> CommandResult:
    """Lock, read, plan, ask, apply, report."""
    context = here()
    flags = _approved_by_files(context, flags)
    out = report()
    with (
        event_lines(flags.reports, out, context.now) as events,
        errors_into(flags.reports.files_of("markdown"), flags.title, "apply"),
    ):
        file = flags.plan_file
        request = replace(
            flags.request,
            saved=None if file is None else decode_plan_file(read_text(Path(file)), file),
            unattended=flags.unattended,
            links=links_shown(False, machine=flags.quiet),
            quiet=flags.quiet,
        )
        screen = ApplyScreen(context, flags, out, events)
        return screen.finished(apply(context, request, screen))


def _approved_by_files(context: Context, flags: ApplyFlags) -> ApplyFlags:
    """With the bounds of the files, where there is no terminal to ask on. UsageError where they have none."""
    if flags.unattended or (interactive() and not flags.quiet):
        return flags
    with errors_into(flags.reports.files_of("markdown"), flags.title, "apply"):
        bounds = load_project(context).settings.auto_approve if flags.kind == "apply" else None
        if bounds is None:
            hint = "add --auto-approve"
            if flags.kind == "apply":
                hint += ", or declare in afsync.yaml what needs no answer: `auto_approve:`"
            raise UsageError(f"{flags.kind} asks for confirmation, and there is no terminal to ask at", hint)
        return replace(flags, request=replace(flags.request, bounds=bounds))


class ApplyScreen:
    """The frontend of an apply: a terminal, a log, or a report for programs."""

    def __init__(self, context: Context, flags: ApplyFlags, out: Out, events: EventLines) -> None:
        self._context, self._flags, self._out, self._events = context, flags, out, events

    def planned(self, prepared: Prepared) -> None:
        plan, quiet = prepared.plan, self._flags.quiet
        shared = plan_without_links(plan)
        self._events.plan(shared)
        anything = plan.changes or plan.violations or plan.resolutions or plan.notices
        if self._flags.request.due and not anything and not quiet:
            self._out(NOTHING_DUE)
        elif not quiet:
            self._out(plan_text(plan, stdout_paint()))
        publish_plan(shared, prepared.project.root, self._flags.title)

    def agrees(self, prepared: Prepared, stop: Stop) -> bool:
        question = {
            "apply": "Do you want to perform these actions?",
            "destroy": "Do you really want to destroy all of this?",
            "approve": "Do you really want to publish this?",
        }[self._flags.kind]
        messages()(announcement(prepared.plan.account) if prepared.of_unknown_account else "")
        try:
            answer = agreed(question, lambda: answer_of(stop))
        except Interrupted as error:
            raise Interrupted("Interrupted. Nothing was done.", exit_code=error.exit_code) from None
        messages()("\n")
        return answer

    @contextmanager
    def progress(self, prepared: Prepared, stop: Stop) -> Iterator[Tell]:
        reporter = self._reporter(prepared)
        say, below = messages(), "\n" if stderr().isatty() else ""  # the terminal has just written ^C
        try:
            with telling_of_signals(stop, lambda doing: say(below + _interrupted(stop, doing))):
                yield reporter
        finally:
            reporter.close()

    def _reporter(self, prepared: Prepared) -> Reporter:
        changes = len(prepared.plan.changes)
        shown = None if self._flags.quiet else _display(prepared, self._out)
        if self._events or shown is None:
            return JsonLines(self._events, changes, self._context.now, shown)
        return shown

    def finished(self, applied: ApplyResult) -> CommandResult:
        """Report on every channel what was done."""
        prepared, done = applied.prepared, applied.report
        if prepared is None:
            self._events.end(())
            if not self._flags.quiet:
                self._out(NOTHING_DUE)
            return CommandResult(Exit.OK)
        if not applied.agreed:
            kind = {"apply": "Apply", "destroy": "Destroy", "approve": "Approval"}[self._flags.kind]
            messages()(f"{kind} cancelled.\n")
            self._events.end(())
            return CommandResult(Exit.ERROR)
        if done is None:
            return outcome(refused(prepared.plan, self._flags, self._out, self._events), prepared.plan)
        return outcome(finish(prepared, done, self._flags, self._out, self._events), done.plan, done)


def _display(prepared: Prepared, out: Out) -> Reporter:
    plan, lines = prepared.plan, LineReporter(out, stdout_paint())
    many, uploads = len(plan.changes) >= MANY, any(c.uploads for c in plan.changes)
    if not on_terminal() or not (many or uploads):
        return lines
    # Imported here: a run without a terminal shows no bar.
    from afsync.commands.live_display import ChangesBar, UploadBar

    if many:
        return ChangesBar(lines, len(plan.changes), plan.requests, prepared.service.session.limiter.estimate)
    return UploadBar(lines)


def _interrupted(stop: Stop, doing: str | None) -> str:
    """Said at once, so that the key is not pressed again because nothing seems to happen."""
    what = f"what is in flight ({doing})" if doing else "what is in flight"
    again = "Ctrl-C again" if stop.exit_code == Exit.INTERRUPTED else "Another signal"
    return f"Interrupted: finishing {what}, then saving. {again} gives a submission up as unknown.\n"


ANSWER_SLICE = 0.1
"""Seconds between two looks at whether an answer or a signal came."""


def answer_of(stop: Stop) -> str:
    """A line that is typed; Interrupted when a signal comes."""
    with stop.interruptible():
        _until_answered(stop)
        return sys.stdin.readline()


def _until_answered(stop: Stop) -> None:
    """A signal that comes just before a read begins to wait is not noticed until that is over. So nothing is read
    before there is something; where that cannot be found out (Windows), it is."""
    with suppress(OSError, ValueError):
        while not select.select([sys.stdin], [], [], ANSWER_SLICE)[0]:
            stop.check()
