"""The requests that change something at the service. Only the engine holds an ApiWriter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, BinaryIO

from afsync.api.exchange import NoResponse, Result
from afsync.api.post_answers import classify, classify_approval
from afsync.api.reader import ApiReader, checked_id
from afsync.api.session import ApiSession
from afsync.api.upload import FileUpload
from afsync.api.wire_jobs import check_schedule_set, schedule_body
from afsync.api.wire_templates import template_body
from afsync.core.answers import Answer, Committed, Rejected, Unknown
from afsync.core.fingerprints import plain
from afsync.core.resources import Values
from afsync.core.service_statuses import CANCELLED, PUBLISHED, PUBLISHING
from afsync.errors import ApiError, Interrupted, Refused


class ApiWriter:
    """Submissions come back as an Answer and raise nothing; the free calls raise as an ApiReader's do."""

    def __init__(self, session: ApiSession, *, abandoned: Callable[[], bool] | None = None) -> None:
        """`abandoned` is asked while a submission is under way whether to give up on its answer (Unknown)."""
        self._session = session
        self._reader = ApiReader(session)
        self._abandoned = abandoned

    def ready(self) -> None:
        """Wait until a submission would leave at once. Raises what the waiting raises."""
        self._session.limiter.wait()

    def estimate(self, requests: int) -> float:
        """Seconds until the last of so many more requests could be sent, as far as the rate limit goes."""
        return self._session.limiter.estimate(requests)

    def submit_job(self, body: Values) -> Answer:
        """POST /jobs, once. Costs credits."""
        return classify(self._submit("/jobs", plain(body)))

    def create_template(self, body: Values) -> Answer:
        """POST /templates, once, in a form that satisfies both dialects. Free."""
        return classify(self._submit("/templates", template_body(body)), id_field="id")

    def _submit(self, path: str, body: dict[str, Any]) -> Result:
        try:
            return self._session.post_once(path, body, abandoned=self._abandoned)
        except Interrupted:
            # Only waiting for a place in the rate limit can be interrupted, and that comes before sending.
            return NoResponse(False, "interrupted while waiting for the rate limit")

    def cancel(self, job_id: str) -> str | None:
        """DELETE /jobs/:id. None when it is cancelled or gone; else the status that made it too late."""
        try:
            self._session.call("DELETE", f"/jobs/{checked_id(job_id)}")
        except Refused as refused:
            if refused.status == 404:
                return None
            if refused.status != 409:
                raise
            job = self._reader.job(job_id)
            return None if job is None or job.status == CANCELLED else job.status
        return None

    def set_schedule(self, job_id: str, at: datetime | None) -> None:
        """PATCH /jobs/:id/schedule: publish at `at` (UTC), or take the publish time off. May be sent again."""
        path = f"/jobs/{checked_id(job_id)}/schedule"
        check_schedule_set(self._session.call("PATCH", path, schedule_body(at)), at)

    def delete_template(self, template_id: str) -> None:
        """DELETE /templates/:id; done when there is none."""
        try:
            self._session.call("DELETE", f"/templates/{checked_id(template_id)}")
        except Refused as refused:
            if refused.status != 404:
                raise

    def approve(self, job_id: str, platforms: tuple[str, ...] = ()) -> Answer:
        """POST /jobs/:id/approve-publish, once. Cannot be undone.

        When the answer is lost, or says that it is done already, one look at the job decides: Committed where it shows
        as published.
        """
        path = f"/jobs/{checked_id(job_id)}/approve-publish"
        result = self._submit(path, {"platforms": list(platforms)} if platforms else {})
        answer = classify_approval(result, job_id)
        in_doubt = isinstance(answer, Unknown) or (isinstance(answer, Rejected) and answer.status == 409)
        if not in_doubt or (self._abandoned and self._abandoned()):
            return answer
        try:
            job = self._reader.job(job_id)
        except (ApiError, Interrupted):
            return answer
        # Where only some platforms are named, others may have been published before.
        shown = job is not None and (job.status == PUBLISHING or (job.status == PUBLISHED and not platforms))
        return Committed(job_id, status=job.status) if job and shown else answer

    def upload(self, file: BinaryIO, *, filename: str, size: int, progress: Callable[[int], None]) -> str:
        """Send `size` bytes of `file`, from its beginning; the id a job names it by. Free, and may be sent again.

        `progress` is called about ten times a second, in the caller's thread, with the number of bytes sent.
        """
        return FileUpload(self._session, file, filename, size, progress, self._abandoned or (lambda: False)).send()
