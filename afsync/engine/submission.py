"""The paid path: intent, one POST, record.

Whatever happens in here, at most one request that could have been processed leaves for one intent.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.credits import learnt
from afsync.core.outcome import (
    Answer,
    Committed,
    CommittedIdUnknown,
    Limited,
    NotSent,
    Rejected,
    Unknown,
)
from afsync.core.recovery.resolution import close_intent, record_of, reopen_intent, replace_intent
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import Intent, Phase, Publish, RecordedJob
from afsync.core.trust.reviews import stops_no_more
from afsync.engine.interrupt import Stop
from afsync.engine.ledger import Ledger
from afsync.errors import Interrupted, UsageError

SENDS = 3
"""How often a request that never left may be sent, under the same intent."""
LIMITED_SENDS = 5
"""How often one that was answered by 429 may be."""
WRITTEN_WITHIN = timedelta(seconds=20)
"""How long the write of an intent may take: what others decide about it is counted from its date."""


class Submitted(Struct, frozen=True):
    """Done and recorded. `credits` is what it cost, None where the service did not say; `unstaged`: the answer says
    that it does not stop for the review that it was submitted with."""

    id: str
    credits: int | None
    unstaged: bool = False


class NotSubmitted(Struct, frozen=True):
    """Certainly not done. `stops_run` where nothing else would work either."""

    why: str
    stops_run: bool = False
    out_of_credits: bool = False
    too_late: bool = False


class InDoubt(Struct, frozen=True):
    """Nobody can tell; the intent stays open and blocks the address."""

    intent: Intent
    why: str


Result: TypeAlias = Submitted | NotSubmitted | InDoubt


class Attempt(Struct, frozen=True):
    """How a submission goes out. `ready` waits until it would leave at once (Interrupted when a signal comes first),
    `stamp` dates the intent, `send` makes one POST and says what came of it. `too_late` is asked after all waiting
    why it would be in vain by now, if it would. `age` is how long ago an intent was dated. `unstaged` gives the state
    once a job at an address is recorded that does not stop for its review."""

    ready: Callable[[], None]
    stamp: Callable[[Intent], Intent]
    send: Callable[[], Answer]
    too_late: Callable[[], str | None] = lambda: None
    age: Callable[[Intent], timedelta] = lambda _intent: timedelta()
    unstaged: Callable[[Recorded, str, RecordedJob], Recorded] = lambda recorded, _address, _record: recorded


def submit(intent: Intent, attempt: Attempt, ledger: Ledger, stop: Stop) -> Result:
    """Write the intent, send once, classify, write the outcome; only then return. Raises what `deliver` raises."""
    return _settle(*deliver(intent, attempt, ledger, stop), attempt, ledger)


def deliver(intent: Intent, attempt: Attempt, ledger: Ledger, stop: Stop) -> tuple[Intent, Answer]:
    """Write the intent and send once: the intent as it is open now, and what came of it. Interrupted when a signal
    came before anything was sent.

    One request that counts: it is repeated only where the service certainly did nothing. The intent is dated anew
    for each, after all waiting, because the quarantine begins with what was sent last. Raises StateError when the
    disk fails: before the request if the intent could not be written, and after it with the id in a recovery file.
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
            # A machine that slept, or a slow store: another run may have decided by now that nothing was sent. Where
            # one has, the next write fails.
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
    """What came of one POST; whatever breaks on the way says nothing about what the service did."""
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


def _settle(intent: Intent, answer: Answer, attempt: Attempt, ledger: Ledger) -> Result:
    recorded = ledger.recorded
    match answer:
        case Committed() if ledger.holds(intent.kind, answer.id) or answer.id in intent.known:
            why = f"the service answered with {answer.id}, which was there before"
            return in_doubt(intent, CommittedIdUnknown(why, answer.raw), ledger)
        case Committed():
            record = record_of(intent, answer.id, answer.status or "queued", answer.created_at or answer.server_time)
            if isinstance(record, RecordedJob):
                record = replace(record, credits=answer.credits, staged=_staged(intent, answer))
                recorded = _learnt(recorded, intent, answer.credits)
            unstaged = answer.staging is False and (intent.staged or intent.publish is Publish.HELD)
            if unstaged and isinstance(record, RecordedJob):
                record = stops_no_more(record)
            done = replace_intent(recorded, intent, record)
            if unstaged and isinstance(record, RecordedJob):
                done = attempt.unstaged(done, intent.address, record)
            cost = intent.cost if answer.credits is None else answer.credits
            ledger.write_record(_charged(done, cost), intent.address, record)
            return Submitted(answer.id, answer.credits if isinstance(record, RecordedJob) else 0, unstaged)
        case Rejected(status, code, detail):
            ledger.write(close_intent(recorded, intent))
            return NotSubmitted(detail or code or f"HTTP {status}", answer.stops_run, status == 402)
        case NotSent(why, too_late):
            ledger.write(close_intent(recorded, intent))
            return NotSubmitted(why if too_late else f"nothing was sent: {why}", too_late=too_late)
        case Limited():
            ledger.write(close_intent(recorded, intent))
            return NotSubmitted("the service kept answering 429 (too many requests); nothing was done")
        case CommittedIdUnknown() | Unknown():
            return in_doubt(intent, answer, ledger)
        case _:
            assert_never(answer)


def _staged(intent: Intent, answer: Committed) -> bool:
    """Whether it waits for a review. A held job stops without one, so what the service says of that is no review."""
    told = intent.publish is not Publish.HELD and answer.staging is not None
    return bool(answer.staging) if told else intent.staged


def _learnt(recorded: Recorded, intent: Intent, credits: int | None) -> Recorded:
    """The next estimates go by what this one took."""
    if credits is None:
        return recorded
    return replace(recorded, costs=learnt(recorded.costs, {**intent.declared, **intent.echo}, credits, intent.at))


def _charged(recorded: Recorded, cost: int) -> Recorded:
    """Other open intents have to know what our own later submissions took from the balance."""
    if not recorded.intents:
        return recorded
    return replace(recorded, intents=tuple(replace(i, spent_since=i.spent_since + cost) for i in recorded.intents))


def in_doubt(intent: Intent, answer: CommittedIdUnknown | Unknown, ledger: Ledger) -> InDoubt:
    committed = isinstance(answer, CommittedIdUnknown)
    phase = Phase.COMMITTED_ID_UNKNOWN if committed else Phase.UNKNOWN
    kept = replace(intent, phase=phase, outcome=": ".join(filter(None, (answer.why, answer.raw)))[:2000])
    ledger.write(reopen_intent(ledger.recorded, kept))
    return InDoubt(kept, answer.why)
