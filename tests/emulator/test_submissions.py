"""POST /jobs: what is accepted, what it costs, what it answers, what is kept."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from afsync.emulator import Running
from tests.emulator.conftest import FETCH, KEY, Serve, client_for, submitted
from tests.emulator.test_templates import created


def test_documented_answer(serve: Serve) -> None:
    with client_for(serve(dialect="documented")) as api:
        answer = api.post("/jobs", json=FETCH)
    job = answer.json()["jobId"]
    assert answer.status_code == 200
    assert answer.json() == {"jobId": job, "status": "queued", "creditCost": 1, "balance": 49}


def test_deployed_answer(serve: Serve) -> None:
    with client_for(serve(dialect="deployed")) as api:
        answer = api.post("/jobs", json={**FETCH, "staging": True})
        second = api.post("/jobs", json=FETCH)
    assert answer.status_code == 202
    assert set(answer.json()) == {
        "jobId", "status", "staging", "creditCost", "planTier", "createdAt", "pollUrl", "estimatedMinutes",
        "queuePosition",
    }  # fmt: skip
    assert answer.json()["staging"] is True
    assert (answer.json()["queuePosition"], second.json()["queuePosition"]) == (1, 2)


@pytest.mark.parametrize(
    ("body", "credits"),
    [
        ({}, 1),
        ({"entry": "fetch", "format": "short", "durationMins": 1}, 1),
        ({"entry": "compose", "topic": "x"}, 1),
        ({"urls": ["https://a.example/1"], "url": None}, 1),
        ({"urls": ["https://a.example/1", "https://a.example/2"], "url": None}, 2),
        ({"urls": ["https://a.example/1"]}, 2),
        ({"format": "long", "durationMins": 30}, 2),
        ({"entry": "generate", "format": "long"}, 3),
    ],
)
def test_cost(emulator: Running, api: httpx.Client, body: dict[str, Any], credits: int) -> None:
    whole = {name: value for name, value in {**FETCH, **body}.items() if value is not None}
    answer = api.post("/jobs", json=whole).json()
    assert answer["creditCost"] == credits
    *_, last = emulator.control.ledger()
    assert (last["amount"], last["balance"], last["reason"], last["job_id"]) == (
        -credits,
        50 - credits,
        "job",
        answer["jobId"],
    )
    assert api.get("/account").json()["credits"]["used"] == credits


def test_the_cost_may_differ_from_the_reference(emulator: Running, api: httpx.Client) -> None:
    emulator.control.options(surcharge=2)
    assert api.post("/jobs", json=FETCH).json()["creditCost"] == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entry", "steal"), ("entry", None), ("url", "ftp://a.example"), ("url", 3), ("urls", "https://a.example"),
        ("urls", ["x"]), ("topic", "x" * 501), ("topic", 3), ("tone", []), ("format", "wide"), ("durationMins", 0),
        ("durationMins", 121), ("durationMins", "1"), ("durationMins", True), ("platforms", "tiktok"),
        ("platforms", ["myspace"]), ("publishMode", "later"), ("staging", "yes"), ("fromTemplateId", 3),
        ("addOns", []), ("productionProfile", "x"), ("prompt", 3), ("clipSpec", 3), ("streamer", {}),
    ],
)  # fmt: skip
def test_bad_fields(emulator: Running, api: httpx.Client, field: str, value: Any) -> None:
    answer = api.post("/jobs", json={**FETCH, field: value})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert field in answer.json()["message"]
    assert emulator.control.jobs() == []


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "invalid_json"),
        (b"{", "invalid_json"),
        (b"\xff", "invalid_json"),
        (b'{"addOns": {"a": NaN}}', "invalid_json"),
        (b'{"topic": "\\ud800"}', "invalid_json"),
        (b"[" * 100_000, "invalid_json"),
        (b"[]", "invalid_request"),
        (b'"text"', "invalid_request"),
        (b"{}", "invalid_request"),
        (b'{"entry": "upload"}', "invalid_request"),
        (b'{"entry": "upload", "fileId": "file_none"}', "invalid_request"),
    ],
)
def test_bad_bodies(emulator: Running, api: httpx.Client, content: bytes, error: str) -> None:
    answer = api.post("/jobs", content=content)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert emulator.control.jobs() == []


def test_too_large_a_body(api: httpx.Client) -> None:
    answer = api.post("/jobs", json={"topic": "x" * 2_000_000})
    assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")


def test_without_enough_credits_nothing_happens(emulator: Running, api: httpx.Client) -> None:
    emulator.control.account(KEY, balance=1)
    answer = api.post("/jobs", json={**FETCH, "format": "long"})
    assert answer.status_code == 402
    body = answer.json()
    assert (body["error"], body["creditCost"], body["balance"]) == ("insufficient_credits", 2, 1)
    assert emulator.control.jobs() == []
    assert [entry["reason"] for entry in emulator.control.ledger()] == ["included"]


def test_the_balance_moves_for_other_reasons(emulator: Running, api: httpx.Client) -> None:
    submitted(api)
    emulator.control.account(KEY, add_credits=5)
    emulator.control.seed(charge=True, count=2)
    assert [entry["amount"] for entry in emulator.control.ledger()] == [50, -1, 5, -1, -1]
    assert api.get("/account").json()["credits"]["balance"] == 52


def test_a_missing_template_is_refused_before_credits_are_taken(emulator: Running, api: httpx.Client) -> None:
    emulator.control.account(KEY, balance=0)
    answer = api.post("/jobs", json={**FETCH, "fromTemplateId": "tpl_none"})
    assert (answer.status_code, answer.json()["error"]) == (404, "template_not_found")


def test_the_body_overrides_its_template_and_a_job_keeps_what_it_was_made_of(
    emulator: Running, api: httpx.Client
) -> None:
    template = created(api)
    job = submitted(api, fromTemplateId=template, tone="calm")
    api.delete(f"/templates/{template}")
    kept = emulator.control.jobs(job_ids=[job])[0]
    assert kept["submitted"] == {**FETCH, "fromTemplateId": template, "tone": "calm"}
    assert kept["fields"] == {**FETCH, "format": "long", "tone": "calm"}
    assert kept["credits"] == 2


def test_unknown_fields_are_ignored(emulator: Running, api: httpx.Client) -> None:
    submitted(api, colour="blue")
    assert emulator.control.jobs()[0]["fields"] == FETCH
