"""How far every job is, as the state and the account have it, once or until all jobs are produced or published."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from afsync.api.polling import JobPoller
from afsync.app.connection import connect
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.selection import check_globs
from afsync.core.job_status import JobPhase, JobStatus, Until, is_settled, next_look, status_without_links
from afsync.core.remote_account import NOTHING_READ, Remote
from afsync.core.status_lines import statuses
from afsync.core.trust.publications import results_needed
from afsync.errors import Unreachable

if TYPE_CHECKING:
    from datetime import datetime

    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.state import Recorded
    from afsync.engine.interrupt import Stop


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
    return jobs.current(context.now())


PATIENCE = 5
"""Looks in a row that may fail because the service did not answer."""


class WatchedJobs:
    """The selected jobs of a project, with all that was read of them so far."""

    def __init__(
        self,
        context: Context,
        project: LoadedProject,
        recorded: Recorded,
        globs: tuple[str, ...],
        *,
        links: bool = False,
    ) -> None:
        self._context = context
        self._project, self._recorded, self._globs = project, recorded, globs
        self._poller: JobPoller | None = None
        self._links = links
        self.sleep: Callable[[float], None] = context.sleep

    def known(self, now: datetime) -> tuple[JobStatus, ...]:
        seen = self._poller.seen if self._poller else NOTHING_READ
        settle = self._project.settings.settle
        found = statuses(self._project.desired, self._recorded, seen, now, self._globs, settle=settle)
        return found if self._links else tuple(map(status_without_links, found))

    def current(self, now: datetime) -> tuple[JobStatus, ...]:
        """All of them as they are `now`. Those that have ended are not looked up again."""
        return self.look(now, lambda job: job.phase in _CHANGING)

    def look(self, now: datetime, matters: Callable[[JobStatus], bool]) -> tuple[JobStatus, ...]:
        """Read the submitted jobs for which `matters` holds. Nothing is sent where nothing was submitted."""
        known = self.known(now)
        ids = list(dict.fromkeys([*(job.id for job in known if job.id is not None), *self._recorded.watched]))
        if not ids:
            return known
        first = self._poller is None
        poller = self._poller or self._open(ids)
        wanted = [job.id for job in known if job.id and matters(job) and not job.cancelled]
        poller.look([*wanted, *(self._recorded.watched if first else ())], page=first)
        wanted = results_needed(self._recorded, poller.seen, now, self._project.settings.settle)
        poller.publications(i for i in wanted if i in ids)
        # Afterwards only for what is produced: such looks are rare.
        if any(job.relies and (first or job.produced) for job in self.known(now)):
            poller.publish_times()
        if not self._links:
            return self.known(now)
        waiting = [j.id for j in self.known(now) if j.id and j.phase is JobPhase.WAITING_FOR_APPROVAL]
        poller.preview(waiting, now)
        return self.known(now)

    def _open(self, ids: Sequence[str]) -> JobPoller:
        service = connect(self._context, self._project, writes=False, sleep=self.sleep, silent=True)
        remote = Remote(service.reader.account(), base_url=service.base_url)
        check_account(self._project, self._recorded, remote)
        self._poller = JobPoller(service.reader, ids)
        return self._poller


def watch(
    context: Context,
    jobs: WatchedJobs,
    until: Until,
    show: Callable[[Sequence[JobStatus], datetime], None],
    stop: Stop,
    *,
    timeout: float | None,
    interval: float,
) -> tuple[JobStatus, ...]:
    """Look every `interval` seconds or less often, and `show` what was found, until all jobs are settled or `timeout`
    seconds are over. Returns what was found last. Interrupted when a signal comes."""
    deadline = None if timeout is None else context.monotonic() + timeout
    jobs.sleep = stop.wait
    failures = 0
    while True:
        now = context.now()
        try:
            found = jobs.look(now, lambda job: not is_settled(job, until))
            failures = 0
        except Unreachable:
            failures += 1
            if failures >= PATIENCE:
                raise
            found = jobs.known(now)
        show(found, now)
        left = None if deadline is None else deadline - context.monotonic()
        if all(is_settled(job, until) for job in found) or (left is not None and left <= 0):
            return found
        pause = next_look(found, until, now, interval)
        stop.wait(pause if left is None else min(pause, left))
