"""What the router's own code does with a job that exists: it writes down what it was asked for, and little more."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from afsync.emulator import jobs
from afsync.emulator.clock import parse_iso
from afsync.emulator.dialects.all_dialects import has_output
from afsync.emulator.dialects.router import grade
from afsync.emulator.endpoints.call import Call
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.router_life import FINAL, written

NOT_CANCELLED = frozenset({"complete", "published", "failed"})
LEAST_GRADE = 75


def number(text: str | None) -> int:
    """A number from the query, as far as it is one; otherwise 0."""
    found = re.match(r"\s*[+-]?[0-9]{1,9}", text or "")
    return int(found[0]) if found else 0


def cancel(call: Call, job: jobs.EmulatedJob) -> Response:
    """Only the status is written; production goes on and writes over it."""
    status = written(job.story, call.now).status
    if status in NOT_CANCELLED:
        raise ErrorAnswer(409, "cannot_cancel", f"Job is already {status}")
    _record(call, job, "cancel", {"cancelled": call.now})
    return call.answer({"jobId": job.id, "status": "cancelled"})


def schedule(call: Call, job: jobs.EmulatedJob, wanted: Any) -> Response:
    """Kept until production writes next; of a finished job nothing is kept, and the answer is the same."""
    kept = written(job.story, call.now).status not in FINAL
    changes = {"publish_at": parse_iso(wanted)} if kept else {}
    _record(call, job, "schedule", changes, time=wanted, kept=kept)
    return call.answer({"jobId": job.id, "scheduledPublishAt": wanted, "status": "scheduled"})


def calendar(call: Call, newest: list[jobs.EmulatedJob]) -> Response:
    """The jobs that have a publish time and wait; past times, too."""
    rows = [(job, written(job.story, call.now)) for job in newest]
    waiting = [job for job, row in rows if row.time and row.status in ("queued", "scheduled")]
    return call.answer({"scheduled": [call.dialect.schedule_row(job, call.now) for job in waiting]})


def approve(call: Call, job: jobs.EmulatedJob, body: dict[str, Any]) -> Response:
    """Publishes whatever has been produced, staged or not, published before or not."""
    options = call.service.options
    if not has_output(job, call.now):
        raise ErrorAnswer(422, "no_output", "Job has no output to publish")
    if not options.publish_profile:
        raise ErrorAnswer(422, "no_upload_post_profile", "Connect a publishing profile first")
    if grade(job) < LEAST_GRADE:
        raise ErrorAnswer(422, "publish_not_ready", f"Grade {grade(job)} is below {LEAST_GRADE}")
    wanted, fails = body.get("platforms"), options.publish_fails.split()
    platforms = [name for name in wanted if isinstance(name, str)] if isinstance(wanted, list) else job.platforms
    older = options.approval == "older"
    ends = call.now if older else call.now + job.publishing_ms
    more: dict[str, Any] = {"platforms": platforms, "ends": ends, "fails": fails}
    if body.get("scheduledPublishAt"):
        more |= {"time": body["scheduledPublishAt"], "private": True}
    elif body.get("clearSchedule"):
        more |= {"time": None}
    _record(call, job, "approve", {"approved": call.now}, **more)
    if not older:
        return call.answer({"accepted": True, "jobId": job.id, "status": "publishing"}, 202)
    results = {name: {"status": "failed" if name in fails else "published"} for name in platforms}
    return call.answer({"jobId": job.id, "approved": True, "platforms": results})


def _record(call: Call, job: jobs.EmulatedJob, what: str, changes: dict[str, Any], **more: Any) -> None:
    with call.service.db.writing() as connection:
        jobs.change(connection, job, call.now, {**changes, **jobs.with_event(job, what, call.now, **more)})
