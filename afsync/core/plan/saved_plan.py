"""A saved plan: what it is bound to, when it expires, and why it cannot be applied any more."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from afsync.core.clocks import ahead
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.resources import Job
from afsync.core.state import Account, Recorded

LIFETIME = timedelta(hours=24)
NO_NOTICE = timedelta()


class SavedPlan(Struct, frozen=True):
    """A plan as it was reviewed. Applying it means planning again with the same `options` and insisting that the
    outcome is the same; nothing is ever sent from the file itself.

    `configuration` is the hash of all files of the project, those to be uploaded included. `created_at` and
    `expires_at` are UTC.
    """

    id: str
    plan: Plan
    fingerprint: str
    options: Options
    configuration: str
    created_at: datetime
    expires_at: datetime

    @property
    def blocked(self) -> bool:
        """Whether a limit or a guard forbids all of it, so that an apply raises LimitRefused."""
        return bool(self.plan.blocking)


def expiry(plan: Plan, notice: timedelta = NO_NOTICE) -> datetime:
    """When a saved plan expires: after 24 hours, or at the first moment at which a decision would change: a publish
    time that is to be set passes, or comes nearer than the policy's `notice`."""
    notice += timedelta(seconds=ahead(plan.skew))
    times = (c.after.schedule.utc - notice for c in plan.changes if isinstance(c.after, Job) and c.after.schedule)
    return min([plan.as_of + LIFETIME, *(t for t in times if t > plan.as_of)])


def configuration_hash(files: Iterable[tuple[str, str]]) -> str:
    """A hash over `(path, sha256)` of every file of the project."""
    text = "\n".join(f"{path}\0{digest}" for path, digest in sorted(files))
    return hashlib.sha256(text.encode()).hexdigest()


def stale_reason(saved: SavedPlan, recorded: Recorded, configuration: str, now: datetime) -> str | None:
    """Why the plan cannot be applied, by files, state and time; None where it can."""
    if saved.plan.fingerprint != saved.fingerprint:
        return "its changes are not those that were planned"
    if saved.id in recorded.applied_plans:
        return "it was applied already"
    if saved.plan.lineage != recorded.lineage:
        return f"it was made for another project (lineage {saved.plan.lineage})"
    if saved.configuration != configuration:
        return "the configuration, or a file to be uploaded, has changed since"
    if saved.plan.serial != recorded.serial:
        return (
            f"the state has changed since, as by another apply (serial {recorded.serial}, it was {saved.plan.serial})"
        )
    if now >= saved.expires_at:
        return f"it expired at {saved.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    if now < saved.created_at - timedelta(minutes=5):
        return f"it was made in the future, at {saved.created_at:%Y-%m-%d %H:%M:%S} UTC; a clock is wrong"
    return None


def other_account_reason(saved: SavedPlan, account: Account) -> str | None:
    """Why the plan cannot be applied to this account; None when it was made for it."""
    if saved.plan.account == account:
        return None
    return f"it was made for account {saved.plan.account.id} at {saved.plan.account.base_url}"


def different_plan_reason(saved: SavedPlan, plan: Plan) -> str | None:
    """Why the plan cannot be applied after reading the account; None when the new plan is the reviewed one."""
    if plan.spend > saved.plan.spend:
        return f"it would now spend {plan.spend} credits, not {saved.plan.spend}"
    if saved.fingerprint != plan.fingerprint:
        first = f", beginning with {address}" if (address := _first_difference(saved.plan, plan)) else ""
        return f"the account, or the environment, has changed since, so that other changes are needed now{first}"
    return None


def _first_difference(saved: Plan, plan: Plan) -> str | None:
    """The first address, in the order of the changes, that is not treated as it was to be."""
    before = [(c.address, c.action, c.reason, c.id) for c in saved.changes]
    after = [(c.address, c.action, c.reason, c.id) for c in plan.changes]
    differing = set(before) ^ set(after)
    return next((row[0] for row in (*before, *after) if row in differing), None)
