"""The JSON Schema: up to date, useful in an editor, and never stricter than the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from afsync.config.document import parse
from afsync.config.schema import config_schema
from tests.locked import worded_by

ROOT = Path(__file__).parents[2]
SCHEMA = config_schema()
VALIDATOR = Draft7Validator(SCHEMA)


@worded_by("pydantic")
def test_the_file_is_up_to_date() -> None:
    written = json.loads((ROOT / "schemas/afsync.schema.json").read_text("utf-8"))
    assert written == SCHEMA, "run `make schemas`, or python -m afsync.config.schema > schemas/afsync.schema.json"


def test_it_is_a_schema() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert "$defs" not in json.dumps(SCHEMA)


PROJECTS = [f for f in sorted((ROOT / "examples").rglob("*.yaml")) if f.name != "afsync.workspace.yaml"]


@pytest.mark.parametrize("file", PROJECTS, ids=lambda f: str(f.relative_to(ROOT)))
def test_the_examples_are_valid_and_name_it(file: Path) -> None:
    data = file.read_bytes()
    first = data.decode().split("\n")[0]
    assert first.startswith("# yaml-language-server: $schema=")
    assert (file.parent / first.split("=")[1]).resolve() == ROOT / "schemas/afsync.schema.json"
    VALIDATOR.validate(parse(data, file.name).value)


GOOD: list[dict[str, Any]] = [
    {"version": 1},
    {"version": 1, "jobs": None, "templates": None, "api": None, "vars": None, "limits": None, "defaults": None},
    {"templates": {"t": {"name": "x"}}},
    {"version": 1, "limits": {"max_deletes": "30%"}},
    {"version": 1, "limits": {"max_deletes": 3}},
    {"version": 1, "vars": {"a": [1, "x", True], "b": 1.5}},
    {"jobs": {"a": {"durationMins": "${var.m}", "platforms": "${var.p}", "staging": "${env.S}", "url": "${var.u}/x"}}},
    {"jobs": {"a": {"platforms": ["tiktok", "${var.p}"], "lifecycle": {"prevent_destroy": "${var.x}"}}}},
    {"jobs": {"a": {"url": "${row.Link of the clip}", "rows": {"file": "s.csv"}}}},
    {"jobs": {"a": {"addOns": {"x": [None, {"y": 1}]}, "effects": [1], "rerun": 3}}},
]
BAD: list[dict[str, Any]] = [
    {"vars": {}},
    {"version": 2},
    {"version": 1, "job": {}},
    {"version": 1, "jobs": {"a b": {}}},
    {"version": 1, "jobs": {"a": {"tpoic": "x"}}},
    {"version": 1, "jobs": {"a": {"durationMins": "1"}}},
    {"version": 1, "jobs": {"a": {"durationMins": 121}}},
    {"version": 1, "jobs": {"a": {"topic": None}}},
    {"version": 1, "jobs": {"a": {"format": "shrot"}}},
    {"version": 1, "jobs": {"a": {"platforms": "tiktok"}}},
    {"version": 1, "jobs": {"a": {"lifecycle": {"ignore_changes": ["toen"]}}}},
    {"version": 1, "templates": {"t": {}}},
    {"version": 1, "defaults": {"job": {"url": "https://a.b"}}},
    {"version": 1, "limits": {"max_deletes": "many"}},
    {"version": 1, "api": {"exclusive": "${var.x}"}},
]


@pytest.mark.parametrize("value", GOOD, ids=json.dumps)
def test_it_accepts(value: dict[str, Any]) -> None:
    VALIDATOR.validate(value)


@pytest.mark.parametrize("value", BAD, ids=json.dumps)
def test_it_refuses(value: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid(value)


def test_every_property_says_what_it_is_for() -> None:
    for part in [SCHEMA, *SCHEMA["definitions"].values()]:
        for name, schema in part.get("properties", {}).items():
            assert schema["description"], name
            assert not ("$ref" in schema and len(schema) > 1), f"{name}: draft 7 reads nothing beside a $ref"
