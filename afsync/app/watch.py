"""Looking at jobs until all of them are produced, or published."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from afsync.app.connection import connect
from afsync.app.project_state import check_account
from afsync.commands.context import here
from afsync.commands.screen import messages, on_terminal, report, say_unwritten
from afsync.commands.status_watch import Changes, Document, Live, View
from afsync.core.links import status_without_links
from afsync.core.publications import results_needed
from afsync.core.recorded import Recorded
from afsync.core.remote import Remote
from afsync.core.state.recorded import Recorded
from afsync.core.status import statuses
from afsync.core.trust.publications import results_needed
from afsync.engine.interrupt import Stop, handling_signals
from afsync.errors import Exit, Unreachable
from afsync.output.status_text import state
from afsync.output.values import visible

if TYPE_CHECKING:
    from datetime import datetime

    from afsync.api.polling import JobPoller
    from afsync.config.project import Project

PATIENCE = 5
"""Looks in a row that may fail for want of an answer."""
_AWAITED = {Until.DONE: "produced", Until.PUBLISHED: "published"}


class Jobs:
    """The selected jobs, as they are known by now."""

    def __init__(self, project: Project, recorded: Recorded, globs: tuple[str, ...], *, links: bool = False) -> None:
        self._project, self._recorded, self._globs = project, recorded, globs
        self._lookout: JobPoller | None = None
        self._links = links
        self.sleep: Callable[[float], None] = time.sleep

    def known(self, now: datetime) -> tuple[JobStatus, ...]:
        seen = self._lookout.seen if self._lookout else Seen()
        settle = self._project.settings.settle
        found = statuses(self._project.desired, self._recorded, seen, now, self._globs, settle=settle)
        return found if self._links else tuple(map(status_without_links, found))

    def look(self, now: datetime, matters: Callable[[JobStatus], bool]) -> tuple[JobStatus, ...]:
        """Look at the submitted jobs for which `matters` holds. Nothing is asked where nothing was submitted."""
        known = self.known(now)
        ids = list(dict.fromkeys([*(job.id for job in known if job.id is not None), *self._recorded.watched]))
        if not ids:
            return known
        first = self._lookout is None
        lookout = self._lookout or self._open(ids)
        wanted = [job.id for job in known if job.id and matters(job) and not job.cancelled]
        lookout.look([*wanted, *(self._recorded.watched if first else ())], page=first)
        wanted = results_needed(self._recorded, lookout.seen, now, self._project.settings.settle)
        lookout.publications(i for i in wanted if i in ids)
        # Afterwards only for what is produced: such looks are rare.
        if any(job.relies and (first or job.produced) for job in self.known(now)):
            lookout.publish_times()
        if not self._links:
            return self.known(now)
        waiting = [j.id for j in self.known(now) if j.id and j.phase is JobPhase.WAITING_FOR_APPROVAL]
        lookout.preview(waiting, now)
        return self.known(now)

    def _open(self, ids: Sequence[str]) -> JobPoller:
        from afsync.api.polling import JobPoller

        service = connect(here(), self._project, writes=False, sleep=self.sleep, silent=True)
        remote = Remote(service.reader.account(), base_url=service.base_url)
        check_account(self._project, self._recorded, remote)
        self._lookout = JobPoller(service.reader, ids)
        return self._lookout


def watch(jobs: Jobs, until: Until, *, timeout: float | None, interval: float, as_json: bool) -> int:
    """Look again and again. Returns the exit code."""
    stop, out = Stop(), report()
    jobs.sleep = stop.wait
    view: View = Document(out) if as_json else Live(out) if on_terminal() else Changes(out)
    deadline = None if timeout is None else time.monotonic() + timeout
    found: tuple[JobStatus, ...] = ()
    with handling_signals(stop):
        try:
            with stop.interruptible():
                found = _until_settled(jobs, until, view, stop, deadline, interval)
        finally:
            view.close(found or jobs.known(here().now()), here().now())
    say_unwritten(out.error)
    return _verdict(found, until)


def _until_settled(
    jobs: Jobs, until: Until, view: View, stop: Stop, deadline: float | None, interval: float
) -> tuple[JobStatus, ...]:
    failures = 0
    while True:
        now = here().now()
        try:
            found = jobs.look(now, lambda job: not settled(job, until))
            failures = 0
        except Unreachable:
            failures += 1
            if failures >= PATIENCE:
                raise
            found = jobs.known(now)
        view.show(found, now)
        left = None if deadline is None else deadline - time.monotonic()
        if all(settled(job, until) for job in found) or (left is not None and left <= 0):
            return found
        pause = next_look(found, until, now, interval)
        stop.wait(pause if left is None else min(pause, left))


def _verdict(found: Sequence[JobStatus], until: Until) -> int:
    """0 when all is as it was wished for. What was still under way when time was up is told."""
    late = [job for job in found if not settled(job, until)]
    if late:
        named = ", ".join(f"{job.address} ({visible(state(job))})" for job in late[:10])
        more = f" and {len(late) - 10} more" if len(late) > 10 else ""
        messages()(f"Error: time is up, and not {_AWAITED[until]}: {named}{more}\n")
    if any(job.unresolved for job in found):
        return Exit.UNRESOLVED
    return Exit.OK if not late and all(went_well(job) for job in found) else Exit.ERROR
