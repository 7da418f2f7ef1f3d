"""What the steps of one run share, and how a submission becomes the outcome of a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias, assert_never

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.addresses import Kind
from afsync.core.clocks import ahead
from afsync.core.fingerprints import fingerprint
from afsync.core.outcome import Answer, Failed, NotAttempted, Outcome, Unresolved
from afsync.core.plan.changes import Change
from afsync.core.plan.order import EACH
from afsync.core.plan.plan import Plan
from afsync.core.recovery.lost_answers import resolve
from afsync.core.recovery.resolution import options_for, resolution_options, resolution_summary
from afsync.core.remote import Lookups, Remote
from afsync.core.resources import Job, Values
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import Intent, RecordedJob
from afsync.core.text import duration
from afsync.core.trust.reviews import to_be_cancelled, with_acceptance
from afsync.engine.dependencies import Dependencies
from afsync.engine.ledger import Ledger
from afsync.engine.submission import Attempt, InDoubt, NotSubmitted, Result, Submitted
from afsync.errors import AfsyncError, ApiError, AuthError, Interrupted, LimitRefused

KNOWN = 30
"""How many ids of the head of the list an intent remembers."""


class Progress(Struct):
    """What one change has come to so far. `touched` says what was done, for a run that stops in between; `seconds` is
    how long its own steps took, not those of others in between."""

    seconds: float = 0.0
    id: str | None = None
    credits: int | None = 0
    note: str | None = None
    touched: str | None = None


class StepDone(Struct, frozen=True):
    """The step is done; the change goes on."""


class StopRun(Struct, frozen=True):
    """The whole run stops: nothing else would work, or may be done."""

    error: AfsyncError | None
    why: str


class ChangeEnded(Struct, frozen=True):
    """The change ends here."""

    outcome: Outcome
    halt: StopRun | None = None


StepResult: TypeAlias = StepDone | ChangeEnded


class Run(Struct):
    """What the steps of one run share: the state, the world, and what the run has learnt on the way."""

    plan: Plan
    remote: Remote
    ledger: Ledger
    world: Dependencies
    max_credits: int | None = None
    spent: int = 0
    submitted: tuple[str, ...] = ()
    unknown_cost: bool = False

    @property
    def balance(self) -> int | None:
        balance = self.remote.account.balance
        return None if balance is None or self.unknown_cost else balance - self.spent

    def now(self) -> datetime:
        """What decides whether a publish time has passed: our clock, or the service's where they are far apart."""
        return self.world.clock() + timedelta(seconds=ahead(self.plan.skew))

    def too_late(self, change: Change, requests: int) -> str | None:
        """Why a publish time cannot be met any more when so many requests come before it is set."""
        schedule = change.after.schedule if isinstance(change.after, Job) else None
        if schedule is None:
            return None
        now = self.now()
        if schedule.utc <= now:
            return f"its publish time, {schedule.written}, has passed while applying"
        needed = self.world.writer.estimate(requests) + requests * EACH
        if requests and (schedule.utc - now).total_seconds() <= needed:
            return f"its publish time, {schedule.written}, cannot be met any more: that takes {duration(needed)}"
        return None

    def server_time(self) -> datetime | None:
        """The service's clock now: what it said when we looked, and what has passed since then on ours."""
        if self.remote.server_time is None:
            return None
        return self.remote.server_time + (self.world.clock() - self.plan.as_of)

    def attempt(self, send: Callable[[], Answer], too_late: Callable[[], str | None] | None = None) -> Attempt:
        """How a submission of this run goes out."""
        ready, never = self.world.writer.ready, lambda: None
        return Attempt(ready, self._dated, send, too_late or never, self._age, self._unstaged)

    def _age(self, intent: Intent) -> timedelta:
        return self.world.clock() - intent.at

    def _unstaged(self, recorded: Recorded, address: str, record: RecordedJob) -> Recorded:
        now = self.world.clock()
        if self.plan.accept_unstaged:
            return with_acceptance(recorded, address, record.id, self.world.who, now)
        return to_be_cancelled(recorded, address, record, now, self.plan.watch)

    def _dated(self, intent: Intent) -> Intent:
        return replace(intent, at=self.world.clock(), server_time=self.server_time())


def failed(change: Change, progress: Progress, error: AfsyncError) -> Failed:
    why = f"{progress.touched}, but then: {error.message}" if progress.touched else error.message
    return Failed(change, why, error.hint, progress.credits)


def cut_short(change: Change, progress: Progress, why: str) -> Failed | NotAttempted:
    """The run ended before the change did, which is nobody's fault: what was done of it is on record."""
    if progress.touched is None:
        return NotAttempted(change, why)
    hint = "the next apply does what is missing" + ("" if progress.credits == 0 else "; this is not paid for again")
    return Failed(change, f"{progress.touched}, then {why}", hint, progress.credits, unfinished=True)


def intent(change: Change, run: Run, kind: Kind, values: Values, echo: Values, *, known: tuple[str, ...]) -> Intent:
    after = change.after
    assert after is not None
    before = change.before.prevent_destroy if change.before else False
    return Intent(
        seq=run.ledger.recorded.counter + 1,
        uuid=run.world.new_id(),
        address=change.address,
        kind=kind,
        fingerprint=fingerprint(kind, values),
        declared=values,
        echo=echo,
        at=run.world.clock(),
        known=known,
        server_time=run.server_time(),
        balance=run.balance,
        cost=change.credits.spend,
        prevent_destroy=before if after.prevent_destroy is None else after.prevent_destroy,
    )


def submitted(change: Change, progress: Progress, run: Run, result: Result) -> StepResult:
    match result:
        case Submitted(resource_id, cost):
            progress.id, progress.credits = resource_id, cost
            progress.touched = f"it was made as {resource_id}"
            if change.kind is Kind.JOB:
                # For the limit, what is not reported counts as it was estimated.
                run.spent += change.credits.spend if cost is None else cost
                run.unknown_cost = run.unknown_cost or cost is None
                run.submitted = (resource_id, *run.submitted)[:KNOWN]
            return StepDone()
        case NotSubmitted(why):
            text = f"{progress.touched}, but then: {why}" if progress.touched else why
            return ChangeEnded(Failed(change, text, _what_to_do(result)), _halt(result))
        case InDoubt(intent, why):
            hint, options = first_look(intent, run)
            return ChangeEnded(Unresolved(change, f"the answer was lost ({why})", hint, options))
        case _:
            assert_never(result)


def _what_to_do(result: NotSubmitted) -> str | None:
    if result.too_late:
        return "give it a time still ahead"
    return "top up the account, then apply again" if result.out_of_credits else None


def _halt(result: NotSubmitted) -> StopRun | None:
    if result.out_of_credits:
        return StopRun(LimitRefused(f"Not enough credits: {result.why}."), "not enough credits")
    if result.stops_run:
        error = AuthError(f"The service refused: {result.why}.", "check the key and what its plan allows")
        return StopRun(error, "the service does not accept the key")
    return None


def first_look(intent: Intent, run: Run) -> tuple[str | None, tuple[str, ...]]:
    """What the list shows right now, and what can be typed. It decides nothing: the job may still turn up."""
    recorded = run.ledger.recorded
    quarantine = run.plan.quarantine
    unseen = "the next apply looks for it", options_for(intent.address, ())
    if run.world.stop.asked.is_set():
        return unseen
    try:
        remote = run.world.look(Lookups(heads=(intent.known,))) if intent.kind is Kind.JOB else run.remote
    except Interrupted:
        return unseen
    except ApiError as error:
        return f"a first look failed too ({error.message}); apply again after the quarantine", ()
    found = resolve(recorded, remote, run.world.clock(), quarantine=quarantine, exclusive=False)
    return next(
        ((resolution_summary(r), resolution_options(r)) for r in found if r.intent.uuid == intent.uuid), (None, ())
    )
