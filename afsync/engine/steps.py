"""The steps of a change as a table: what is sent, and what is written before and after."""

from __future__ import annotations

from afsync.core.forgotten import let_go
from afsync.core.moved_records import is_made, moved
from afsync.core.plan.actions import Action, Reason, Step
from afsync.core.plan.changes import Change
from afsync.engine.approval_steps import approve
from afsync.engine.job_steps import retire_job, set_schedule, submit_job, upload
from afsync.engine.run import ChangeEnded, Progress, Run, StepDone, StepResult, StopRun, cut_short, failed
from afsync.engine.template_steps import create_template, delete_template
from afsync.errors import ApiError, AuthError, Interrupted, PlanStale


def perform(step: Step, change: Change, progress: Progress, run: Run) -> StepResult:
    """Carry out one step. A refusal of the service ends the change; a refused key ends the run."""
    try:
        return _STEPS[step](change, progress, run)
    except AuthError as error:
        return ChangeEnded(failed(change, progress, error), StopRun(error, "the service does not accept the key"))
    except PlanStale as error:
        return ChangeEnded(failed(change, progress, error), StopRun(error, "a file changed since the plan"))
    except Interrupted:
        # A call that still waited for its turn; the executor notices the signal by itself.
        return ChangeEnded(cut_short(change, progress, "interrupted"))
    except ApiError as error:
        return ChangeEnded(failed(change, progress, error))


def _move(change: Change, progress: Progress, run: Run) -> StepResult:
    """Write all moves of the plan at once, with the first of them, so that records that change places are never written
    half."""
    if not is_made(change, run.state.recorded):
        run.state.write(moved(run.state.recorded, [c for c in run.plan.changes if c.action is Action.MOVE]))
    progress.id = change.id
    return StepDone()


def _forget(change: Change, progress: Progress, run: Run) -> StepResult:
    recorded = run.state.recorded
    if change.before is None:
        run.state.write(recorded.without_deposed(change.id))
    elif change.reason is Reason.MISSING:
        run.state.write(recorded.without_resource(change.address))  # nothing of it is left to be taken over
    else:
        run.state.write(let_go(recorded, change.address, run.deps.clock()))
    progress.id = change.id
    return StepDone()


_STEPS = {
    Step.MOVE: _move,
    Step.CREATE_TEMPLATE: create_template,
    Step.RETIRE_JOB: retire_job,
    Step.UPLOAD: upload,
    Step.SUBMIT_JOB: submit_job,
    Step.SET_SCHEDULE: set_schedule,
    Step.PUBLISH_DUE: approve,
    Step.APPROVE: approve,
    Step.DELETE_TEMPLATE: delete_template,
    Step.FORGET: _forget,
}
