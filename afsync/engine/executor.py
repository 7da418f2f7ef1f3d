"""Carries out a plan: its changes, in its order, with an outcome for each of them; and looks at the end at what the
service shows of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.apply_verification import (
    Observable,
    Verification,
    compare,
    expected_of,
    used_templates,
    with_times_seen,
)
from afsync.core.command_lines import FlagName
from afsync.core.moved_records import is_made
from afsync.core.outcomes import Applied, Failed, NotAttempted, Outcome, Unresolved
from afsync.core.plan.actions import Action, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.order import turns
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob
from afsync.core.remote_account import NOTHING_READ, ReadBack, Remote, RemoteJob
from afsync.core.trust.publications import MOST_RESULTS, confirmed_publications
from afsync.engine.current_state import CurrentState, with_refreshed, with_seen
from afsync.engine.dependencies import Dependencies
from afsync.engine.due_watch import DueWatch, watch_for_due
from afsync.engine.events import (
    BecameDue,
    ChangeDone,
    ChangeStarted,
    Event,
    SubmissionDone,
    SubmissionStarted,
    Tell,
    Warned,
)
from afsync.engine.run import ChangeEnded, Progress, Run, StepDone, StopRun, cut_short
from afsync.engine.run_report import RunReport
from afsync.engine.steps import perform
from afsync.errors import AfsyncError, ApiError, AuthError, Interrupted, StateError, StateLocked


class Execution(Struct):
    """The run so far: the progress of each change, and why the run stopped. Changes are identified by their index in
    the plan; what becomes due is appended."""

    plan: Plan
    run: Run
    fail_fast: bool
    due: DueWatch | None = None
    progress: dict[int, Progress] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    stopped: AfsyncError | None = None
    halted: str | None = None
    no_submissions: str | None = None


def apply_plan(
    plan: Plan,
    remote: Remote,
    state: CurrentState,
    deps: Dependencies,
    *,
    fail_fast: bool = False,
    max_credits: int | None = None,
) -> RunReport:
    """Carry out the plan. Never raises for an error of a change: the report has all of them.

    What could be resolved of earlier submissions, and what was seen of finished jobs, is written first.
    `max_credits` is checked against what is really taken.
    """
    deps = replace(deps, tell=_without_output_errors(deps.tell))
    run = Run(plan, remote, state, deps, max_credits=max_credits)
    execution = Execution(plan, run, fail_fast, watch_for_due(run))
    try:
        state.write(with_refreshed(state.recorded, plan))
        _walk(execution)
    except (StateError, StateLocked) as error:
        _stop(execution, error, "the state could not be written")
    for index, change in enumerate(execution.plan.changes):
        if index not in execution.outcomes:
            started = execution.progress.get(index)
            _finish(execution, index, _cut_off(change, state) or _unfinished(change, started, execution.halted))
    for outcome in execution.due.left() if execution.due else ():
        _finish(execution, _add(execution, (outcome.change,)), outcome)
    outcomes = tuple(execution.outcomes[i] for i in range(len(execution.plan.changes)))
    try:
        looked = None if isinstance(execution.stopped, _NO_LOOK) else verify(outcomes, run)
    except (StateError, StateLocked) as error:
        return RunReport(execution.plan, outcomes, error)
    return RunReport(execution.plan, outcomes, execution.stopped, looked)


_NO_LOOK = (Interrupted, StateError, StateLocked, AuthError)
"""After these errors the account is not read again at the end."""


def _walk(execution: Execution) -> None:
    for turn in turns(execution.plan.changes):
        for step in turn.steps:
            if turn.place not in execution.outcomes:
                _look_for_signals(execution)
                if execution.halted is None:
                    _carry_out(execution, turn.place, turn.change, step)
    _look_for_signals(execution)


def _publish_due(execution: Execution) -> None:
    """Publish what became due since the last look, before everything else."""
    due = execution.due
    try:
        found = due.look(execution.run) if due else None
    except Interrupted:
        found = None  # `_look_for_signals` sees the signal before the next change
    if found is None:
        return
    execution.run.state.write(with_seen(execution.run.state.recorded, found))
    execution.plan = replace(execution.plan, violations=(*execution.plan.violations, *found.violations))
    for problem in found.violations:
        _tell(execution, Warned(problem))
    first = _add(execution, found.changes)
    for index, change in enumerate(found.changes, first):
        _look_for_signals(execution)
        if execution.halted is None:
            _carry_out(execution, index, change, Step.PUBLISH_DUE)


def _add(execution: Execution, changes: tuple[Change, ...]) -> int:
    """Append to the plan what became due; returns the index of the first of these changes."""
    first = len(execution.plan.changes)
    if changes:
        execution.plan = replace(execution.plan, changes=(*execution.plan.changes, *changes))
        _tell(execution, BecameDue(changes))
    return first


def _look_for_signals(execution: Execution) -> None:
    stop = execution.run.deps.stop
    if stop.asked.is_set() and execution.halted is None:
        _stop(execution, Interrupted("Interrupted.", exit_code=stop.exit_code), "interrupted")


def _carry_out(execution: Execution, index: int, change: Change, step: Step) -> None:
    """Carry out one step of one change."""
    if step is Step.SUBMIT_JOB and change.submits and execution.no_submissions is not None:
        started = execution.progress.get(index)
        _finish(execution, index, _unfinished(change, started, execution.no_submissions))
        return
    deps = execution.run.deps
    if change.sends(step):
        _until_its_turn(execution, step, begun=index in execution.progress)
        if execution.halted is not None:
            return
    if index not in execution.progress:
        execution.progress[index] = Progress()
        _tell(execution, ChangeStarted(change, step))
    elif step is Step.SUBMIT_JOB:
        _tell(execution, SubmissionStarted(change))
    progress = execution.progress[index]
    deps.stop.doing, began = change.address, deps.monotonic()
    result = perform(step, change, progress, execution.run)
    progress.seconds += deps.monotonic() - began
    deps.stop.doing = None
    match result:
        case StepDone() if step is not change.steps[-1]:
            if step is Step.SUBMIT_JOB and progress.id is not None:
                _tell(execution, SubmissionDone(change, progress.id, progress.credits))
        case StepDone():
            _finish(execution, index, Applied(change, progress.id, progress.credits, progress.note, progress.seconds))
        case ChangeEnded(outcome, halt):
            outcome = outcome if isinstance(outcome, NotAttempted) else replace(outcome, seconds=progress.seconds)
            _finish(execution, index, outcome)
            _react(execution, outcome, halt)


def _until_its_turn(execution: Execution, step: Step, *, begun: bool) -> None:
    """Wait until the step can be sent; that time does not count as its own. Before everything but a publish time, which
    follows its submission at once, look for what became due."""
    writer = execution.run.deps.writer
    with suppress(Interrupted):
        writer.ready()
        if step is not Step.PUBLISH_DUE and not (step is Step.SET_SCHEDULE and begun):
            _look_for_signals(execution)
            if execution.halted is None:
                _publish_due(execution)
                writer.ready()
    _look_for_signals(execution)


def _react(execution: Execution, outcome: Outcome, halt: StopRun | None) -> None:
    """Stop the run where the step asked for that (a refused key, too few credits, a limit, a changed file), or, with
    `fail_fast`, after a change that failed or is unresolved. While a submission is unresolved, stop only further
    submissions."""
    if isinstance(outcome, Unresolved) and outcome.change.action is not Action.APPROVE:
        execution.no_submissions = f"nothing more is submitted while {outcome.change.address} is unresolved"
    if halt is not None:
        _stop(execution, halt.error, halt.why)
    elif execution.fail_fast and isinstance(outcome, Failed | Unresolved):
        execution.halted = f"stopped after {outcome.change.address} ({FlagName.FAIL_FAST})"


def _stop(execution: Execution, error: AfsyncError | None, why: str) -> None:
    execution.stopped = execution.stopped or error
    execution.halted = execution.halted or why


def _cut_off(change: Change, state: CurrentState) -> Outcome | None:
    """The outcome of a change that had no turn of its own: a move that was written with the others, or a submission
    that was sent, and whose result could not be written into the state."""
    if change.action is Action.MOVE and is_made(change, state.recorded):
        return Applied(change, change.id, 0)
    why = "the state could not be written"
    record = state.unwritten.get(change.address)
    if record is not None:
        credits = record.credits if isinstance(record, RecordedJob) else 0
        return Failed(change, f"it was created as {record.id}, but then {why}", credits=credits)
    if state.recorded.intent_for(change.address) is not None:
        return Unresolved(change, f"it was sent, but then {why}", "the next apply looks for it")
    return None


def _unfinished(change: Change, progress: Progress | None, why: str | None) -> Outcome:
    reason = why or "the run stopped before it"
    return NotAttempted(change, reason) if progress is None else cut_short(change, progress, reason)


def _finish(execution: Execution, index: int, outcome: Outcome) -> None:
    execution.outcomes[index] = outcome
    _tell(execution, ChangeDone(outcome))


def _tell(execution: Execution, event: Event) -> None:
    """Report an event. The state is written before."""
    execution.run.deps.tell(event)


def _without_output_errors(tell: Tell) -> Tell:
    """`tell`, but an error of its output does not stop the run: the terminal may be closed."""

    def report(event: Event) -> None:
        with suppress(OSError):
            tell(event)

    return report


def verify(outcomes: Sequence[Outcome], run: Run) -> Verification | None:
    """Read what the service shows of the changes, and record what was seen. None where nothing was changed that it
    could show, or a signal came."""
    wanted = tuple(expected_of(outcomes))
    if not wanted or run.deps.read_back is None:
        return None
    used = used_templates(outcomes)
    shown = tuple(e for e in wanted if e.what is Observable.TEMPLATE and e.address in used)
    wanted = tuple(e for e in wanted if e not in shown)
    kinds = {e.what for e in wanted}
    try:
        found: ReadBack = run.deps.read_back(
            jobs=bool(kinds - {Observable.TEMPLATE}),
            times=Observable.PUBLISH_TIME in kinds,
            templates=Observable.TEMPLATE in kinds,
            balance=run.unknown_cost,
            results=tuple(e.id for e in wanted if e.what is Observable.APPROVAL)[:MOST_RESULTS],
        )
    except Interrupted:
        return None
    except ApiError as error:
        return Verification(failed=error.message)
    comparison = compare(wanted, found)
    comparison = replace(comparison, confirmed=(*comparison.confirmed, *shown))
    recorded = with_times_seen(run.state.recorded, comparison, found)
    jobs = {i: RemoteJob(i, status) for i, status in found.jobs.items()}
    account = replace(NOTHING_READ, jobs=jobs, results=found.results)
    now = run.server_time() or run.deps.clock()
    run.state.write(confirmed_publications(recorded, account, now))
    return Verification(comparison, run.remote.account.balance, found.balance)
