"""Which links open to whoever has them."""

from __future__ import annotations

import pytest

from afsync.api.wire import bad, excerpt, quoted
from afsync.api.wire_jobs import parse_job
from afsync.core.job_status import JobPhase, JobStatus, status_without_links
from afsync.core.links import LEFT_OUT, is_signed
from afsync.core.remote_account import JobResult, Preview, result_without_links

PLAIN = "https://media.example/job_1/video.mp4?size=large&page=2#t=3"
SIGNED = [
    "https://b.s3.amazonaws.com/v.mp4?X-Amz-Credential=a&X-Amz-Signature=b",
    "https://storage.example/v.mp4?GoogleAccessId=a&Expires=1&Signature=b",
    "https://account.blob.example/v.mp4?sv=1&sig=b",
    "https://cdn.example/v.mp4?Policy=a&Key-Pair-Id=b",
    "https://cdn.example/v.mp4?hdnts=exp=1~hmac=b",
    "https://cdn.example/v.mp4?token=b",
    "https://me:secret@media.example/v.mp4",
]


@pytest.mark.parametrize("url", SIGNED)
def test_a_link_with_a_signature_or_a_password_is_signed(url: str) -> None:
    assert is_signed(url)
    assert status_without_links(JobStatus("job.a", JobPhase.DONE, output_url=url)).output_url is None
    found = result_without_links(JobResult("job_1", "complete", True, video_url=url, thumbnail_url=PLAIN))
    assert (found.video_url, found.thumbnail_url) == (None, PLAIN)


def test_a_plain_link_stays_and_a_preview_never_does() -> None:
    job = JobStatus("job.a", JobPhase.DONE, output_url=PLAIN, preview=Preview(PLAIN))
    assert status_without_links(job) == JobStatus("job.a", JobPhase.DONE, output_url=PLAIN)


@pytest.mark.parametrize("url", SIGNED)
def test_what_the_service_says_does_not_quote_a_signed_link(url: str) -> None:
    """In a stage of production, a reason, the copy, and in an answer that is not understood."""
    said = f'it is at "{url}", see {PLAIN}'
    job = status_without_links(JobStatus("job.a", JobPhase.FAILED, portals={said: [{"why": said}]}, note=said))
    row = parse_job({"jobId": "job_1", "status": url, "score": url}, "a job")
    assert url not in repr(row) and LEFT_OUT in row.status
    found = result_without_links(
        JobResult("job_1", "failed", False, publish_copy={"a": said}, platforms=({"link": url},), cause=said)
    )
    odd = [quoted({"status": url}, 1000), excerpt(url.encode()), bad("GET /jobs", "a row", {"x": url}).message]
    for text in (*map(repr, (job, found)), *odd):
        assert url not in text and LEFT_OUT in text
    assert PLAIN in repr(job) and PLAIN in repr(found)
