"""The steps of a job: its file is uploaded, it is submitted, its publish time is set; and the old submission of a
deleted or replaced job is taken out."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.answers import Committed
from afsync.core.command_lines import FlagName
from afsync.core.decisions.imports import adopted, taken_over
from afsync.core.decisions.publish_times import time_off_options, with_refusal
from afsync.core.decisions.requested_fields import requested, template_is_known
from afsync.core.fingerprints import same_request
from afsync.core.forgotten import let_go
from afsync.core.outcomes import Failed, NotAttempted
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.changes import Change
from afsync.core.records import Publish, RecordedJob, RecordedTemplate, Upload, Why
from afsync.core.resources import EMPTY, Job, Schedule, Values, effective
from afsync.core.service_statuses import Group, group_of
from afsync.core.similarity import echo_of
from afsync.core.trust.cancels import to_cancel, with_cancel_answer
from afsync.core.trust.kept_publish_times import without_time
from afsync.core.trust.reviews import MAY_GO_OUT
from afsync.engine.events import Uploading
from afsync.engine.run import KNOWN, ChangeEnded, Progress, Run, StepDone, StepResult, StopRun, failed, new_intent
from afsync.engine.submission import after_submission, ignores_review, submit
from afsync.errors import ApiError, Interrupted, LimitRefused, Refused


def upload(change: Change, _progress: Progress, run: Run) -> StepResult:
    job = change.after
    assert isinstance(job, Job) and job.file is not None
    file = job.file
    if file.sha256 in run.state.recorded.uploads:
        return StepDone()
    tell = run.deps.tell
    tell(Uploading(change, 0, file.size))
    with run.deps.open_file(file.path, file.sha256) as opened:
        file_id = run.deps.writer.upload(
            opened,
            filename=file.path.rsplit("/", 1)[-1],
            size=file.size,
            progress=lambda sent: tell(Uploading(change, sent, file.size)),
        )
    recorded = run.state.recorded
    run.state.write_soon(replace(recorded, uploads={**recorded.uploads, file.sha256: Upload(file_id, file.size)}))
    return StepDone()


def submit_job(change: Change, progress: Progress, run: Run) -> StepResult:
    job = change.after
    assert isinstance(job, Job)
    if change.action is Action.ADOPT:
        return _take_over(change, job, progress, run)
    template = _template_values(job, run)
    if template is None:
        return ChangeEnded(NotAttempted(change, f"{job.template} was not made"))
    over = _over_limit(change, run)
    if over is not None:
        return over
    body = _body(job, template, run)
    echo = echo_of({"entry": "fetch", **body})
    opened = new_intent(change, run, Kind.JOB, job.values, echo, known=(*run.submitted, *run.remote.head)[:KNOWN])
    opened = replace(
        opened,
        schedule=job.schedule,
        rerun=job.rerun,
        staged=effective(job.values, template).get("staging") is True,
        publish=Publish.HELD if job.held else Publish.SERVICE,
    )
    known = run.state.recorded.staging_ignored is not None and not run.plan.accept_unstaged
    if body.get("staging") is True and known:
        return ChangeEnded(NotAttempted(change, "the service does not stop jobs for review"))
    # The publish time needs a request of its own.
    attempt = run.attempt(lambda: run.deps.writer.submit_job(body), lambda: run.too_late(change, 2))
    opened, answer = submit(opened, attempt, run.state, run.deps.stop)
    result = after_submission(change, progress, run, opened, answer)
    if isinstance(answer, Committed) and ignores_review(opened, answer):
        if not run.plan.accept_unstaged:
            return _cancel_unstaged(change, answer.id, progress, run)
        progress.note = f"the service does not stop it before publishing, as accepted: {MAY_GO_OUT}"
    return result


def _cancel_unstaged(change: Change, job_id: str, progress: Progress, run: Run) -> ChangeEnded:
    """Cancel at once what would be published without the review. The record stays, so that the job is not paid for a
    second time by itself; where the cancel fails, the next apply sends it again."""
    hint = f"look at {job_id} in AuraFlux: {MAY_GO_OUT}"
    try:
        too_late = send_cancel(job_id, run)
    except (ApiError, Interrupted) as error:
        what, hint = f"cancelling it failed ({error.message})", f"the next apply cancels it; until then {MAY_GO_OUT}"
    else:
        what = "it was cancelled at once" if too_late is None else f"it could not be cancelled (it is {too_late})"
    why = f"submitted as {job_id}, but the service says that it does not stop before publishing; {what}"
    hint += "; nothing more that waits for a review is submitted"
    return ChangeEnded(Failed(change, why, hint, progress.credits))


def _take_over(change: Change, job: Job, progress: Progress, run: Run) -> StepResult:
    """Record what the account holds already; nothing is sent."""
    assert change.id is not None
    record = adopted(job, change.id, run.remote, run.deps.clock(), _template_values(job, run) or EMPTY)
    run.state.write(taken_over(run.state.recorded, change.address, record))
    progress.id = change.id
    return StepDone()


def _template_values(job: Job, run: Run) -> Values | None:
    """What the job's template holds; None when the template should be there and is not."""
    if job.template is None:
        found = run.remote.templates.get(str(job.values.get("fromTemplateId")))
        return found.echo if found else EMPTY
    record = run.state.recorded.resources.get(job.template)
    wanted = run.plan.makes_template(job.template)
    if record is None or (
        wanted is not None and not same_request(Kind.TEMPLATE, wanted.values, record.declared, record.fingerprint)
    ):
        return None
    return record.declared


def _body(job: Job, template: Values, run: Run) -> dict[str, Any]:
    """The request body: all that is declared, with the template and the file named by their ids."""
    recorded = run.state.recorded
    made_from = recorded.resources.get(job.template or "")
    record = made_from if isinstance(made_from, RecordedTemplate) else None
    body = requested(job, template, known=template_is_known(job, record, run.remote))
    if record is not None:
        body["fromTemplateId"] = record.id
    if job.file is not None:
        body["fileId"] = recorded.uploads[job.file.sha256].file_id
    return body


def _over_limit(change: Change, run: Run) -> ChangeEnded | None:
    """The end of the change where it would pass `max_credits`; what was really charged counts, so that can happen
    although the plan was within the limit."""
    if run.max_credits is None or run.spent + change.credits.spend <= run.max_credits:
        return None
    by = " by the estimate" if run.unknown_cost else ""
    why = f"{run.spent} credits were spent{by}, and this one would pass the limit of {run.max_credits}"
    again = "plan again: what the rest costs is estimated by what was taken now"
    hint = f"{again}; {FlagName.MAX_CREDITS} raises the limit"
    error = LimitRefused(f"Stopped: {why}.", hint)
    return ChangeEnded(NotAttempted(change, why), StopRun(error, "the limit on credits was reached"))


def set_schedule(change: Change, progress: Progress, run: Run) -> StepResult:
    job = change.after
    assert isinstance(job, Job)
    record = run.state.recorded.resources.get(change.address)
    if not isinstance(record, RecordedJob):
        return ChangeEnded(NotAttempted(change, "its submission was not made"))
    if change.held:
        run.state.write(run.state.recorded.with_resource(change.address, replace(record, schedule=job.schedule)))
        progress.id = record.id
        return StepDone()
    moment = job.schedule.utc if job.schedule else None
    if moment is not None and (why := run.too_late(change, 0)) is not None:
        return ChangeEnded(failed(change, progress, ApiError(why, "give it a time still ahead")))
    try:
        _send_time(change.address, record, moment, run)
    except Refused as error:
        if moment is not None:
            raise
        run.state.write(with_refusal(run.state.recorded, change.address))
        raise _unschedulable(error, time_off_options(change)) from None
    scheduled = _scheduled(record, job.schedule, run.deps.clock())
    # If this write is lost, the time is known to be missing, and the next plan sets it again.
    run.state.write_soon(run.state.recorded.with_resource(change.address, scheduled))
    progress.id = record.id
    return StepDone()


def _send_time(address: str, record: RecordedJob, moment: datetime | None, run: Run) -> None:
    """Send a publish time. It may be set although its record can no longer be written, so `time_missing` is written
    before the first time of a job, and taken back only where the service refused."""
    state = run.state
    noted = moment is not None and record.schedule is None and not record.time_missing
    if noted:
        state.write(state.recorded.with_resource(address, replace(record, time_missing=True)))
    try:
        run.deps.writer.set_schedule(record.id, moment)
    except Refused:
        if noted:
            state.write(state.recorded.with_resource(address, record))
        raise


def _scheduled(record: RecordedJob, schedule: Schedule | None, now: datetime) -> RecordedJob:
    """The record after the service accepted a publish time, or its removal. Setting the same time again is counted;
    a finding is kept only for the same instant."""
    if schedule is None:
        return without_time(record)
    known = record.schedule
    again = known is not None and schedule.utc == known.utc
    return replace(
        record,
        schedule=schedule,
        schedule_repeats=record.schedule_repeats + 1 if again else 0,
        schedule_unseen_since=now,
        schedule_finding=record.schedule_finding if again else None,
        time_missing=False,
    )


def _unschedulable(error: Refused, hint: str) -> Refused:
    text = f"the service does not take a publish time off: {error.detail}"
    return Refused(text, status=error.status, code=error.code, detail=error.detail, hint=hint)


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
    recorded = run.state.recorded
    record = recorded.resources.get(change.address)
    assert isinstance(record, RecordedJob)
    why = _why(change)
    run.state.write(to_cancel(recorded, change.address, record, why, run.deps.clock(), run.plan.watch))
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
        run.state.write(with_refusal(run.state.recorded, change.address))
        return ChangeEnded(
            Failed(change, f"its publish time could not be taken off: {error.detail}", time_off_options(change))
        )
    recorded = run.state.recorded
    record = recorded.resources.get(change.address)
    if isinstance(record, RecordedJob):
        run.state.write(recorded.with_resource(change.address, without_time(record)))
    return _retired(change, progress, run, f"the publish time of {job_id} was taken off")


def _retired(change: Change, progress: Progress, run: Run, touched: str | None) -> StepResult:
    """A deleted job leaves the state; one that is cancelled because it does not stop for its review stays in it."""
    progress.touched = touched
    progress.id = change.id
    if change.action is Action.DELETE and change.reason is not Reason.STAGING_IGNORED:
        run.state.write(let_go(run.state.recorded, change.address, run.deps.clock()))
    return StepDone()


def send_cancel(job_id: str, run: Run) -> str | None:
    """Cancel a job that the state says is to be cancelled. None once it is, else the status that made it too late."""
    too_late = run.deps.writer.cancel(job_id)
    recorded = with_cancel_answer(run.state.recorded, job_id, too_late, run.deps.clock(), run.plan.watch)
    run.state.write(recorded)
    return too_late
