"""The steps of a template: created, taken over, deleted."""

from __future__ import annotations

from afsync.core.addresses import Kind
from afsync.core.answers import Committed, CommittedIdUnknown, Unknown
from afsync.core.decisions.imports import taken_over, template_record
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.resolution import Adopt, apply_resolutions
from afsync.core.remote_account import Lookups
from afsync.core.resources import EMPTY, Template
from afsync.core.state import Intent
from afsync.core.text import same_text
from afsync.engine.run import Progress, Run, StepDone, StepResult, new_intent
from afsync.engine.submission import after_submission, submit
from afsync.errors import ApiError, Interrupted


def create_template(change: Change, progress: Progress, run: Run) -> StepResult:
    template = change.after
    assert isinstance(template, Template)
    if change.action is Action.ADOPT:
        assert change.id is not None
        record = template_record(template, change.id, run.remote.templates.get(change.id))
        run.state.write(taken_over(run.state.recorded, change.address, record))
        progress.id = change.id
        return StepDone()
    namesakes = tuple(
        sorted(t.id for t in run.remote.templates.values() if t.unreadable or same_text(t.name, template.name))
    )
    opened = new_intent(change, run, Kind.TEMPLATE, template.values, EMPTY, known=namesakes)
    create = run.deps.writer.create_template
    opened, answer = submit(opened, run.attempt(lambda: create(template.values)), run.state, run.deps.stop)
    if isinstance(answer, CommittedIdUnknown | Unknown):
        answer = _look_for_template(opened, run) or answer
    if isinstance(answer, Committed) and change.reason is Reason.MISSING:
        _forget_missing(change, run)
    return after_submission(change, progress, run, opened, answer)


def _forget_missing(change: Change, run: Run) -> None:
    """A template that was created again because it is gone leaves no predecessor to delete."""
    run.state.write(run.state.recorded.without_deposed(change.before.id if change.before else None))


def _look_for_template(opened: Intent, run: Run) -> Committed | None:
    """Read the templates once more: they are free and listed completely, so that often finds the one that was created.
    What is found is recorded."""
    try:
        run.deps.stop.check()
        remote = run.deps.look(Lookups())
    except (ApiError, Interrupted):
        return None
    found = [
        r
        for r in resolve(run.state.recorded, remote, run.deps.clock(), quarantine=0, exclusive=False)
        if r.intent.uuid == opened.uuid and isinstance(r, Adopt)
    ]
    if not found:
        return None
    run.state.write(apply_resolutions(run.state.recorded, tuple(found)))
    return Committed(found[0].id, credits=0)


def delete_template(change: Change, progress: Progress, run: Run) -> StepResult:
    """Delete the recorded template, or a deposed predecessor; nothing that the state does not own."""
    recorded = run.state.recorded
    writer = run.deps.writer
    if change.action is Action.DELETE and change.before is not None:
        record = recorded.resources.get(change.address)
        assert record is not None and record.id == change.id
        writer.delete_template(record.id)
        run.state.write(recorded.without_resource(change.address))
        progress.id = record.id
        return StepDone()
    for deposed in recorded.deposed:
        if deposed.id == change.id:
            writer.delete_template(deposed.id)
            run.state.write(run.state.recorded.without_deposed(deposed.id))
    progress.id = progress.id or change.id
    return StepDone()
