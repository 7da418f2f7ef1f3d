"""What a project is still to submit until a moment, besides what it declares now."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from afsync.config.occurrences import expand
from afsync.config.project import Project
from afsync.core.resources import Job
from afsync.core.state.recorded import Recorded
from afsync.errors import ConfigError


def entering(project: Project, recorded: Recorded, now: datetime, until: datetime) -> tuple[Job, ...] | None:
    """The jobs that enter the horizon between `now` and `until` (UTC), of a project as it is at `now`. None where
    something is wrong with one of them, which is an error once that is declared."""
    calendar = project.calendar
    if calendar is None or until <= now:
        return ()
    more = until - now
    wider = replace(
        calendar,
        series={key: replace(s, horizon=s.horizon + more) for key, s in calendar.series.items()},
        listed={key: replace(s, horizon=s.horizon + more) for key, s in calendar.listed.items()},
        horizons={address: horizon + more for address, horizon in calendar.horizons.items()},
    )
    all_single = replace(project.desired, jobs={**project.desired.jobs, **project.waiting})
    try:
        then = expand(replace(project, calendar=wider, desired=all_single), recorded, now)
    except ConfigError:
        return None
    return tuple(job for address, job in then.desired.jobs.items() if address not in project.desired.jobs)
