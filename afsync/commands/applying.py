"""Plan and apply under the lock: what `apply` and `destroy` do."""

from __future__ import annotations

import select
import sys
import time
import uuid
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from afsync.app.connection import Service
from afsync.app.first_account import unknown_account
from afsync.app.planned_files import open_planned
from afsync.app.project import at_moment, load_project, who
from afsync.app.project_state import check_lineage, locked, open_store
from afsync.commands.ci import publish_plan
from afsync.commands.command_result import CommandResult
from afsync.commands.context import here, signals_to
from afsync.commands.finishing import finish, outcome, refused
from afsync.commands.first_account import announcement
from afsync.commands.json_events import EventLines, JsonLines, event_lines
from afsync.commands.meanwhile import due_meanwhile
from afsync.commands.preparing import Apply, Ready, prepare, read_saved
from afsync.commands.progress import MANY, LineReporter, Reporter
from afsync.commands.reports import errors_into
from afsync.commands.screen import Out, agreed, interactive, messages, on_terminal, report, stderr, stdout_paint
from afsync.core.plan.plan import Plan, plan_without_links
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.trust.reviews import all_accepted
from afsync.engine.dependencies import Dependencies
from afsync.engine.executor import RunReport, apply_plan
from afsync.engine.interrupt import Stop, telling_of_signals
from afsync.engine.ledger import Ledger
from afsync.errors import AfsyncError, Exit, Interrupted, UsageError
from afsync.output.plan_text import plan_text

if TYPE_CHECKING:
    from afsync.api.session import ApiSession
    from afsync.config.project import Project
    from afsync.core.remote import Lookups, Remote
    from afsync.store.interface import Store


NOTHING_DUE = "Nothing is due.\n"


def apply(wanted: Apply) -> int:
    """Lock, read, plan, ask, apply, report. Returns the exit code."""
    return int(apply_here(wanted).code)


def apply_here(wanted: Apply) -> CommandResult:
    """The same, with what it came to."""
    wanted = _approved_by_files(wanted)
    out = report()
    with (
        event_lines(out if wanted.as_json else None, wanted.json_into) as events,
        errors_into(wanted.markdown_into, wanted.title, "apply"),
    ):
        return _apply(replace(wanted, saved=read_saved(wanted.plan_file)), out, events)


def _approved_by_files(wanted: Apply) -> Apply:
    """With the bounds of the files, where there is no terminal to ask on. UsageError where they have none."""
    if wanted.unattended or (interactive() and not wanted.as_json):
        return wanted
    name = "approve" if wanted.approve else "destroy" if wanted.destroy else "apply"
    with errors_into(wanted.markdown_into, wanted.title, "apply"):
        bounds = load_project(here()).settings.auto_approve if name == "apply" else None
        if bounds is None:
            hint = "add --auto-approve"
            if name == "apply":
                hint += ", or declare in afsync.yaml what needs no answer: `auto_approve:`"
            raise UsageError(f"{name} asks for confirmation, and there is no terminal to ask at", hint)
        return replace(wanted, bounds=bounds)


def _apply(wanted: Apply, out: Out, events: EventLines) -> CommandResult:
    project = load_project(here())
    store = open_store(here(), project)
    stop = Stop()
    with signals_to(stop), locked(here(), store, wanted.lock_timeout, stop):
        if wanted.due and _nothing_due(project, store):
            events.end(())
            if not wanted.as_json:
                out(NOTHING_DUE)
            return CommandResult(Exit.OK)
        with stop.interruptible(), _failures_notified(project, store, wanted):
            ready = prepare(wanted, project, store, stop)
            stop.check()  # beside others a signal interrupts no read
        plan, ledger = ready.plan, ready.ledger
        ledger.write(apply_resolutions(ledger.recorded, plan.resolutions))
        _show_plan(plan, project.root, wanted, out, events)
        if plan.blocking:
            _notify(ready, wanted)
            return outcome(refused(plan, wanted, events), plan)
        if plan.changes and not wanted.unattended and not _confirmed(stop, wanted, _first(ready)):
            kind = "Approval" if wanted.approve else "Destroy" if wanted.destroy else "Apply"
            messages()(f"{kind} cancelled.\n")
            events.end(())
            return CommandResult(Exit.ERROR)
        done = _flushed(ledger, _carry_out(ready, wanted, stop, out, events))
        _notify(ready, wanted, done)
        done = _folded(store, ledger, done)
    return outcome(finish(ready, done, wanted, out, events), done.plan, done)


def _failures_notified(project: Project, store: Store, wanted: Apply) -> AbstractContextManager[None]:
    if not project.settings.notify:
        return nullcontext()
    from afsync.app.notifications import failures_notified

    return failures_notified(here(), project, store, wanted.title)


def _notify(ready: Ready, wanted: Apply, done: RunReport | None = None) -> None:
    """Tell the channels of `notify`, where there are any; imported only then."""
    if not ready.project.settings.notify:
        return
    from afsync.app.notifications import after_apply, after_refusal

    if done is None:
        after_refusal(here(), ready.project, ready.plan, ready.ledger, wanted.title)
    else:
        after_apply(here(), ready.project, ready.remote, ready.ledger, done, wanted.title)


def _nothing_due(project: Project, store: Store) -> bool:
    """Whether files, state and clock tell already that there is nothing to publish, as nearly always."""
    from afsync.core.approval.due import nothing_to_do

    recorded, _ = store.read(unmerged=True)
    check_lineage(project, recorded)
    if store.pending(recorded.lineage):
        return False
    now = here().now()
    return nothing_to_do(at_moment(here(), project, recorded, now).desired, recorded, now)


def _carry_out(ready: Ready, wanted: Apply, stop: Stop, out: Out, events: EventLines) -> RunReport:
    if ready.plan.changes:
        ready.ledger.rehearse()
    if wanted.saved is not None:
        # From here on this plan cannot be applied a second time, whatever comes of it.
        recorded = ready.ledger.recorded
        ready.ledger.write(replace(recorded, applied_plans=(*recorded.applied_plans[-49:], wanted.saved.id)))
    options = wanted.saved.options if wanted.saved is not None else wanted.selection.options()
    if options.accept_unstaged:
        ready.ledger.write(all_accepted(ready.ledger.recorded, ready.plan.watched, who(), here().now()))
    teller = None if wanted.as_json else _teller(ready.plan, out, ready.service.session)
    if events:
        teller = JsonLines(events, len(ready.plan.changes), here().now, teller)
    assert teller is not None
    try:
        world = _world(ready.project, ready.service, stop, teller)
        if not (wanted.destroy or wanted.approve or options.destroy):
            world = replace(world, due=due_meanwhile(here(), ready, options))
        say, below = messages(), "\n" if stderr().isatty() else ""  # the terminal has just written ^C
        with telling_of_signals(stop, lambda doing: say(below + _interrupted(stop, doing))):
            return apply_plan(
                ready.plan,
                ready.remote,
                ready.ledger,
                world,
                fail_fast=wanted.fail_fast,
                max_credits=ready.max_credits,
            )
    finally:
        teller.close()


def _interrupted(stop: Stop, doing: str | None) -> str:
    """So that nobody presses again because nothing seems to happen."""
    what = f"what is in flight ({doing})" if doing else "what is in flight"
    again = "Ctrl-C again" if stop.exit_code == Exit.INTERRUPTED else "Another signal"
    return f"Interrupted: finishing {what}, then saving. {again} gives a submission up as unknown.\n"


def _show_plan(plan: Plan, root: Path, wanted: Apply, out: Out, events: EventLines) -> None:
    shared = plan_without_links(plan)
    events.plan(shared)
    told = plan.changes or plan.violations or plan.resolutions or plan.notices
    if wanted.due and not told and not wanted.as_json:
        out(NOTHING_DUE)
    elif not wanted.as_json:
        out(plan_text(plan, stdout_paint()))
    publish_plan(shared, root, wanted.title)


ANSWER_SLICE = 0.1
"""Seconds between two looks at whether somebody answered, or a signal came."""


def _first(ready: Ready) -> str:
    """What is said before the question where nothing but the key says which account is meant."""
    account = ready.plan.account
    return announcement(account) if unknown_account(ready.project, ready.ledger.recorded, account) else ""


def _confirmed(stop: Stop, wanted: Apply, first: str) -> bool:
    question = "Do you want to perform these actions?"
    if wanted.destroy:
        question = "Do you really want to destroy all of this?"
    elif wanted.approve:
        question = "Do you really want to publish this?"
    messages()(first)
    try:
        answer = agreed(question, lambda: answer_of(stop))
    except Interrupted as error:
        raise Interrupted("Interrupted. Nothing was done.", exit_code=error.exit_code) from None
    messages()("\n")
    return answer


def answer_of(stop: Stop) -> str:
    """A line that is typed; Interrupted when a signal comes."""
    with stop.interruptible():
        _until_answered(stop)
        return sys.stdin.readline()


def _until_answered(stop: Stop) -> None:
    """A signal that comes just before a read begins to wait is not noticed until that is over. So nothing is read
    before there is something; where that cannot be told (Windows), it is."""
    with suppress(OSError, ValueError):
        while not select.select([sys.stdin], [], [], ANSWER_SLICE)[0]:
            stop.check()


def _teller(plan: Plan, out: Out, session: ApiSession) -> Reporter:
    lines = LineReporter(out, stdout_paint())
    if not on_terminal():
        return lines
    if len(plan.changes) >= MANY:
        from afsync.commands.live_display import ChangesBar

        return ChangesBar(lines, len(plan.changes), plan.requests, session.limiter.estimate)
    if any(c.uploads for c in plan.changes):
        from afsync.commands.live_display import UploadBar

        return UploadBar(lines)
    return lines


def _world(project: Project, service: Service, stop: Stop, tell: Reporter) -> Dependencies:
    from afsync.api.snapshot import fetch, read_back
    from afsync.api.writer import ApiWriter

    def look(lookups: Lookups) -> Remote:
        return replace(fetch(service.reader, lookups, publish_times=False), base_url=service.base_url)

    def open_file(path: str, sha256: str) -> AbstractContextManager[BinaryIO]:
        return open_planned(project, path, sha256)

    return Dependencies(
        writer=ApiWriter(service.session, abandoned=stop.abandon.is_set),
        look=look,
        open_file=open_file,
        clock=here().now,
        monotonic=time.monotonic,
        new_id=lambda: str(uuid.uuid4()),
        stop=stop,
        tell=tell,
        who=who(),
        read_back=partial(read_back, service.reader),
    )


def _flushed(ledger: Ledger, done: RunReport) -> RunReport:
    """Write what still waits, before channels that answer slowly are notified."""
    try:
        if ledger.broken is None:
            ledger.flush()
    except AfsyncError as error:
        return replace(done, stopped=done.stopped or error)
    return done


def _folded(store: Store, ledger: Ledger, done: RunReport) -> RunReport:
    """Write the whole state once at the end. What was done is on disk already, so this may fail without loss."""
    try:
        if ledger.broken is None:
            store.fold()
    except AfsyncError as error:
        return replace(done, stopped=done.stopped or error)
    return done
