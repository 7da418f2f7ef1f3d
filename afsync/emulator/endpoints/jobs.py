"""Jobs: submit, list, read, cancel; what production made of one, and previews for a reviewer."""

from __future__ import annotations

import json
from itertools import islice
from typing import Any

from starlette.responses import Response

from afsync.emulator import accounts, jobs
from afsync.emulator.dialects.all_dialects import has_output, subject
from afsync.emulator.endpoints import router
from afsync.emulator.endpoints.call import Call, route
from afsync.emulator.errors import ErrorAnswer, not_found
from afsync.emulator.lifecycle import UNFINISHED, ProductionPhase, publication
from afsync.emulator.links import VALID_MS

MAX_PAGE = 100

CANCELLABLE = frozenset({"queued", "running", "scheduled", "queued_scheduled", "processing", "cancelled"})
"""Of the statuses that a control call sets."""


async def submit(call: Call) -> Response:
    """POST /jobs: create a job, for credits."""
    body = await call.body()
    service = call.service
    job = service.submit(call.account, body, call.now)
    with service.db.reading() as connection:
        account = accounts.find(connection, account_id=call.account.id) or call.account
        waiting = jobs.queue_length(connection, call.account.id, call.now)
    status, answer = call.dialect.submitted(job, account, call.now, max(0, waiting - 1))
    return call.answer(answer, status)


async def index(call: Call) -> Response:
    """GET /jobs: a page, newest first; the dialects filter by status before or after paging."""
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
    """Limit and offset of the page that the query asks for."""
    if not call.dialect.lenient:
        return min(call.count("limit", 20, least=1), MAX_PAGE), call.count("offset", 0, least=0)
    limit, offset = (router.number(call.request.query_params.get(name)) for name in ("limit", "offset"))
    if limit < 0:
        raise ErrorAnswer(500, "list_jobs_failed", "LIMIT must not be negative")
    return min(limit or 20, MAX_PAGE), max(0, offset)


async def show(call: Call) -> Response:
    """GET /jobs/:id."""
    return call.answer(call.dialect.job(call.job(), call.now))


async def cancel(call: Call) -> Response:
    """DELETE /jobs/:id: cancel a job that is not finished; cancelling it again is no error."""
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


async def result(call: Call) -> Response:
    """GET /jobs/:id/result: video, copy and platforms; 202 until production has ended."""
    job = call.job()
    phase = job.phase(call.now)
    status = call.dialect.own_status(job, call.now)
    if phase in UNFINISHED:
        return call.answer({"status": status, "message": "Job not yet complete"}, 202)
    there = has_output(job, call.now)
    links = call.service.links
    finished = job.finished if call.dialect.lenient else job.cancelled or job.finished
    return call.answer({
        "jobId": job.id,
        "status": status,
        "videoUrl": links.video(job.id) if there else None,
        "thumbnailUrl": links.thumbnail(job.id) if there else None,
        "publishCopy": call.dialect.publish_copy(job) if there else None,
        "platforms": _platforms(job, phase, call) if there else [],
        "completedAt": None if finished is None else call.dialect.moment(finished, job.seq),
    })  # fmt: skip


async def staging_assets(call: Call) -> Response:
    """Links for a reviewer that work without a key, for an hour."""
    if not call.service.options.staging_assets:
        raise not_found("Page")
    job = call.job()
    there = has_output(job, call.now)
    links = call.service.links
    output = {
        "videoUrl": links.signed(links.video(job.id), call.now) if there else None,
        "thumbnailUrl": links.signed(links.thumbnail(job.id), call.now) if there else None,
        "script": f"Script about {subject(job)}" if there else None,
        "publishCopy": call.dialect.publish_copy(job) if there else None,
    }
    return call.answer({
        "jobId": job.id,
        "status": call.dialect.status(job, call.now),
        "staging": call.dialect.staging(job, call.now),
        "input": call.dialect.echoed(job),
        "output": output,
        "urlExpiresAt": call.dialect.moment(call.now + VALID_MS, job.seq) if there else None,
    })  # fmt: skip


def _platforms(job: jobs.EmulatedJob, phase: ProductionPhase, call: Call) -> list[dict[str, Any]]:
    if call.dialect.lenient:
        return [_attempted(name, job, call) for name in job.attempted]
    _, published = publication(job.life)
    names = json.loads(job.narrowed) if job.narrowed else job.fields.get("platforms", [])
    if job.failed_platforms(call.now) or len(job.publications(call.now)) > 1:
        return [_attempted(name, job, call) for name in job.attempted]
    done = phase is ProductionPhase.PUBLISHED
    moment = call.dialect.moment(published, job.seq) if done and published is not None else None
    return [
        {
            "platform": name,
            "status": "published" if done else "pending",
            "url": f"https://{name}.example/{job.id}" if done else None,
            "publishedAt": moment,
        }
        for name in names
    ]


def _attempted(name: str, job: jobs.EmulatedJob, call: Call) -> dict[str, Any]:
    """The result of the last attempt to publish there, where a job can be published again and again."""
    done = [one.at for one in job.publications(call.now) if name in one.platforms]
    failed = name in job.failed_platforms(call.now)
    return {
        "platform": name,
        "status": "failed" if failed else "published" if done else "pending",
        "url": f"https://{name}.example/{job.id}" if done else None,
        "publishedAt": call.dialect.moment(done[-1], job.seq) if done else None,
        **({"error": "The platform refused the upload"} if failed else {}),
    }


ROUTES = [
    route("POST", "/jobs", submit),
    route("GET", "/jobs", index),
    route("GET", "/jobs/{job}", show),
    route("DELETE", "/jobs/{job}", cancel),
    route("GET", "/jobs/{job}/result", result),
    route("GET", "/jobs/{job}/staging-assets", staging_assets),
]
