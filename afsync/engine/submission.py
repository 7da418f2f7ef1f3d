"""The paid path: intent, one POST, record.

Whatever happens in here, at most one request that could have been processed leaves for one intent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.answers import Answer, Committed, CommittedIdUnknown, InDoubt, Limited, NotSent, Rejected, Unknown
from afsync.core.credits import with_cost
from afsync.core.records import Publish, RecordedJob
from afsync.core.recovery.resolution import close_intent, record_of, reopen_intent, replace_intent
from afsync.core.state import Intent, Phase, Recorded
from afsync.core.trust.reviews import asks_for_review, stops_no_more
from afsync.engine.interrupt import Stop
from afsync.engine.ledger import Ledger
from afsync.errors import Interrupted, UsageError

SENDS = 3
"""How often a request that was not sent is tried, under the same intent."""
LIMITED_SENDS = 5
"""How often a request that is answered with 429 is sent."""
WRITTEN_WITHIN = timedelta(seconds=20)
"""How long writing an intent may take: the quarantine of other runs counts from its date."""


class Attempt(Struct, frozen=True):
    """How one submission is sent.

    `ready` waits until the rate limit lets it leave at once (raises Interrupted when a signal comes first), `stamp`
    dates the intent, `send` makes one POST and returns its answer. `too_late` returns, after all waiting, why sending
    is pointless by now, or None. `age` is how long ago an intent was dated. `unstaged` returns the state in which a
    recorded job does not stop for its review.
    """

    ready: Callable[[], None]
    stamp: Callable[[Intent], Intent]
    send: Callable[[], Answer]
    too_late: Callable[[], str | None] = lambda: None
    age: Callable[[Intent], timedelta] = lambda _intent: timedelta()
    unstaged: Callable[[Recorded, str, RecordedJob], Recorded] = lambda recorded, _address, _record: recorded


def submit(intent: Intent, attempt: Attempt, ledger: Ledger, stop: Stop) -> tuple[Intent, Answer]:
    """Write the intent, send once, and write the result; only then return the intent as it is now, and the answer.

    Committed is recorded, a refusal closes the intent, an answer that is not certain leaves it open. Raises what
    `deliver` raises."""
    return _record(*deliver(intent, attempt, ledger, stop), attempt, ledger)


def deliver(intent: Intent, attempt: Attempt, ledger: Ledger, stop: Stop) -> tuple[Intent, Answer]:
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
            ledger.write(close_intent(ledger.recorded, intent))
            raise
        if (why := attempt.too_late()) is not None:
            ledger.write(close_intent(ledger.recorded, intent))
            return intent, NotSent(f"{why}; nothing was submitted", too_late=True)
        intent = attempt.stamp(intent)
        ledger.write(_opened(ledger.recorded, intent))
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


def _record(intent: Intent, answer: Answer, attempt: Attempt, ledger: Ledger) -> tuple[Intent, Answer]:
    match answer:
        case Committed() if ledger.holds(intent.kind, answer.id) or answer.id in intent.known:
            unusable = CommittedIdUnknown(f"the service answered with {answer.id}, which was there before", answer.raw)
            return keep_open(intent, unusable, ledger), unusable
        case Committed():
            return intent, _record_committed(intent, answer, attempt, ledger)
        case NotSent() | Limited() | Rejected():
            ledger.write(close_intent(ledger.recorded, intent))
            return intent, answer
        case CommittedIdUnknown() | Unknown():
            return keep_open(intent, answer, ledger), answer
        case _:
            assert_never(answer)


def _record_committed(intent: Intent, answer: Committed, attempt: Attempt, ledger: Ledger) -> Committed:
    """Write the record that the intent becomes. A template costs nothing, whatever the answer says."""
    recorded = ledger.recorded
    record = record_of(intent, answer.id, answer.status or "queued", answer.created_at or answer.server_time)
    cost = intent.cost if answer.credits is None else answer.credits
    if not isinstance(record, RecordedJob):
        done = replace_intent(recorded, intent, record)
        ledger.write_record(_with_spent(done, cost), intent.address, record)
        return replace(answer, credits=0)
    record = replace(record, credits=answer.credits, staged=_staged(intent, answer))
    recorded = _with_cost(recorded, intent, answer.credits)
    if ignores_review(intent, answer):
        record = stops_no_more(record)
        done = attempt.unstaged(replace_intent(recorded, intent, record), intent.address, record)
    else:
        done = replace_intent(recorded, intent, record)
    ledger.write_record(_with_spent(done, cost), intent.address, record)
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


def _with_spent(recorded: Recorded, cost: int) -> Recorded:
    """The state in which every other open intent counts what this submission took from the balance."""
    if not recorded.intents:
        return recorded
    return replace(recorded, intents=tuple(replace(i, spent_since=i.spent_since + cost) for i in recorded.intents))


def keep_open(intent: Intent, answer: InDoubt, ledger: Ledger) -> Intent:
    """Write why the intent stays open; returns it as it is written."""
    committed = isinstance(answer, CommittedIdUnknown)
    phase = Phase.COMMITTED_ID_UNKNOWN if committed else Phase.UNKNOWN
    kept = replace(intent, phase=phase, outcome=": ".join(filter(None, (answer.why, answer.raw)))[:2000])
    ledger.write(reopen_intent(ledger.recorded, kept))
    return kept
