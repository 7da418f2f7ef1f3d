"""The request log: enough to say what a client sent, never enough to steal a key."""

from __future__ import annotations

import hashlib
import json

import httpx

from afsync.emulator import Running
from afsync.emulator.accounts import key_id
from tests.emulator.conftest import FETCH, KEY, submitted


def test_what_is_logged(emulator: Running, api: httpx.Client) -> None:
    api.post("/jobs", json=FETCH)
    api.get("/jobs", params={"limit": 3})
    post, get = emulator.control.requests()
    assert (post["method"], post["path"], post["body"], post["host"]) == ("POST", "/v1/jobs", FETCH, "api")
    assert (get["method"], get["path"], get["query"], get["body"]) == ("GET", "/v1/jobs", "limit=3", None)
    assert (post["number"], get["number"]) == (1, 2)
    assert post["authorization"] == {"key_id": key_id(KEY)}
    assert post["headers"]["content-type"] == "application/json"
    assert post["connection"] == get["connection"] == 1
    assert post["status"] in (200, 202)
    assert KEY not in json.dumps(emulator.control.requests())


def test_bodies_that_are_not_json_are_weighed(emulator: Running, api: httpx.Client) -> None:
    for content in (b"{not json", b"x" * 2_000_000):
        api.post("/jobs", content=content)
        seen = emulator.control.requests()[-1]["body"]
        assert seen in (
            None,  # refused by its size alone
            {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()},
        )


def test_asking_for_some_of_it_and_clearing(emulator: Running, api: httpx.Client) -> None:
    submitted(api)
    api.get("/account")
    api.get("/jobs")
    assert [entry["path"] for entry in emulator.control.requests(method="GET")] == ["/v1/account", "/v1/jobs"]
    assert len(emulator.control.requests(path="/v1/jobs")) == 2
    assert [entry["number"] for entry in emulator.control.requests(since=2)] == [3]
    emulator.control.clear_requests()
    api.get("/account")
    assert [entry["number"] for entry in emulator.control.requests()] == [4]


def test_control_calls_are_not_logged(emulator: Running) -> None:
    emulator.control.now()
    assert emulator.control.requests() == []


def test_latency(emulator: Running, api: httpx.Client) -> None:
    emulator.control.options(latency_ms=30)
    assert api.get("/account").elapsed.total_seconds() >= 0.03
