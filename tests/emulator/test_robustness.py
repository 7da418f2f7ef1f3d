"""Whatever is sent, the answer is the API's, and never a 500; and the emulator shares no code with the client."""

from __future__ import annotations

import ast
import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import afsync.emulator
from afsync.emulator import ACTIONS, POINTS, Emulator, create_app
from afsync.emulator.control.app import CALLS, REHEARSABLE
from afsync.emulator.endpoints import ROUTES
from afsync.emulator.fields import FIELDS
from afsync.emulator.options import EmulatorOptions
from tests.emulator.conftest import FETCH, KEY

FOLDER = Path(afsync.emulator.__file__).parent
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
LIKELY = st.sampled_from([
    "upload", "generate", "long", "https://a.example", ["tiktok"], "scheduled", True, 30, {"a": {"b": 1}}, "",
    "2099-01-01T00:00:00Z", None, "job_x", "file_x",
])  # fmt: skip
FIELD_NAMES = st.sampled_from([
    *FIELDS, "name", "description", "jobSpec", "scheduledAt", "scheduledPublishAt", "filename", "contentType", "x",
])  # fmt: skip
BODIES = st.dictionaries(FIELD_NAMES, ANY | LIKELY, max_size=6)
QUERIES = st.dictionaries(st.sampled_from(["limit", "offset", "status", "x"]), st.text(max_size=6), max_size=3)


@pytest.fixture(scope="module", params=["documented", "deployed"])
def app(request: pytest.FixtureRequest) -> Any:
    app = create_app(dialect=request.param, rpm=10**9, concurrent=10**6, credits=10**9, speed=60)
    yield app
    app.close()


def request(app: Emulator, method: str, path: str, content: bytes, query: dict[str, str]) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://x", headers=headers) as client:
            return await client.request(method, path, content=content, params=query)

    return asyncio.run(send())


@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_request_breaks_it(app: Emulator, data: st.DataObject) -> None:
    job = request(app, "POST", "/v1/jobs", json.dumps(FETCH).encode(), {}).json()["jobId"]
    for _ in range(4):
        route = data.draw(st.sampled_from(ROUTES))
        method = data.draw(st.sampled_from(sorted((route.methods or set()) - {"HEAD"})))
        path = route.path.replace("{job}", job).replace("{template}", "tpl_x")
        body = data.draw(BODIES | ANY)
        content = json.dumps(body).encode()
        if method in ("GET", "DELETE"):
            content = b""
        answer = request(app, method, path, content, data.draw(QUERIES))
        assert answer.status_code < 500, (method, path, body, answer.text)
        assert isinstance(answer.json(), dict)
        if answer.status_code >= 400:
            assert isinstance(answer.json()["error"], str)


@given(body=st.binary(max_size=200))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_break_it(app: Emulator, body: bytes) -> None:
    for path in ("/v1/jobs", "/v1/templates", "/v1/upload"):
        answer = request(app, "POST", path, body, {})
        assert answer.status_code == 400
        assert isinstance(answer.json()["error"], str)


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def test_it_imports_nothing_from_the_rest_of_afsync() -> None:
    for path in FOLDER.rglob("*.py"):
        theirs = {"pytest"} if path.name == "pytest_plugin.py" else set()
        outside = {name.split(".")[0] for name in imports(path) if not name.startswith("afsync.emulator")}
        assert outside <= {*sys.stdlib_module_names, "msgspec", "starlette", "uvicorn"} | theirs, path


def test_naming_it_costs_nothing() -> None:
    code = "import sys, afsync.emulator; print({'starlette', 'uvicorn', 'sqlite3'} & set(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"


def test_everything_public_is_there() -> None:
    for name in afsync.emulator.__all__:
        assert getattr(afsync.emulator, name)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = afsync.emulator.nothing


DOCUMENT = FOLDER.parent.parent / "docs" / "emulator.md"


def test_everything_is_documented() -> None:
    text = DOCUMENT.read_text()
    calls = {f"{method} {path}" for method, path in CALLS}
    words = {*EmulatorOptions.__struct_fields__, *POINTS, *ACTIONS, *REHEARSABLE, *calls}
    assert [word for word in sorted(words) if re.search(rf"[`\"]{re.escape(word)}[`\"(]", text) is None] == []
