"""The plan: a frozen value. Renderers and the engine walk the same changes in the same order."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from afsync.core.actions import ORDER, SYMBOLS, Action, Reason, Retire, Step
from afsync.core.identity import fingerprint_of
from afsync.core.recorded import Account, Considered, Publish, Record, RecordedJob, Watched
from afsync.core.recovery import Resolution
from afsync.core.remote import Preview
from afsync.core.resources import Job, Kind, Schedule, Template, kind_of
from afsync.core.trust import Effect, Trust
from afsync.errors import Problem


class FieldChange(Struct, frozen=True):
    """One field that differs: its path as a person writes it (`addOns.shoppable.active`), and both values."""

    path: str
    before: Any
    after: Any


class Credits(Struct, frozen=True):
    """`spend`: the estimate for this change; `spent`: what its predecessor is known to have cost."""

    spend: int = 0
    spent: int = 0


class Change(Struct, frozen=True):
    """One action on one address.

    `before` is what is recorded, `after` what is declared. `id` is the remote id that is acted upon: the old
    submission, or the template or job taken over. `retire` says how an old submission is taken out. `observed`
    is a publish time read back from the service where it is not what was recorded. `moved_from` is the address
    a record comes from. `later` is the time at which an approval publishes that
    is only recorded now. `platforms` are those that an approval publishes to (none: all of the job's own).
    """

    address: str
    action: Action
    reason: Reason
    before: Record | None = None
    after: Template | Job | None = None
    id: str | None = None
    fields: tuple[FieldChange, ...] = ()
    credits: Credits = Credits()
    retire: Retire | None = None
    observed: Schedule | None = None
    moved_from: str | None = None
    uploads: bool = False
    later: Schedule | None = None
    warning: str | None = None
    platforms: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return kind_of(self.address)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps this change really goes through."""
        if self.reason is Reason.DUE:
            return (Step.PUBLISH_DUE,)
        skip = set()
        if not self.uploads:
            skip.add(Step.UPLOAD)
        job = self.after
        if self.action is not Action.RESCHEDULE and isinstance(job, Job) and (job.schedule is None or job.held):
            skip.add(Step.SET_SCHEDULE)
        return tuple(s for s in ORDER[self.kind, self.action] if s not in skip)

    @property
    def held(self) -> bool:
        """Whether afsync publishes what it is about, not the service."""
        job = self.after if isinstance(self.after, Job) else None
        if isinstance(self.before, RecordedJob) and Step.SUBMIT_JOB not in self.steps:
            unknown = self.before.publish is Publish.UNKNOWN
            return job is not None and job.held if unknown else self.before.publish is Publish.HELD
        return job is not None and job.held

    @property
    def sends_nothing(self) -> bool:
        """Whether it only changes the state: the time of a held job is kept there, and an approval that waits."""
        kept_here = self.action is Action.RESCHEDULE and self.held
        return self.action is Action.ADOPT or kept_here or self.later is not None

    @property
    def due(self) -> datetime | None:
        """When it is about to be published (UTC): what is due first is done first."""
        wanted = self.after.schedule if isinstance(self.after, Job) else None
        known = self.before.schedule if isinstance(self.before, RecordedJob) else None
        schedule = wanted or known
        return schedule.utc if schedule else None

    @property
    def first_time(self) -> bool:
        """Whether it only gives a publish time to what has none."""
        now = self.before.schedule if isinstance(self.before, RecordedJob) else None
        return self.action is Action.RESCHEDULE and now is None and self.observed is None

    @property
    def symbol(self) -> str:
        if self.action is Action.REPLACE:
            return "+/-" if self.kind is Kind.TEMPLATE else "-/+"
        return SYMBOLS[self.action]


class Summary(Struct, frozen=True):
    """How many of each; a replacement counts as one to add and one to destroy."""

    add: int = 0
    change: int = 0
    destroy: int = 0
    adopt: int = 0
    move: int = 0
    forget: int = 0
    approve: int = 0


class LimitUse(Struct, frozen=True):
    """How much of a limit a plan takes: `max_credits`, 3 of 20."""

    name: str
    used: int
    allowed: int

    @property
    def flag(self) -> str:
        """What overrides it for one run."""
        return f"--{self.name.replace('_', '-')}"


class Spending(Struct, frozen=True):
    """How the budget of a period stands, in credits: `allowed`, `spent` (`estimated` of it, where no price was
    reported), `planned` by this plan, and `later` in the same period, which is None where that is not known."""

    period: str
    begins: datetime
    ends: datetime
    allowed: int
    spent: int
    estimated: int
    planned: int
    later: int | None


class Waiting(Struct, frozen=True):
    """A submission that is produced and waits for an approval, with links for the reviewer where there are any.

    `platforms` is where it goes, as far as the service tells; `schedule` its publish time, kept by afsync if `held`.
    """

    address: str
    id: str
    preview: Preview | None = None
    platforms: tuple[str, ...] = ()
    schedule: Schedule | None = None
    held: bool = False


class Plan(Struct, frozen=True):
    """Everything that would happen, and everything apply needs to make it happen.

    `as_of` is the moment of deciding (UTC). `withheld` are changes that are not made until a person decides;
    each has a violation with the same address. `notices` are warnings and notes. `violations` stop apply:
    those in `blocking` before anything is sent, the others after the rest was done. `refreshed` are records
    as the service tells them now, for apply to save; so is `suspected`, from when on jobs are in doubt, `trust`, what
    was kept until now, and `watched`, the cancelled jobs that are still watched.
    `resolutions` say what becomes of every submission whose outcome was not known; `quarantine` (seconds) is how long
    they are looked for, `settle` and `watch` (seconds), and `accept_unstaged`, as in `core.verdict.Options`. `balance`
    is None where the service did not tell it. `waiting` are the submissions that wait for an approval, whether this
    plan gives it or not.
    `limits` are those in force. `reads` is how many requests it took to make it. `skew`: seconds by which the
    service's clock is ahead of ours. `considered` is what apply remembers of each series, `left` are the addresses of
    its records that ended long ago, and that the state forgets. `budget` is how the declared budget stands.
    """

    lineage: str
    serial: int
    as_of: datetime
    account: Account
    changes: tuple[Change, ...] = ()
    withheld: tuple[Change, ...] = ()
    notices: tuple[Problem, ...] = ()
    violations: tuple[Problem, ...] = ()
    blocking: tuple[Problem, ...] = ()
    resolutions: tuple[Resolution, ...] = ()
    refreshed: Mapping[str, Record] = field(default_factory=dict)
    suspected: datetime | None = None
    trust: Mapping[Effect, Trust] = field(default_factory=dict)
    balance: int | None = None
    per_minute: int = 60
    reads: int = 0
    skew: float = 0.0
    declared: int = 0
    quarantine: float = 600.0
    settle: float = 120.0
    watch: float = 86_400.0
    accept_unstaged: bool = False
    waiting: tuple[Waiting, ...] = ()
    limits: tuple[LimitUse, ...] = ()
    watched: Mapping[str, Watched] = field(default_factory=dict)
    considered: Mapping[str, Considered] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    budget: Spending | None = None

    def makes_template(self, address: str) -> Template | None:
        """The template this plan makes or takes over at an address, if it does."""
        made = (c.after for c in self.changes if c.address == address and c.action in _MAKES)
        return next((t for t in made if isinstance(t, Template)), None)

    @property
    def spend(self) -> int:
        return sum(c.credits.spend for c in self.changes)

    @property
    def summary(self) -> Summary:
        counted = {a: sum(c.action is a for c in self.changes) for a in Action}
        return Summary(
            add=counted[Action.CREATE] + counted[Action.REPLACE],
            change=counted[Action.RESCHEDULE],
            destroy=counted[Action.DELETE] + counted[Action.REPLACE],
            adopt=counted[Action.ADOPT],
            move=counted[Action.MOVE],
            forget=counted[Action.FORGET],
            approve=counted[Action.APPROVE],
        )

    @property
    def requests(self) -> int:
        """How many requests carrying it out takes, when nothing goes wrong."""
        return sum(_requests(c) for c in self.changes)

    @property
    def fingerprint(self) -> str:
        """A short hash of what would be done: the same plan has the same one, whenever it is made."""
        return fingerprint_of(self.lineage, self.account.id, self.changes)


_SUBMITS = (Action.CREATE, Action.REPLACE)
_MAKES = (Action.CREATE, Action.REPLACE, Action.ADOPT)
WITHOUT_REQUEST = {Step.MOVE, Step.FORGET}


def _requests(change: Change) -> int:
    if change.action not in _SUBMITS and change.sends_nothing:
        return 0
    skipped = 1 if change.retire is Retire.LEAVE and Step.RETIRE_JOB in change.steps else 0
    return len([s for s in change.steps if s not in WITHOUT_REQUEST]) - skipped
