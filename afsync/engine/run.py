"""What the steps of one run share, how a change may end, and what a submission starts from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.answers import (
    Answer,
)
from afsync.core.clocks import ahead
from afsync.core.fingerprints import fingerprint
from afsync.core.outcomes import Failed, NotAttempted, Outcome
from afsync.core.plan.changes import Change
from afsync.core.plan.order import EACH
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob
from afsync.core.remote_account import Remote
from afsync.core.resources import Job, Values
from afsync.core.state import Intent, Recorded
from afsync.core.text import duration
from afsync.core.trust.reviews import to_be_cancelled, with_acceptance
from afsync.engine.current_state import CurrentState
from afsync.engine.dependencies import Dependencies
from afsync.errors import AfsyncError

KNOWN = 30
"""How many of the newest job ids an intent remembers."""


class Progress(Struct):
    """The progress of one change. `touched` says in words what was done already, for a run that stops in between;
    `seconds` is how long its own steps took."""

    seconds: float = 0.0
    id: str | None = None
    credits: int | None = 0
    note: str | None = None
    touched: str | None = None


class StepDone(Struct, frozen=True):
    """The step is done; the change continues with the next one."""


class StopRun(Struct, frozen=True):
    """The whole run stops, because no other change would work or is allowed; the command ends with `error`."""

    error: AfsyncError | None
    why: str


class ChangeEnded(Struct, frozen=True):
    """The change ends here."""

    outcome: Outcome
    halt: StopRun | None = None


StepResult: TypeAlias = StepDone | ChangeEnded


class Run(Struct):
    """What the steps of one run share: the plan, the account as it was read, the state, the dependencies, and what
    this run spent (credits) and submitted (ids, newest first). `unknown_cost`: a cost was not reported."""

    plan: Plan
    remote: Remote
    state: CurrentState
    deps: Dependencies
    max_credits: int | None = None
    spent: int = 0
    submitted: tuple[str, ...] = ()
    unknown_cost: bool = False

    @property
    def balance(self) -> int | None:
        balance = self.remote.account.balance
        return None if balance is None or self.unknown_cost else balance - self.spent

    def now(self) -> datetime:
        """The time (UTC) that decides whether a publish time has passed: by our clock, or by the service's where the
        two are far apart."""
        return self.deps.clock() + timedelta(seconds=ahead(self.plan.skew))

    def too_late(self, change: Change, requests: int) -> str | None:
        """Why the publish time cannot be met when so many requests come before it is set; None where it can."""
        schedule = change.after.schedule if isinstance(change.after, Job) else None
        if schedule is None:
            return None
        now = self.now()
        if schedule.utc <= now:
            return f"its publish time, {schedule.written}, has passed while applying"
        needed = self.deps.writer.estimate(requests) + requests * EACH
        if requests and (schedule.utc - now).total_seconds() <= needed:
            return f"its publish time, {schedule.written}, cannot be met any more: that takes {duration(needed)}"
        return None

    def server_time(self) -> datetime | None:
        """The service's time now: what it reported when the account was read, plus what has passed on our clock."""
        if self.remote.server_time is None:
            return None
        return self.remote.server_time + (self.deps.clock() - self.plan.as_of)

    def attempt(self, send: Callable[[], Answer], too_late: Callable[[], str | None] | None = None) -> Attempt:
        """How a submission of this run is sent."""
        ready, never = self.deps.writer.ready, lambda: None
        return Attempt(ready, self._dated, send, too_late or never, self._age, self._unstaged)

    def _age(self, intent: Intent) -> timedelta:
        return self.deps.clock() - intent.at

    def _unstaged(self, recorded: Recorded, address: str, record: RecordedJob) -> Recorded:
        now = self.deps.clock()
        if self.plan.accept_unstaged:
            return with_acceptance(recorded, address, record.id, self.deps.who, now)
        return to_be_cancelled(recorded, address, record, now, self.plan.watch)

    def _dated(self, intent: Intent) -> Intent:
        return replace(intent, at=self.deps.clock(), server_time=self.server_time())


def failed(change: Change, progress: Progress, error: AfsyncError) -> Failed:
    """The outcome of a change that ended with an error, with what was done of it before."""
    why = f"{progress.touched}, but then: {error.message}" if progress.touched else error.message
    return Failed(change, why, error.hint, progress.credits)


def cut_short(change: Change, progress: Progress, why: str) -> Failed | NotAttempted:
    """The outcome of a change that has no error of its own, but that was not complete when the run ended. What was done
    of it is recorded."""
    if progress.touched is None:
        return NotAttempted(change, why)
    hint = "the next apply does what is missing" + ("" if progress.credits == 0 else "; this is not paid for again")
    return Failed(change, f"{progress.touched}, then {why}", hint, progress.credits, unfinished=True)


def new_intent(change: Change, run: Run, kind: Kind, values: Values, echo: Values, *, known: tuple[str, ...]) -> Intent:
    """The intent to submit what a change declares. `known` are the ids that are there already."""
    after = change.after
    assert after is not None
    before = change.before.prevent_destroy if change.before else False
    return Intent(
        seq=run.state.recorded.counter + 1,
        uuid=run.deps.new_id(),
        address=change.address,
        kind=kind,
        fingerprint=fingerprint(kind, values),
        declared=values,
        echo=echo,
        at=run.deps.clock(),
        known=known,
        server_time=run.server_time(),
        balance=run.balance,
        cost=change.credits.spend,
        prevent_destroy=before if after.prevent_destroy is None else after.prevent_destroy,
    )


class Attempt(Struct, frozen=True):
    """How one submission is sent.

    `ready` waits until the rate limit lets it leave at once (raises Interrupted when a signal comes first), `stamp`
    dates the intent, `send` makes one POST and returns its answer. `too_late` returns, after all waiting, why sending
    is pointless by now, or None. `age` is how long ago an intent was dated. `unstaged` returns the state after
    noting that the service will not stop this job for review.
    """

    ready: Callable[[], None]
    stamp: Callable[[Intent], Intent]
    send: Callable[[], Answer]
    too_late: Callable[[], str | None] = lambda: None
    age: Callable[[Intent], timedelta] = lambda _intent: timedelta()
    unstaged: Callable[[Recorded, str, RecordedJob], Recorded] = lambda recorded, _address, _record: recorded
