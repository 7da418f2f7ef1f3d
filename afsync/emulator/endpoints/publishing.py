"""When and whether a job is published: its schedule, and the approval of a staged one."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from afsync.emulator import jobs
from afsync.emulator.endpoints import router
from afsync.emulator.endpoints.call import Call, route
from afsync.emulator.errors import ErrorAnswer, invalid, not_found
from afsync.emulator.lifecycle import ENDED, ProductionPhase

NEWEST = 100
"""GET /schedule looks no further."""


async def schedule(call: Call) -> Response:
    """PATCH /jobs/:id/schedule: set or clear the publish time."""
    body = await call.body()
    job = call.job()
    moment = call.dialect.publish_time(body)
    if call.dialect.lenient:
        return router.schedule(call, job, moment)
    if moment is not None and moment <= call.now:
        raise invalid("The publish time must be in the future")
    if job.phase(call.now) in {*ENDED, ProductionPhase.PUBLISHING} and not job.forced:
        raise ErrorAnswer(409, "cannot_schedule", f"Job is already {call.dialect.status(job, call.now)}")
    with call.service.db.writing() as connection:
        job = jobs.change(connection, job, call.now, {"publish_at": moment})
    return call.answer(call.dialect.scheduled(job))


async def calendar(call: Call) -> Response:
    """GET /schedule: the jobs among the newest whose publish time is still ahead."""
    if not call.service.options.schedule_endpoint:
        raise not_found("Page")
    with call.service.db.reading() as connection:
        newest = jobs.page(connection, call.account.id, call.now, NEWEST, 0)
    if call.dialect.lenient:
        return router.calendar(call, newest)
    waiting = [job for job in newest if job.publish_at and job.publish_at > call.now and not _over(job, call)]
    return call.answer({"scheduled": [call.dialect.schedule_row(job, call.now) for job in waiting]})


async def approve(call: Call) -> Response:
    """POST /jobs/:id/approve-publish: publish a staged job, which cannot be undone."""
    body = await call.optional_body()
    job = call.job()
    if call.dialect.lenient:
        return router.approve(call, job, body)
    _check_approval(call, job)
    platforms = _platforms(body, job.fields.get("platforms", []))
    _check_again(call, job, platforms)
    changes: dict[str, Any] = {"approved": call.now, "narrowed": json.dumps(platforms), "forced": None}
    at_once = call.service.options.dialect == "deployed"
    if at_once:
        changes["published"] = call.now
    ends = call.now if at_once else call.now + job.publishing_ms
    fails = call.service.options.publish_fails.split()
    changes |= jobs.with_event(job, "approve", call.now, platforms=platforms, ends=ends, fails=fails)
    with call.service.db.writing() as connection:
        job = jobs.change(connection, job, call.now, changes)
    return call.answer(call.dialect.approved(job, platforms))


def _check_approval(call: Call, job: jobs.EmulatedJob) -> None:
    phase = job.phase(call.now)
    if phase is ProductionPhase.PUBLISHED and job.failed_platforms(call.now):
        return
    if phase in (ProductionPhase.PUBLISHING, ProductionPhase.PUBLISHED):
        raise ErrorAnswer(409, "already_published", "Job is already published")
    if phase is not ProductionPhase.PRODUCED:
        raise ErrorAnswer(422, "no_output", "Job has no output to publish")
    if not job.life.staged:
        raise ErrorAnswer(409, "not_staged", "Job was not submitted with staging")


def _check_again(call: Call, job: jobs.EmulatedJob, platforms: list[str]) -> None:
    """Refuse platforms on which the job is published already; those where it failed can be published again."""
    failed = job.failed_platforms(call.now)
    if failed and not set(platforms) <= set(failed):
        raise ErrorAnswer(409, "already_published", "Job is already published")


def _platforms(body: dict[str, Any], own: list[str]) -> list[str]:
    wanted = body.get("platforms", own)
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise invalid("platforms must be a list of strings")
    if strange := [name for name in wanted if name not in own]:
        raise invalid(f"Job was not made for {', '.join(strange)}")
    return wanted


def _over(job: jobs.EmulatedJob, call: Call) -> bool:
    return job.phase(call.now) in ENDED


ROUTES = [
    route("PATCH", "/jobs/{job}/schedule", schedule),
    route("GET", "/schedule", calendar),
    route("POST", "/jobs/{job}/approve-publish", approve),
]
