"""What production made: results, and previews for a reviewer."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from afsync.emulator import jobs
from afsync.emulator.dialects.echo import has_output, subject
from afsync.emulator.endpoints.call import Call, route
from afsync.emulator.errors import not_found
from afsync.emulator.lifecycle import UNFINISHED, ProductionPhase, publication
from afsync.emulator.links import VALID_MS


async def result(call: Call) -> Response:
    """Video, copy and platforms, once there is something to tell."""
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
    route("GET", "/jobs/{job}/result", result),
    route("GET", "/jobs/{job}/staging-assets", staging_assets),
]
