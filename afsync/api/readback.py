"""Reading back, at the end of an apply, what the service shows of it: a few requests, however many the changes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from afsync.api.reader import Reader
from afsync.api.snapshot import together
from afsync.core.results import JobResult
from afsync.core.seen import ReadBack
from afsync.errors import BadAnswer, Refused


def read_back(
    reader: Reader, *, jobs: bool, times: bool, templates: bool, balance: bool, results: Sequence[str] = ()
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


def read_result(reader: Reader, job_id: str) -> JobResult | None:
    """None where the service does not report it in a form that can be read, which concerns this one job only."""
    try:
        return reader.result(job_id)
    except (Refused, BadAnswer):
        return None
