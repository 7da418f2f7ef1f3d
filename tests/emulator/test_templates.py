"""Templates in both dialects."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from afsync.emulator import Running
from tests.emulator.conftest import FETCH, Serve, client_for

BOTH = {"name": "Weekly", "format": "long", "tone": "hype", "jobSpec": {"format": "long", "tone": "hype"}}


def created(api: httpx.Client, **fields: Any) -> str:
    answer = api.post("/templates", json={**BOTH, **fields}).json()
    return str(answer.get("id") or answer["template"]["id"])


def test_documented(serve: Serve) -> None:
    with client_for(serve(dialect="documented")) as api:
        answer = api.post("/templates", json={"name": "Weekly", "contentType": "clips", "platforms": ["tiktok"]})
        row = answer.json()
        assert answer.status_code == 200
        assert set(row) == {"id", "name", "createdAt"}
        assert api.get("/templates").json() == {"templates": [row]}
        assert api.get(f"/templates/{row['id']}").status_code == 405
        assert api.delete(f"/templates/{row['id']}").json() == {"deleted": True}
        assert api.delete(f"/templates/{row['id']}").status_code == 404
        assert api.get("/templates").json() == {"templates": []}


def test_deployed(serve: Serve) -> None:
    with client_for(serve(dialect="deployed", timestamps="iso")) as api:
        spec = {"contentType": "clips", "platforms": ["tiktok"], "tone": "calm"}
        answer = api.post("/templates", json={"name": "Weekly", "description": "d", "jobSpec": spec})
        row = answer.json()["template"]
        assert answer.status_code == 201
        assert row["description"] == "d"
        assert row["content_type"] == "clips"
        assert row["platforms"] == ["tiktok"]
        assert row["job_spec"] == spec
        assert row["created_at"].endswith("Z")
        assert {"updated_at", "recurrence_rule"} <= set(row)
        assert api.get("/templates").json() == {"templates": [row]}
        assert api.get(f"/templates/{row['id']}").json() == {"template": row}
        assert api.delete(f"/templates/{row['id']}").json() == {"deleted": True}
        assert api.get(f"/templates/{row['id']}").status_code == 404


@pytest.mark.parametrize(
    ("dialect", "body", "error"),
    [
        ("documented", {}, "name is required"),
        ("documented", {"name": ""}, "name is required"),
        ("documented", {"name": 3}, "name is required"),
        ("documented", {"name": "a", "tone": 3}, "invalid_request"),
        ("documented", {"name": "a", "description": 3}, "invalid_request"),
        ("deployed", {"jobSpec": {}}, "name is required"),
        ("deployed", {"name": "a", "tone": "flat"}, "jobSpec is required"),
        ("deployed", {"name": "a", "jobSpec": "text"}, "jobSpec is required"),
        ("deployed", {"name": "a", "jobSpec": {"format": "wide"}}, "invalid_request"),
    ],
)
def test_refused(serve: Serve, dialect: str, body: dict[str, Any], error: str) -> None:
    emulator = serve(dialect=dialect)
    with client_for(emulator) as api:
        answer = api.post("/templates", json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert emulator.control.templates() == []


def test_a_body_for_both_dialects_satisfies_both(emulator: Running, api: httpx.Client) -> None:
    created(api)
    assert emulator.control.templates()[0]["fields"] == {"format": "long", "tone": "hype"}


def test_names_are_not_unique_and_the_newest_comes_first(api: httpx.Client) -> None:
    ids = [created(api), created(api)]
    assert [row["id"] for row in api.get("/templates").json()["templates"]] == ids[::-1]


def test_each_account_has_its_own(emulator: Running, api: httpx.Client) -> None:
    mine = created(api)
    with client_for(emulator, "af_live_other") as other:
        assert other.get("/templates").json() == {"templates": []}
        assert other.delete(f"/templates/{mine}").status_code == 404
        refused = other.post("/jobs", json={**FETCH, "fromTemplateId": mine})
        assert (refused.status_code, refused.json()["error"]) == (404, "template_not_found")


@pytest.mark.parametrize("form", ["object", "text"])
def test_job_spec_may_be_text(serve: Serve, form: str) -> None:
    with client_for(serve(dialect="deployed", job_spec=form)) as api:
        created(api)
        spec = api.get("/templates").json()["templates"][0]["job_spec"]
    assert (json.loads(spec) if form == "text" else spec) == BOTH["jobSpec"]


def test_edited_by_hand(emulator: Running, api: httpx.Client) -> None:
    template = created(api)
    emulator.control.edit_template(template, name="Other", fields={"tone": "calm"})
    assert api.get("/templates").json()["templates"][0]["name"] == "Other"
    api.post("/jobs", json={**FETCH, "fromTemplateId": template})
    assert emulator.control.jobs()[0]["fields"] == {**FETCH, "tone": "calm"}
