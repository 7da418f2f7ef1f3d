"""The sliding window, on the emulator's clock."""

from __future__ import annotations

import httpx
import pytest

from afsync.emulator import Running
from afsync.emulator.errors import ErrorAnswer
from afsync.emulator.ratelimit import RateLimiter
from tests.emulator.conftest import FETCH, Serve, client_for


@pytest.fixture
def emulator(serve: Serve, dialect: str) -> Running:
    emulator = serve(dialect=dialect, rpm=5)
    emulator.control.set_clock("2030-01-01T00:00:00Z")
    return emulator


def statuses(api: httpx.Client, count: int) -> list[int]:
    return [api.get("/account").status_code for _ in range(count)]


def test_over_the_limit(emulator: Running, api: httpx.Client) -> None:
    assert statuses(api, 5) == [200] * 5
    answer = api.post("/jobs", content=b"not even looked at")
    assert answer.status_code == 429
    body = answer.json()
    assert body["error"] == "rate_limit_exceeded"
    assert body["message"]
    assert 55_000 < body["retryAfterMs"] <= 60_000
    assert 55 < int(answer.headers["retry-after"]) <= 60
    assert api.post("/jobs", json=FETCH).status_code == 429
    assert emulator.control.jobs() == []


def test_the_window_slides(emulator: Running, api: httpx.Client) -> None:
    assert statuses(api, 3) == [200] * 3
    emulator.control.advance_clock(30)
    assert statuses(api, 3) == [200, 200, 429]
    emulator.control.advance_clock(31)
    assert statuses(api, 4) == [200, 200, 200, 429], "the first three are out of it; what was refused never was in"


def test_each_key_has_its_own_and_control_calls_have_none(emulator: Running, api: httpx.Client) -> None:
    assert statuses(api, 6)[-1] == 429
    with client_for(emulator, "af_live_other") as other:
        assert statuses(other, 1) == [200]
    for _ in range(20):
        emulator.control.now()


def test_waiting_as_told_is_enough() -> None:
    limiter = RateLimiter()
    for now in (0, 100, 200):
        limiter.enter("k", 3, now)
    with pytest.raises(ErrorAnswer) as refused:
        limiter.enter("k", 3, 1000)
    wait = refused.value.body["retryAfterMs"]
    assert wait == 59_000
    assert refused.value.headers["Retry-After"] == "59"
    limiter.enter("k", 3, 1000 + wait)


def test_submissions_in_flight() -> None:
    limiter = RateLimiter()
    limiter.begin_submission("k", 1)
    with pytest.raises(ErrorAnswer):
        limiter.begin_submission("k", 1)
    limiter.begin_submission("k", None)
    limiter.end_submission("k")
    limiter.end_submission("k")
    limiter.begin_submission("k", 1)
