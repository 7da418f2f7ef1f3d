"""Links that open to whoever has them: what is printed where others may read it leaves them out."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.plan import Plan
from afsync.core.results import JobResult
from afsync.core.signed import text_without_signed, unsigned, without_signed
from afsync.core.status import JobStatus


def plan_without_links(plan: Plan) -> Plan:
    """All links for reviewers are such, whatever they look like: the video is not published."""
    return replace(plan, waiting=tuple(replace(w, preview=None) for w in plan.waiting))


def status_without_links(job: JobStatus) -> JobStatus:
    return replace(
        job,
        preview=None,
        output_url=unsigned(job.output_url),
        portals=without_signed(job.portals),
        note=job.note and text_without_signed(job.note),
    )


def result_without_links(found: JobResult) -> JobResult:
    return replace(
        found,
        video_url=unsigned(found.video_url),
        thumbnail_url=unsigned(found.thumbnail_url),
        publish_copy=without_signed(found.publish_copy),
        platforms=without_signed(found.platforms),
        cause=found.cause and text_without_signed(found.cause),
    )
