"""Reading the list of jobs while the account changes.

The list has offsets, no cursor and no total; new jobs come in at the front and old ones go away anywhere. Each page
therefore begins with the end of the one before. Its first job is then one we know, and everything from there on is
without a gap; a first job that we do not know means that the list moved and that something may have been skipped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from afsync.core.remote_account import RemoteJob
from afsync.errors import BadAnswer

Page = Callable[[int], list[RemoteJob]]
"""Reads the page that begins at an offset."""

FULL = 100
"""Jobs in a full page."""
OVERLAP = 10
"""Jobs that a page shares with a full one before it, so that a few removals do no harm. Behind a shorter page, which
is likely to be the last, it is one."""
PASSES = 4
STALLS = 3
"""Pages in a row that bring nothing new and are not the end."""
TIME_SLACK = timedelta(seconds=1)
"""Creation times may be cut to whole seconds in one place and not in another."""


class Moved(Exception):
    """What was read does not fit together; it has to be read again."""


class Listing:
    """One pass over the list: the jobs so far, newest first, without a gap between them.

    `ended`: there is nothing behind them.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, RemoteJob] = {}
        self.ended = False
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self._next = 0
        self._overlap: list[str] = []
        self._stalls = 0
        self._oldest: datetime | None = None

    @property
    def ids(self) -> list[str]:
        """The ids read so far, newest first."""
        return self._order

    @property
    def oldest(self) -> datetime | None:
        """The oldest creation time read so far, where times are reported."""
        return self._oldest

    def read(self, page: Page) -> list[RemoteJob]:
        """Read on; what is new. Raises Moved when the pages do not fit together."""
        rows = _once(page(self._next))
        new = self._joined(rows)
        self._take(rows, new)
        return new

    def _joined(self, rows: list[RemoteJob]) -> list[RemoteJob]:
        """Check that `rows` continue what is known; the part of them that is new."""
        if not self._overlap:
            self.ended = not rows
            return rows
        if not rows:
            raise Moved("a page that had to overlap came back empty")
        places = [self._place.get(job.id) for job in rows]
        known = next((i for i, place in enumerate(places) if place is None), len(places))
        if known == 0:
            raise Moved("the list moved between two pages")
        if any(place is not None for place in places[known:]) or places[:known] != sorted(places[:known], key=_number):
            raise Moved("jobs came in another order than before")
        if known == len(rows):
            self._nothing_new([job.id for job in rows])
        return rows[known:]

    def _nothing_new(self, ids: list[str]) -> None:
        """The end, if that is all there is behind the last job; else jobs came in at the front, or pages are cut."""
        self.ended = len(ids) == 1 and ids == self._overlap
        self._stalls += 1
        if self._stalls > STALLS and not self.ended:
            raise Moved("the list brings the same page again and again")

    def _take(self, rows: list[RemoteJob], new: list[RemoteJob]) -> None:
        for job in rows[: len(rows) - len(new)]:
            if not _same_job(self.jobs[job.id], job):
                raise Moved(f"{job.id} came twice with different content")
        for job in new:
            if job.created_at is not None:
                oldest = self._oldest or job.created_at
                if job.created_at > oldest + TIME_SLACK:
                    raise Moved(f"{job.id} is listed behind an older job, so the list is not newest first")
                self._oldest = min(oldest, job.created_at)
            self._place[job.id] = len(self._order)
            self._order.append(job.id)
        self.jobs.update((job.id, job) for job in rows)
        if new:
            self._stalls = 0
        overlap = OVERLAP if new and len(rows) >= FULL else 1
        self._next += max(len(rows) - overlap, 0)
        self._overlap = [job.id for job in rows[-overlap:]]


def read_list(page: Page, enough: Callable[[Listing, list[RemoteJob]], bool]) -> Listing:
    """Read until `enough(listing, what the last page brought)`, or the end.

    Starts over when the list moved; raises BadAnswer after a few times: what could not be read whole is not used.
    """
    why, most = "", 0
    for _ in range(PASSES):
        listing = Listing()
        try:
            while not listing.ended:
                new = listing.read(page)
                if enough(listing, new):
                    break
        except Moved as moved:
            why = str(moved)
        else:
            # Some may be purged meanwhile. A page that comes for ever looks like a list that is at its end.
            if not listing.ended or 4 * len(listing.ids) >= most:
                return listing
            why = f"{most} jobs were there, and then it ended after {len(listing.ids)}"
        most = max(most, len(listing.ids))
    raise BadAnswer(
        f"The list of jobs could not be read: {why} ({PASSES} attempts).",
        "try again when the account changes less; if this goes on, the service does not list as its reference promises",
    )


def _once(rows: list[RemoteJob]) -> list[RemoteJob]:
    """`rows` with each id once."""
    seen: dict[str, RemoteJob] = {}
    for job in rows:
        if seen.setdefault(job.id, job) != job:
            raise Moved(f"{job.id} came twice with different content")
    return list(seen.values())


def _number(place: int | None) -> int:
    return -1 if place is None else place


def _same_job(before: RemoteJob, after: RemoteJob) -> bool:
    """A job may get on between two pages; what it was submitted as, and when, cannot change."""
    return before.created_at == after.created_at and before.echo == after.echo
