"""Cancel, schedule, approve."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from afsync.emulator import Running
from tests.emulator.conftest import Serve, client_for, submitted

MOMENT = "2099-05-26T09:00:00Z"
BOTH = {"scheduledAt": MOMENT, "scheduledPublishAt": MOMENT}


def test_cancelling_and_again(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api)
    for _ in range(2):
        answer = api.delete(f"/jobs/{job}")
        assert (answer.status_code, answer.json()) == (200, {"jobId": job, "status": "cancelled"})
    assert api.get(f"/jobs/{job}").json()["status"] == "cancelled"
    assert [entry["amount"] for entry in emulator.control.ledger()] == [50, -1], "no refund"


@pytest.mark.parametrize("status", ["queued", "running", "processing", "scheduled", "queued_scheduled"])
def test_what_can_be_cancelled(emulator: Running, api: httpx.Client, status: str) -> None:
    job = submitted(api)
    emulator.control.advance(status)
    assert api.delete(f"/jobs/{job}").status_code == 200
    assert api.get(f"/jobs/{job}").json()["status"] == "cancelled"


@pytest.mark.parametrize("status", ["complete", "published", "failed", "publishing", "ready_to_publish"])
def test_what_cannot_be_cancelled(emulator: Running, api: httpx.Client, status: str) -> None:
    job = submitted(api)
    emulator.control.advance(status)
    answer = api.delete(f"/jobs/{job}")
    expected = {"error": "cannot_cancel", "message": f"Job is already {status}"}
    assert (answer.status_code, answer.json()) == (409, expected)


def test_scheduling(api: httpx.Client, dialect: str) -> None:
    job = submitted(api, publishMode="scheduled")
    answer = api.patch(f"/jobs/{job}/schedule", json=BOTH).json()
    name = "scheduledAt" if dialect == "documented" else "scheduledPublishAt"
    assert answer == {"jobId": job, name: MOMENT, **({"status": "scheduled"} if dialect == "deployed" else {})}
    row = api.get("/schedule").json()["scheduled"][0]
    assert row["jobId"] == job
    assert row[name] in (MOMENT, 4083469200000, "4083469200000")
    assert row["status"] == ("queued" if dialect == "documented" else "scheduled")


@pytest.mark.parametrize(
    ("dialect", "body", "status"),
    [
        ("documented", {"scheduledAt": "2099-05-26T11:00:00+02:00"}, 200),
        ("documented", {"scheduledAt": None}, 200),
        ("documented", {"scheduledPublishAt": MOMENT}, 400),
        ("documented", {}, 400),
        ("documented", {"scheduledAt": "tomorrow"}, 400),
        ("documented", {"scheduledAt": "2099-05-26T09:00:00"}, 400),
        ("documented", {"scheduledAt": 4083469200000}, 400),
        ("documented", {"scheduledAt": "2001-01-01T00:00:00Z"}, 400),
        ("documented", {"scheduledAt": "9999-12-31T23:59:59-23:59"}, 400),
        ("documented", {"scheduledAt": "0001-01-01T00:00:00+23:59"}, 400),
        ("deployed", {"scheduledPublishAt": MOMENT}, 200),
        ("deployed", {"scheduledPublishAt": None}, 400),
        ("deployed", {"scheduledAt": MOMENT}, 400),
        ("deployed", {}, 400),
    ],
)
def test_schedule_bodies(serve: Serve, dialect: str, body: dict[str, Any], status: int) -> None:
    emulator = serve(dialect=dialect)
    with client_for(emulator) as api:
        job = submitted(api)
        answer = api.patch(f"/jobs/{job}/schedule", json=body)
    assert answer.status_code == status, answer.text
    if status == 400 and dialect == "deployed":
        assert answer.json() == {"error": "scheduledPublishAt is required (ISO 8601)"}
    kept = emulator.control.jobs()[0]["publish_at"]
    assert kept == (MOMENT if status == 200 and body != {"scheduledAt": None} else None)


def test_unscheduling(serve: Serve) -> None:
    with client_for(serve(dialect="documented")) as api:
        job = submitted(api, publishMode="scheduled")
        api.patch(f"/jobs/{job}/schedule", json=BOTH)
        answer = api.patch(f"/jobs/{job}/schedule", json={"scheduledAt": None}).json()
        assert answer == {"jobId": job, "scheduledAt": None}
        assert api.get("/schedule").json() == {"scheduled": []}


@pytest.mark.parametrize("status", ["published", "failed", "cancelled"])
def test_what_is_over_cannot_be_scheduled(emulator: Running, api: httpx.Client, status: str) -> None:
    job = submitted(api)
    emulator.control.advance(status)
    answer = api.patch(f"/jobs/{job}/schedule", json=BOTH)
    assert (answer.status_code, answer.json()["error"]) == (409, "cannot_schedule")


def test_the_schedule_looks_at_the_newest_hundred_with_a_time_ahead(emulator: Running, api: httpx.Client) -> None:
    key = "af_live_test"
    emulator.control.seed(key=key, age=5000, status="complete", publish_at=MOMENT)
    seen = emulator.control.seed(key=key, age=10, status="complete", publish_at=MOMENT)
    emulator.control.seed(key=key, age=10, status="cancelled", publish_at=MOMENT)
    emulator.control.seed(key=key, age=10, status="complete", publish_at="2020-01-01T00:00:00Z")
    emulator.control.seed(key=key, count=97, age=0, spacing=0.01)
    assert [row["jobId"] for row in api.get("/schedule").json()["scheduled"]] == seen


def test_endpoints_that_may_not_be_offered(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api)
    emulator.control.options(schedule_endpoint=False, staging_assets=False)
    for path in ("/schedule", f"/jobs/{job}/staging-assets"):
        assert (api.get(path).status_code, api.get(path).json()["error"]) == (404, "not_found")


def test_approving(serve: Serve, dialect: str) -> None:
    emulator = serve(dialect=dialect, speed=1)
    with client_for(emulator) as api:
        job = submitted(api, staging=True, platforms=["tiktok", "youtube"])
        early = api.post(f"/jobs/{job}/approve-publish")
        assert (early.status_code, early.json()["error"]) == (422, "no_output")
        emulator.control.advance_clock(10_000)
        assert api.get(f"/jobs/{job}").json()["status"] == "complete"
        answer = api.post(f"/jobs/{job}/approve-publish").json()
        if dialect == "documented":
            assert answer == {"jobId": job, "status": "publishing"}
            assert api.get(f"/jobs/{job}").json()["status"] == "publishing"
        else:
            assert answer["approved"] is True
            assert set(answer["platforms"]) == {"tiktok", "youtube"}
            assert api.get(f"/jobs/{job}").json()["status"] == "published"
        emulator.control.advance_clock(30)
        assert api.get(f"/jobs/{job}").json()["status"] == "published"
        assert api.post(f"/jobs/{job}/approve-publish").status_code == 409


def test_approving_for_some_platforms(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api, staging=True, platforms=["tiktok", "youtube"])
    emulator.control.advance("complete")
    for bad in ({"platforms": ["instagram"]}, {"platforms": "tiktok"}, {"platforms": [3]}):
        assert api.post(f"/jobs/{job}/approve-publish", json=bad).status_code == 400
    assert api.post(f"/jobs/{job}/approve-publish", json={"platforms": ["tiktok"]}).status_code == 200
    emulator.control.advance_clock(60)
    assert [one["platform"] for one in api.get(f"/jobs/{job}/result").json()["platforms"]] == ["tiktok"]


@pytest.mark.parametrize(
    ("fields", "status", "code", "error"),
    [
        ({"staging": True}, "running", 422, "no_output"),
        ({"staging": True}, "failed", 422, "no_output"),
        ({"staging": True}, "cancelled", 422, "no_output"),
        ({"staging": True}, "published", 409, "already_published"),
        ({"publishMode": "manual"}, "complete", 409, "not_staged"),
    ],
)
def test_what_cannot_be_approved(
    emulator: Running, api: httpx.Client, fields: dict[str, Any], status: str, code: int, error: str
) -> None:
    job = submitted(api, **fields)
    emulator.control.advance(status)
    answer = api.post(f"/jobs/{job}/approve-publish")
    assert (answer.status_code, answer.json()["error"]) == (code, error)
