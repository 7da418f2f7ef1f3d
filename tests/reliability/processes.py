"""Starts afsync commands through `worker` and waits for them, with an end to every wait."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from tests.reliability.worker import Orders

PATIENCE = 60.0
"""Seconds after which whatever is waited for counts as hanging."""

FILES = ("stdout", "stderr", "signals")

SLOWLY = Orders(hurry=False)
HURRIED = Orders()


class Ended(Struct, frozen=True):
    """What a command came to: its exit code (minus the signal's number when it was killed) and what it printed."""

    code: int
    out: str
    err: str


class Process:
    """A command that runs."""

    def __init__(self, worker: Worker, pid: int, folder: Path) -> None:
        self.pid = pid
        self._worker = worker
        self._out, self._err, self._signals = (folder / name for name in FILES)
        self._ended: Ended | None = None

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8")

    def alive(self) -> bool:
        return self._ended is None and not self._worker.can_read(0)

    def send(self, number: signal.Signals) -> None:
        """A signal; nothing happens when the command has ended by itself."""
        if self.alive():
            os.kill(self.pid, number)

    def deliver(self, number: signal.Signals) -> None:
        """A signal, and wait until the command has taken notice of it."""
        before = self._signals.stat().st_size
        self.send(number)
        until = time.monotonic() + PATIENCE
        while self.alive() and self._signals.stat().st_size == before:
            assert time.monotonic() < until, "it takes no notice of signals"
            time.sleep(0.002)

    def kill(self) -> Ended:
        self.send(signal.SIGKILL)
        return self.wait()

    def wait(self) -> Ended:
        if self._ended is None:
            code = self._worker.read()["code"]
            self._ended = Ended(code, self.out, self.err)
        return self._ended


class Worker:
    """One process that forks; it runs one command at a time."""

    def __init__(self, env: Mapping[str, str], *warm_up: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[2],
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._answers = self._process.stdin, self._process.stdout.fileno()
        self._read = b""
        self._request(env=dict(env), commands=[list(args) for args in warm_up])
        self.read()

    def _request(self, **value: Any) -> None:
        self._in.write(json.dumps(value).encode() + b"\n")
        self._in.flush()

    def start(self, args: Sequence[str], *, env: Mapping[str, str], folder: Path, orders: Orders = HURRIED) -> Process:
        """Run a command; what it prints goes to files in `folder`, which it replaces."""
        out, err, signals = (folder / name for name in FILES)
        for path in (out, err, signals):
            path.write_bytes(b"")
        files = {"out": str(out), "err": str(err), "signals": str(signals)}
        self._request(args=list(args), env=dict(env), **files, orders=asdict(orders))
        return Process(self, self.read()["pid"], folder)

    def can_read(self, seconds: float) -> bool:
        return b"\n" in self._read or bool(select.select([self._answers], [], [], seconds)[0])

    def read(self) -> dict[str, int]:
        """The next answer."""
        until = time.monotonic() + PATIENCE
        while b"\n" not in self._read:
            if not self.can_read(max(0.0, until - time.monotonic())):
                raise TimeoutError("a command does not come to an end")
            data = os.read(self._answers, 65536)
            if not data:
                raise EOFError("the worker is gone")
            self._read += data
        line, _, self._read = self._read.partition(b"\n")
        answer: dict[str, int] = json.loads(line)
        return answer

    def close(self) -> None:
        self._in.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
