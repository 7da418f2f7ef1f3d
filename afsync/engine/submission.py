"""The paid path: intent, one POST, record (SUBMISSION.md, "Before, during, after").

Whatever happens in here, at most one request that could have been processed leaves for one intent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, assert_never

from afsync.core.outcome import (
    Answer,
    Committed,
    CommittedIdUnknown,
    Limited,
    NotSent,
    Rejected,
    Unknown,
)
from afsync.core.recorded import Intent, Phase, Recorded, RecordedJob
from afsync.core.settling import became, close, record_of, reopen
from afsync.engine.interrupt import Stop
from afsync.engine.ledger import Ledger
from afsync.errors import Interrupted

SENDS = 3
"""How often a request that never left may be sent, under the same intent."""
LIMITED_SENDS = 5
"""How often one that was answered by 429 may be."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """Done and recorded. `credits` is what it cost."""

    id: str
    credits: int


@dataclass(frozen=True, slots=True)
class NotSubmitted:
    """Certainly not done. `stops_run` where nothing else would work either."""

    why: str
    stops_run: bool = False
    out_of_credits: bool = False


@dataclass(frozen=True, slots=True)
class InDoubt:
    """Nobody can tell; the intent stays open and blocks the address."""

    intent: Intent
    why: str


Result: TypeAlias = Submitted | NotSubmitted | InDoubt


def submit(intent: Intent, send: Callable[[], Answer], ledger: Ledger, stop: Stop) -> Result:
    """Write the intent, send once, classify, write the outcome; only then return.

    `send` makes one POST and says what came of it. Raises StateError when the disk fails: before the request if
    the intent could not be written, and after it with the id in a recovery file.
    """
    ledger.write(_opened(ledger, intent))
    answer = _send(send, stop)
    return _settle(intent, answer, ledger)


def _opened(ledger: Ledger, intent: Intent) -> Recorded:
    recorded = ledger.recorded
    return replace(recorded, counter=intent.seq, intents=(*recorded.intents, intent))


def _send(send: Callable[[], Answer], stop: Stop) -> Answer:
    """One request that counts. Repeated only where the service certainly did nothing."""
    not_sent = limited = 0
    while True:
        if stop.asked.is_set():
            return NotSent("interrupted before it was sent")
        try:
            answer = send()
        except Interrupted:
            # It still waited for its turn.
            return NotSent("interrupted before it was sent")
        match answer:
            case NotSent():
                not_sent += 1
                wait = float(2 ** (not_sent - 1))
            case Limited(retry_after):
                limited += 1
                wait = retry_after
            case _:
                return answer
        if not_sent >= SENDS or limited >= LIMITED_SENDS:
            return answer
        stop.sleep(wait)


def _settle(intent: Intent, answer: Answer, ledger: Ledger) -> Result:
    recorded = ledger.recorded
    match answer:
        case Committed() if answer.id in ledger.ids:
            why = f"the service answered with {answer.id}, which the state already holds"
            return _in_doubt(intent, CommittedIdUnknown(why, answer.raw), ledger)
        case Committed():
            record = record_of(intent, answer.id, answer.status or "queued", answer.created_at or answer.server_time)
            cost = intent.cost if answer.credits is None else answer.credits
            if isinstance(record, RecordedJob):
                record = replace(
                    record, credits=cost, staged=intent.staged if answer.staging is None else answer.staging
                )
            done = became(recorded, intent, record)
            ledger.write_record(_charged(done, cost), intent.address, record)
            return Submitted(answer.id, cost)
        case Rejected(status, code, detail):
            ledger.write(close(recorded, intent))
            return NotSubmitted(detail or code or f"HTTP {status}", answer.stops_run, status == 402)
        case NotSent(why):
            ledger.write(close(recorded, intent))
            return NotSubmitted(f"nothing was sent: {why}")
        case Limited():
            ledger.write(close(recorded, intent))
            return NotSubmitted("the service kept answering 429 (too many requests); nothing was done")
        case CommittedIdUnknown() | Unknown():
            return _in_doubt(intent, answer, ledger)
        case _:
            assert_never(answer)


def _charged(recorded: Recorded, cost: int) -> Recorded:
    """Other open intents have to know what our own later submissions took from the balance."""
    if not recorded.intents:
        return recorded
    return replace(recorded, intents=tuple(replace(i, spent_since=i.spent_since + cost) for i in recorded.intents))


def _in_doubt(intent: Intent, answer: CommittedIdUnknown | Unknown, ledger: Ledger) -> InDoubt:
    committed = isinstance(answer, CommittedIdUnknown)
    phase = Phase.COMMITTED_ID_UNKNOWN if committed else Phase.UNKNOWN
    kept = replace(intent, phase=phase, outcome=": ".join(filter(None, (answer.why, answer.raw)))[:2000])
    ledger.write(reopen(ledger.recorded, kept))
    return InDoubt(kept, answer.why)
