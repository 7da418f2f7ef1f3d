"""Links that open to whoever has them: what is printed where others may read it leaves them out."""

from __future__ import annotations

import re

from msgspec.structs import replace

from afsync.core.plan import Plan
from afsync.core.results import JobResult
from afsync.core.status import JobStatus

_GRANTS = re.compile(
    r"(?i)^[a-z]+://[^/?#]*@|[?&;][^=&;#]*(?:sig|token|expire|credential|polic|hmac|hdn|auth|key|secret|hash|md5|jwt)"
)
"""A password before the host, or a parameter as the signed links of storage services and CDNs have them."""


def is_signed(url: str) -> bool:
    """Whether the link itself is what lets one in."""
    return _GRANTS.search(url) is not None


def unsigned(url: str | None) -> str | None:
    return None if url is None or is_signed(url) else url


def plan_without_links(plan: Plan) -> Plan:
    """All links for reviewers are such, whatever they look like: the video is not published."""
    return replace(plan, waiting=tuple(replace(w, preview=None) for w in plan.waiting))


def status_without_links(job: JobStatus) -> JobStatus:
    return replace(job, preview=None, output_url=unsigned(job.output_url))


def result_without_links(found: JobResult) -> JobResult:
    return replace(found, video_url=unsigned(found.video_url), thumbnail_url=unsigned(found.thumbnail_url))
