"""Held jobs that become due while a plan is carried out: when the account is read for them, and what was found."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.clocks import passed_on_both
from afsync.core.outcomes import NotAttempted
from afsync.core.plan.actions import Action
from afsync.core.plan.changes import Change
from afsync.core.plan.only_due import may_be_due, next_time, unread_changes
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob
from afsync.core.state import Recorded
from afsync.engine.dependencies import Due
from afsync.engine.run import Run
from afsync.errors import AfsyncError, Interrupted

AGAIN = timedelta(minutes=10)
"""How often a job that was not produced at its time is read again."""
SOON = timedelta(minutes=1)
"""How soon the account is read again when that failed."""
SLACK = timedelta(seconds=2)
"""The service tells its time in whole seconds, and a time has to be past by both clocks."""


class DueWatch(Struct):
    """The jobs that become due during one run. Until `next_at` nothing can have become due.

    `began`: what was due by then is in the plan. `decided` are the ids that this run has decided on, `judged` when the
    others were looked at. `unread` are those that could not be looked at, by address, and `why`.
    """

    due: Due
    began: datetime
    next_at: datetime
    decided: set[str]
    judged: dict[str, datetime] = field(default_factory=dict)
    unread: dict[str, RecordedJob] = field(default_factory=dict)
    why: str = ""

    def look(self, run: Run) -> Plan | None:
        """The changes to make now; None where there are none, which nearly always is known without a request.

        An account that cannot be read stops nothing else; an API key that is no longer accepted shows up at the next
        change. Raises Interrupted.
        """
        now = _past(run)
        if now < self.next_at:
            return None
        self.next_at = _next(self.due, now)
        found = may_be_due(self.due.desired, run.state.recorded, now)
        found = {a: r for a, r in found.items() if r.id not in self.decided}
        if not any(self._is_wanted(r, now) for r in found.values()):
            return None
        try:
            plan = self.due.judge(run.state.recorded)
        except Interrupted:
            raise
        except AfsyncError as error:
            self.unread, self.why, self.next_at = found, error.message, now + SOON
            return None
        self.unread = {}
        self.judged.update((r.id, now) for r in found.values())
        return self._new(plan, run.state.recorded)

    def _is_wanted(self, record: RecordedJob, now: datetime) -> bool:
        """Whether the job was not looked at yet, or so long ago that it may be produced by now."""
        known = record.schedule is not None and record.schedule.utc <= self.began
        at = self.judged.get(record.id, self.began if known else None)
        return at is None or now - at >= AGAIN

    def _new(self, plan: Plan, recorded: Recorded) -> Plan:
        """The plan with what this run has not decided about yet; from now on that counts as decided."""
        changes = tuple(c for c in plan.changes if self._publishes(c, recorded))
        withheld = tuple(c for c in plan.withheld if self._publishes(c, recorded))
        addresses = {c.address for c in withheld}
        self.decided.update(c.id for c in (*changes, *withheld) if c.id is not None)
        violations = tuple(v for v in plan.violations if v.address in addresses)
        return replace(plan, changes=changes, withheld=withheld, violations=violations)

    def _publishes(self, change: Change, recorded: Recorded) -> bool:
        """Whether the change publishes what is recorded under its address: its moves were made, or wait for a
        person."""
        record = recorded.resources.get(change.address)
        same = record is not None and record.id == change.id
        return change.action is Action.APPROVE and same and change.id not in self.decided

    def left(self) -> list[NotAttempted]:
        """The outcomes of jobs that may have been due and could not be read."""
        why = f"its time has come, but the account could not be read: {self.why}"
        return [NotAttempted(c, why) for c in unread_changes(self.due.desired, self.unread)]


def watch_for_due(run: Run) -> DueWatch | None:
    """The jobs to watch; None where nothing is published besides what is planned."""
    due, plan = run.deps.due, run.plan
    if due is None:
        return None
    decided = {c.id for c in (*plan.changes, *plan.withheld) if c.action is Action.APPROVE and c.later is None and c.id}
    began = passed_on_both(plan.as_of, run.remote.server_time) - SLACK
    return DueWatch(due, began, _next(due, began), decided)


def _past(run: Run) -> datetime:
    """The moment (UTC) that has passed by our clock and by the service's."""
    return passed_on_both(run.deps.clock(), run.server_time()) - SLACK


def _next(due: Due, now: datetime) -> datetime:
    first = next_time(due.desired, now)
    return now + AGAIN if first is None else min(first, now + AGAIN)
