"""The router dialect: what it answers, what it keeps of it, and what really becomes of a job."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from afsync.emulator import Running, create_app, running
from tests.emulator.conftest import KEY, Serve, client_for, submitted

SHORT = {"format": "short", "durationMins": 1, "platforms": ["tiktok", "youtube"]}
LATER = {"scheduledPublishAt": "2099-01-01T00:00:00Z"}
QUEUED, RUNNING, PASSED, DONE = 1, 30, 120, 185
"""Seconds after the submission of a short."""


@pytest.fixture
def emulator(serve: Serve) -> Running:
    return serve(dialect="router", speed=1)


def status(api: httpx.Client, job: str) -> str:
    return str(api.get(f"/jobs/{job}").json()["status"])


def world(emulator: Running, job: str) -> dict[str, Any]:
    return next(row for row in emulator.control.jobs() if row["job_id"] == job)


def published(emulator: Running, job: str) -> list[tuple[str, list[str]]]:
    return [(one["by"], one["platforms"]) for one in world(emulator, job)["publications"]]


def test_an_ordinary_job_is_published_when_it_is_produced_and_ends_as_complete(
    emulator: Running, api: httpx.Client
) -> None:
    job = submitted(api, **SHORT, publishMode="manual")
    seen = [status(api, job)]
    for seconds in (RUNNING, PASSED - RUNNING, DONE - PASSED, 10_000):
        emulator.control.advance_clock(seconds)
        seen.append(status(api, job))
    assert seen == ["queued", "running", "passed", "complete", "complete"]
    assert published(emulator, job) == [("production", SHORT["platforms"])]
    row = world(emulator, job)
    assert row["publications"][0]["at"] == row["finished_at"]
    assert row["made"] is True


@pytest.mark.parametrize("asked", [QUEUED, RUNNING, PASSED])
def test_a_cancelled_job_is_published_all_the_same(emulator: Running, api: httpx.Client, asked: int) -> None:
    job = submitted(api, **SHORT)
    emulator.control.advance_clock(asked)
    for _ in range(2):
        assert api.delete(f"/jobs/{job}").json() == {"jobId": job, "status": "cancelled"}
    assert status(api, job) == "cancelled"
    emulator.control.advance_clock(DONE)
    assert status(api, job) == "complete"
    assert published(emulator, job) == [("production", SHORT["platforms"])]
    assert world(emulator, job)["cancelled_at"] is not None
    refused = api.delete(f"/jobs/{job}")
    assert (refused.status_code, refused.json()["error"]) == (409, "cannot_cancel")


@pytest.mark.parametrize("asked", [QUEUED, RUNNING, PASSED])
@pytest.mark.parametrize("time", ["2099-01-01T00:00:00Z", "2001-01-01T00:00:00Z", "tomorrow"])
def test_a_publish_time_is_kept_until_production_writes_next(
    emulator: Running, api: httpx.Client, asked: int, time: str
) -> None:
    job = submitted(api, **SHORT, topic="a")
    emulator.control.advance_clock(asked)
    answer = api.patch(f"/jobs/{job}/schedule", json={"scheduledPublishAt": time})
    assert (answer.status_code, answer.json()) == (
        200,
        {"jobId": job, "scheduledPublishAt": time, "status": "scheduled"},
    )
    row = {"jobId": job, "status": "scheduled", "topic": "a", "scheduledPublishAt": time}
    assert api.get("/schedule").json() == {"scheduled": [row]}
    emulator.control.advance_clock(DONE)
    assert api.get("/schedule").json() == {"scheduled": []}
    assert (status(api, job), len(published(emulator, job))) == ("complete", 1)
    assert api.patch(f"/jobs/{job}/schedule", json=LATER).status_code == 200, "and nothing is kept of it"
    assert (status(api, job), api.get("/schedule").json()) == ("complete", {"scheduled": []})
    assert [event["kept"] for event in world(emulator, job)["events"] if event["what"] == "schedule"] == [True, False]


def test_a_publish_time_needs_its_name(api: httpx.Client) -> None:
    job = submitted(api)
    for body in ({}, {"scheduledPublishAt": None}, {"scheduledAt": "2099-01-01T00:00:00Z"}):
        answer = api.patch(f"/jobs/{job}/schedule", json=body)
        assert (answer.status_code, answer.json()) == (400, {"error": "scheduledPublishAt is required (ISO 8601)"})


def test_staging_of_the_body_is_honoured_and_an_approval_publishes_in_the_background(
    emulator: Running, api: httpx.Client
) -> None:
    answer = api.post("/jobs", json={**SHORT, "staging": True})
    job = answer.json()["jobId"]
    assert answer.json()["staging"] is True
    assert api.post(f"/jobs/{job}/approve-publish").json()["error"] == "no_output"
    emulator.control.advance_clock(DONE)
    assert (status(api, job), published(emulator, job)) == ("complete", [])
    assert api.get(f"/jobs/{job}/staging-assets").json()["staging"] is True
    accepted = api.post(f"/jobs/{job}/approve-publish", json={"platforms": ["tiktok"]})
    assert (accepted.status_code, accepted.json()["accepted"]) == (202, True)
    assert (status(api, job), published(emulator, job)) == ("publishing", [])
    emulator.control.advance_clock(30)
    assert (status(api, job), published(emulator, job)) == ("published", [("approval", ["tiktok"])])
    assert api.get(f"/jobs/{job}/staging-assets").json()["staging"] is False
    link = api.get(f"/jobs/{job}").json()["outputUrl"]
    assert httpx.get(link, verify=False).status_code == 200
    emulator.control.advance_clock(7300)
    assert httpx.get(link, verify=False).status_code == 403


@pytest.mark.parametrize("staging", [True, False])
def test_approving_again_publishes_again(emulator: Running, api: httpx.Client, staging: bool) -> None:
    job = submitted(api, **SHORT, staging=staging)
    emulator.control.advance_clock(DONE)
    for _ in range(2):
        assert api.post(f"/jobs/{job}/approve-publish").status_code == 202
        emulator.control.advance_clock(30)
    expected = ["approval", "approval"] if staging else ["production", "approval", "approval"]
    assert [by for by, _ in published(emulator, job)] == expected


@pytest.mark.parametrize(("platforms", "fails"), [(["tiktok"], "tiktok"), ([], "")])
def test_an_approval_that_fails_falls_back(
    emulator: Running, api: httpx.Client, platforms: list[str], fails: str
) -> None:
    job = submitted(api, **{**SHORT, "platforms": platforms}, staging=True)
    emulator.control.advance_clock(DONE)
    emulator.control.options(publish_fails=fails)
    assert api.post(f"/jobs/{job}/approve-publish").status_code == 202
    emulator.control.advance_clock(30)
    assert (status(api, job), published(emulator, job)) == ("complete", [])
    assert api.get(f"/jobs/{job}/staging-assets").json()["staging"] is True
    results = api.get(f"/jobs/{job}/result").json()["platforms"]
    assert [(one["platform"], one["status"]) for one in results] == [(name, "failed") for name in platforms]


def test_one_platform_can_fail(serve: Serve) -> None:
    emulator = serve(dialect="router", speed=1, publish_fails="youtube")
    with client_for(emulator) as api:
        job = submitted(api, **SHORT)
        emulator.control.advance_clock(DONE)
        assert published(emulator, job) == [("production", ["tiktok"])]
        results = {one["platform"]: one["status"] for one in api.get(f"/jobs/{job}/result").json()["platforms"]}
        assert results == {"tiktok": "published", "youtube": "failed"}
        assert api.get(f"/jobs/{job}").json()["portals"][4]["failReason"] == "Not published to youtube"
        emulator.control.options(publish_fails="")
        api.post(f"/jobs/{job}/approve-publish", json={"platforms": ["youtube"]})
        emulator.control.advance_clock(30)
        assert published(emulator, job)[1:] == [("approval", ["youtube"])]


def test_an_older_version_answers_an_approval_when_it_is_done(serve: Serve) -> None:
    emulator = serve(dialect="router", speed=1, approval="older")
    with client_for(emulator) as api:
        job = submitted(api, **SHORT, staging=True)
        emulator.control.advance_clock(DONE)
        answer = api.post(f"/jobs/{job}/approve-publish")
        results = {name: {"status": "published"} for name in SHORT["platforms"]}  # type: ignore[attr-defined]
        assert (answer.status_code, answer.json()) == (200, {"jobId": job, "approved": True, "platforms": results})
        assert (status(api, job), len(published(emulator, job))) == ("published", 1)


def test_an_approval_can_be_private(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api, **SHORT, staging=True)
    emulator.control.advance_clock(DONE)
    api.post(f"/jobs/{job}/approve-publish", json=LATER)
    emulator.control.advance_clock(30)
    assert [one["private"] for one in world(emulator, job)["publications"]] == [True]


def test_what_cannot_be_approved(emulator: Running, api: httpx.Client) -> None:
    low = submitted(api, **SHORT, topic="[operator_review]")
    failed = submitted(api, **SHORT, topic="[failed]")
    emulator.control.advance_clock(DONE)
    assert (status(api, low), status(api, failed)) == ("processing", "failed")
    assert api.get(f"/jobs/{low}/result").json()["status"] == "operator_review"
    refused = [api.post(f"/jobs/{job}/approve-publish") for job in (low, failed)]
    assert [(one.status_code, one.json()["error"]) for one in refused] == [
        (422, "publish_not_ready"),
        (422, "no_output"),
    ]
    emulator.control.options(publish_profile=False)
    assert api.post(f"/jobs/{low}/approve-publish").json()["error"] == "no_upload_post_profile"
    assert [published(emulator, job) for job in (low, failed)] == [[], []]


@pytest.mark.parametrize("word", ["sendback", "intervention", "hard_stop"])
def test_statuses_on_the_way(emulator: Running, api: httpx.Client, word: str) -> None:
    job = submitted(api, **SHORT, topic=f"[{word}]")
    emulator.control.advance_clock(PASSED)
    assert status(api, job) == word


def test_ready_to_publish_stays(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api, **SHORT, topic="[ready_to_publish]")
    emulator.control.advance_clock(10**6)
    assert (status(api, job), published(emulator, job)) == ("ready_to_publish", [])


def test_next_to_nothing_is_checked_and_the_defaults_are_not_those_of_the_reference(
    emulator: Running, api: httpx.Client
) -> None:
    assert api.post("/jobs").status_code == 202
    odd = {"entry": "dream", "platforms": ["radio"], "durationMins": 9999, "publishMode": "never"}
    assert api.post("/jobs", json=odd).status_code == 202
    second, first = emulator.control.jobs()
    assert (first["fields"]["format"], first["fields"]["durationMins"]) == ("long", 5)
    assert second["fields"]["durationMins"] == 9999
    answer = api.get(f"/jobs/{second['job_id']}").json()
    assert (answer["entry"], answer["platforms"], answer["format"]) == ("dream", ["radio"], None)


def test_nothing_is_charged(emulator: Running, api: httpx.Client) -> None:
    answer = api.post("/jobs", json=SHORT).json()
    assert "creditCost" not in answer
    assert "balance" not in answer
    assert [entry["amount"] for entry in emulator.control.ledger()] == [50]


def test_its_own_calculator(serve: Serve) -> None:
    emulator = serve(dialect="router", charging=True, tier="guided", credits=20)
    with client_for(emulator) as api:
        emulator.control.account(KEY, add_credits=10)
        assert api.post("/jobs", json={**SHORT, "entry": "fetch"}).json()["creditCost"] == 19
        credits = api.get("/account").json()["credits"]
        assert credits == {"balance": 11, "included": 20, "used": 9, "packs": 0}
        refused = api.post("/jobs", json=SHORT)
        assert (refused.status_code, refused.json()["balance"]) == (402, 0)
        assert api.get("/account").json()["credits"]["balance"] == 11
        assert [row["origin"] for row in emulator.control.jobs()] == ["ghost", "submitted"]


def test_a_refused_submission_leaves_a_ghost(emulator: Running, api: httpx.Client) -> None:
    refused = api.post("/jobs", json={**SHORT, "topic": "a", "addOns": {"shoppable": {"active": "yes"}}})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_feature_inputs")
    assert refused.json()["errors"][0]["field"] == "addOns.shoppable"
    emulator.control.advance_clock(10**6)
    (ghost,) = api.get("/jobs").json()["jobs"]
    assert (ghost["status"], ghost["entry"], ghost["topic"]) == ("pending", None, None)
    assert published(emulator, ghost["jobId"]) == []


def test_only_some_fields_of_a_template_have_an_effect(emulator: Running, api: httpx.Client) -> None:
    spec = {
        "templateId": "short-form", "contentType": "sports-short", "durationMins": 2, "topic": "t", "tone": "calm",
        "platforms": ["tiktok"], "staging": True, "publishMode": "manual", "format": "long", "anything": 1,
    }  # fmt: skip
    row = api.post("/templates", json={"name": "a", "jobSpec": spec}).json()["template"]
    assert row["created_at"].endswith("Z")
    job = submitted(api, fromTemplateId=row["id"])
    made = world(emulator, job)["fields"]
    assert made == {"url": "https://clips.twitch.tv/one", "format": "short", "durationMins": 2, "topic": "t",
                    "tone": "calm", "contentType": "sports-short"}  # fmt: skip
    told = api.get(f"/jobs/{job}").json()
    assert [told[name] for name in ("topic", "contentType", "platforms", "format")] == ["t", "sports", [], None]
    emulator.control.advance_clock(10**4)
    assert (status(api, job), published(emulator, job)) == ("complete", [])


def test_templates_have_uuids(api: httpx.Client) -> None:
    row = api.post("/templates", json={"name": "a", "jobSpec": {}}).json()["template"]
    assert len(row["id"]) == 36
    unknown = "00000000-0000-4000-8000-000000000000"
    answers = [api.get("/templates/tpl_1"), api.delete("/templates/tpl_1"), api.get(f"/templates/{unknown}")]
    assert [(one.status_code, one.json()["error"]) for one in answers] == [
        (500, "get_template_failed"), (500, "get_template_failed"), (404, "not_found"),
    ]  # fmt: skip
    sent = [api.post("/jobs", json={"fromTemplateId": name}) for name in ("tpl_1", unknown)]
    assert [(one.status_code, one.json()["error"]) for one in sent] == [
        (500, "template_load_failed"), (404, "template_not_found"),
    ]  # fmt: skip
    assert api.get("/jobs").json()["jobs"] == []


def test_ids_tell_kind_and_time(serve: Serve) -> None:
    emulator = serve(dialect="router", shared_ids=False)
    with client_for(emulator) as api:
        submitted(api, format="short")
        submitted(api, entry="generate", contentType="sports")
        first, second = reversed(emulator.control.jobs())
    account = first["account"]
    assert first["job_id"].startswith(f"{account}_COMPACT_FETCH_news_17")
    assert second["job_id"].startswith(f"{account}_EXTRACT_GEN_sports_17")


def test_echo(emulator: Running, api: httpx.Client) -> None:
    job = submitted(api, productionProfile="vertical_reel", format="long", addOns={"shoppable": {"active": True}})
    told = api.get(f"/jobs/{job}").json()
    assert (told["contentType"], told["productionProfile"], told["sourceType"]) == ("news", "broadcast_desk", None)
    assert len(told["addOns"]) == 7
    assert told["addOns"]["shoppable"] == {"active": True}
    assert [set(one) for one in told["portals"]] == [{"portal", "passed", "status", "failReason", "score"}] * 5
    assert told["createdAt"].isdigit()
    assert told["updatedAt"].isdigit()
    emulator.control.advance_clock(10**4)
    result = api.get(f"/jobs/{job}/result").json()
    assert set(result["publishCopy"]) == {"youtube", "tiktok", "instagram"}
    assert result["completedAt"].isdigit()


def test_odd_answers(api: httpx.Client) -> None:
    for body in (b"{", b"3"):
        answer = api.post("/jobs", content=body)
        assert (answer.status_code, answer.json()["label"]) == (400, "BODY_PARSE_FAILED")
    page = api.get("/nothing")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert api.get("/jobs", params={"limit": -5}).status_code == 500
    assert api.get("/jobs", params={"limit": "many"}).json()["limit"] == 20
    assert api.post("/jobs", json={"prompt": "x" * 2_000_000}).status_code == 202
    assert api.post("/jobs", json={"prompt": "x" * 10_000_001}).status_code == 413


@pytest.mark.parametrize("tier", ["operate", "guided", "managed"])
def test_limits_that_are_told_are_not_those_that_hold(serve: Serve, tier: str) -> None:
    emulator = serve(dialect="router", tier=tier, rpm=None, concurrent=None)
    enforced = {"operate": 60, "guided": 120, "managed": 300}[tier]
    with client_for(emulator) as api:
        answers = [api.get("/account") for _ in range(enforced + 1)]
    assert answers[0].json()["rateLimits"] == {"rpm": 60, "concurrent": 3}
    assert [one.status_code for one in answers[-2:]] == [200, 429]


def test_a_key_is_missing(emulator: Running) -> None:
    with client_for(emulator, None) as api:
        assert (api.get("/account").status_code, api.get("/account").json()["error"]) == (401, "missing_auth")


def test_by_hand(serve: Serve) -> None:
    emulator = serve(dialect="router")
    with client_for(emulator) as api:
        job = submitted(api, **SHORT)
        for word in ("running", "operator_review", "complete", "failed", "cancelled", "anything", "published"):
            emulator.control.advance(word)
            assert status(api, job) == ("processing" if word == "operator_review" else word)
        assert [by for by, _ in published(emulator, job)] == ["production"]
        seeded = emulator.control.seed(key=KEY, status="complete", fields=SHORT)[0]
        assert (status(api, seeded), len(published(emulator, seeded))) == ("complete", 1)


def test_the_other_dialects_tell_of_publications_too(serve: Serve, dialect: str) -> None:
    emulator = serve(dialect=dialect, speed=1)
    with client_for(emulator) as api:
        job = submitted(api, **SHORT)
        staged = submitted(api, **SHORT, staging=True)
        emulator.control.advance_clock(10**4)
        assert (published(emulator, job), published(emulator, staged)) == ([("production", SHORT["platforms"])], [])
        api.post(f"/jobs/{staged}/approve-publish", json={"platforms": ["tiktok"]})
        emulator.control.advance_clock(60)
        assert published(emulator, staged) == [("approval", ["tiktok"])]


def test_two_submissions_in_a_millisecond(serve: Serve) -> None:
    for shared in (False, True):
        moment = datetime(2030, 1, 1, tzinfo=UTC)
        emulator = serve(dialect="router", shared_ids=shared, clock=lambda moment=moment: moment)
        with client_for(emulator) as api:
            ids = {submitted(api, topic=topic) for topic in ("a", "b")}
        assert len(ids) == len(emulator.control.jobs()) == (1 if shared else 2)
        told = [event for row in emulator.control.jobs() for event in row["events"] if event["what"] == "submit"]
        assert sorted(event["body"]["topic"] for event in told) == ["a", "b"]


def test_a_file_of_the_version_before_can_be_used(tmp_path: Path) -> None:
    file = tmp_path / "emulator.db"
    create_app(file).close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("ALTER TABLE jobs DROP COLUMN events")
        connection.execute("PRAGMA user_version = 1")
        connection.commit()
    with running(file, dialect="router", speed="manual") as emulator, client_for(emulator) as api:
        assert status(api, submitted(api)) == "queued"
