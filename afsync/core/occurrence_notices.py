"""The notices about occurrences in a plan: entered by the horizon, missed, or moved by new zone data; and what is
remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.core.addresses import occurrence_of
from afsync.core.command_lines import FlagName, plan_command
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.plan.selection import selected
from afsync.core.records import RecordedJob
from afsync.core.resources import Job
from afsync.core.state import Considered, Recorded
from afsync.core.text import are, count
from afsync.errors import Problem, Severity

if TYPE_CHECKING:
    from afsync.core.series import Occurrence


class RowDate(Struct, frozen=True):
    """A row of a sheet whose time has passed."""

    address: str
    instance: str
    written: str
    utc: datetime


class Occurrences(Struct, frozen=True):
    """The occurrences of a project at a moment, besides the jobs that they declare.

    `series` counts them, `declared` their occurrences by then. `entered` are the addresses that are new because time
    passed, not because of an edit. The times of `missed` passed since the last apply without a submission;
    `passed_over` are ahead, but were not submitted when their date was considered; for `without_row` the sheet has no
    row. `considered` is what the state remembers of this, by series. `left` are the addresses of records that ended
    long ago. `begins` is the first day of those series that have not begun. `passed` are rows whose time had passed
    when they were first considered.
    """

    series: int = 0
    declared: int = 0
    entered: frozenset[str] = frozenset()
    missed: tuple[Occurrence | RowDate, ...] = ()
    without_row: tuple[Occurrence, ...] = ()
    passed_over: tuple[Occurrence, ...] = ()
    considered: Mapping[str, Considered] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    begins: date | None = None
    passed: tuple[RowDate, ...] = ()


def with_occurrences(plan: Plan, found: Occurrences, options: Options) -> Plan:
    """The plan with what is to be said of the series, and with the reason of what the horizon lets in.

    A plan of everything remembers that it looked; a part of one does not, so that nothing is passed over in silence.
    """
    changes = tuple(_entered(c, found.entered) for c in plan.changes)
    notices = plan.notices
    if options.ignore_horizon:
        later = [c for c in changes if c.reason is Reason.HORIZON]
        changes = tuple(c for c in changes if c.reason is not Reason.HORIZON)
        notices = (*notices, *_left_out(later))
    whole = not (options.destroy or options.ignore_horizon or options.target or options.exclude)
    said = (
        ()
        if options.destroy
        else (*map(_missed, found.missed), *map(_passed_over, found.passed_over), *map(_without_row, found.without_row))
    )
    said = tuple(p for p in said if selected(options, p.address or ""))
    if found.begins is not None and not found.declared and not options.destroy:
        said = (*said, _not_begun(found.begins))
    return replace(
        plan,
        changes=changes,
        notices=(*notices, *(p for p in said if p.severity is not Severity.ERROR)),
        violations=(*plan.violations, *(p for p in said if p.severity is Severity.ERROR)),
        declared=plan.declared + (0 if options.destroy else found.series),
        considered=found.considered if whole else {},
        left=found.left if whole else (),
    )


def with_considered(recorded: Recorded, considered: Mapping[str, Considered], left: Iterable[str]) -> Recorded:
    """The state with what a plan has considered, and without what ended long ago."""
    if any(recorded.series.get(key) != value for key, value in considered.items()):
        recorded = replace(recorded, series={**recorded.series, **considered})
    for address in (a for a in left if a in recorded.resources):
        recorded = recorded.without_resource(address)
    return recorded


def _entered(change: Change, entered: frozenset[str]) -> Change:
    new = change.action is Action.CREATE and change.reason is Reason.NEW
    return replace(change, reason=Reason.HORIZON) if new and change.address in entered else change


def _left_out(later: list[Change]) -> list[Problem]:
    if not later:
        return []
    spend = sum(c.credits.spend for c in later)
    verb = are(later)
    text = f"{count(len(later), 'occurrence')} that the horizon lets in {verb} left out: {count(spend, 'credit')}"
    return [Problem("horizon_ignored", text, f"plan without {FlagName.IGNORE_HORIZON} to see them", Severity.NOTE)]


def _missed(occurrence: Occurrence | RowDate) -> Problem:
    if isinstance(occurrence, RowDate):
        text = f"{occurrence.address} was not submitted, and its time, {occurrence.written}, has passed"
        hint = "to submit it after all, give its row a `rerun` and a new `schedule`"
        return Problem("missed", text, hint, Severity.ERROR, occurrence.address)
    text = f"{occurrence.address} was not submitted, and its time, {_when(occurrence)}, has passed"
    hint = f'to submit it after all, write `rerun: 1` and a new `on:` under `except: "{occurrence.instance}"`'
    return Problem("missed", text, hint, Severity.ERROR, occurrence.address)


def _not_begun(day: date) -> Problem:
    text = f"no occurrence of a series is within its horizon yet: the first series begins on {day}"
    return Problem("not_begun", text, f"{plan_command(f'{day}T00:00:00Z')} plans for that day", Severity.NOTE)


def _without_row(occurrence: Occurrence) -> Problem:
    text = f"{occurrence.address} is not submitted: its sheet has no row for {occurrence.instance}"
    hint = "add the row, or leave the date out with `skip`"
    return Problem("no_row", text, hint, Severity.WARNING, occurrence.address)


def _passed_over(occurrence: Occurrence) -> Problem:
    text = (
        f"{occurrence.address} is not submitted: its date has passed, although its time, {_when(occurrence)}, has not"
    )
    hint = f'to submit it, write `rerun: 1` under `except: "{occurrence.instance}"`'
    return Problem("passed_over", text, hint, Severity.WARNING, occurrence.address)


def _when(occurrence: Occurrence) -> str:
    moment: datetime = occurrence.local
    return f"{moment:%Y-%m-%d %H:%M}"


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
    text = f"the time zone rules of {zone} differ from those that {change.address} was submitted with: "
    text += f"zone data {zone_data(zone)}"
    hint = "use the same version of tzdata wherever afsync runs"
    return Problem("timezone_changed", f"{text}{before}", hint, Severity.NOTE, change.address, field="schedule")


def _zone_changed(change: Change) -> bool:
    if change.reason is not Reason.SCHEDULE_CHANGED or not isinstance(change.before, RecordedJob):
        return False
    before, after = change.before.schedule, change.after.schedule if isinstance(change.after, Job) else None
    if before is None or after is None or before.zone is None:
        return False
    return (before.written, before.zone) == (after.written, after.zone)
