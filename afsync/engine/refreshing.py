"""What a plan has found out, in the state."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.cancels import with_watched
from afsync.core.occurrences import remembered
from afsync.core.plan import Plan
from afsync.core.recorded import Recorded
from afsync.core.settling import settle


def refreshed(recorded: Recorded, plan: Plan) -> Recorded:
    """The state with what the plan has found out: resolved submissions, records as they are now known, and, the
    first time something changes, the account it belongs to from now on."""
    settled = settle(recorded, plan.resolutions)
    if settled.account is None and plan.changes:
        settled = replace(settled, account=plan.account)
    if settled.suspected != plan.suspected:
        settled = replace(settled, suspected=plan.suspected)
    return seen(remembered(settled, plan.considered, plan.left), plan)


def seen(recorded: Recorded, plan: Plan) -> Recorded:
    """The state with what was seen of the jobs in it: their records, what is watched, and what the account keeps."""
    if (plan.trust, plan.watched) != (recorded.trust, recorded.watched):
        recorded = with_watched(replace(recorded, trust=plan.trust), plan.watched)
    news = {a: r for a, r in plan.refreshed.items() if recorded.resources.get(a) not in (None, r)}
    return replace(recorded, resources={**recorded.resources, **news}) if news else recorded
