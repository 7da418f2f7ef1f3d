"""The plan: a frozen value with a fingerprint. Renderers and the engine walk the same changes in the same order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.fingerprints import plain
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.core.records import Effect, Record, RecordedJob, Trust, Watched
from afsync.core.recovery.resolution import Resolution
from afsync.core.remote_account import Preview
from afsync.core.resources import Job, Schedule, Template
from afsync.core.state import Account, Considered
from afsync.errors import Problem


class Summary(Struct, frozen=True):
    """The number of changes by kind; a replacement counts as one to add and one to destroy."""

    add: int = 0
    change: int = 0
    destroy: int = 0
    adopt: int = 0
    move: int = 0
    forget: int = 0
    approve: int = 0


class LimitUse(Struct, frozen=True):
    """The use of one limit by a plan: `max_credits`, 3 of 20."""

    name: str
    used: int
    allowed: int

    @property
    def flag(self) -> str:
        """The flag that overrides it for one run."""
        return f"--{self.name.replace('_', '-')}"


class Spending(Struct, frozen=True):
    """The budget of a period, in credits: `allowed`, `spent` (`estimated` of it, where no price was reported),
    `planned` by this plan, and `later` in the same period (None: not known)."""

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

    `platforms` are where it will be published, as far as the service reports that; `schedule` is its publish time, kept
    by afsync if `held`.
    """

    address: str
    id: str
    preview: Preview | None = None
    platforms: tuple[str, ...] = ()
    schedule: Schedule | None = None
    held: bool = False


class Plan(Struct, frozen=True):
    """Everything that would happen, and everything apply needs to make it happen."""

    lineage: str
    serial: int
    """With `lineage`, the version of the state that the plan was made from."""
    as_of: datetime
    """The moment of deciding (UTC)."""
    account: Account
    changes: tuple[Change, ...] = ()
    withheld: tuple[Change, ...] = ()
    """Changes that are not made until a person decides; each has a violation with the same address."""
    notices: tuple[Problem, ...] = ()
    """Warnings and notes."""
    violations: tuple[Problem, ...] = ()
    """Because of these, apply does the rest and then ends with an error."""
    blocking: tuple[Problem, ...] = ()
    """Because of these, apply sends nothing."""
    resolutions: tuple[Resolution, ...] = ()
    """What becomes of every submission whose outcome was not known."""
    refreshed: Mapping[str, Record] = field(default_factory=dict)
    """Records as the service reports them now. Apply saves them, and `suspected`, `trust` and `watched`."""
    suspected: datetime | None = None
    """Jobs in the account that were created after this (UTC) are in doubt."""
    trust: Mapping[Effect, Trust] = field(default_factory=dict)
    """How often the service kept what it accepted, until now."""
    balance: int | None = None
    """Credits; None where the service did not report it."""
    per_minute: int = 60
    """The rate limit of the service, in requests."""
    reads: int = 0
    """How many requests it took to make the plan."""
    skew: float = 0.0
    """Seconds by which the service's clock is ahead of ours."""
    declared: int = 0
    """How many templates, jobs and series the files declare."""
    quarantine: float = 600.0
    """Seconds. This, `settle`, `watch` and `accept_unstaged` are as in `core.plan.facts.Options`."""
    settle: float = 120.0
    watch: float = 86_400.0
    accept_unstaged: bool = False
    waiting: tuple[Waiting, ...] = ()
    """The submissions that wait for an approval, whether this plan gives it or not."""
    limits: tuple[LimitUse, ...] = ()
    """The limits that are in force, and their use by this plan."""
    watched: Mapping[str, Watched] = field(default_factory=dict)
    """The cancelled jobs that are still watched."""
    considered: Mapping[str, Considered] = field(default_factory=dict)
    """What apply remembers of each series."""
    left: tuple[str, ...] = ()
    """The addresses of occurrences that ended long ago, and that the state forgets."""
    budget: Spending | None = None
    """How the declared budget stands."""

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
        """The number of requests that the plan takes when nothing goes wrong."""
        return sum(c.sends(step) for c in self.changes for step in c.steps)

    @property
    def fingerprint(self) -> str:
        """A short hash of what would be done: the same plan has the same one, whenever it is made."""
        return fingerprint_of(self.lineage, self.account.id, self.changes)


_MAKES = (Action.CREATE, Action.REPLACE, Action.ADOPT)


def plan_without_links(plan: Plan) -> Plan:
    """The plan without links for reviewers, all of which show a video that is not published."""
    return replace(plan, waiting=tuple(replace(w, preview=None) for w in plan.waiting))


def fingerprint_of(lineage: str, account: str, changes: Iterable[Change]) -> str:
    """A short hash of the changes, the same for a plan that was written to a file and read back. What is published
    because its time has come is not part of it, since time passes between a review and the apply."""
    rows = [_row(c) for c in changes if c.reason is not Reason.DUE]
    text = json.dumps([lineage, account, rows], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _row(c: Change) -> list[Any]:
    """The parts of a change that a reviewer decides about. Whether a file is uploaded already costs nothing and is left
    out."""
    return [
        [
            c.address,
            c.action,
            c.reason,
            c.id,
            c.retire,
            c.moved_from,
            _at(c.observed),
            *([_at(c.later)] if c.later else []),
            *([list(c.platforms)] if c.platforms else []),
        ],
        _before(c.before),
        _after(c.after),
        [[f.path, plain(f.before), plain(f.after)] for f in c.fields],
        [c.credits.spend, c.credits.spent],
    ]


def _before(record: Record | None) -> Any:
    if record is None:
        return None
    return [plain(record.declared), _at(record.schedule) if isinstance(record, RecordedJob) else None]


def _after(declared: Template | Job | None) -> Any:
    match declared:
        case None:
            return None
        case Template():
            return plain(declared.values)
        case Job():
            file = declared.file.path if declared.file else None
            publisher = ["held"] if declared.held else []
            return [plain(declared.values), _at(declared.schedule), declared.rerun, file, *publisher]


def _at(schedule: Schedule | None) -> str | None:
    return schedule.utc.astimezone(UTC).isoformat(timespec="seconds") if schedule else None
