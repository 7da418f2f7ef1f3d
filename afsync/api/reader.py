"""The requests that read from the service. An ApiReader cannot change anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from afsync.api.session import ApiSession
from afsync.api.wire import Row, an_object, bad, first, id_of, number_of, optional_text, usable_id
from afsync.api.wire_jobs import (
    PublishTimes,
    StagingAssets,
    parse_job,
    parse_page,
    parse_publish_times,
    parse_result,
    parse_staging_assets,
)
from afsync.api.wire_templates import parse_templates
from afsync.core.remote_account import JobResult, RemoteAccount, RemoteJob, RemoteTemplate
from afsync.errors import BadAnswer, Refused, UsageError

PAGE = 100
"""The most jobs that one page of the list brings."""


NOT_OFFERED = (404, 405)


class ApiReader:
    """All calls raise AuthError, Refused, Unreachable or BadAnswer; they may wait and try again."""

    def __init__(self, session: ApiSession) -> None:
        self._session = session

    @property
    def base_url(self) -> str:
        """The service's base URL, as a state records it."""
        return self._session.access.base_url

    @property
    def requests(self) -> int:
        """Number of requests sent so far."""
        return self._session.requests

    @property
    def server_time(self) -> datetime | None:
        """The service's clock at its latest answer (UTC)."""
        return self._session.server_time

    def account(self) -> RemoteAccount:
        """The account; the limiter takes its size from what it announces."""
        account = parse_account(self._session.call("GET", "/account"))
        if account.per_minute is not None:
            self._session.limiter.resize(account.per_minute)
        return account

    def templates(self) -> Mapping[str, RemoteTemplate]:
        """All templates, by id."""
        return parse_templates(self._session.call("GET", "/templates"))

    def jobs_page(self, offset: int) -> list[RemoteJob]:
        """At most 100 jobs from `offset` on, newest first."""
        return parse_page(self._session.call("GET", f"/jobs?limit={PAGE}&offset={offset}"))

    def job(self, job_id: str) -> RemoteJob | None:
        """One job; None when the account has none of this id. AuthError when it belongs to another account."""
        path = f"/jobs/{checked_id(job_id)}"
        answer = self._unless(path, 404)
        job = None if answer is None else parse_job(answer, f"GET {path}")
        if job is not None and job.id != job_id:
            raise bad(f"GET {path}", f"the job {job_id}", job.id)
        return job

    def publish_times(self) -> PublishTimes | None:
        """Publish times still ahead among the newest 100 jobs; None where the service does not offer them."""
        answer = self._if_offered("/schedule")
        return None if answer is None else parse_publish_times(answer)

    def result(self, job_id: str) -> JobResult | None:
        """What a job produced, or that it is not done yet; None when the account has no such job."""
        answer = self._unless(f"/jobs/{checked_id(job_id)}/result", 404)
        return None if answer is None else parse_result(answer, job_id)

    def staging_assets(self, job_id: str) -> StagingAssets | None:
        """Previews for a reviewer; None where the service does not offer them."""
        answer = self._if_offered(f"/jobs/{checked_id(job_id)}/staging-assets")
        return None if answer is None else parse_staging_assets(answer, job_id)

    def _if_offered(self, path: str) -> Any:
        """The answer to GET `path`, or None where there is no such call: a route that is unknown may be refused with a
        page of the web server's, which means no more here than the API's own word."""
        try:
            return self._unless(path, *NOT_OFFERED)
        except BadAnswer as error:
            if error.status in NOT_OFFERED:
                return None
            raise

    def _unless(self, path: str, *statuses: int) -> Any:
        """The answer to GET `path`, or None when it is refused with one of `statuses`."""
        try:
            return self._session.call("GET", path)
        except Refused as refused:
            if refused.status in statuses:
                return None
            raise


def checked_id(value: str) -> str:
    """An id, encoded, as part of a path. Raises UsageError when it cannot be an id."""
    if not usable_id(value):
        raise UsageError(f"{value!r} is not an id of the service.", "an id looks like job_abc123")
    return quote(value, safe=":")


_LIMITS = ("rateLimits", "rateLimit", "rate_limits", "rate_limit", "limits")
_PER_MINUTE = ("rpm", "requestsPerMinute", "requests_per_minute", "perMinute", "per_minute", "limit")
_CONCURRENT = ("concurrent", "concurrentJobs", "concurrentSubmissions", "concurrent_jobs", "maxConcurrent")
_MOST = 100_000
"""More than that in a minute is as good as no limit."""


def parse_account(value: object) -> RemoteAccount:
    """GET /account. Credits and limits are None where the service does not report them."""
    what = "GET /account"
    row = an_object(value, what)
    credits = row.get("credits")
    if credits is not None and not isinstance(credits, dict):
        raise bad(what, "an object in `credits`", credits)
    told: dict[str, Any] = credits or {}
    limits = _limits(row)
    return RemoteAccount(
        id=id_of(row, what, "accountId", "customerId", "id"),
        plan_tier=optional_text(row, "planTier", "plan_tier"),
        balance=number_of(told, what, "balance"),
        included=number_of(told, what, "included"),
        used=number_of(told, what, "used"),
        per_minute=_positive(first(limits, *_PER_MINUTE)),
        concurrent=_positive(first(limits, *_CONCURRENT)),
    )


def _limits(row: Row) -> dict[str, Any]:
    """The reference promises "rate-limit info" without its form, so this is read with an open mind."""
    found = first(row, *_LIMITS)
    if isinstance(found, dict):
        return found
    return {"rpm": found if found is not None else first(row, "rpm", "requestsPerMinute")}


def _positive(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
        return None
    return int(min(value, _MOST))
