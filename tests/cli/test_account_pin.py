"""Whose account it is: pinned in the files and in the state, checked before anything is sent; over https, by name."""

from __future__ import annotations

import http.client
import importlib
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from afsync.api.access import is_real
from afsync.commands import apply_screen, first_account
from afsync.emulator import Running, running
from tests.api.support import CERTIFICATE, Connection, serving
from tests.api.support import http as answer
from tests.harness import LINEAGE, Environ, Sandbox

JOB = "jobs:\n  a: {topic: A, url: https://clips.twitch.tv/a}\n"
taking_over = importlib.import_module("afsync.commands.import")
MINE, THEIRS = "af_live_mine", "af_live_theirs"


def pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def named(emulator: Running) -> Iterator[Environ]:
    """The emulator as https://api.test, which is not this machine as far as its name tells; the environment for it."""

    def forward(to: Connection, request: bytes) -> bool:
        head, _, body = request.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        line = http.client.HTTPConnection("127.0.0.1", int(emulator.url.split(":")[2].split("/")[0]))
        line.request(method, path, body or None, {k: v for k, v in headers.items() if k.lower() != "accept-encoding"})
        done = line.getresponse()
        content = done.read()
        line.close()
        to.send(answer(done.status, json.loads(content) if content else {}))
        return False

    def proxy(to: Connection, request: bytes) -> None:
        assert request.startswith(b"CONNECT api.test:443 ")
        with socket.create_connection(("127.0.0.1", server.port)) as there:
            to.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=pump, args=(there, to.wire))
            back.start()
            pump(to.wire, there)
            back.join(5)

    with serving(forward, tls=True) as server, serving(proxy) as through:
        yield {
            "AURAFLUX_BASE_URL": "https://api.test/v1",
            "SSL_CERT_FILE": CERTIFICATE,
            "https_proxy": f"http://127.0.0.1:{through.port}",
            "no_proxy": None,
            "NO_PROXY": None,
            "AURAFLUX_API_KEY": MINE,
        }


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[Sandbox, Environ]]:
    """A folder of its own, an account of its own, and the environment in which the service has a name."""
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator, named(emulator) as environ:
        yield Sandbox(tmp_path, emulator, key=MINE), environ


def pinned(sandbox: Sandbox) -> str:
    """The account that the state holds."""
    return str(sandbox.state["account"]["id"])


def account_id(sandbox: Sandbox, key: str) -> str:
    document = sandbox.does("account", "--json", env={"AURAFLUX_API_KEY": key}).json
    return str(document["account_id"])


@pytest.mark.parametrize(
    ("url", "real"),
    [
        ("https://api.auraflux.co/v1", True),
        ("https://api.test:8443/v1", True),
        ("emulator", False),
        ("http://localhost:8000/v1", False),
        ("http://127.0.0.2/v1", False),
        ("https://[::1]:9/v1", False),
        ("https://localhost.example/v1", True),
    ],
)
def test_what_counts_as_real(url: str, real: bool) -> None:
    assert is_real(url) is real


def test_init_pins_the_account_and_another_key_is_refused(service: tuple[Sandbox, Environ]) -> None:
    sandbox, environ = service
    sandbox.write("# mine\n" + JOB)
    done = sandbox.does("init", env=environ)
    mine = account_id(sandbox, MINE)
    text = (sandbox.root / "afsync.yaml").read_text()
    assert f"\naccount: {mine}\n" in text and "# mine\n" in text and f"to afsync.yaml: {mine}." in done.out
    assert sandbox.state["account"] == {"id": mine, "base_url": "https://api.test/v1"}

    theirs = {**environ, "AURAFLUX_API_KEY": THEIRS}
    # A fresh clone has the files and no state.
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init", env={**environ, "AURAFLUX_API_KEY": None})
    assert sandbox.state["account"] is None
    with sandbox.watched() as sent:
        for command in (["apply", "--auto-approve"], ["plan"], ["init"], ["destroy", "--auto-approve"]):
            done = sandbox.does(*command, code=7, env=theirs)
            assert f"`account:` in afsync.yaml says {mine}" in done.err, command
    assert sent == [] and (sandbox.root / "afsync.yaml").read_text() == text
    sandbox.does("apply", "--auto-approve", env=environ)
    assert pinned(sandbox) == mine


def test_the_first_apply_needs_to_know_the_account(
    service: tuple[Sandbox, Environ], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, environ = service
    sandbox.write(JOB)
    sandbox.does("init", env={**environ, "AURAFLUX_API_KEY": None})
    assert "account:" not in (sandbox.root / "afsync.yaml").read_text()
    mine = account_id(sandbox, MINE)
    with sandbox.watched() as sent:
        done = sandbox.does("apply", "--auto-approve", code=1, env=environ)
        assert f"--account {mine}" in done.err and f"account: {mine}" in done.err
        sandbox.does("plan", "--out", str(sandbox.root / "p"), env=environ)
        assert f"--account {mine}" in sandbox.does("apply", str(sandbox.root / "p"), code=1, env=environ).err
        done = sandbox.does("apply", "--auto-approve", "--account", "acct_other", code=7, env=environ)
        assert "--account says acct_other" in done.err
        with monkeypatch.context() as patch:
            patch.setattr(apply_screen, "interactive", lambda: True)
            patch.setattr(apply_screen, "_until_answered", lambda stop: None)
            done = sandbox.does("apply", code=1, env=environ, stdin="no\n")
    assert sent == [] and f"will belong to account {mine} at https://api.test/v1" in done.err
    assert sandbox.state["account"] is None
    sandbox.does("apply", "--auto-approve", "--account", mine, env=environ)
    # From here on the state says it, as one that was applied before there were pins.
    assert pinned(sandbox) == mine
    sandbox.write(JOB.replace("a:", "b:", 1).replace("/a", "/b").replace("topic: A", "topic: B"))
    sandbox.does("apply", "--auto-approve", env=environ)


TAKING = {
    "one": ["import", "job.a", "JOB"],
    "all that matches": ["import", "--match", "--auto-approve"],
    "none": ["import", "--none"],
    "export": ["export"],
}


@pytest.mark.parametrize("command", TAKING.values(), ids=TAKING)
def test_taking_over_needs_to_know_the_account_as_well(
    service: tuple[Sandbox, Environ], command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox, environ = service
    sandbox.write(JOB.replace("}", ", schedule: '2031-12-01T09:00:00Z'}"))
    sandbox.does("init", env={**environ, "AURAFLUX_API_KEY": None})
    mine = account_id(sandbox, MINE)
    sandbox.does("apply", "--auto-approve", "--account", mine, env=environ)
    job = sandbox.ids()["job.a"]
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init", env={**environ, "AURAFLUX_API_KEY": None})
    before, command = (sandbox.root / "afsync.yaml").read_text(), [w.replace("JOB", job) for w in command]
    if command[0] == "export":
        sandbox.write("jobs: {}\n")
        before = (sandbox.root / "afsync.yaml").read_text()

    done = sandbox.does(*command, code=1, env=environ)
    assert f"first write, in account {mine}" in done.err and f"--account {mine}" in done.err
    assert sandbox.does(*command, "--account", "acct_other", code=7, env=environ).err
    attended = [w for w in command if w != "--auto-approve"]
    with monkeypatch.context() as patch:
        for place in (first_account, taking_over):
            patch.setattr(place, "interactive", lambda: True)
        done = sandbox.does(*attended, code=1, env=environ, stdin="no\n")
    assert f"will belong to account {mine} at https://api.test/v1" in done.err and "Nothing was" in done.err
    assert sandbox.state["account"] is None and (sandbox.root / "afsync.yaml").read_text() == before
    sandbox.does(*command, "--account", mine, env=environ)
    assert pinned(sandbox) == mine


def test_an_apply_without_changes_pins_nothing(service: tuple[Sandbox, Environ]) -> None:
    sandbox, environ = service
    sandbox.write("jobs: {}\n")
    sandbox.does("init", env={**environ, "AURAFLUX_API_KEY": None})
    sandbox.does("apply", "--auto-approve", env=environ)
    assert sandbox.state["account"] is None


def test_a_service_on_this_machine_is_neither_pinned_nor_checked(sandbox: Sandbox) -> None:
    sandbox.does("init")
    assert "account:" not in (sandbox.root / "afsync.yaml").read_text()
    sandbox.write("account: acct_real\n", head=True)
    sandbox.does("plan", "--allow-empty")
    assert LINEAGE in (sandbox.root / "afsync.yaml").read_text()
