"""How the old submission of a deleted or replaced job is taken out."""

from __future__ import annotations

from typing import assert_never

from afsync.core.decisions.publish_times import time_off_options, with_refusal
from afsync.core.outcomes import Failed
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change
from afsync.core.service_statuses import Group, group_of
from afsync.core.state.forgotten import let_go
from afsync.core.state.records import RecordedJob, Why
from afsync.core.trust.cancels import to_cancel, with_cancel_answer
from afsync.core.trust.kept_publish_times import without_time
from afsync.core.trust.reviews import MAY_GO_OUT
from afsync.engine.run import ChangeEnded, Progress, Run, StepDone, StepResult
from afsync.errors import Refused


def retire_job(change: Change, progress: Progress, run: Run) -> StepResult:
    assert change.id is not None and change.retire is not None
    if change.action is Action.REPLACE and (why := run.too_late(change, 3)) is not None:
        return ChangeEnded(Failed(change, f"{why}; it was not replaced", "give it a time still ahead"))
    match change.retire:
        case Retire.CANCEL:
            return _cancel(change, change.id, progress, run)
        case Retire.UNSCHEDULE:
            return _take_off_publish_time(change, change.id, progress, run)
        case Retire.LEAVE:
            return _retired(change, progress, run, None)
        case _:
            assert_never(change.retire)


def _cancel(change: Change, job_id: str, progress: Progress, run: Run) -> StepResult:
    recorded = run.ledger.recorded
    record = recorded.resources.get(change.address)
    assert isinstance(record, RecordedJob)
    why = _why(change)
    run.ledger.write(to_cancel(recorded, change.address, record, why, run.deps.clock(), run.plan.watch))
    too_late = send_cancel(job_id, run)
    if too_late is None:
        return _retired(change, progress, run, f"{job_id} was cancelled")
    finished = group_of(too_late) in (Group.DONE, Group.FAILED)
    if change.action is Action.DELETE and finished and why is not Why.UNREVIEWED:
        progress.note = f"finished before it could be cancelled (it is {too_late})"
        return _retired(change, progress, run, None)
    what = "finished before it could be cancelled" if finished else "can no longer be cancelled"
    instead = "; nothing was submitted in its place" if change.action is Action.REPLACE else ""
    instead = f"; {MAY_GO_OUT}" if why is Why.UNREVIEWED else instead
    text = f"{job_id} {what} (it is {too_late}){instead}"
    return ChangeEnded(Failed(change, text, "plan again to see what is possible now"))


def _why(change: Change) -> Why:
    if change.reason is Reason.STAGING_IGNORED:
        return Why.UNREVIEWED
    return Why.REPLACED if change.action is Action.REPLACE else Why.REMOVED


def _take_off_publish_time(change: Change, job_id: str, progress: Progress, run: Run) -> StepResult:
    try:
        run.deps.writer.set_schedule(job_id, None)
    except Refused as error:
        run.ledger.write(with_refusal(run.ledger.recorded, change.address))
        return ChangeEnded(
            Failed(change, f"its publish time could not be taken off: {error.detail}", time_off_options(change))
        )
    recorded = run.ledger.recorded
    record = recorded.resources.get(change.address)
    if isinstance(record, RecordedJob):
        run.ledger.write(recorded.with_resource(change.address, without_time(record)))
    return _retired(change, progress, run, f"the publish time of {job_id} was taken off")


def _retired(change: Change, progress: Progress, run: Run, touched: str | None) -> StepResult:
    """A deleted job leaves the state; one that is cancelled because it does not stop for its review stays in it."""
    progress.touched = touched
    progress.id = change.id
    if change.action is Action.DELETE and change.reason is not Reason.STAGING_IGNORED:
        run.ledger.write(let_go(run.ledger.recorded, change.address, run.deps.clock()))
    return StepDone()


def send_cancel(job_id: str, run: Run) -> str | None:
    """Cancel a job that the state says is to be cancelled. None once it is, else the status that made it too late."""
    too_late = run.deps.writer.cancel(job_id)
    recorded = with_cancel_answer(run.ledger.recorded, job_id, too_late, run.deps.clock(), run.plan.watch)
    run.ledger.write(recorded)
    return too_late
