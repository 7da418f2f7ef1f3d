"""The step that publishes a produced job. It cannot be undone: an intent is written first, and it is sent once."""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.answers import Answer, Committed, CommittedIdUnknown, Limited, NotSent, Rejected, Unknown
from afsync.core.outcomes import NotAttempted, Unresolved
from afsync.core.plan.changes import Change
from afsync.core.records import Approval, RecordedJob
from afsync.core.recovery.resolution import Wait, approval_options, approval_summary, close_intent, record_publication
from afsync.core.resources import EMPTY, Schedule
from afsync.core.service_statuses import PUBLISHING
from afsync.core.state import Intent, Purpose, Scan
from afsync.engine.run import ChangeEnded, Progress, Run, StepDone, StepResult
from afsync.engine.submission import deliver, keep_open, refused


def approve(change: Change, progress: Progress, run: Run) -> StepResult:
    """Approve exactly the submission that the plan names. The result is on disk before it is reported."""
    record = run.state.recorded.resources.get(change.address)
    if not isinstance(record, RecordedJob) or record.id != change.id:
        return ChangeEnded(NotAttempted(change, f"{change.id} is not its submission any more"))
    if change.later is not None:
        return _wait_for_its_time(change, change.later, record, progress, run)
    opened = _intent(change, record, run)
    attempt = run.attempt(lambda: run.deps.writer.approve(record.id, opened.platforms))
    opened, answer = deliver(opened, attempt, run.state, run.deps.stop)
    return _recorded(opened, answer, change, progress, run)


def _wait_for_its_time(
    change: Change, later: Schedule, record: RecordedJob, progress: Progress, run: Run
) -> StepResult:
    """Record the approval, unless its time has come in this run already."""
    if run.state.recorded.intent_for(change.address) is not None:
        return ChangeEnded(NotAttempted(change, "its time came, and whether it was published is not known"))
    progress.id, progress.note = record.id, "its time came in this run"
    if not record.approved:
        waits = Approval(run.deps.clock(), run.deps.who, change.platforms)
        run.state.write(run.state.recorded.with_resource(change.address, replace(record, approval=waits)))
        progress.note = f"recorded; it will be published by the first apply after {later.with_zone}"
    return StepDone()


def _intent(change: Change, record: RecordedJob, run: Run) -> Intent:
    return Intent(
        seq=run.state.recorded.counter + 1,
        uuid=run.deps.new_id(),
        address=change.address,
        kind=Kind.JOB,
        fingerprint=record.fingerprint,
        declared=record.declared,
        echo=EMPTY,
        at=run.deps.clock(),
        server_time=run.server_time(),
        schedule=record.schedule,
        staged=record.staged,
        publish=record.publish,
        purpose=Purpose.APPROVAL,
        job_id=record.id,
        platforms=change.platforms,
    )


def _recorded(opened: Intent, answer: Answer, change: Change, progress: Progress, run: Run) -> StepResult:
    state = run.state
    match answer:
        case Committed(job_id, status):
            progress.id, progress.touched = job_id, "it was published"
            # Without a status in the answer it counts as being published; the next plan reads the job again.
            at = opened.server_time or opened.at
            state.write(record_publication(state.recorded, opened, at, status or PUBLISHING))
            return StepDone()
        case Rejected() | NotSent() | Limited():
            state.write(close_intent(state.recorded, opened))
            return refused(change, progress, answer)
        case CommittedIdUnknown() | Unknown():
            return ChangeEnded(_unresolved(keep_open(opened, answer, state), answer.why, change, run))
        case _:
            assert_never(answer)


def _unresolved(kept: Intent, why: str, change: Change, run: Run) -> Unresolved:
    """The writer has read the job already, and it does not show whether it was published."""
    now = run.deps.clock()
    found = Wait(kept, now + timedelta(seconds=run.plan.quarantine), Scan(now), counts=False)
    why = f"the answer was lost ({why}); nothing is sent a second time"
    return Unresolved(change, why, approval_summary(found), approval_options(kept))
