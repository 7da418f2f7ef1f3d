"""Jobs: submit, list, read, cancel."""

from __future__ import annotations

from itertools import islice

from starlette.responses import Response

from afsync.emulator import accounts, jobs
from afsync.emulator.endpoints import router
from afsync.emulator.endpoints.call import Call, route
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.lifecycle import UNFINISHED, ProductionPhase

MAX_PAGE = 100
CANCELLABLE = frozenset({"queued", "running", "scheduled", "queued_scheduled", "processing", "cancelled"})
"""Of the statuses that a control call sets."""


async def submit(call: Call) -> Response:
    """Takes credits."""
    body = await call.body()
    service = call.service
    job = service.submit(call.account, body, call.now)
    with service.db.reading() as connection:
        account = accounts.find(connection, account_id=call.account.id) or call.account
        waiting = jobs.ahead(connection, call.account.id, call.now)
    status, answer = call.dialect.submitted(job, account, call.now, max(0, waiting - 1))
    return call.answer(answer, status)


async def index(call: Call) -> Response:
    """A page, newest first; the dialects differ in whether the filter comes before or after the cut."""
    limit, offset = _cut(call)
    status = call.request.query_params.get("status")
    with call.service.db.reading() as connection:
        if status is not None and call.dialect.filters_before_paging:
            everything = jobs.newest(connection, call.account.id, call.now)
            fitting = (job for job in everything if call.dialect.status(job, call.now) == status)
            rows = list(islice(fitting, offset, offset + limit))
        else:
            rows = jobs.page(connection, call.account.id, call.now, limit, offset)
    items = [call.dialect.list_item(job, call.now) for job in rows]
    if status is not None:
        items = [item for item in items if item["status"] == status]
    return call.answer({"jobs": items, "limit": limit, "offset": offset, "count": len(items)})


def _cut(call: Call) -> tuple[int, int]:
    """The page that the query asks for."""
    if not call.dialect.lenient:
        return min(call.count("limit", 20, least=1), MAX_PAGE), call.count("offset", 0, least=0)
    limit, offset = (router.number(call.request.query_params.get(name)) for name in ("limit", "offset"))
    if limit < 0:
        raise ErrorAnswer(500, "list_jobs_failed", "LIMIT must not be negative")
    return min(limit or 20, MAX_PAGE), max(0, offset)


async def show(call: Call) -> Response:
    """One of them."""
    return call.answer(call.dialect.job(call.job(), call.now))


async def cancel(call: Call) -> Response:
    """Before it is finished; again is fine."""
    job = call.job()
    if call.dialect.lenient:
        return router.cancel(call, job)
    phase = job.phase(call.now)
    free = phase in UNFINISHED or phase is ProductionPhase.CANCELLED
    if job.forced:
        free = job.forced in CANCELLABLE
    if not free:
        status = call.dialect.status(job, call.now)
        raise ErrorAnswer(409, "cannot_cancel", f"Job is already {status}")
    if phase is not ProductionPhase.CANCELLED:
        with call.service.db.writing() as connection:
            jobs.change(connection, job, call.now, {"cancelled": call.now, "forced": None})
    return call.answer({"jobId": job.id, "status": "cancelled"})


ROUTES = [
    route("POST", "/jobs", submit),
    route("GET", "/jobs", index),
    route("GET", "/jobs/{job}", show),
    route("DELETE", "/jobs/{job}", cancel),
]
