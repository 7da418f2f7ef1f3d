"""Plan and apply under the lock: what `apply` and `destroy` do."""

from __future__ import annotations

import sys
import time
import uuid
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from afsync.commands import project as work
from afsync.commands.addresses import check_submitted
from afsync.commands.ci import publish_error, publish_outcomes, publish_plan
from afsync.commands.event_lines import EventLines, event_lines
from afsync.commands.files import read_text, write_private
from afsync.commands.markdown_into import errors_into
from afsync.commands.options import Selection, check_addresses
from afsync.commands.planning import checked_plan, configuration, open_planned
from afsync.commands.screen import Out, interactive, messages, report, stdout_paint
from afsync.commands.service import Service, connect, read_remote
from afsync.commands.state_file import check_account, check_lineage, locked, open_store
from afsync.commands.telling import MANY, Bar, JsonLines, Lines, Teller, on_terminal
from afsync.commands.uploading import UploadBar
from afsync.core.approvals import only_approvals
from afsync.core.plan import Plan
from afsync.core.recorded import Account
from afsync.core.recovery import needs_person
from afsync.core.saved import SavedPlan, why_different, why_elsewhere, why_stale
from afsync.core.settling import settle
from afsync.engine.executor import Report, apply_plan
from afsync.engine.interrupt import Stop, handling_signals
from afsync.engine.ledger import Ledger
from afsync.engine.service import World
from afsync.errors import AfsyncError, Exit, PlanStale, StateError, UsageError
from afsync.output.outcomes import Tally, summary_text
from afsync.output.plan_text import plan_text
from afsync.output.values import count, visible

if TYPE_CHECKING:
    from afsync.api.link import Link
    from afsync.config.project import Project
    from afsync.core.remote import Lookups, Remote
    from afsync.store.local import LocalStore


@dataclass(frozen=True, slots=True)
class Apply:
    """What the command line asks for. `plan_file` is the name of a saved plan, `saved` what is in it; `expect` the
    fingerprint that was reviewed; `approve` the addresses of jobs to publish, and nothing else."""

    selection: Selection
    destroy: bool = False
    auto_approve: bool = False
    as_json: bool = False
    fail_fast: bool = False
    lock_timeout: float = 0.0
    plan_file: str | None = None
    saved: SavedPlan | None = None
    expect: str | None = None
    json_into: str | None = None
    markdown_into: str | None = None
    title: str = ""
    approve: tuple[str, ...] = ()

    @property
    def unattended(self) -> bool:
        """Whether nobody is asked: that was said, or a plan was reviewed already."""
        return self.auto_approve or self.plan_file is not None


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything an apply needs, read and decided; nothing has been sent or written."""

    project: Project
    service: Service
    remote: Remote
    plan: Plan
    ledger: Ledger
    max_credits: int | None


def apply(wanted: Apply) -> int:
    """Lock, read, plan, ask, apply, report. Returns the exit code."""
    if not wanted.unattended and (wanted.as_json or not interactive()):
        name = "approve" if wanted.approve else "destroy" if wanted.destroy else "apply"
        raise UsageError(f"{name} asks before it does anything, and nobody is there to answer", "add --auto-approve")
    out = report()
    with (
        event_lines(out if wanted.as_json else None, wanted.json_into) as events,
        errors_into(wanted.markdown_into, wanted.title, "apply"),
    ):
        return _apply(replace(wanted, saved=_saved(wanted.plan_file)), out, events)


def _saved(plan_file: str | None) -> SavedPlan | None:
    """What was saved. PlanStale when it is not what `plan --out` wrote."""
    if plan_file is None:
        return None
    from afsync.output.plan_file import decode_plan_file

    return decode_plan_file(read_text(Path(plan_file)), plan_file)


def _apply(wanted: Apply, out: Out, events: EventLines) -> int:
    project = work.load_project()
    store = open_store(project)
    stop = Stop()
    with handling_signals(stop), locked(store, wanted.lock_timeout, stop):
        with stop.interruptible():
            ready = _prepare(wanted, project, store, stop)
        plan, ledger = ready.plan, ready.ledger
        ledger.write(settle(ledger.recorded, plan.resolutions))
        _show_plan(plan, project.root, wanted, out, events)
        if plan.blocking:
            return _refused(plan, wanted, events)
        if plan.changes and not wanted.unattended and not _confirmed(stop, wanted):
            messages()("Apply cancelled.\n")
            events.end(())
            return Exit.ERROR
        done = _carry_out(ready, wanted, stop, out, events)
        done = _fold(store, ledger, done)
    return _finish(ready, done, wanted, out, events)


def _prepare(wanted: Apply, project: Project, store: LocalStore, stop: Stop) -> Ready:
    """Read the state and the account, plan, and check that it is what was reviewed."""
    for recovery in store.merge():
        messages()(f"{visible(f'Merged {recovery.path}: {recovery.address} is {recovery.record.id}.')}\n")
    recorded, version = store.read()
    check_lineage(project, recorded)
    check_addresses(wanted.selection, project.desired, recorded)
    check_submitted(wanted.approve, recorded, project.desired.jobs)
    now, saved = work.now(), wanted.saved
    if saved is not None:
        _insist(why_stale(saved, recorded, configuration(project), now))
    service = connect(project, writes=True, sleep=stop.wait)
    remote = read_remote(project, recorded, service, now)
    if saved is not None:
        _insist(why_elsewhere(saved, Account(remote.account.id, remote.base_url)))
    check_account(recorded, remote)
    limits = wanted.selection.limits(project.desired.limits)
    options = saved.options if saved is not None else wanted.selection.options(destroy=wanted.destroy)
    plan = checked_plan(project, recorded, remote, now, options, limits)
    if wanted.approve:
        plan = only_approvals(plan, recorded, remote, wanted.approve, project.desired)
    most = limits.max_credits
    if saved is not None:
        _insist(why_different(saved, plan))
        most = saved.plan.spend if most is None else min(most, saved.plan.spend)
    if wanted.expect is not None and wanted.expect != plan.fingerprint:
        _insist(f"its fingerprint is {plan.fingerprint}, not {wanted.expect}")
    return Ready(project, service, remote, plan, Ledger(store, recorded, version), most)


def _insist(why: str | None) -> None:
    if why is not None:
        raise PlanStale(f"This is not the plan that was reviewed: {why}.", "plan again, and have that reviewed")


def _carry_out(ready: Ready, wanted: Apply, stop: Stop, out: Out, events: EventLines) -> Report:
    if wanted.saved is not None:
        # From here on this plan cannot be applied a second time, whatever comes of it.
        recorded = ready.ledger.recorded
        ready.ledger.write(replace(recorded, applied_plans=(*recorded.applied_plans[-49:], wanted.saved.id)))
    teller = None if wanted.as_json else _teller(ready.plan, out, ready.service.link)
    if events:
        teller = JsonLines(events, len(ready.plan.changes), work.now, teller)
    assert teller is not None
    try:
        world = _world(ready.project, ready.service, stop, teller)
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


def _show_plan(plan: Plan, root: Path, wanted: Apply, out: Out, events: EventLines) -> None:
    events.plan(plan)
    if not wanted.as_json:
        out(plan_text(plan, stdout_paint()))
    publish_plan(plan, root, wanted.title)


def _confirmed(stop: Stop, wanted: Apply) -> bool:
    question = "Do you want to perform these actions?"
    if wanted.destroy:
        question = "Do you really want to destroy all of this?"
    elif wanted.approve:
        question = "Do you really want to publish this?"
    say = messages()
    say(f"\n{question}\n  Only 'yes' is accepted.\n\n  Enter a value: ")
    with stop.interruptible():
        answer = sys.stdin.readline()
    say("\n")
    return answer.strip() == "yes"


def _teller(plan: Plan, out: Out, link: Link) -> Teller:
    lines = Lines(out, stdout_paint())
    if not on_terminal():
        return lines
    if len(plan.changes) >= MANY:
        return Bar(lines, len(plan.changes), plan.requests, link.limiter.estimate)
    return UploadBar(lines) if any(c.uploads for c in plan.changes) else lines


def _world(project: Project, service: Service, stop: Stop, tell: Teller) -> World:
    from afsync.api.snapshot import fetch
    from afsync.api.writer import Writer

    def look(lookups: Lookups) -> Remote:
        return replace(fetch(service.reader, lookups, publish_times=False), base_url=service.base_url)

    def open_file(path: str, sha256: str) -> AbstractContextManager[BinaryIO]:
        return open_planned(project, path, sha256)

    return World(
        writer=Writer(service.link, abandoned=stop.abandon.is_set),
        look=look,
        open_file=open_file,
        clock=work.now,
        monotonic=time.monotonic,
        new_id=lambda: str(uuid.uuid4()),
        stop=stop,
        tell=tell,
    )


def _fold(store: LocalStore, ledger: Ledger, done: Report) -> Report:
    """Write the whole state once at the end. What was done is on disk already, so this may fail without loss."""
    try:
        if ledger.broken is None:
            store.fold()
    except AfsyncError as error:
        return replace(done, stopped=done.stopped or error)
    return done


def _refused(plan: Plan, wanted: Apply, events: EventLines) -> int:
    events.end(())
    _markdown_into(wanted, plan)
    if not wanted.as_json:
        messages()("Nothing was done: see above what holds it back.\n")
    return Exit.UNRESOLVED if needs_person(plan.resolutions) else Exit.REFUSED


def _finish(ready: Ready, done: Report, wanted: Apply, out: Out, events: EventLines) -> int:
    events.end(done.outcomes, done.stopped)
    if not wanted.as_json:
        _finish_text(ready.plan, done, out)
    elif isinstance(done.stopped, StateError):
        # An id may be written nowhere else, and stdout may lie on the disk that is full.
        _say_stopped(done.stopped)
    _markdown_into(wanted, ready.plan, done)
    publish_outcomes(done.outcomes, ready.project, wanted.title)
    if done.stopped is not None:
        publish_error(done.stopped)
    if out.error is not None:
        work.warn_closed(out.error)
    return exit_code(ready.plan, done)


def _markdown_into(wanted: Apply, plan: Plan, done: Report | None = None) -> None:
    """What came of it. By now it is done, so a file that cannot be written changes nothing any more."""
    if wanted.markdown_into is None:
        return
    from afsync.output.outcomes_markdown import apply_markdown

    outcomes, stopped = (done.outcomes, done.stopped) if done else ((), None)
    try:
        write_private(Path(wanted.markdown_into), apply_markdown(plan, outcomes, stopped, wanted.title))
    except AfsyncError as error:
        messages()(f"Warning: {visible(error.message)}\n")


def _finish_text(plan: Plan, done: Report, out: Out) -> None:
    if done.stopped is not None:
        _say_stopped(done.stopped)
    nothing = not plan.changes and not plan.violations
    complete = done.stopped is None
    out(("" if nothing else "\n") + summary_text(done.outcomes, stdout_paint(), complete=complete) + "\n")
    held = len({v.address for v in plan.violations})
    if held:
        messages()(f"{count(held, 'change')} held back: see above what is to be decided.\n")


def _say_stopped(error: AfsyncError) -> None:
    say = messages()
    say(f"\nError: {visible(error.message)}\n")
    if error.hint:
        say(f"  {visible(error.hint)}\n")


def exit_code(plan: Plan, done: Report) -> int:
    """What a script learns. An unresolved submission weighs more than a failed change, that more than a guard."""
    tally = Tally(done.outcomes)
    stopped = done.stopped.exit_code if done.stopped else Exit.OK
    if stopped in (Exit.STATE, Exit.LOCKED, Exit.INTERRUPTED, Exit.TERMINATED, Exit.STALE):
        return stopped
    # Whatever was selected: an open submission is never passed over in silence.
    if tally.unresolved or needs_person(plan.resolutions):
        return Exit.UNRESOLVED
    if stopped:
        return stopped
    if tally.failed or tally.not_attempted:
        return Exit.ERROR
    return Exit.REFUSED if plan.violations else Exit.OK
