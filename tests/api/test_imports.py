"""What is loaded when: a plan against the emulator inside the process needs neither httpx nor TLS."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("httpx", "httpcore", "ssl", "asyncio", "pydantic", "rich", "click", "email", "urllib.request")


def loaded(code: str) -> set[str]:
    show = f"import sys, json; print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{show}"], capture_output=True, check=True, text=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("module", ["access", "session", "reader", "writer", "snapshot", "limiter"])
def test_nothing_heavy_comes_with(module: str) -> None:
    assert loaded(f"import afsync.api.{module}") == set()


def test_httpx_comes_without_its_command_line_and_stays_whole() -> None:
    assert loaded("import afsync.api.client") & {"rich", "click", "pydantic", "asyncio"} == set()
    assert loaded("import httpx, afsync.api.client; assert callable(httpx.main)") >= {"httpx"}
    assert loaded("import afsync.api.client, httpx._main") >= {"httpx", "click"}


def test_a_line_over_plain_http_loads_no_certificates() -> None:
    code = """
import ssl
from afsync.api.access import Access, Secret
from afsync.api.session import connect
ssl.SSLContext.load_default_certs = ssl.SSLContext.load_verify_locations = lambda *a, **k: 1 / 0
here = Access("http://127.0.0.1:1/v1", Secret("k"))
connect(here, environ={}, user_agent="x", clock=float, sleep=print, random=float)
"""
    assert "httpx" in loaded(code)
