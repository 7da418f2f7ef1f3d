"""Polling of jobs, in as few requests as possible: one page of the list reports most of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from afsync.api.previews import MOST, previews
from afsync.api.reader import ApiReader
from afsync.api.snapshot import look_up, read_result
from afsync.core.remote_account import NOTHING_READ, JobResult, Preview, Remote
from afsync.core.service_statuses import COMPLETE

SINGLES = 10
"""Jobs that are too old for the first page are asked for one by one, so many in one look, in turn."""


class JobPoller:
    """What was seen so far of the jobs `ids`, and how to see more."""

    def __init__(self, reader: ApiReader, ids: Iterable[str]) -> None:
        self._reader = reader
        self._ids = frozenset(ids)
        self._turn: list[str] = []
        self._newest: frozenset[str] = frozenset()
        self._asked: dict[str, datetime | None] = {}
        self.seen = NOTHING_READ

    def look(self, wanted: Sequence[str], *, page: bool) -> Remote:
        """One look at those of `wanted` whose status can still change: at most one page of the list.

        With `page` it is read even for a single job, because it reports all others. Raises ApiError.
        """
        jobs, missing = dict(self.seen.jobs), set(self.seen.missing)
        left = list(wanted)
        if page or len(left) > 1:
            listed = {j.id: j for j in self._reader.jobs_page(0) if j.id in self._ids}
            jobs |= listed
            self._newest = frozenset(listed)
            left = [i for i in left if i not in listed]
        found, gone = look_up(self._reader, self._next(left))
        jobs |= found
        missing = (missing | gone) - jobs.keys()
        self.seen = replace(self.seen, jobs=jobs, missing=frozenset(missing))
        return self.seen

    def publish_times(self) -> Remote:
        """The publish times that the service reports, where it does: those of the newest 100 jobs."""
        times = self._reader.publish_times()
        if times is not None:
            self.seen = replace(self.seen, publish_times=times, covered=self._newest - times.unknown)
        return self.seen

    def _next(self, left: list[str]) -> list[str]:
        """The jobs to ask for next: those that were asked for longest ago."""
        waiting = set(left)
        queue = [i for i in self._turn if i in waiting]
        queue += [i for i in left if i not in set(queue)]
        chosen = queue[:SINGLES]
        self._turn = queue[SINGLES:] + chosen
        return chosen

    def preview(self, waiting: Iterable[str], now: datetime) -> Remote:
        """Links for those that wait for an approval: asked for once, and again when they stopped working."""
        due = [i for i in waiting if i not in self._asked or self._expired(i, now)][:MOST]
        if due:
            found: dict[str, Preview] = previews(self._reader, due)
            self._asked |= {i: found[i].expires_at if i in found else None for i in due}
            self.seen = replace(self.seen, previews={**self.seen.previews, **found})
        return self.seen

    def publications(self, ids: Iterable[str]) -> Remote:
        """The results of approvals: each job is asked for its result once, and whether it is staged where it is only
        produced. One that cannot be read is left out."""
        due = [i for i in ids if i not in self.seen.results]
        if due:
            results = {i: read_result(self._reader, i) or JobResult(i, "", ready=False) for i in due}
            produced = [i for i in due if i in self.seen.jobs and self.seen.jobs[i].status == COMPLETE]
            found = {**previews(self._reader, produced), **self.seen.previews}
            self.seen = replace(self.seen, results={**self.seen.results, **results}, previews=found)
        return self.seen

    def _expired(self, job_id: str, now: datetime) -> bool:
        until = self._asked[job_id]
        return until is not None and until <= now
