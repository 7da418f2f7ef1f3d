"""Calendar: what is published when, as recorded, declared and upcoming, and what the plan would change of it; the weeks
of a plan that moves publish times."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from afsync.api.previews import pictures
from afsync.app.account_reads import read_remote
from afsync.app.checked_plan import checked_plan
from afsync.app.connection import connect
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.selection import check_globs
from afsync.config.problems import InvalidValue
from afsync.config.times import parse_zone
from afsync.core.calendar import Known, Window, entries, entry_without_links
from afsync.core.plan.actions import Action
from afsync.core.plan.facts import Options
from afsync.core.plan.lookups import remote_as_recorded
from afsync.core.records import RecordedJob
from afsync.core.resources import Job
from afsync.errors import UsageError
from afsync.output.calendar_labels import Page
from afsync.output.calendar_markdown import week_blocks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from afsync.app.connection import Service
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.plan.changes import Change
    from afsync.core.plan.plan import Plan
    from afsync.core.remote_account import Remote
    from afsync.core.state import Recorded
    from afsync.errors import Problem


WEEKS = 4
"""So many weeks are shown where nothing else is said."""


class CalendarRequest(Struct, frozen=True):
    """Which days and which entries.

    The days are those of `month` (its first and last), or `weeks` weeks that begin `back` weeks before the week of
    `first`, which is today's otherwise; by the clock of `zone`, or of the project. `only` are globs over addresses.
    With `live` the account is looked at, which takes a key. `pictures`: also fetch thumbnails. `at` is a moment (UTC)
    in place of now.
    """

    first: date | None = None
    weeks: int = WEEKS
    back: int = 0
    month: tuple[date, date] | None = None
    zone: str | None = None
    only: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    live: bool = False
    links: bool = False
    pictures: bool = False
    at: datetime | None = None


def calendar(context: Context, request: CalendarRequest) -> Page:
    """Read, plan, and put together what is shown. Nothing is written.

    Raises ConfigError, UsageError, StateError, and with `live` AuthError and ApiError.
    """
    now = request.at if request.at is not None else context.now()
    files = load_project(context)
    name = request.zone or files.settings.timezone or "UTC"
    window = _window(request, name, now)
    recorded, _ = read_state(context, files)
    project = at_moment(context, files, recorded, now)
    service = connect(context, project, writes=False, silent=True) if request.live else None
    remote = _remote(context, project, recorded, service, now, links=request.links)
    known = _known(context, project, recorded, remote, now, live=request.live)
    known, problems = _with_upcoming(known, files, project, window)
    check_globs(context, request.only, {*project.desired.jobs, *recorded.jobs, *known.upcoming})
    found = entries(known, window, request.only, request.platforms)
    if not request.links:
        found = replace(found, entries=tuple(map(entry_without_links, found.entries)))
    found = replace(found, notices=(*problems, *found.notices))
    pictures = _pictures(service, known) if request.pictures and service else {}
    return Page(found, window, name, now, files.root.resolve().name, recorded.lineage, request.live, pictures)


def _window(request: CalendarRequest, zone: str, now: datetime) -> Window:
    try:
        there = parse_zone(zone)
    except InvalidValue as error:
        raise UsageError(f"--zone {zone}: {error}", error.hint) from None
    if request.month is not None:
        return Window(*request.month, there)
    first = request.first if request.first is not None else now.astimezone(there).date()
    monday = first - timedelta(days=first.weekday()) - timedelta(weeks=request.back)
    return Window(monday, monday + timedelta(days=7 * request.weeks - 1), there)


def _remote(
    context: Context, project: LoadedProject, recorded: Recorded, service: Service | None, now: datetime, *, links: bool
) -> Remote:
    """The account; as it is recorded where there is no connection."""
    if service is None:
        return remote_as_recorded(recorded, project.desired)
    remote = read_remote(context, project, recorded, service, now, links=links)
    check_account(project, recorded, remote)
    return remote


def _known(
    context: Context, project: LoadedProject, recorded: Recorded, remote: Remote, now: datetime, *, live: bool
) -> Known:
    plan = checked_plan(context, project, recorded, remote, now, Options(), project.desired.limits)
    if not live:
        return Known(project.desired, recorded, plan, now)
    seen = replace(remote, publish_times=None, covered=frozenset(), results={})
    return Known(project.desired, recorded, plan, now, seen=seen, publish_times=remote.publish_times or {})


def _with_upcoming(
    known: Known, files: LoadedProject, project: LoadedProject, window: Window
) -> tuple[Known, tuple[Problem, ...]]:
    """With the occurrences that the plan does not need yet, and what is wrong with these. `project` is `files` as they
    are now."""
    occurrences = project.occurrences
    if occurrences is None or files.timed_submissions is None:
        return known, ()
    # Imported here: most projects have no series.
    from afsync.config.beyond_horizon import upcoming

    later = upcoming(files, project, known.recorded, known.now, max(window.end, known.now))
    rowless = {o.address: o for o in (*occurrences.without_row, *later.without_row)}
    known = replace(
        known,
        upcoming=later.jobs,
        dates=later.dates,
        missed=(*occurrences.missed, *occurrences.passed),
        passed_over=occurrences.passed_over,
        without_row=tuple(rowless.values()),
    )
    return known, later.problems


def _pictures(service: Service, known: Known) -> Mapping[str, str]:

    return pictures(service.session, known.seen.previews)


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
