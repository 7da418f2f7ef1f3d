"""Status: how far every job is, as the state and a look at the account have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.app.addresses import check_globs
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import read_state
from afsync.app.watch import WatchedJobs
from afsync.core.phases import JobPhase, JobStatus

if TYPE_CHECKING:
    from afsync.app.context import Context

_CHANGING = (JobPhase.ACTIVE, JobPhase.WAITING_FOR_APPROVAL)


def selected_jobs(context: Context, globs: tuple[str, ...], *, links: bool) -> WatchedJobs:
    """The jobs that `globs` match, or all; nothing is asked of the service yet. Raises ConfigError, StateError, and
    UsageError for a glob that matches nothing. `links`: with links that open to whoever has them."""
    project = load_project(context)
    recorded, _ = read_state(context, project)
    project = at_moment(context, project, recorded, context.now())
    check_globs(context, globs, {*project.desired.jobs, *recorded.jobs})
    return WatchedJobs(context, project, recorded, globs, links=links)


def status(context: Context, globs: tuple[str, ...] = (), *, links: bool = False) -> tuple[JobStatus, ...]:
    """The same as they are now. Finished jobs are not looked up again; nothing is asked where nothing was submitted.
    Raises AuthError and ApiError as well."""
    jobs = selected_jobs(context, globs, links=links)
    return jobs.look(context.now(), lambda job: job.phase in _CHANGING)
