"""The blocking server, as the command runs it, and the addresses it takes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from afsync.emulator import ControlClient, ControlError, running, serve
from afsync.emulator.listener import bind

SERVE = """
import sys
from afsync.emulator import serve
serve(sys.argv[1], speed=60, dialect="deployed", faults=["GET /account#2: received-then-status(503)"],
      on_ready=lambda url: print(url, flush=True))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serving_until_told_to_stop(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-W", "error", "-c", SERVE, str(tmp_path / "emulator.db")]
    headers = {"Authorization": "Bearer af_live_test"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with httpx.Client(base_url=url, headers=headers, verify=False, trust_env=False) as api:
            assert [api.get("/account").status_code for _ in range(3)] == [200, 503, 200]
            control = ControlClient(url.removesuffix("/v1"))
            control.fault("GET /jobs: received-then-hold")
            with pytest.raises(httpx.ReadTimeout):
                api.get("/jobs", timeout=0.05)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=10)
    assert (process.returncode, stderr) == (0, "")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.com", ""])
def test_only_this_machine(host: str) -> None:
    with pytest.raises(ValueError, match="this machine only"):
        serve(host=host, on_ready=lambda url: None)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost"])
def test_names_of_this_machine(host: str) -> None:
    bind(host, 0).close()


def test_a_port_that_is_taken() -> None:
    with running() as emulator, pytest.raises(OSError, match="in use"):
        serve(port=int(emulator.origin.rpartition(":")[2]), on_ready=lambda url: None)


def test_stopping_with_requests_under_way() -> None:
    with running(faults=["GET /account: received-then-stall(60)"]) as emulator:
        headers = {"Authorization": "Bearer af_live_test"}
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{emulator.url}/account", headers=headers, timeout=0.05, verify=False)


@pytest.mark.parametrize(
    ("method", "path", "arguments", "message"),
    [
        ("GET", "/nothing", {}, "no such control call; there are: GET /_emulator/requests"),
        ("POST", "/jobs/seed", {"cuont": 3}, "unknown argument 'cuont'; there are: key, count"),
        ("POST", "/jobs/seed", {"count": "3"}, "'count' must be int"),
        ("POST", "/jobs/seed", {"count": True}, "'count' must be int"),
        ("POST", "/jobs/seed", {}, "'key' is required: there are 0 accounts"),
        ("POST", "/jobs/seed", {"key": "x"}, "'key' must look like af_live_"),
        ("POST", "/jobs/seed", {"key": "af_x", "fields": {"format": "wide"}}, "format must be one of"),
        ("POST", "/jobs/seed", {"key": "af_x", "publish_at": "soon"}, "'publish_at' must be an ISO 8601 time"),
        ("POST", "/jobs/advance", {}, "'to' is required"),
        ("POST", "/clock", {}, "give either 'advance'"),
        ("POST", "/clock", {"set": "soon"}, "'set' must be an ISO 8601 time"),
        ("POST", "/accounts", {}, "'key' is required"),
        ("POST", "/accounts", {"key": "af_x", "tier": "gold"}, "option 'tier' cannot be 'gold'"),
        ("PATCH", "/options", {"dialect": "x"}, "option 'dialect' cannot be 'x'; it takes documented or deployed"),
        ("PATCH", "/options", {"speed": "x"}, "it takes a number that is not negative or manual"),
        ("PATCH", "/templates", {"id": "tpl_none"}, "no template 'tpl_none'"),
        ("POST", "/faults", {"fault": "x"}, "expected 'METHOD /path#N"),
        ("POST", "/rehearse", {"after": "GET /jobs"}, "give 'after'"),
        ("POST", "/rehearse", {"after": "jobs", "calls": [{"call": "seed"}]}, "names no request"),
        ("POST", "/rehearse", {"after": "GET /jobs", "calls": [{"call": "x"}]}, "no call 'x'; there are: seed"),
        ("POST", "/uploads", {}, "'file_id' is required"),
    ],
)
def test_control_calls_that_make_no_sense(method: str, path: str, arguments: dict[str, object], message: str) -> None:
    with running() as emulator:
        with pytest.raises(ControlError) as refused:
            emulator.control.call(method, path, **arguments)
        assert message in str(refused.value)
