"""When to try again, and how long to wait before: pure functions over an answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from afsync.api.exchange import NoResponse, Reply, Result
from afsync.api.wire import ErrorForm, decode, error_form

TRIES = 4
LIMITED_TRIES = 5
FIRST_WAIT = 0.5
LONGEST_WAIT = 8.0
"""Seconds: the waits are drawn from 0 to 0.5, 1, 2, … but never more than this."""

RETRY_AFTER_CAP = 120.0
RETRY_AFTER_FLOOR = 1.0
RETRY_AFTER_DEFAULT = 10.0
"""Seconds to wait after a 429 that does not say how long, or says nonsense."""

PASSING = frozenset({408, 425})


def backoff(attempt: int, random: float) -> float:
    """Seconds to wait after try number `attempt` (from 0): exponential with full jitter, `random` in [0, 1)."""
    longest: float = min(LONGEST_WAIT, FIRST_WAIT * 2**attempt)
    return longest * random


def answer_of(result: Result) -> Any:
    """The JSON of an answer that says yes; ValueError for everything else. No content at all is an empty object."""
    if not isinstance(result, Reply) or not 200 <= result.status <= 299 or not result.complete:
        raise ValueError("not a success")
    return {} if result.status == 204 else decode(result.body)


def may_pass(result: Result) -> bool:
    """Whether what ended like this, which is no success, may well succeed when it is sent again."""
    match result:
        case Reply(status) if 300 <= status <= 399:
            return False
        case Reply(status, complete=True) if status < 500 and status not in PASSING:
            # Not the API's form: something in front of it wrote this, and the next try may get through.
            return error_form(result.body) is None
        case _:
            return True


def never_left(result: Result) -> bool:
    """Whether the request certainly did not reach the service."""
    return isinstance(result, NoResponse) and not result.sent


def is_limited(result: Result) -> bool:
    """A 429 in the API's own form: nothing was done."""
    return isinstance(result, Reply) and result.status == 429 and error_form(result.body) is not None


def retry_after(headers: Mapping[str, str], form: ErrorForm | None) -> float:
    """How long a 429 asks us to wait, in seconds. It is only a wish: what is not plausible is not believed."""
    asked = _seconds(headers)
    if asked is None and form is not None and form.retry_after_ms is not None:
        asked = min(max(form.retry_after_ms, -1), RETRY_AFTER_CAP * 1000) / 1000
    if asked is None or not asked >= 0:
        return RETRY_AFTER_DEFAULT
    return min(max(asked, RETRY_AFTER_FLOOR), RETRY_AFTER_CAP)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The service's clock when it answered (UTC, whole seconds), from the Date header."""
    return _date(headers.get("date", ""))


def _seconds(headers: Mapping[str, str]) -> float | None:
    written = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,12}(\.\d{1,6})?", written, re.ASCII):
        return float(written)
    until, now = _date(written), server_time(headers)
    return (until - now).total_seconds() if until and now else None


def _date(written: str) -> datetime | None:
    if not written:
        return None
    # Loading this is slow, and a service in this process sends no dates.
    from email.utils import parsedate_to_datetime

    try:
        found = parsedate_to_datetime(written)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
