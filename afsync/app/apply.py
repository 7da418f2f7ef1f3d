"""Apply: lock, read, plan, let it be confirmed, carry it out, and write the state."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from afsync.app.execution import carry_out, flushed, folded, record_start
from afsync.app.preparation import ApplyRequest, Prepared, prepare
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_lineage, locked, open_store
from afsync.core.approval.due import nothing_to_do
from afsync.core.recovery.resolution import apply_resolutions
from afsync.engine.interrupt import Stop
from afsync.engine.run_report import RunReport

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
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
        plan, ledger = prepared.plan, prepared.ledger
        ledger.write(apply_resolutions(ledger.recorded, plan.resolutions))
        frontend.planned(prepared)
        if plan.blocking:
            _notify(context, request, prepared)
            return ApplyResult(prepared)
        if plan.changes and not request.unattended and not frontend.agrees(prepared, stop):
            return ApplyResult(prepared, agreed=False)
        record_start(context, request, prepared)
        with frontend.progress(prepared, stop) as on_event:
            done = carry_out(context, request, prepared, stop, on_event)
        done = flushed(ledger, done)
        _notify(context, request, prepared, done)
        return ApplyResult(prepared, folded(store, ledger, done))


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
        after_refusal(context, project, prepared.plan, prepared.ledger, request.title)
    else:
        after_apply(context, project, prepared.remote, prepared.ledger, done, request.title)
