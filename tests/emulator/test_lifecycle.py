"""Where a job is at which time: the pure function by tables, and the same seen through the API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from afsync.emulator import Running
from afsync.emulator.lifecycle import Life, advance, phase, production_times
from tests.emulator.conftest import FETCH, Serve, client_for, submitted

USUAL: dict[str, Any] = {
    "mode": "immediate", "staged": False, "auto": True, "outcome": "complete", "publishing_ms": 20, "started": 100,
    "finished": 200,
}  # fmt: skip


def a_life(**changes: Any) -> Life:
    return Life(**{**USUAL, **changes})


@pytest.mark.parametrize(
    ("changes", "now", "expected"),
    [
        ({}, 0, "queued"),
        ({}, 99, "queued"),
        ({}, 100, "running"),
        ({}, 199, "running"),
        ({}, 200, "publishing"),
        ({}, 219, "publishing"),
        ({}, 220, "published"),
        ({"started": None, "finished": None}, 10**9, "queued"),
        ({"finished": None}, 10**9, "running"),
        ({"outcome": "failed"}, 199, "running"),
        ({"outcome": "failed"}, 200, "failed"),
        ({"outcome": "non-compliant"}, 200, "non-compliant"),
        ({"cancelled": 150}, 10**9, "cancelled"),
        ({"auto": False}, 10**9, "produced"),
        ({"mode": "manual"}, 10**9, "produced"),
        ({"mode": "scheduled"}, 10**9, "produced"),
        ({"mode": "scheduled", "publish_at": 500}, 499, "produced"),
        ({"mode": "scheduled", "publish_at": 500}, 500, "publishing"),
        ({"mode": "scheduled", "publish_at": 500}, 520, "published"),
        ({"mode": "scheduled", "publish_at": 150}, 199, "running"),
        ({"mode": "scheduled", "publish_at": 150}, 220, "published"),
        ({"mode": "scheduled", "publish_at": 500, "auto": False}, 520, "published"),
        ({"mode": "manual", "publish_at": 500}, 520, "published"),
        ({"staged": True}, 10**9, "produced"),
        ({"staged": True, "mode": "scheduled", "publish_at": 500}, 10**9, "produced"),
        ({"staged": True, "approved": 300}, 310, "publishing"),
        ({"staged": True, "approved": 300}, 320, "published"),
        ({"staged": True, "published": 300}, 300, "published"),
    ],
)
def test_phase(changes: dict[str, Any], now: int, expected: str) -> None:
    assert phase(a_life(**changes), now) == expected


@pytest.mark.parametrize("status", ["queued", "running", "published", "failed", "non-compliant", "cancelled"])
@pytest.mark.parametrize("before", ["queued", "running", "complete", "published", "failed", "cancelled"])
def test_any_status_can_be_had_from_any_other(before: str, status: str) -> None:
    life = a_life(auto=False)
    for wanted in (before, status):
        life = a_life(**{"auto": False, **advance(life, wanted, 50)})
    assert phase(life, 50) == status


@pytest.mark.parametrize(
    ("spec", "speed", "finished"),
    [
        ({}, 1, 180_000),
        ({}, 60, 3_000),
        ({"format": "long", "durationMins": 10}, 1, 780_000),
    ],
)
def test_speed_scales_production(spec: dict[str, Any], speed: float, finished: int) -> None:
    assert production_times(spec, 0, speed)["finished"] == finished


def statuses(emulator: Running, api: httpx.Client, job: str, *seconds: float) -> list[str]:
    seen = [api.get(f"/jobs/{job}").json()["status"]]
    for step in seconds:
        emulator.control.advance_clock(step)
        seen.append(api.get(f"/jobs/{job}").json()["status"])
    return seen


def test_the_life_of_a_short(serve: Serve, dialect: str) -> None:
    emulator = serve(dialect=dialect, speed=1)
    with client_for(emulator) as api:
        seen = statuses(emulator, api, submitted(api), 20, 165, 20)
    expected = {
        "documented": ["queued", "running", "complete", "published"],
        "deployed": ["queued", "processing", "publishing", "published"],
    }
    assert seen == expected[dialect]


def test_published_when_the_time_comes_whatever_the_speed(serve: Serve, dialect: str) -> None:
    emulator = serve(dialect=dialect, speed=5)
    emulator.control.set_clock("2030-01-01T00:00:00Z")
    with client_for(emulator) as api:
        job = submitted(api, publishMode="scheduled")
        moment = "2030-01-02T00:00:00+00:00"
        api.patch(f"/jobs/{job}/schedule", json={"scheduledAt": moment, "scheduledPublishAt": moment})
        seen = statuses(emulator, api, job, 3600, 22 * 3600, 3700)
    first = "queued" if dialect == "documented" else "scheduled"
    assert seen == [first, "complete", "complete", "published"]


def test_portals_go_along(serve: Serve) -> None:
    emulator = serve(dialect="deployed", speed=1)
    with client_for(emulator) as api:
        job = submitted(api, staging=True)
        emulator.control.advance_clock(100)
        running = list(api.get(f"/jobs/{job}").json()["portals"].values())
        emulator.control.advance_clock(100)
        waiting = api.get(f"/jobs/{job}").json()
    assert running == ["complete", "complete", "running", "pending", "pending"]
    assert list(waiting["portals"].values()) == ["complete"] * 4 + ["waiting"]
    assert waiting["status"] == "complete"
    assert waiting["grade"] in "ABC"


@pytest.mark.parametrize(
    ("topic", "documented", "deployed"),
    [("this will [fail]", "failed", "failed"), ("rude [non-compliant]", "failed", "non-compliant")],
)
def test_failing_on_request(serve: Serve, dialect: str, topic: str, documented: str, deployed: str) -> None:
    emulator = serve(dialect=dialect, speed=1)
    with client_for(emulator) as api:
        job = submitted(api, topic=topic)
        emulator.control.advance_clock(1000)
        item = api.get(f"/jobs/{job}").json()
    assert item["status"] == (documented if dialect == "documented" else deployed)
    assert item["outputUrl"] is None


def test_a_share_that_fails(serve: Serve) -> None:
    emulator = serve(speed=1, fail_share=0.5)
    with client_for(emulator) as api:
        for _ in range(30):
            submitted(api)
        emulator.control.advance_clock(1000)
        seen = {item["status"] for item in api.get("/jobs", params={"limit": 30}).json()["jobs"]}
    assert seen == {"published", "failed"}


def test_manual_means_by_hand(emulator: Running, api: httpx.Client, dialect: str) -> None:
    job = submitted(api)
    assert statuses(emulator, api, job, 10**7) == ["queued", "queued"]
    running = "running" if dialect == "documented" else "processing"
    for wanted in (running, "complete", "publishing", "published", "queued", "failed", "ready_to_publish", "complete"):
        assert emulator.control.advance(wanted) == [job]
        assert statuses(emulator, api, job, 10**6) == [wanted, wanted]


def test_moving_some_jobs_only(emulator: Running, api: httpx.Client) -> None:
    first, second, third = (submitted(api) for _ in range(3))
    assert emulator.control.advance("complete", job_ids=[first]) == [first]
    assert emulator.control.advance("failed", newest=1) == [third]
    assert emulator.control.advance("cancelled", status="queued") == [second]


def test_seeded_jobs_stay_as_they_are(emulator: Running, api: httpx.Client, dialect: str) -> None:
    running = "running" if dialect == "documented" else "processing"
    for status in ("queued", running, "complete", "published", "failed", "cancelled", "odd"):
        job = emulator.control.seed(key="af_live_test", status=status, age=1000)[0]
        assert statuses(emulator, api, job, 10**6) == [status, status]


def test_a_seeded_job_has_what_it_was_given(emulator: Running) -> None:
    emulator.control.set_clock("2030-01-01T00:00:00Z")
    fields = {**FETCH, "topic": "number {n}"}
    emulator.control.seed(key="af_live_x", count=3, age=60, spacing=10, fields=fields)
    jobs = emulator.control.jobs()
    assert [job["fields"]["topic"] for job in jobs] == ["number 1", "number 2", "number 3"]
    assert [job["created_at"][:19] for job in jobs] == [
        "2029-12-31T23:59:00", "2029-12-31T23:58:50", "2029-12-31T23:58:40",
    ]  # fmt: skip
    assert {job["origin"] for job in jobs} == {"seeded"}
