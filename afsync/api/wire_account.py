"""The account on the wire, in either dialect (API.md, "Account")."""

from __future__ import annotations

from typing import Any

from afsync.api.wire import Row, an_object, bad, first, id_of, number_of, optional_text
from afsync.core.remote import RemoteAccount

_LIMITS = ("rateLimits", "rateLimit", "rate_limits", "rate_limit", "limits")
_PER_MINUTE = ("rpm", "requestsPerMinute", "requests_per_minute", "perMinute", "per_minute", "limit")
_CONCURRENT = ("concurrent", "concurrentJobs", "concurrentSubmissions", "concurrent_jobs", "maxConcurrent")
_MOST = 100_000
"""More than that in a minute is as good as no limit."""


def parse_account(value: object) -> RemoteAccount:
    """GET /account. Credits and limits are None where the service does not tell them."""
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
