"""GET /jobs and GET /jobs/:id: what is echoed, paging, and lists that move."""

from __future__ import annotations

import httpx
import pytest

from afsync.emulator import Running
from tests.emulator.conftest import KEY, Serve, client_for, submitted

WHOLE = {"topic": "T", "tone": "hype", "platforms": ["tiktok"], "publishMode": "manual", "staging": True}
SECRET = {"url", "urls", "fileId", "durationMins", "publishMode", "staging", "scheduledAt", "scheduledPublishAt"}


def listed(api: httpx.Client, **query: str | int) -> list[str]:
    return [item["jobId"] for item in api.get("/jobs", params=query).json()["jobs"]]


def test_documented_echo(serve: Serve) -> None:
    emulator = serve(dialect="documented")
    with client_for(emulator) as api:
        job = submitted(api, **WHOLE)
        item = api.get(f"/jobs/{job}").json()
        assert item == {
            "jobId": job,
            "status": "queued",
            "outputUrl": None,
            "score": None,
            "platforms": ["tiktok"],
            "createdAt": item["createdAt"],
        }
        assert api.get("/jobs").json()["jobs"] == [item]
        emulator.control.advance("complete")
        item = api.get(f"/jobs/{job}").json()
        assert item["outputUrl"].startswith(emulator.media)
        assert 0 <= item["score"] <= 100


def test_documented_list_may_be_bare_or_full(serve: Serve) -> None:
    emulator = serve(dialect="documented", echo="minimum")
    with client_for(emulator) as api:
        submitted(api, **WHOLE)
        assert set(api.get("/jobs").json()["jobs"][0]) == {"jobId", "status", "createdAt"}
        emulator.control.options(echo="full")
        assert api.get("/jobs").json()["jobs"][0]["topic"] == "T"


def test_deployed_echo(serve: Serve) -> None:
    with client_for(serve(dialect="deployed")) as api:
        job = submitted(api, **WHOLE)
        item = api.get(f"/jobs/{job}").json()
        assert set(item) == {
            "jobId", "status", "createdAt", "entry", "productionProfile", "contentType", "sourceType", "planTier",
            "topic", "tone", "format", "platforms", "addOns", "outputUrl", "updatedAt", "portals", "grade",
        }  # fmt: skip
        assert api.get("/jobs").json()["jobs"] == [item]
    assert not set(item) & SECRET
    assert (item["topic"], item["tone"], item["entry"], item["format"]) == ("T", "hype", "fetch", "short")


@pytest.mark.parametrize(("form", "kinds"), [("iso", {str}), ("epoch", {int}), ("digits", {str}), ("mix", {str, int})])
def test_deployed_time_stamps(serve: Serve, form: str, kinds: set[type]) -> None:
    emulator = serve(dialect="deployed", timestamps=form)
    with client_for(emulator) as api:
        emulator.control.seed(key=KEY, count=6)
        first = api.get("/jobs").json()["jobs"]
        assert {type(item["createdAt"]) for item in first} == kinds
        assert api.get("/jobs").json()["jobs"] == first, "the same job is told the same way each time"


def test_newest_first_in_pages(emulator: Running, api: httpx.Client) -> None:
    ids = [submitted(api) for _ in range(5)][::-1]
    assert listed(api) == ids
    assert listed(api, limit=2) == ids[:2]
    assert listed(api, limit=2, offset=2) == ids[2:4]
    assert listed(api, limit=2, offset=4) == ids[4:]
    assert listed(api, offset=5) == []
    page = api.get("/jobs", params={"limit": 3, "offset": 3}).json()
    assert (page["limit"], page["offset"], page["count"]) == (3, 3, 2)


def test_limit_is_capped_and_twenty_by_default(emulator: Running, api: httpx.Client) -> None:
    emulator.control.seed(key=KEY, count=150)
    page = api.get("/jobs", params={"limit": 1000}).json()
    assert (page["limit"], page["count"], len(page["jobs"])) == (100, 100, 100)
    assert api.get("/jobs").json()["count"] == 20


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=1.5", "offset=-1", "offset=", "limit=²"])
def test_bad_queries(api: httpx.Client, query: str) -> None:
    answer = api.get(f"/jobs?{query}")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_documented_filters_before_paging_and_deployed_after(
    emulator: Running, api: httpx.Client, dialect: str
) -> None:
    old = emulator.control.seed(key=KEY, count=3, status="failed", age=1000)
    emulator.control.seed(key=KEY, count=5, status="published")
    page = api.get("/jobs", params={"status": "failed", "limit": 5}).json()
    assert [item["jobId"] for item in page["jobs"]] == (old if dialect == "documented" else [])
    assert listed(api, status="failed", limit=100) == old
    assert listed(api, status="failed", limit=2, offset=1) == (old[1:] if dialect == "documented" else [])
    assert listed(api, status="nonsense") == []


def test_jobs_come_and_go_between_pages(emulator: Running, api: httpx.Client) -> None:
    ids = emulator.control.seed(key=KEY, count=10, age=100)
    emulator.control.rehearse("GET /jobs", {"call": "seed", "key": KEY, "count": 2})
    emulator.control.rehearse("GET /jobs#2", {"call": "purge", "job_ids": ids[:1]}, {"call": "purge", "oldest": 1})
    assert listed(api, limit=4) == ids[:4]
    assert listed(api, limit=4, offset=4) == ids[2:6]
    assert listed(api, limit=4, offset=8) == ids[7:9]


def test_purged_jobs_are_gone(emulator: Running, api: httpx.Client) -> None:
    old = emulator.control.seed(key=KEY, age=1000)
    new = emulator.control.seed(key=KEY)
    assert emulator.control.purge(older_than=500) == old
    assert api.get(f"/jobs/{old[0]}").status_code == 404
    assert listed(api) == new


def test_a_list_that_lags(emulator: Running, api: httpx.Client) -> None:
    emulator.control.options(list_lag=30)
    job = submitted(api)
    assert listed(api) == []
    assert api.get(f"/jobs/{job}").status_code == 200
    emulator.control.advance_clock(30)
    assert listed(api) == [job]


def test_a_long_history_costs_nothing(emulator: Running, api: httpx.Client) -> None:
    ids = emulator.control.seed(key=KEY, count=20_000, fields={"topic": "number {n}"})
    assert listed(api, limit=100) == ids[:100]
    page = api.get("/jobs", params={"limit": 100, "offset": 19_950}).json()
    assert page["count"] == 50
    assert page["jobs"][-1].get("topic", "number 20000") == "number 20000"
