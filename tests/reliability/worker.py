"""Runs afsync commands, each in a process of its own, forked from this one, in which a few have run before.

A command costs some 50 ms like this instead of half a second, and is as real as any: its own process id, signals,
files and sockets. What a request may ask for besides (`Orders`) is done in the child only.

One JSON object a line on stdin, two on stdout for each: `{"pid": …}` at once, `{"code": …}` at the end. The first
one names commands to warm up with.
"""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, NoReturn

from msgspec import Struct

SPEED = 20.0
"""How much faster the waits pass in a hurried command."""

WRITES = (
    *("create", "append_to", "write", "sync", "close"),
    *("rename", "link", "unlink", "make_directory", "sync_directory"),
)
"""The system calls of the store that change something."""


class Orders(Struct, frozen=True):
    """What is different in one command. `hurry`: waits pass twenty times as fast, and an answer has a second.

    `clock` is added to its time, in seconds. At system call `at` of the state's files (from 1) it is killed, or the
    call fails with `error`, and every one after it when `broken`; a `torn` one has written half of what it was to.
    With `signals` it gets these just before, and the call is made. `ignore`: those it ignores, as under nohup.

    It is killed before call `git` of git (from 1), or after it with `after`; `pushes`: only calls that push count.
    `lockless`: it neither takes nor minds a lock that is kept elsewhere.
    """

    hurry: bool = True
    clock: float = 0.0
    at: int = 0
    error: str | None = None
    broken: bool = False
    torn: bool = False
    signals: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    git: int = 0
    after: bool = False
    pushes: bool = False
    lockless: bool = False


def main() -> None:
    _warm_up(json.loads(sys.stdin.readline()))
    ended = None
    for line in sys.stdin:
        if ended is not None:
            # Not before: until here nobody else can have got its number, so a signal reaches it or nobody.
            os.waitpid(ended, 0)
        ended = os.fork()
        if ended == 0:
            _become(json.loads(line))
        _say(pid=ended)
        end = os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
        assert end is not None
        _say(code=end.si_status if end.si_code == os.CLD_EXITED else -end.si_status)


def _warm_up(request: dict[str, Any]) -> None:
    """Run commands once in this process: what is imported and made at first use need not be again in each child."""
    import tests.unsynced  # noqa: F401
    from afsync.cli import run

    told, sys.stdout = sys.stdout, io.StringIO()
    os.environ.update(request["env"])
    for args in request["commands"]:
        run(args)
    sys.stdout = told
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(10)
    gc.collect()
    gc.freeze()
    _say(pid=os.getpid())


def _say(**value: int) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def _become(request: dict[str, Any]) -> NoReturn:
    """The command."""
    for fd, path in enumerate(("/dev/null", request["out"], request["err"])):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, fd)
        os.close(opened)
    os.environ.clear()
    os.environ.update(request["env"])
    follow(Orders(**request["orders"]))
    _tell_of_signals(request["signals"])
    from afsync.__main__ import main as afsync

    code = 1
    try:
        afsync(request["args"])
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Taking all those modules down takes longer than most commands do.
        os._exit(code)


def _tell_of_signals(path: str) -> None:
    """A byte for each one that the engine has taken notice of."""
    from afsync.engine.interrupt import Stop

    fd, receive = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), Stop.receive

    def received(self: Stop, number: int) -> None:
        os.write(fd, b".")
        receive(self, number)

    Stop.receive = received  # type: ignore[method-assign]


def follow(orders: Orders) -> None:
    """Make this process do as it is told."""
    from afsync.commands import context

    for name in orders.ignore:
        signal.signal(signal.Signals[name], signal.SIG_IGN)
    if orders.hurry:
        _hurry()
    if orders.clock:
        now = context.now
        context.now = lambda: now() + timedelta(seconds=orders.clock)
    if orders.at:
        _spoil_disk(orders)
    if orders.git:
        _end_at_git(orders)
    if orders.clock or orders.lockless:
        _elsewhere(orders)


def _end_at_git(orders: Orders) -> None:
    from afsync.store.branch import checkout, repository

    modules: tuple[Any, ...] = (repository, checkout)
    count, run = 0, modules[0].run

    def ending(args: Any, **more: Any) -> Any:
        nonlocal count
        count += not orders.pushes or args[0] == "push"
        ends = count == orders.git and (not orders.pushes or args[0] == "push")
        if ends and not orders.after:
            os.kill(os.getpid(), signal.SIGKILL)
        ran = run(args, **more)
        if ends:
            os.kill(os.getpid(), signal.SIGKILL)
        return ran

    for module in modules:
        module.run = ending


def _elsewhere(orders: Orders) -> None:
    from afsync.store.branch.backend import BranchBackend
    from afsync.store.remote.store import RemoteStore

    now = BranchBackend.now
    BranchBackend.now = lambda self: now(self) + timedelta(seconds=orders.clock)  # type: ignore[method-assign]
    if orders.lockless:
        RemoteStore.lock = lambda *_, **__: nullcontext()  # type: ignore[assignment,method-assign]


def _hurry() -> None:
    from afsync.api import session
    from afsync.commands import context
    from afsync.engine.interrupt import Stop

    def sleep(self: Stop, seconds: float) -> None:
        if seconds > 0:
            self.asked.wait(seconds / SPEED)

    Stop.sleep = sleep  # type: ignore[method-assign]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() * SPEED, sleep=lambda s: time.sleep(s / SPEED))
    module: Any = context
    module.time = clock
    assert session.connect.__kwdefaults__ is not None
    session.connect.__kwdefaults__["bounds"] = session.ExchangeBounds(
        read_seconds=1, submit_seconds=1, upload_seconds=1
    )


def _spoil_disk(orders: Orders) -> None:
    from afsync.store.disk import Disk

    count = 0

    def spoilt(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def made(self: Disk, *args: Any) -> Any:
            nonlocal count
            count += 1
            if count == orders.at and orders.signals:
                for number in orders.signals:
                    os.kill(os.getpid(), signal.Signals[number])
            elif count == orders.at or (orders.broken and count > orders.at):
                if name == "write" and orders.torn:
                    call(self, args[0], args[1][: len(args[1]) // 2])
                if orders.error is None:
                    os.kill(os.getpid(), signal.SIGKILL)
                if name == "close":
                    call(self, *args)
                raise OSError(getattr(errno, orders.error or ""), os.strerror(getattr(errno, orders.error or "")))
            return call(self, *args)

        return made

    for name in WRITES:
        setattr(Disk, name, spoilt(name, getattr(Disk, name)))


if __name__ == "__main__":
    main()
