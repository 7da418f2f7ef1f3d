"""schemas/auraflux.openapi.yaml is what the emulator serves in its documented dialect: a schema-driven tool says so."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from afsync.config.document import parse
from afsync.core.body_fields import BODY_ORDER, OF_TEMPLATES
from afsync.emulator import running
from afsync.emulator.endpoints import ROUTES
from afsync.emulator.fields import FIELDS
from tests.scale import EVERYTHING

SCHEMA = Path(__file__).parents[2] / "schemas/auraflux.openapi.yaml"
KEY = "af_live_schema"
STATUSES = ("queued", "running", "complete", "published", "failed", "cancelled")
EXAMPLES = os.environ.get("AFSYNC_SCHEMATHESIS_EXAMPLES", "10")

# What OpenAPI cannot say: a file has to be called .mp4 or .mov, and what is to be published has to be produced.
CONFIG = """
[dictionaries.jobs]
values = {jobs}

[parameters]
"path.job" = {{ dictionary = "jobs", probability = 0.6 }}

[[operations]]
include-name = "POST /upload"
checks = {{ positive_data_acceptance = {{ expected-statuses = [200, 400] }} }}

[[operations]]
include-name = "POST /jobs/{{job}}/approve-publish"
checks = {{ positive_data_acceptance = {{ expected-statuses = [200, 400, 404, 409, 422] }} }}
"""


def document() -> dict[str, Any]:
    value: dict[str, Any] = parse(SCHEMA.read_bytes(), SCHEMA.name).value
    return value


def test_every_route_is_described_and_nothing_else() -> None:
    methods = {"get", "post", "put", "patch", "delete"}
    described = {
        (method.upper(), f"/v1{path}")
        for path, item in document()["paths"].items()
        for method in item
        if method in methods
    }
    served = {(m, r.path) for r in ROUTES for m in r.methods or () if m != "HEAD"}
    assert served - described == {("GET", "/v1/templates/{template}")}, "which the documented dialect answers with 405"
    assert described <= served


def test_every_field_is_described_and_taken() -> None:
    """What afsync can send, what the emulator takes, and what the schema describes are the same fields."""
    by_another_name = {"template", "file", "schedule"}
    assert set(FIELDS) == set(BODY_ORDER) - OF_TEMPLATES - by_another_name
    schemas = document()["components"]["schemas"]
    described = set(schemas["Production"]["properties"])
    assert described | {"fromTemplateId"} == set(FIELDS)
    assert set(schemas["NewTemplate"]["allOf"][1]["properties"]) == OF_TEMPLATES


def test_the_emulator_is_what_it_describes(tmp_path: Path, record_property: Any) -> None:
    options: dict[str, Any] = {"speed": "manual", "rpm": 10**7, "concurrent": 1000, "credits": 10**9}
    with running(dialect="documented", check_files=False, **options) as emulator:
        jobs = [emulator.control.seed(key=KEY, status=status)[0] for status in STATUSES]
        jobs += emulator.control.seed(key=KEY, status="complete", fields={"staging": True, "platforms": ["tiktok"]})
        (tmp_path / "schemathesis.toml").write_text(CONFIG.format(jobs=json.dumps(jobs)))
        done = _run(emulator.url, tmp_path)
    cases = re.search(r"(\d+) generated", done.stdout)
    assert done.returncode == 0, done.stdout[-6000:]
    assert cases is not None and int(cases[1]) > 500, done.stdout[-3000:]
    record_property("figure", f"schemathesis against the emulator: {cases[1]} cases, 0 findings")


@pytest.mark.skipif(not EVERYTHING, reason="run with AFSYNC_SCALE=10")
@pytest.mark.parametrize("dialect", ["deployed", "router"])
def test_no_request_breaks_the_other_dialects(tmp_path: Path, dialect: str, record_property: Any) -> None:
    """The schema describes the documented one; whatever it sends, the others answer, too, and in JSON."""
    options: dict[str, Any] = {"speed": "manual", "rpm": 10**7, "concurrent": 1000, "credits": 10**9}
    with running(dialect=dialect, check_files=False, **options) as emulator:
        jobs = [emulator.control.seed(key=KEY, status=status)[0] for status in STATUSES]
        (tmp_path / "schemathesis.toml").write_text(CONFIG.format(jobs=json.dumps(jobs)))
        done = _run(emulator.url, tmp_path, "--checks", "not_a_server_error,content_type_conformance")
    cases = re.search(r"(\d+) generated", done.stdout)
    findings = re.findall(r"^- (?:ST\d+ )?(.+)$", done.stdout, re.MULTILINE)
    answers = re.findall(r"^\[(\d+)\] .*:\n\n +`(.*)`$", done.stdout, re.MULTILINE)
    assert len(answers) == len(findings) == done.stdout.count("\n["), done.stdout[-6000:]
    # The router answers 500 to an id of a template that is no UUID, as the service does.
    known = {"get_template_failed", "template_load_failed"} if dialect == "router" else set()
    assert done.returncode == (1 if known else 0), done.stdout[-6000:]
    assert set(findings) == ({"Server error"} if known else set()), done.stdout[-6000:]
    assert {(status, json.loads(body)["error"]) for status, body in answers} == {("500", code) for code in known}
    assert cases is not None and int(cases[1]) > 200, done.stdout[-3000:]
    said = f"{len(findings)} known findings, no other" if known else "0 findings"
    record_property("figure", f"schemathesis against the emulator ({dialect}): {cases[1]} cases, {said}")


def _run(url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = ["run", str(SCHEMA), "--url", url, "-H", f"Authorization: Bearer {KEY}", "--max-examples", EXAMPLES]
    return subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", *words, "--seed", "7", "--no-color", "--continue-on-failure", *more],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
