"""What is read for a plan, for due jobs and after an apply, in few requests (docs/architecture.md#reading-little)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.api.paging import TIME_SLACK, Listing, read_list
from afsync.api.reader import ApiReader
from afsync.api.wire import ODD
from afsync.core.recovery.evidence import CLOCK_SLACK
from afsync.core.remote_account import JobResult, Lookups, ReadBack, Remote, RemoteJob
from afsync.errors import AuthError, BadAnswer, Refused

HEAD = 100
"""How many of the newest ids an intent remembers, and of how many jobs GET /schedule reports the publish time."""
SINGLE = 10
"""So many missing jobs are looked up one by one rather than read on for."""
AT_ONCE = 4
"""Reads that overlap."""


def fetch(reader: ApiReader, lookups: Lookups, *, publish_times: bool = True, jobs: bool = True) -> Remote:
    """Read the account: account, templates, publish times and the first page of jobs at the same time.

    `publish_times` says whether any job's publish time matters; without `jobs` the list is not read at all.
    Raises ApiError when anything could not be read completely: that never reads as "nothing there".
    """
    before = reader.requests
    wanted = _Wanted(lookups)
    account, templates, times, listing = together(
        reader.account,
        reader.templates,
        reader.publish_times if publish_times and jobs else lambda: None,
        lambda: read_list(reader.jobs_page, wanted.enough) if jobs else Listing(),
    )
    alone, missing = look_up(reader, (i for i in lookups.jobs if i not in listing.jobs)) if jobs else ({}, frozenset())
    ids = [i for i in listing.ids if not i.startswith(ODD)]
    return Remote(
        account=account,
        templates=templates,
        jobs={**{i: listing.jobs[i] for i in ids}, **alone},
        missing=missing,
        head=tuple(ids[:HEAD]),
        publish_times=times,
        covered=frozenset(ids[:HEAD]) - times.unknown if times is not None else frozenset(),
        odd=tuple(_odd(listing)),
        server_time=reader.server_time,
        requests=reader.requests - before,
        base_url=reader.base_url,
    )


def _odd(listing: Listing) -> Iterator[RemoteJob]:
    """The rows without an id. None can be newer than the job above it; nothing else is known of its time."""
    above: datetime | None = None
    for job in (listing.jobs[i] for i in listing.ids):
        if job.id.startswith(ODD):
            yield replace(job, created_at=above)
        above = job.created_at or above


def look_up(reader: ApiReader, ids: Iterable[str]) -> tuple[dict[str, RemoteJob], frozenset[str]]:
    """Ask for jobs one by one: those found, by id, and the ids that are not in the account."""
    wanted = list(ids)
    found = dict(zip(wanted, together(*(_asking(reader, i) for i in wanted)), strict=True))
    return {i: job for i, job in found.items() if job}, frozenset(i for i, job in found.items() if not job)


def _asking(reader: ApiReader, job_id: str) -> Callable[[], RemoteJob | None]:
    return lambda: reader.job(job_id)


class _Wanted(Struct):
    """Decides after each page whether enough of the list was read."""

    lookups: Lookups
    _idle: int = field(default=0)

    def enough(self, listing: Listing, new: list[RemoteJob]) -> bool:
        """Heads and `since` can only be read from the list; single jobs can also be asked for by themselves."""
        missing = [i for i in self.lookups.jobs if i not in listing.jobs]
        idle = not any(job.id in self.lookups.jobs for job in new)
        self._idle += idle
        if not self._reached_heads(listing) or not self._reached_since(listing):
            return False
        if all(_passed(self.lookups.jobs[i], listing.oldest) for i in missing):
            return True
        # When pages bring nothing, and have cost as much as asking for each would, asking cannot be much worse.
        return idle and len(missing) <= max(SINGLE, self._idle)

    def _reached_heads(self, listing: Listing) -> bool:
        return all(_reached(head, listing) for head in self.lookups.heads)

    def _reached_since(self, listing: Listing) -> bool:
        return self.lookups.since is None or _passed(self.lookups.since, listing.oldest)


def _reached(head: tuple[str, ...], listing: Listing) -> bool:
    """Whether one of `head` was listed, and everything that is as old as it and may stand behind it."""
    seen = [listing.jobs[i].created_at for i in head if i in listing.jobs]
    return any(at is None or listing.oldest is None or listing.oldest < at - CLOCK_SLACK for at in seen)


def _passed(moment: datetime | None, oldest: datetime | None) -> bool:
    """Whether the list has come down past `moment`."""
    return moment is not None and oldest is not None and oldest < moment - TIME_SLACK


def together(*calls: Callable[[], Any]) -> list[Any]:
    """Make all `calls` at the same time, a few at once; their answers in order.

    Raises what the calls raise: a problem with the key before any other, else the first in order. The threads are
    daemons, so that an interrupt in the caller does not wait for them.
    """
    if len(calls) == 1:
        return [calls[0]()]
    todo: SimpleQueue[int] = SimpleQueue()
    finished: SimpleQueue[None] = SimpleQueue()
    results: list[Any] = [None] * len(calls)
    errors: dict[int, BaseException] = {}
    for number in range(len(calls)):
        todo.put(number)

    def work() -> None:
        while not todo.empty():
            try:
                number = todo.get_nowait()
            except Exception:
                break
            try:
                results[number] = None if errors else calls[number]()
            except BaseException as error:
                errors[number] = error
            finally:
                finished.put(None)

    for _ in range(min(AT_ONCE, len(calls))):
        threading.Thread(target=work, name="afsync-read", daemon=True).start()
    for _ in calls:
        finished.get()
    if errors:
        raise next((e for e in errors.values() if isinstance(e, AuthError)), errors[min(errors)])
    return results


def read_back(
    reader: ApiReader, *, jobs: bool, times: bool, templates: bool, balance: bool, results: Sequence[str] = ()
) -> ReadBack:
    """What was asked for, all at the same time. Jobs and publish times are those of the newest 100. Raises ApiError,
    but not for a result."""

    def nothing() -> Any:
        return None

    page, publish_times, found, account, *told = together(
        (lambda: reader.jobs_page(0)) if jobs else nothing,
        reader.publish_times if times else nothing,
        reader.templates if templates else nothing,
        reader.account if balance else nothing,
        *(partial(read_result, reader, job_id) for job_id in results),
    )
    return ReadBack(
        jobs={job.id: job.status for job in page or ()},
        publish_times=publish_times,
        templates=None if found is None else frozenset(found),
        balance=account.balance if account else None,
        results={result.id: result for result in told if result is not None},
    )


def read_result(reader: ApiReader, job_id: str) -> JobResult | None:
    """None where the service does not report it in a form that can be read, which concerns this one job only."""
    try:
        return reader.result(job_id)
    except (Refused, BadAnswer):
        return None


def read_jobs(reader: ApiReader, ids: Sequence[str]) -> Remote:
    """The account and these jobs: a single one by itself, several from the newest page, the older ones one by one."""
    before = reader.requests
    account = reader.account()
    listed = {j.id: j for j in reader.jobs_page(0)} if len(ids) > 1 else {}
    jobs = {i: listed[i] for i in ids if i in listed}
    found, missing = look_up(reader, (i for i in ids if i not in jobs)) if len(jobs) < len(ids) else ({}, frozenset())
    return Remote(
        account=account,
        jobs={**jobs, **found},
        missing=missing,
        server_time=reader.server_time,
        requests=reader.requests - before,
        base_url=reader.base_url,
    )
