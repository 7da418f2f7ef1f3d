"""Keys, plans, unknown paths: what is answered before anything is done."""

from __future__ import annotations

import httpx
import pytest

from afsync.emulator import Running
from tests.emulator.conftest import KEY, Serve, client_for

TIMES = {"scheduledAt": "2099-01-01T00:00:00Z", "scheduledPublishAt": "2099-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (None, "missing_api_key"),
        ("", "missing_api_key"),
        ("Bearer sk_live_other", "invalid_api_key"),
        ("Bearer", "invalid_api_key"),
        ("Basic af_live_x", "invalid_api_key"),
        ("af_live_x", "invalid_api_key"),
        ("Bearer af_", "invalid_api_key"),
        ("Bearer af_live_x y", "invalid_api_key"),
    ],
)
def test_a_key_is_required(emulator: Running, sent: str | None, error: str) -> None:
    headers = {} if sent is None else {"Authorization": sent}
    for path in ("/account", "/jobs", "/nothing"):
        answer = httpx.get(f"{emulator.url}{path}", headers=headers, verify=False)
        assert (answer.status_code, answer.json()["error"]) == (401, error)
        assert answer.json()["message"]


def test_any_key_of_the_right_form_has_an_account(serve: Serve, dialect: str) -> None:
    emulator = serve(dialect=dialect, tier="guided", credits=7)
    name = "accountId" if dialect == "documented" else "customerId"
    seen = set()
    for key in ("af_live_a", "af_live_b", "af_test_c"):
        with client_for(emulator, key) as client:
            account = client.get("/account").json()
            assert account == client.get("/account").json()
        assert account["planTier"] == "guided"
        assert {**account["credits"], "packs": 0} == {"balance": 7, "included": 7, "used": 0, "packs": 0}
        seen.add(account[name])
    assert len(seen) == 3


def test_a_plan_without_api_access(emulator: Running, api: httpx.Client) -> None:
    emulator.control.account(KEY, tier="starter")
    answer = api.post("/jobs", json={"url": "https://a.example/b"})
    assert (answer.status_code, answer.json()["error"]) == (403, "plan_not_supported")
    assert emulator.control.jobs() == []


@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/jobs/", 404, "not_found"),
        ("PUT", "/jobs", 405, "method_not_allowed"),
        ("DELETE", "/account", 405, "method_not_allowed"),
        ("GET", "/jobs/job_none", 404, "not_found"),
        ("GET", "/jobs/job_none/result", 404, "not_found"),
        ("GET", "/jobs/job_none/staging-assets", 404, "not_found"),
        ("POST", "/jobs/job_none/approve-publish", 404, "not_found"),
        ("DELETE", "/jobs/job_none", 404, "not_found"),
        ("DELETE", "/templates/tpl_none", 404, "not_found"),
    ],
)
def test_what_is_not_there(api: httpx.Client, method: str, path: str, status: int, error: str) -> None:
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    if status == 405:
        assert answer.headers["allow"]


def test_jobs_of_another_account_are_forbidden(emulator: Running, api: httpx.Client) -> None:
    other = emulator.control.seed(key="af_live_other")[0]
    answers = [
        api.get(f"/jobs/{other}"),
        api.get(f"/jobs/{other}/result"),
        api.get(f"/jobs/{other}/staging-assets"),
        api.delete(f"/jobs/{other}"),
        api.post(f"/jobs/{other}/approve-publish"),
        api.patch(f"/jobs/{other}/schedule", json=TIMES),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(403, '{"error":"forbidden"}')}
    assert api.get("/jobs").json()["jobs"] == []
    assert emulator.control.jobs()[0]["cancelled_at"] is None


def test_account_in_both_dialects(api: httpx.Client, emulator: Running, dialect: str) -> None:
    api.post("/jobs", json={"entry": "generate", "prompt": "x"})
    account = api.get("/account").json()
    identity = emulator.control.accounts()[0]["id"]
    credits = {"balance": 47, "included": 50, "used": 3}
    limits = {"rpm": 1_000_000, "concurrent": 1000}
    if dialect == "documented":
        expected = {"accountId": identity, "planTier": "operate", "credits": credits, "rateLimits": limits}
    else:
        expected = {
            "customerId": identity,
            "email": account["email"],
            "planTier": "operate",
            "credits": {**credits, "packs": 0},
            "rateLimits": limits,
        }
    assert account == expected


def test_concurrent_may_be_null(emulator: Running, api: httpx.Client) -> None:
    emulator.control.account(KEY, concurrent=None)
    assert api.get("/account").json()["rateLimits"]["concurrent"] is None


@pytest.mark.parametrize(
    ("dialect", "tier", "rpm", "concurrent"),
    [
        ("documented", "operate", 60, 10),
        ("documented", "managed", 60, 10),
        ("deployed", "operate", 60, 3),
        ("deployed", "guided", 120, 10),
        ("deployed", "managed", 300, None),
    ],
)
def test_announced_limits_by_tier(serve: Serve, dialect: str, tier: str, rpm: int, concurrent: int | None) -> None:
    emulator = serve(dialect=dialect, tier=tier, rpm=None, concurrent=None)
    with client_for(emulator) as client:
        assert client.get("/account").json()["rateLimits"] == {"rpm": rpm, "concurrent": concurrent}


def test_answers_may_carry_unknown_fields(emulator: Running, api: httpx.Client) -> None:
    emulator.control.options(extra_fields=True)
    assert "requestId" in api.get("/account").json()
    assert "requestId" in api.get("/jobs").json()
