"""Publish times that mean another instant because a country changed its clocks."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from afsync.core.actions import Reason
from afsync.core.instances import occurrence_of
from afsync.core.plan import Change, Plan
from afsync.core.recorded import Recorded, RecordedJob
from afsync.core.resources import Job
from afsync.errors import Problem, Severity


def zones_changed(plan: Plan, recorded: Recorded, zone_data: Callable[[str], str | None]) -> Plan:
    """The plan with a reason of its own for times that mean another instant than when they were recorded, although
    they are written alike in the same zone: its country has changed the rules. `zone_data` is the version of the data
    that decides about a zone."""
    if not any(map(_zone_changed, plan.changes)):
        return plan
    found = [replace(c, reason=Reason.TIMEZONE_CHANGED) for c in plan.changes if _zone_changed(c)]
    by_address = {c.address: c for c in found}
    changes = tuple(by_address.get(c.address, c) for c in plan.changes)
    notes = tuple(_note(c, recorded, zone_data) for c in found)
    return replace(plan, changes=changes, notices=(*plan.notices, *notes))


def _note(change: Change, recorded: Recorded, zone_data: Callable[[str], str | None]) -> Problem:
    """Which data decided now, and which did before, where that is recorded."""
    schedule = change.after.schedule if isinstance(change.after, Job) else None
    zone = schedule.zone if schedule and schedule.zone else "UTC"
    parts = occurrence_of(change.address)
    known = recorded.series.get(parts[0]) if parts else None
    before = f" (recorded: {known.zone_data})" if known and known.zone_data else ""
    text = f"the clocks of {zone} are not those that {change.address} was submitted for, by zone data {zone_data(zone)}"
    hint = "use the same version of tzdata wherever afsync runs"
    return Problem("timezone_changed", f"{text}{before}", hint, Severity.NOTE, change.address, field="schedule")


def _zone_changed(change: Change) -> bool:
    if change.reason is not Reason.SCHEDULE_CHANGED or not isinstance(change.before, RecordedJob):
        return False
    before, after = change.before.schedule, change.after.schedule if isinstance(change.after, Job) else None
    if before is None or after is None or before.zone is None:
        return False
    return (before.written, before.zone) == (after.written, after.zone)
