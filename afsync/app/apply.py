"""Apply: lock, read, plan, let it be confirmed, carry it out, and write the state."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol

from msgspec import Struct
from msgspec.structs import replace

from afsync.api.snapshot import fetch, read_back
from afsync.api.writer import ApiWriter
from afsync.app.account_reads import read_due_jobs
from afsync.app.checked_plan import checked_plan
from afsync.app.preparation import ApplyRequest, Prepared, prepare
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_lineage, locked, open_store, who
from afsync.config.files import inside, open_regular
from afsync.config.problems import InvalidValue
from afsync.core.plan.only_due import nothing_to_do
from afsync.core.recovery.resolution import apply_resolutions
from afsync.core.trust.reviews import all_accepted
from afsync.engine.dependencies import Dependencies, Due
from afsync.engine.executor import apply_plan
from afsync.engine.interrupt import Stop
from afsync.engine.run_report import RunReport
from afsync.errors import AfsyncError, PlanStale

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.plan.plan import Plan
    from afsync.core.remote_account import Lookups, Remote
    from afsync.core.state import Recorded
    from afsync.engine.current_state import CurrentState
    from afsync.engine.events import Tell
    from afsync.store.interface import Store


class ApplyFrontend(Protocol):
    """What shows an apply, and answers for the person who asked for it."""

    def planned(self, prepared: Prepared) -> None:
        """The plan, before anything is sent."""

    def agrees(self, prepared: Prepared, stop: Stop) -> bool:
        """Whether it may be carried out. Not asked where the request is unattended, or there is nothing to do."""

    def progress(self, prepared: Prepared, stop: Stop) -> AbstractContextManager[Tell]:
        """What takes the events of the run."""


class ApplyResult(Struct, frozen=True):
    """The result of an apply. `prepared` is None where nothing was due and so nothing was read; `report` where nothing
    was begun: the plan is blocked, or it was not `agreed` to."""

    prepared: Prepared | None = None
    report: RunReport | None = None
    agreed: bool = True


def apply(context: Context, request: ApplyRequest, frontend: ApplyFrontend) -> ApplyResult:
    """Make the account what the files say, under the lock.

    Raises ConfigError, UsageError, StateError, StateLocked, PlanStale and ApiError before anything was sent. What ends
    it later is in the report, beside what was done until then.
    """
    project = load_project(context)
    store = open_store(context, project)
    stop = Stop()
    with context.interrupts(stop), locked(context, store, request.lock_timeout, stop):
        if request.due and _nothing_due(context, project, store):
            return ApplyResult()
        with stop.interruptible(), _failures_notified(context, project, store, request):
            prepared = prepare(context, request, project, store, stop)
            stop.check()  # beside others a signal interrupts no read
        plan, state = prepared.plan, prepared.state
        state.write(apply_resolutions(state.recorded, plan.resolutions))
        frontend.planned(prepared)
        if plan.blocking:
            _notify(context, request, prepared)
            return ApplyResult(prepared)
        if plan.changes and not request.unattended and not frontend.agrees(prepared, stop):
            return ApplyResult(prepared, agreed=False)
        record_start(context, request, prepared)
        with frontend.progress(prepared, stop) as on_event:
            done = carry_out(context, request, prepared, stop, on_event)
        done = flushed(state, done)
        _notify(context, request, prepared, done)
        return ApplyResult(prepared, folded(store, state, done))


def _nothing_due(context: Context, project: LoadedProject, store: Store) -> bool:
    """Whether files, state and clock tell already that there is nothing to publish, as nearly always."""
    recorded, _ = store.read(unmerged=True)
    check_lineage(project, recorded)
    if store.pending(recorded.lineage):
        return False
    now = context.now()
    return nothing_to_do(at_moment(context, project, recorded, now).desired, recorded, now)


def _failures_notified(
    context: Context, project: LoadedProject, store: Store, request: ApplyRequest
) -> AbstractContextManager[None]:
    if not project.settings.notify:
        return nullcontext()
    # Imported here, as below: most projects have no channel.
    from afsync.app.notifications import failures_notified

    return failures_notified(context, project, store, request.title)


def _notify(context: Context, request: ApplyRequest, prepared: Prepared, done: RunReport | None = None) -> None:
    """Notify the channels of `notify`, where there are any."""
    project = prepared.project
    if not project.settings.notify:
        return
    from afsync.app.notifications import after_apply, after_refusal

    if done is None:
        after_refusal(context, project, prepared.plan, prepared.state, request.title)
    else:
        after_apply(context, project, prepared.remote, prepared.state, done, request.title)


def record_start(context: Context, request: ApplyRequest, prepared: Prepared) -> None:
    """Write what has to be in the state before the first change. Raises StateError, before anything is sent."""
    state = prepared.state
    if prepared.plan.changes:
        state.check_writable()
    if request.saved is not None:
        # From here on this plan cannot be applied a second time, whatever comes of it.
        applied = (*state.recorded.applied_plans[-49:], request.saved.id)
        state.write(replace(state.recorded, applied_plans=applied))
    if request.options.accept_unstaged:
        state.write(all_accepted(state.recorded, prepared.plan.watched, who(), context.now()))


def carry_out(context: Context, request: ApplyRequest, prepared: Prepared, stop: Stop, on_event: Tell) -> RunReport:
    """Make the changes of the plan, in its order; `on_event` takes what happens, each after it is on disk."""
    deps = _dependencies(context, prepared, stop, on_event)
    if not (request.approve or request.options.destroy):
        deps = replace(deps, due=_due_meanwhile(context, request, prepared))
    return apply_plan(
        prepared.plan,
        prepared.remote,
        prepared.state,
        deps,
        fail_fast=request.fail_fast,
        max_credits=prepared.max_credits,
    )


def _dependencies(context: Context, prepared: Prepared, stop: Stop, on_event: Tell) -> Dependencies:
    service = prepared.service

    def look(lookups: Lookups) -> Remote:
        return replace(fetch(service.reader, lookups, publish_times=False), base_url=service.base_url)

    def open_file(path: str, sha256: str) -> AbstractContextManager[BinaryIO]:
        return open_planned(prepared.project, path, sha256)

    return Dependencies(
        writer=ApiWriter(service.session, abandoned=stop.abandon.is_set),
        look=look,
        open_file=open_file,
        clock=context.now,
        monotonic=context.monotonic,
        new_id=lambda: str(uuid.uuid4()),
        stop=stop,
        tell=on_event,
        who=who(),
        read_back=partial(read_back, service.reader),
    )


def _due_meanwhile(context: Context, request: ApplyRequest, prepared: Prepared) -> Due:
    """What becomes due during the run is read and judged as `apply --due` does it, with the selection and the overrides
    of the whole run."""
    project, options = prepared.project, request.options

    def judge(recorded: Recorded) -> Plan:
        now = context.now()
        # Open submissions are not resolved here: nothing of it would be written.
        remote = read_due_jobs(context, project, recorded, prepared.service, now)
        return checked_plan(context, project, recorded, remote, now, options, project.desired.limits, due=True)

    return Due(project.desired, judge)


def flushed(state: CurrentState, done: RunReport) -> RunReport:
    """Write what still waits, before channels that answer slowly are notified."""
    try:
        if state.broken is None:
            state.flush()
    except AfsyncError as error:
        return replace(done, stopped=done.stopped or error)
    return done


def folded(store: Store, state: CurrentState, done: RunReport) -> RunReport:
    """Write the whole state once at the end. What was done is on disk already, so this may fail without loss."""
    try:
        if state.broken is None:
            store.fold()
    except AfsyncError as error:
        return replace(done, stopped=done.stopped or error)
    return done


@contextmanager
def open_planned(project: LoadedProject, path: str, sha256: str) -> Iterator[BinaryIO]:
    """A file to upload, hashed and sent from one descriptor. PlanStale, before anything is spent, when it is not
    what was planned any more, or changed while it was sent."""

    hint = "plan again with the file as it is now"
    try:
        with open_regular(inside(project.root, path), path) as (file, _):
            before = _stamp(file)
            if _sha256(file) != sha256:
                raise PlanStale(f"{path} has changed since the plan was made", hint)
            file.seek(0)
            yield file
            if _stamp(file) != before:
                raise PlanStale(f"{path} was written to while it was sent; nothing was submitted with it", hint)
    except InvalidValue as error:
        raise PlanStale(f"{path} could be read when the plan was made, and cannot any more: {error}", hint) from None


def _stamp(file: BinaryIO) -> tuple[int, int]:
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1024 * 1024):
        digest.update(chunk)
    return digest.hexdigest()
