"""A project in a folder, run by the real command against an emulator on a real socket."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from msgspec import Struct

from afsync import cli
from afsync.commands import context
from afsync.emulator import Running
from afsync.store.lock import Holder, acquire
from tests.forked import popen, run

KEY = "af_live_test"
LINEAGE = "0190f1c2-8f2e-7c55-9a6b-2f1d3c4b5a60"
HEAD = f"version: 1\nlineage: {LINEAGE}\ntimezone: Europe/Berlin\n"

NO_CHANGES = "No changes. Your account matches the configuration."
NOTHING_APPLIED = "Apply complete! Resources: 0 added, 0 changed, 0 destroyed."
READS = frozenset({"GET", "HEAD"})

Environ = Mapping[str, str | None]


class Done(Struct, frozen=True):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def text(self) -> str:
        """Both streams."""
        return self.out + self.err


@dataclass
class Sandbox:
    """A project folder; `emulator` is None where `base_url: emulator` or no service at all is used.

    `ahead` is how far the clock of commands that are called (not run) is ahead of the real one.
    """

    root: Path
    emulator: Running | None = None
    key: str = KEY
    ahead: timedelta = timedelta()
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def environ(self, extra: Environ | None = None) -> dict[str, str]:
        """The environment of a command; what is None in `extra` is not in it."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AURAFLUX_", "AFSYNC_", "GITHUB_"))}
        kept |= {"AFSYNC_QUARANTINE": "0s"}
        if self.emulator is not None:
            kept |= {"AURAFLUX_BASE_URL": self.emulator.url, "AURAFLUX_API_KEY": self.key}
        return {name: value for name, value in {**kept, **(extra or {})}.items() if value is not None}

    def write(self, text: str, name: str = "afsync.yaml", *, head: bool = True) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((HEAD if head and name == "afsync.yaml" else "") + text, encoding="utf-8")
        return path

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "afsync", "-C", str(self.root), *args]

    def run(self, *args: str, env: Environ | None = None, stdin: str | None = None, **more: Any) -> Done:
        """Run a command in a process of its own, as a pipeline would."""
        done = run(
            self.command(*args),
            env=self.environ(env),
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **more,
        )
        return _sane(Done(done.returncode, done.stdout, done.stderr), args, self.key)

    def call(self, *args: str, env: Environ | None = None, stdin: str = "") -> Done:
        """The same in this process, which is some twenty times as fast: not for signals, terminals or pipes."""
        out, err = io.StringIO(), io.StringIO()
        with _as_command(self.environ(env), io.StringIO(stdin), self.now), redirect_stdout(out), redirect_stderr(err):
            code = cli.run(["-C", str(self.root), *args])
        return _sane(Done(code, out.getvalue(), err.getvalue()), args, self.key)

    def start(self, *args: str, env: Environ | None = None) -> subprocess.Popen[str]:
        """Start a command and leave it running."""
        return popen(
            self.command(*args),
            env=self.environ(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def ok(self, *args: str, code: int = 0, **more: Any) -> Done:
        """Run, and insist on the exit code."""
        return _insisted(self.run(*args, **more), args, code)

    def apply(self, *args: str, code: int = 0, **more: Any) -> Done:
        return self.ok("apply", "--auto-approve", *args, code=code, **more)

    def does(self, *args: str, code: int = 0, **more: Any) -> Done:
        """Call, and insist on the exit code."""
        return _insisted(self.call(*args, **more), args, code)

    def applied(self, *args: str, code: int = 0, **more: Any) -> Done:
        return self.does("apply", "--auto-approve", *args, code=code, **more)

    def planned(self, *args: str, **more: Any) -> dict[str, Any]:
        """The document of `plan --json`."""
        document: dict[str, Any] = self.does("plan", "--json", *args, **more).json
        return document

    def is_settled(self) -> None:
        """Insist that there is nothing to do, and that `apply` agrees and sends nothing."""
        assert self.does("plan", "--detailed-exitcode").out == f"{NO_CHANGES}\n"
        with self.watched() as sent:
            assert self.applied().out == f"{NO_CHANGES}\n{NOTHING_APPLIED}\n"
        assert sent == []

    def now(self) -> datetime:
        """The commands' time (UTC)."""
        return datetime.now(UTC) + self.ahead

    def at(self, **units: float) -> str:
        """A publish time from now, as it is written in YAML: `at(days=7)`. Two calls give the same minute,
        whatever the real clock does between them."""
        return (self.started + self.ahead + timedelta(**units)).strftime("%Y-%m-%dT%H:%M:00Z")

    def pass_time(self, **units: float) -> None:
        """Let time pass, for the emulator and for commands that are called."""
        passed = timedelta(**units)
        self.ahead += passed
        self.control.advance_clock(passed.total_seconds())

    @property
    def control(self) -> Any:
        assert self.emulator is not None
        return self.emulator.control

    @contextmanager
    def watched(self, *, reads: bool = False) -> Iterator[list[Sent]]:
        """Fills the list with what arrived meanwhile, in its order; requests that only read, if wanted."""
        sent: list[Sent] = []
        self.control.clear_requests()
        yield sent
        sent += [Sent.of(r) for r in self.control.requests() if reads or r["method"] not in READS]

    @property
    def balance(self) -> int:
        """What the account has left, by the service's own books."""
        return int(self.control.account(self.key)["balance"])

    @property
    def state(self) -> dict[str, Any]:
        """The state file as it is on disk."""
        document: dict[str, Any] = json.loads((self.root / ".afsync/state.json").read_text(encoding="utf-8"))
        return document

    def ids(self) -> dict[str, str]:
        return {address: resource["id"] for address, resource in self.state["resources"].items()}

    def files(self) -> dict[str, bytes]:
        """Everything below the project folder, hidden or not."""
        return {str(p.relative_to(self.root)): p.read_bytes() for p in sorted(self.root.rglob("*")) if p.is_file()}


@dataclass(frozen=True)
class Sent:
    """A request as the service received it. `path` is without `/v1`."""

    method: str
    path: str
    body: Any = None
    status: int | None = field(default=None, compare=False)

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Sent:
        return cls(request["method"], request["path"].removeprefix("/v1"), request["body"], request["status"])

    @property
    def line(self) -> str:
        """`POST /jobs`."""
        return f"{self.method} {self.path}"


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Another run is at work in the project."""
    holder = Holder("12345678", "someone", "elsewhere", 1, "afsync apply", datetime.now(UTC))
    with acquire(root / ".afsync/lock", holder, timeout=0, clock=lambda: 0.0, sleep=lambda _: None):
        yield


def lines(sent: Sequence[Sent]) -> list[str]:
    """The requests without what was in them."""
    return [s.line for s in sent]


def _sane(done: Done, args: Sequence[str], key: str) -> Done:
    """Insist on what holds for every command, whatever it does: no traceback, no key, and what exit code 2 means."""
    assert "Traceback" not in done.err, done.err
    assert key not in done.text
    assert done.code != 2 or ("plan" in args and "--detailed-exitcode" in args), args
    return done


def _insisted(done: Done, args: Sequence[str], code: int) -> Done:
    assert done.code == code, f"afsync {' '.join(args)}: exit {done.code}\n{done.out}\n{done.err}"
    return done


@contextmanager
def _as_command(environ: Mapping[str, str], stdin: io.StringIO, now: Any) -> Iterator[None]:
    """This process made to look like a command's: its environment, its input, and the time."""
    with _environ(environ), mock.patch.object(sys, "stdin", stdin), mock.patch.object(context, "now", now):
        yield


@contextmanager
def _environ(wanted: Mapping[str, str]) -> Iterator[None]:
    """`os.environ` is like this meanwhile. Only what differs is set: most of it is the same for every command."""
    before = dict(os.environ)
    _become(wanted, before)
    try:
        yield
    finally:
        _become(before, dict(os.environ))


def _become(wanted: Mapping[str, str], now: Mapping[str, str]) -> None:
    for name in now.keys() - wanted.keys():
        del os.environ[name]
    for name, value in wanted.items() - now.items():
        os.environ[name] = value
