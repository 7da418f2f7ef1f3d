"""The weeks of a plan that moves publish times, for its comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from afsync.config.times import parse_zone
from afsync.core.calendar import Window, entry_without_links
from afsync.core.calendar_entries import Known, entries
from afsync.core.plan.actions import Action
from afsync.core.resources import Job
from afsync.core.state.records import RecordedJob
from afsync.output.calendar_labels import Page
from afsync.output.calendar_markdown import week_blocks

if TYPE_CHECKING:
    from afsync.config.project import LoadedProject
    from afsync.core.plan.changes import Change
    from afsync.core.plan.plan import Plan
    from afsync.core.state.recorded import Recorded

WEEKS = 4


def moved_weeks(project: LoadedProject, recorded: Recorded, plan: Plan) -> tuple[str, ...]:
    """Four weeks from the first time that moves, before and after; nothing where none does."""
    times = [moment for change in plan.changes for moment in _moves(change)]
    if not times:
        return ()

    name = project.settings.timezone or "UTC"
    zone = parse_zone(name)
    first = min(times).astimezone(zone).date()
    monday = first - timedelta(days=first.weekday())
    window = Window(monday, monday + timedelta(days=7 * WEEKS - 1), zone)
    found = entries(Known(project.desired, recorded, plan, plan.as_of), window)
    shown = tuple(map(entry_without_links, found.entries))
    return tuple(week_blocks(Page(type(found)(shown), window, name, plan.as_of)))


def _moves(change: Change) -> Iterator[datetime]:
    """The times of a change that gives something another one."""
    if change.action is not Action.RESCHEDULE or not isinstance(change.before, RecordedJob):
        return
    now = change.observed or change.before.schedule
    wanted = change.after.schedule if isinstance(change.after, Job) else None
    if now is not None and wanted is not None and now.utc != wanted.utc:
        yield from (now.utc, wanted.utc)
