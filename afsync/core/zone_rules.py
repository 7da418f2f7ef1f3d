"""Publish times that mean another instant because a country changed its clocks."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.actions import Reason
from afsync.core.plan import Change, Plan
from afsync.core.recorded import RecordedJob
from afsync.core.resources import Job


def zones_changed(plan: Plan) -> Plan:
    """The plan with a reason of its own for times that mean another instant than when they were recorded, although
    they are written alike in the same zone: its country has changed the rules."""
    if not any(map(_zone_changed, plan.changes)):
        return plan
    changes = (replace(c, reason=Reason.TIMEZONE_CHANGED) if _zone_changed(c) else c for c in plan.changes)
    return replace(plan, changes=tuple(changes))


def _zone_changed(change: Change) -> bool:
    if change.reason is not Reason.SCHEDULE_CHANGED or not isinstance(change.before, RecordedJob):
        return False
    before, after = change.before.schedule, change.after.schedule if isinstance(change.after, Job) else None
    if before is None or after is None or before.zone is None:
        return False
    return (before.written, before.zone) == (after.written, after.zone)
