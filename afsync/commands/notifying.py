"""When the channels of `notify` are told: by `plan --notify`, at the end of an apply, and by `afsync notify`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.commands import project as work
from afsync.commands.announcing import Herald
from afsync.commands.screen import messages
from afsync.commands.state_file import check_lineage
from afsync.core.announcing import of_jobs, went_well
from afsync.core.channels import Event
from afsync.core.status import Seen, statuses
from afsync.engine.ledger import Ledger
from afsync.errors import AfsyncError, Interrupted, StateError, StateLocked, UsageError
from afsync.output.notices import error_notice, plan_notice, run_notice
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.commands.preparing import Apply, Ready
    from afsync.config.project import Project
    from afsync.core.plan import Plan
    from afsync.core.recorded import Recorded
    from afsync.engine.executor import Report
    from afsync.store.interface import Store

_NO_FAILURES = (Interrupted, UsageError, StateLocked)
"""What ends a run and is nothing to tell anyone: a person did it, or another run is at work."""


def after_apply(ready: Ready, done: Report, wanted: Apply) -> None:
    """Tell what an apply came to, and what is new of the jobs as it saw them. What cannot be written is a warning."""
    ledger, remote, now = ready.ledger, ready.remote, work.now()
    herald = Herald(ready.project, wanted.title, ready.plan.account.id)
    recorded = ledger.recorded
    if not isinstance(done.stopped, Interrupted) and (done.outcomes or done.stopped or done.plan.violations):
        notice = run_notice(done.plan, done.outcomes, done.stopped, done.looked)
        recorded = herald.tell(notice, recorded)
        if notice.event is Event.APPLIED:
            for channel in herald.open:
                recorded = went_well(channel, recorded)
    seen = Seen(
        remote.jobs, remote.missing, times=remote.publish_times or {}, covered=remote.covered, results=remote.results
    )
    settle = ready.project.settings.settle
    # What this run changed was looked at before it did: that is told of by the next look.
    changed = {o.change.address for o in done.outcomes}
    jobs = [
        job
        for job in statuses(ready.project.desired, ledger.recorded, seen, now, settle=settle)
        if job.address not in changed
    ]
    _write(ledger, herald.tell_of_jobs(of_jobs(jobs, ledger.recorded), recorded))


def after_refusal(ready: Ready, wanted: Apply) -> None:
    """Tell that nothing was done."""
    herald = Herald(ready.project, wanted.title, ready.plan.account.id)
    _write(ready.ledger, herald.tell(run_notice(ready.plan, (), None, None), ready.ledger.recorded))


def _write(ledger: Ledger, recorded: Recorded) -> None:
    if recorded.announced == ledger.recorded.announced or ledger.broken is not None:
        return
    try:
        ledger.write(recorded)
    except (StateError, StateLocked) as error:
        messages()(f"Warning: what was sent is not in the state, so it may be sent again: {visible(error.message)}\n")


@contextmanager
def failures_told(project: Project, store: Store, title: str) -> Iterator[None]:
    """What ends a run before it has a plan is told, too, once."""
    try:
        yield
    except AfsyncError as error:
        if project.settings.notify and not isinstance(error, _NO_FAILURES):
            _tell_of(error, project, store, title)
        raise


def _tell_of(error: AfsyncError, project: Project, store: Store, title: str) -> None:
    herald, notice = Herald(project, title), error_notice(error, "apply")
    try:
        recorded, version = store.read()
        check_lineage(project, recorded)
    except AfsyncError:
        from afsync.core.recorded import Recorded

        herald.tell(notice, Recorded(project.settings.lineage or ""))
        return
    with suppress(AfsyncError):
        _write(Ledger(store, recorded, version), herald.tell(notice, recorded))


def tell_of_plan(project: Project, plan: Plan, title: str) -> Plan:
    """Tell that a plan is ready, where it changes anything and was not told; the plan, of the state as it is then."""
    if not project.settings.notify:
        raise UsageError("afsync.yaml has no `notify`", "declare a channel, or leave --notify away")
    if not plan.changes and not plan.violations:
        return plan
    from afsync.commands.taking import desk

    with desk(project, 0.0) as held:
        if held.recorded.serial != plan.serial:
            messages()("Warning: the state changed meanwhile, so the channels were not notified of this plan.\n")
            return plan
        after = Herald(project, title, plan.account.id).tell(plan_notice(plan), held.recorded)
        if after.announced == held.recorded.announced:
            return plan
        held.write(after)
    return replace(plan, serial=plan.serial + 1)
