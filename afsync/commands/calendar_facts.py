"""What the calendar is made of: the plan, what is upcoming, and with a look at the account what it reports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from afsync.app.checked_plan import checked_plan
from afsync.commands.context import here
from afsync.core.calendar import Window
from afsync.core.calendar_entries import Known
from afsync.core.phases import AccountView
from afsync.core.plan.decision import Options
from afsync.errors import Problem

if TYPE_CHECKING:
    from afsync.app.connection import Service
    from afsync.config.project import Project
    from afsync.core.remote import Remote
    from afsync.core.state.recorded import Recorded


def known_at(
    files: Project,
    project: Project,
    recorded: Recorded,
    now: datetime,
    window: Window,
    *,
    service: Service | None,
    links: bool,
) -> tuple[Known, tuple[Problem, ...]]:
    """All of it, and what is wrong with what the plan does not need yet. `project` is `files` as they are now. Without
    `service` nothing is asked of the account."""
    live = service is not None
    remote = _remote(project, recorded, now, service, links=links)
    plan = checked_plan(here(), project, recorded, remote, now, Options(), project.desired.limits)
    seen = AccountView(remote.jobs, remote.missing, remote.previews) if live else AccountView()
    times = remote.publish_times or {}
    occurrences = project.occurrences
    known = Known(project.desired, recorded, plan, now, seen=seen, publish_times=times if live else {})
    if occurrences is None or files.calendar is None:
        return known, ()
    from msgspec.structs import replace

    from afsync.config.upcoming import upcoming

    later = upcoming(files, project, recorded, now, max(window.end, now))
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


def _remote(project: Project, recorded: Recorded, now: datetime, service: Service | None, *, links: bool) -> Remote:
    if service is None:
        from afsync.core.plan.lookups import remote_as_recorded

        return remote_as_recorded(recorded, project.desired)
    from afsync.app.project_state import check_account
    from afsync.app.remote import read_remote

    remote = read_remote(here(), project, recorded, service, now, links=links)
    check_account(project, recorded, remote)
    return remote
