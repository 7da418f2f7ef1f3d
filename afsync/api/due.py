"""What is read for jobs whose time has come: as little as possible, since a pipeline asks every few minutes."""

from __future__ import annotations

from collections.abc import Sequence

from afsync.api.reader import Reader
from afsync.api.snapshot import look_up
from afsync.core.remote import Remote


def read_jobs(reader: Reader, ids: Sequence[str]) -> Remote:
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
