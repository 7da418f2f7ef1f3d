"""When the channels of `notify` are sent messages: by `plan --notify`, at the end of an apply, by `afsync notify`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.app.notifications import Notifier
from afsync.app.project_state import check_lineage
from afsync.commands.context import here
from afsync.commands.screen import messages
from afsync.core.channels import Event
from afsync.core.notifications import of_jobs, went_well
from afsync.core.phases import Seen
from afsync.core.status import statuses
from afsync.engine.ledger import Ledger
from afsync.errors import AfsyncError, Interrupted, StateError, StateLocked, UsageError
from afsync.output.notifications import error_notice, plan_notice, run_notice
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.commands.preparing import Apply, Ready
    from afsync.config.project import Project
    from afsync.core.plan.plan import Plan
    from afsync.core.state.recorded import Recorded
    from afsync.engine.executor import Report
    from afsync.store.interface import Store

_NO_FAILURES = (Interrupted, UsageError, StateLocked)
"""What ends a run and is no failure: a person did it, or another run is at work."""


def after_apply(ready: Ready, done: Report, wanted: Apply) -> None:
    """Send the result of an apply, and what is new of the jobs as it saw them. What cannot be written is a warning."""
    ledger, remote, now = ready.ledger, ready.remote, here().now()
    notifier = Notifier(ready.project, wanted.title, ready.plan.account.id)
    recorded = ledger.recorded
    well = done.stopped is None
    if not isinstance(done.stopped, Interrupted) and (done.outcomes or done.stopped or done.plan.violations):
        notice = run_notice(done.plan, done.outcomes, done.stopped, done.looked)
        recorded = notifier.send(notice, recorded)
        well = notice.event is Event.APPLIED
    if well:
        for channel in notifier.open:
            recorded = went_well(channel, recorded)
    seen = Seen(
        remote.jobs, remote.missing, times=remote.publish_times or {}, covered=remote.covered, results=remote.results
    )
    settle = ready.project.settings.settle
    # What this run changed was looked at before it did that. The next run sends it.
    changed = {o.change.address for o in done.outcomes}
    jobs = [
        job
        for job in statuses(ready.project.desired, ledger.recorded, seen, now, settle=settle)
        if job.address not in changed
    ]
    _write(ledger, notifier.send_jobs(of_jobs(jobs, ledger.recorded), recorded))


def after_refusal(ready: Ready, wanted: Apply) -> None:
    """Send that nothing was done."""
    notifier = Notifier(ready.project, wanted.title, ready.plan.account.id)
    _write(ready.ledger, notifier.send(run_notice(ready.plan, (), None, None), ready.ledger.recorded))


def _write(ledger: Ledger, recorded: Recorded) -> None:
    if recorded.announced == ledger.recorded.announced or ledger.broken is not None:
        return
    try:
        ledger.write(recorded)
    except (StateError, StateLocked) as error:
        messages()(f"Warning: what was sent is not in the state, so it may be sent again: {visible(error.message)}\n")


@contextmanager
def failures_notified(project: Project, store: Store, title: str) -> Iterator[None]:
    """Also sends, once, what ends a run before it has a plan."""
    try:
        yield
    except AfsyncError as error:
        if project.settings.notify and not isinstance(error, _NO_FAILURES):
            _notify_failure(error, project, store, title)
        raise


def _notify_failure(error: AfsyncError, project: Project, store: Store, title: str) -> None:
    notifier, notice = Notifier(project, title), error_notice(error, "apply")
    try:
        recorded, version = store.read()
        check_lineage(project, recorded)
    except AfsyncError:
        from afsync.core.state.recorded import Recorded

        notifier.send(notice, Recorded(project.settings.lineage or ""))
        return
    with suppress(AfsyncError):
        _write(Ledger(store, recorded, version), notifier.send(notice, recorded))


def notify_plan(project: Project, plan: Plan, title: str) -> Plan:
    """Send that a plan is ready, where it changes anything and was not sent yet. The plan, with the serial of the state
    after that."""
    if not project.settings.notify:
        raise UsageError("afsync.yaml has no `notify`", "declare a channel, or remove --notify")
    if not plan.changes and not plan.violations:
        return plan
    from afsync.app.session import open_session

    sent = False
    try:
        with open_session(project, 0.0) as held:
            if held.recorded.serial != plan.serial:
                messages()("Warning: the state changed meanwhile, so the channels were not notified of this plan.\n")
                return plan
            after = Notifier(project, title, plan.account.id).send(plan_notice(plan), held.recorded)
            if after.announced == held.recorded.announced:
                return plan
            sent = True
            held.write(after)
    except (StateError, StateLocked) as error:
        what = "this plan was sent, and may be sent again" if sent else "the channels were not notified of this plan"
        messages()(f"Warning: {what}: {visible(error.message)}\n")
        return plan
    return replace(plan, serial=plan.serial + 1)
