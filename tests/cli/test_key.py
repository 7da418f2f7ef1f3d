"""The key goes to the service in one header, and nowhere else: no output, no file, no traceback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from afsync.commands import plan
from afsync.emulator.server import running
from tests.cli.commands import every_command
from tests.cli.conftest import PROJECT, made
from tests.harness import Sandbox

KEY = "af_live_must-not-be-seen-anywhere"
MORE = PROJECT + "  third: {url: https://clips.twitch.tv/three, topic: Third}\n"


def nowhere_below(folder: Path, key: str = KEY) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[Sandbox]:
    """A project of an account whose key is easy to find. That it is in no output is insisted on by every call."""
    root = tmp_path / "project"
    root.mkdir()
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        sandbox = Sandbox(root, emulator, key=KEY)
        sandbox.write(PROJECT)
        sandbox.does("init")
        sandbox.applied()
        sandbox.write(MORE)
        yield sandbox


def test_no_command_shows_or_writes_it(secret: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # `pipeline` writes its comment where it runs
    for words in every_command():
        if words[0] not in ("emulator", "demo"):
            for more in ((), ("--json",), ("job.best",), ("--help",)):
                secret.call(*words, *more)
    secret.write(MORE + "state: job.best\n")  # where `state migrate job.best` has taken it
    secret.applied()
    secret.does("destroy", "--auto-approve")
    nowhere_below(tmp_path)
    assert {r["authorization"]["key_id"] for r in secret.control.requests()}  # and yet it was sent


@pytest.mark.parametrize(
    "fault", ["status(401)", "status(403)", "status(500)", "proxy", "not-json", "close", "redirect"]
)
def test_no_failure_shows_or_writes_it(secret: Sandbox, tmp_path: Path, fault: str) -> None:
    for target in ("GET /account#1", "POST /jobs#1"):
        secret.control.fault(f"{target}: received-then-{fault}")
        secret.call("plan")
        secret.call("apply", "--auto-approve")
        secret.control.clear_faults()
    nowhere_below(tmp_path)


def test_it_may_come_from_a_file(secret: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    secret.does("plan", env={"AURAFLUX_API_KEY": None, "AURAFLUX_API_KEY_FILE": str(file)})
    file.unlink()
    nowhere_below(tmp_path)


def test_a_bug_does_not_show_it(secret: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback shows lines of code and a message, never a value; even where the message is about the key."""

    def bug(*_: object) -> None:
        raise RuntimeError("something that nobody thought of")

    monkeypatch.setattr(plan, "plan", bug)
    with pytest.raises(AssertionError, match="This is a bug in afsync") as caught:
        secret.call("plan")
    assert "something that nobody thought of" in str(caught.value)
    assert KEY not in str(caught.value)


class Parrot(BaseHTTPRequestHandler):
    """A service, or something in front of it, that says everything back to whoever asks."""

    def do_GET(self) -> None:
        said = self.headers["Authorization"]
        body = f'{{"error": "you_sent", "message": "Header was {said}", "accountId": "{said}"}}'.encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Echo", said)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET
    status = 200

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def parrot(status: int) -> Iterator[str]:
    handler = type("Answering", (Parrot,), {"status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 422])
def test_a_service_that_repeats_it_does_not_get_it_shown(secret: Sandbox, tmp_path: Path, status: int) -> None:
    with parrot(status) as url:
        for args in (("plan",), ("account",), ("init",), ("apply", "--auto-approve"), ("plan", "--json")):
            secret.call(*args, env={"AURAFLUX_BASE_URL": url})
    nowhere_below(tmp_path)


def test_it_is_not_sent_to_the_built_in_emulator(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path)
    sandbox.write(f"api: {{base_url: emulator}}\n{PROJECT}")
    sandbox.does("init", env={"AURAFLUX_API_KEY": KEY})
    sandbox.applied(env={"AURAFLUX_API_KEY": KEY})
    nowhere_below(tmp_path)


def test_a_process_of_its_own_shows_it_neither(tmp_path: Path) -> None:
    with running(speed="manual") as emulator:
        root = tmp_path / "project"
        root.mkdir()
        sandbox = made(root, emulator)
        other = Sandbox(root, emulator, key=KEY)
        assert other.run("plan").code == 7
        assert sandbox.run("plan").code == 0
    nowhere_below(tmp_path)
