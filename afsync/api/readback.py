"""Reading back, at the end of an apply, what the service shows of it: a few requests, however many the changes."""

from __future__ import annotations

from typing import Any

from afsync.api.reader import Reader
from afsync.api.snapshot import together
from afsync.core.seen import ReadBack


def read_back(reader: Reader, *, jobs: bool, times: bool, templates: bool, balance: bool) -> ReadBack:
    """What was asked for, all at the same time. Jobs and publish times are those of the newest 100. Raises ApiError."""

    def nothing() -> Any:
        return None

    page, publish_times, found, account = together(
        (lambda: reader.jobs_page(0)) if jobs else nothing,
        reader.publish_times if times else nothing,
        reader.templates if templates else nothing,
        reader.account if balance else nothing,
    )
    return ReadBack(
        jobs={job.id: job.status for job in page or ()},
        publish_times=publish_times,
        templates=None if found is None else frozenset(found),
        balance=account.balance if account else None,
    )
