"""What programs read is what `schemas/` says, and the schemas say what there is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from afsync.commands import schema
from tests.harness import Done, Sandbox
from tests.scenarios.world import valid

SCHEMAS = Path(__file__).parents[2] / "schemas"

DOCUMENTS: dict[str, list[tuple[str, ...]]] = {
    "plan": [("plan", "--json"), ("plan", "--json", "--destroy"), ("plan", "--format", "json", "--max-credits", "0")],
    "validate": [("validate", "--json")],
    "account": [("account", "--json")],
    "status": [("status", "--json")],
    "calendar": [("calendar", "--json"), ("calendar", "--json", "--live", "--month", "2031-12")],
}
CHANGED = """\
limits: {max_credits: 1}
templates:
  weekly: {name: Weekly highlights, tone: calm, platforms: [tiktok]}
  daily: {name: Daily}
jobs:
  best: {template: weekly, url: https://clips.twitch.tv/one, topic: Best plays, schedule: 2031-12-02 09:00}
  late: {url: https://clips.twitch.tv/late, topic: Late, schedule: 2001-12-02 09:00}
  new: {url: https://clips.twitch.tv/new, topic: New, addOns: {shoppable: {active: true}}, rerun: 1}
  more: {url: https://clips.twitch.tv/more, format: long}
"""


@pytest.mark.parametrize(("name", "args"), [(n, a) for n, several in DOCUMENTS.items() for a in several])
def test_a_document_is_what_its_schema_says(name: str, args: tuple[str, ...], sandbox: Sandbox) -> None:
    for changed in (False, True):
        if changed:
            sandbox.write(CHANGED)
        document = sandbox.does(*args).json
        valid(name, document)
        assert document["format_version"] == "1.0"


def test_problems_are_what_their_schema_says(sandbox: Sandbox) -> None:
    sandbox.write("jobs: {a b: {}, c: {format: tall, zzz: 1}}\nnope: 1\n")
    done = sandbox.does("validate", "--json", code=1)
    valid("validate", done.json)
    codes = {problem["code"] for problem in done.json["problems"]}
    assert codes >= {"bad_key", "missing_source", "unknown_value", "unknown_key"}
    assert {problem["file"] for problem in done.json["problems"]} == {"afsync.yaml"}
    assert done.err == ""


def lines(done: Done) -> list[dict[str, Any]]:
    """The events of an apply, each of them valid."""
    for event in done.events:
        valid("apply", event)
    return done.events


def test_every_line_of_apply_is_what_its_schema_says(fresh: Sandbox) -> None:
    fresh.write(CHANGED)
    refused = lines(fresh.applied("--json", code=4))
    assert (refused[0]["type"], refused[-1]["type"]) == ("plan", "summary")
    assert "max_credits" in [e.get("code") for e in refused]

    fresh.control.fault("POST /jobs#1: received-then-status(422)")
    done = lines(fresh.applied("--json", "--max-credits", "9", code=1))
    valid("plan", done[0]["plan"])
    changes = [(e["address"], e["action"]) for e in done if e["type"] == "change_done"]
    assert sorted(changes) == sorted((c["address"], c["action"]) for c in done[0]["plan"]["changes"])
    assert {e["outcome"] for e in done if e["type"] == "change_done"} == {"applied", "failed"}
    assert done[-1]["failed"] == 1

    fresh.control.fault("POST /jobs#1: received-then-close")
    done = lines(fresh.applied("--json", "--max-credits", "9", code=3, env={"AFSYNC_QUARANTINE": "10m"}))
    assert done[-1]["unresolved"] == 1
    valid("state", fresh.state)
    plan = fresh.does("plan", "--json", env={"AFSYNC_QUARANTINE": "10m"}).json
    valid("plan", plan)
    assert [i["address"] for i in plan["intents"]] == [i["address"] for i in fresh.state["intents"]]
    lines(fresh.does("destroy", "--auto-approve", "--json", code=3, env={"AFSYNC_QUARANTINE": "10m"}))


def test_a_result_is_what_its_schema_says(fresh: Sandbox) -> None:
    fresh.control.advance("published", job_ids=[fresh.ids()["job.other"]])
    valid("result", fresh.does("result", "job.other", "--json").json)
    valid("status", fresh.does("status", "--json").json)


def test_the_configuration_is_what_its_schema_says(sandbox: Sandbox) -> None:
    """Written as JSON, which is YAML: what afsync accepts, editors accept, and the other way round."""
    good = {"version": 1, "jobs": {"a": {"url": "https://a.b/c", "schedule": "2031-12-01T09:00:00Z", "rerun": 2}}}
    valid("afsync", good)
    mistakes: list[dict[str, Any]] = [
        {"jbos": {}},
        {"version": 2},
        {"jobs": {"a": {"format": "tall", "url": "https://a.b"}}},
    ]
    for wrong in mistakes:
        bad = {**good, **wrong}
        sandbox.write(json.dumps(bad), head=False)
        sandbox.does("validate", code=1)
        with pytest.raises(jsonschema.ValidationError):
            valid("afsync", bad)
    sandbox.write(json.dumps(good), head=False)
    sandbox.does("validate")


@pytest.mark.parametrize("name", schema.FILES)
def test_a_schema_is_printed_as_it_lies_there(name: str, sandbox: Sandbox) -> None:
    text = sandbox.does("schema", name).out
    assert text == (SCHEMAS / schema.FILES[name]).read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(text))


def test_every_schema_can_be_printed() -> None:
    assert {path.name for path in SCHEMAS.glob("*.json")} == set(schema.FILES.values())


def test_the_configuration_is_printed_when_nothing_is_named(sandbox: Sandbox) -> None:
    assert sandbox.does("schema").out == sandbox.does("schema", "config").out
