"""The paid path: intent, one POST, record; and what the answer means for the change.

Whatever happens in here, at most one request that could have been processed leaves for one intent.
"""

from __future__ import annotations

from datetime import timedelta
from typing import assert_never

from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.answers import (
    Answer,
    Committed,
    CommittedIdUnknown,
    InDoubt,
    Limited,
    NotDone,
    NotSent,
    Rejected,
    Unknown,
)
from afsync.core.credits import with_cost
from afsync.core.outcomes import Unresolved
from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.records import Publish, RecordedJob
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.resolution import (
    close_intent,
    options_for,
    record_of,
    reopen_intent,
    replace_intent,
    resolution_options,
    resolution_summary,
)
from afsync.core.remote_account import Lookups
from afsync.core.state import Intent, Phase, Recorded
from afsync.core.trust.reviews import asks_for_review, stops_no_more
from afsync.engine.current_state import CurrentState
from afsync.engine.interrupt import Stop
from afsync.engine.run import KNOWN, Attempt, ChangeEnded, Progress, Run, StepDone, StepResult, StopRun, failed
from afsync.errors import ApiError, AuthError, Interrupted, LimitRefused, UsageError

SENDS = 3
"""How often a request that was not sent is tried, under the same intent."""

LIMITED_SENDS = 5
"""How often a request that is answered with 429 is sent."""

WRITTEN_WITHIN = timedelta(seconds=20)
"""How long writing an intent may take: the quarantine of other runs counts from its date."""


def submit(intent: Intent, attempt: Attempt, state: CurrentState, stop: Stop) -> tuple[Intent, Answer]:
    """Write the intent, send once, and write the result; only then return the intent as it is now, and the answer.

    Committed is recorded, a refusal closes the intent, an answer that is not certain leaves it open. Raises what
    `deliver` raises."""
    return _record(*deliver(intent, attempt, state, stop), attempt, state)


def deliver(intent: Intent, attempt: Attempt, state: CurrentState, stop: Stop) -> tuple[Intent, Answer]:
    """Write the intent and send once; returns the open intent and the answer.

    A request is repeated only where the service certainly did nothing. Each time the intent gets a new date, after all
    waiting, because the quarantine begins with the last request. Raises Interrupted when a signal came before anything
    was sent, and StateError when the disk fails: before the request if the intent could not be written, and after it
    with the id in a recovery file.
    """
    not_sent = limited = slept = 0
    while True:
        try:
            attempt.ready()
            stop.check()
        except Interrupted:
            # Certainly not sent, this time or before.
            state.write(close_intent(state.recorded, intent))
            raise
        if (why := attempt.too_late()) is not None:
            state.write(close_intent(state.recorded, intent))
            return intent, NotSent(f"{why}; nothing was submitted", too_late=True)
        intent = attempt.stamp(intent)
        state.write(_opened(state.recorded, intent))
        if attempt.age(intent) > WRITTEN_WITHIN:
            # The machine slept, or the store is slow: another run may have decided by now that nothing was sent. If
            # so, the next write fails.
            slept += 1
            if slept >= SENDS:
                return intent, NotSent("the state takes too long to write")
            continue
        answer = _sent(attempt)
        match answer:
            case NotSent():
                not_sent += 1
                wait = float(2 ** (not_sent - 1))
            case Limited(retry_after):
                limited += 1
                wait = retry_after
            case _:
                return intent, answer
        if not_sent >= SENDS or limited >= LIMITED_SENDS:
            return intent, answer
        stop.sleep(wait)


def _sent(attempt: Attempt) -> Answer:
    """The answer to one POST; after an unexpected exception it is not known what the service did."""
    try:
        return attempt.send()
    except Interrupted:
        return NotSent("interrupted before it was sent")
    except UsageError as error:
        return NotSent(error.message)
    except Exception as error:
        return Unknown(f"it broke off ({type(error).__name__}: {error})")


def _opened(recorded: Recorded, intent: Intent) -> Recorded:
    return replace(recorded, counter=intent.seq, intents=(*close_intent(recorded, intent).intents, intent))


def _record(intent: Intent, answer: Answer, attempt: Attempt, state: CurrentState) -> tuple[Intent, Answer]:
    match answer:
        case Committed() if state.holds(intent.kind, answer.id) or answer.id in intent.known:
            unusable = CommittedIdUnknown(f"the service answered with {answer.id}, which was there before", answer.raw)
            return keep_open(intent, unusable, state), unusable
        case Committed():
            return intent, _record_committed(intent, answer, attempt, state)
        case NotSent() | Limited() | Rejected():
            state.write(close_intent(state.recorded, intent))
            return intent, answer
        case CommittedIdUnknown() | Unknown():
            return keep_open(intent, answer, state), answer
        case _:
            assert_never(answer)


def _record_committed(intent: Intent, answer: Committed, attempt: Attempt, state: CurrentState) -> Committed:
    """Write the record that the intent becomes. A template costs nothing, whatever the answer says."""
    recorded = state.recorded
    record = record_of(intent, answer.id, answer.status or "queued", answer.created_at or answer.server_time)
    cost = intent.cost if answer.credits is None else answer.credits
    if not isinstance(record, RecordedJob):
        done = replace_intent(recorded, intent, record)
        state.write_record(done.with_spent(cost), intent.address, record)
        return replace(answer, credits=0)
    record = replace(record, credits=answer.credits, staged=_staged(intent, answer))
    recorded = _with_cost(recorded, intent, answer.credits)
    if ignores_review(intent, answer):
        record = stops_no_more(record)
        done = attempt.unstaged(replace_intent(recorded, intent, record), intent.address, record)
    else:
        done = replace_intent(recorded, intent, record)
    state.write_record(done.with_spent(cost), intent.address, record)
    return answer


def ignores_review(intent: Intent, answer: Committed) -> bool:
    """Whether the service answers that the job does not stop before publishing, as it was submitted to."""
    return answer.staging is False and asks_for_review(intent)


def _staged(intent: Intent, answer: Committed) -> bool:
    """Whether the job waits for a review. A held job stops in any case, so its `staging` says nothing of a review."""
    reported = intent.publish is not Publish.HELD and answer.staging is not None
    return bool(answer.staging) if reported else intent.staged


def _with_cost(recorded: Recorded, intent: Intent, credits: int | None) -> Recorded:
    """The state in which the cost of this submission is the next estimate for its kind."""
    if credits is None:
        return recorded
    return replace(recorded, costs=with_cost(recorded.costs, {**intent.declared, **intent.echo}, credits, intent.at))


def keep_open(intent: Intent, answer: InDoubt, state: CurrentState) -> Intent:
    """Write why the intent stays open; returns it as it is written."""
    committed = isinstance(answer, CommittedIdUnknown)
    phase = Phase.COMMITTED_ID_UNKNOWN if committed else Phase.UNKNOWN
    kept = replace(intent, phase=phase, outcome=": ".join(filter(None, (answer.why, answer.raw)))[:2000])
    state.write(reopen_intent(state.recorded, kept))
    return kept


def after_submission(change: Change, progress: Progress, run: Run, opened: Intent, answer: Answer) -> StepResult:
    """What the answer to a submission means for its change, once the state says so."""
    match answer:
        case Committed(resource_id, credits=cost):
            progress.id, progress.credits = resource_id, cost
            progress.touched = f"it was created as {resource_id}"
            if change.kind is Kind.JOB:
                # For the limit, a cost that is not reported counts as estimated.
                run.spent += change.credits.spend if cost is None else cost
                run.unknown_cost = run.unknown_cost or cost is None
                run.submitted = (resource_id, *run.submitted)[:KNOWN]
            return StepDone()
        case NotSent() | Limited() | Rejected():
            return refused(change, progress, answer)
        case CommittedIdUnknown() | Unknown():
            hint, options = first_look(opened, run)
            return ChangeEnded(Unresolved(change, f"the answer was lost ({answer.why})", hint, options))
        case _:
            assert_never(answer)


def refused(change: Change, progress: Progress, answer: NotDone) -> ChangeEnded:
    """The change ends, since the service certainly did nothing for it; the run too where nothing else would work."""
    if isinstance(answer, Rejected) and answer.out_of_credits and change.action is not Action.APPROVE:
        stop = StopRun(LimitRefused(f"Not enough credits: {answer.reason}."), "not enough credits")
        hint = "top up the account, then apply again"
    elif isinstance(answer, Rejected) and answer.bad_key:
        error = AuthError(f"The service refused: {answer.reason}.", "check the key and what its plan allows")
        stop, hint = StopRun(error, "the service does not accept the key"), None
    else:
        stop, hint = None, "give it a time still ahead" if isinstance(answer, NotSent) and answer.too_late else None
    return ChangeEnded(failed(change, progress, ApiError(answer.reason, hint)), stop)


def first_look(intent: Intent, run: Run) -> tuple[str | None, tuple[str, ...]]:
    """A hint from the job list as it is now, and the commands that resolve the submission. It decides nothing: the job
    may still turn up."""
    recorded = run.state.recorded
    quarantine = run.plan.quarantine
    unseen = "the next apply looks for it", options_for(intent.address, ())
    if run.deps.stop.asked.is_set():
        return unseen
    try:
        remote = run.deps.look(Lookups(heads=(intent.known,))) if intent.kind is Kind.JOB else run.remote
    except Interrupted:
        return unseen
    except ApiError as error:
        return f"a first look failed too ({error.message}); apply again after the quarantine", ()
    found = resolve(recorded, remote, run.deps.clock(), quarantine=quarantine, exclusive=False)
    return next(
        ((resolution_summary(r), resolution_options(r)) for r in found if r.intent.uuid == intent.uuid), (None, ())
    )
