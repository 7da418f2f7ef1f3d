"""`subprocess.Popen` of an afsync command, forked from a process that has everything imported already.

Starting Python and importing is most of what a short command costs. What comes out of here is as real as any process:
its own id, signals, files and sockets, and the caller is the one that waits for it. The cost of a start itself, and
what depends on how the interpreter starts (`PYTHON…`, the locale), is tested with `subprocess` as it is.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import importlib
import io
import json
import os
import pkgutil
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

LINUX = sys.platform == "linux"
SUBREAPER = 36
"""`PR_SET_CHILD_SUBREAPER`: what a child of this process leaves behind becomes a child of this process."""
AT_START = ("PYTHON", "LC_", "LANG")
"""Variables that the interpreter looks at when it starts."""
LAZY = ("httpx", "httpcore", "certifi", "pydantic", "ruamel.yaml", "yaml_rs", "deepdiff")
PLAIN = {"stdin", "stdout", "stderr", "text", "cwd", "start_new_session"}
EXAMPLE = Path(__file__).parents[1] / "examples/quickstart"


def can_fork(args: Any, env: Mapping[str, str] | None, more: Mapping[str, Any]) -> bool:
    """Whether a command started like this is no different when it is forked."""
    if not LINUX or more.keys() - PLAIN:
        return False
    if isinstance(args, str | bytes) or list(args[:3]) != [sys.executable, "-m", "afsync"]:
        return False
    return env is not None and _at_start(env) == STARTED


def _at_start(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(AT_START)}


STARTED = _at_start(os.environ)


def popen(args: Sequence[str], *, env: Mapping[str, str] | None = None, **more: Any) -> subprocess.Popen[Any]:
    """`subprocess.Popen`, forked where that makes no difference."""
    kind = _Forked if can_fork(args, env, more) else subprocess.Popen
    return kind(args, env=env, **more)


def run(args: Sequence[str], *, env: Mapping[str, str] | None = None, **more: Any) -> subprocess.CompletedProcess[Any]:
    """`subprocess.run`, the same way."""
    check, timeout, given = more.pop("check", False), more.pop("timeout", 120), more.pop("input", None)
    if more.pop("capture_output", False):
        more |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    if given is not None:
        more["stdin"] = subprocess.PIPE
    with popen(args, env=env, **more) as process:
        try:
            out, err = process.communicate(given, timeout=timeout)
        finally:
            process.kill()
    done = subprocess.CompletedProcess(args, process.returncode, out, err)
    if check:
        done.check_returncode()
    return done


class _Forked(subprocess.Popen[Any]):
    """Only how the process comes into being differs."""

    def _execute_child(
        self, args: Any, executable: Any, preexec: Any, close: Any, keep: Any, cwd: Any, env: Any, *rest: Any
    ) -> None:
        """`rest` has the ends of the three pipes."""
        stdin, _, _, stdout, _, stderr = pipes = rest[3:9]
        streams = [n if fd == -1 else fd for n, fd in enumerate((stdin, stdout, stderr))]
        request = {"args": args[3:], "env": dict(env), "cwd": os.fspath(cwd or Path.cwd()), "new_session": rest[-2]}
        self.pid = _server().fork(request, streams)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]


class _Server:
    """The process that forks. Started at the first command, it ends with this one."""

    def __init__(self) -> None:
        ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
        self._socket, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.forked", str(theirs.fileno())]
        root = Path(__file__).parents[1]
        self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd=root, stdin=subprocess.DEVNULL)
        theirs.close()

    def fork(self, request: dict[str, Any], streams: list[int]) -> int:
        """The id of a process that runs the command with these three streams, a child of this process."""
        text = json.dumps(request).encode()
        socket.send_fds(self._socket, [len(text).to_bytes(4, "big")], streams)
        self._socket.sendall(text)
        answer = self._socket.recv(16)
        assert answer, "the process that forks is gone"
        return int(answer)

    def close(self) -> None:
        self._socket.close()
        self._process.wait()


@cache
def _server() -> _Server:
    server = _Server()
    atexit.register(server.close)
    return server


def main() -> None:
    connection = socket.socket(fileno=int(sys.argv[1]))
    _import_everything()
    gc.collect()
    gc.freeze()
    while True:
        head, streams, _, _ = socket.recv_fds(connection, 4, 3)
        if not head:
            return
        size, request = int.from_bytes(head, "big"), b""
        while len(request) < size:
            request += connection.recv(size - len(request))
        _fork(connection, json.loads(request), streams)
        for fd in streams:
            os.close(fd)


def _import_everything() -> None:
    import afsync
    import tests.unsynced  # noqa: F401

    for module in pkgutil.walk_packages(afsync.__path__, "afsync."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in LAZY:
        importlib.import_module(name)
    from afsync.cli import run

    with redirect_stdout(io.StringIO()):
        run(["-C", str(EXAMPLE), "validate"])  # patterns are compiled and codecs found at their first use


def _fork(connection: socket.socket, request: dict[str, Any], streams: list[int]) -> None:
    """Fork twice: what is left behind by the one in between belongs to the process that asked."""
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        child = os.fork()
        if child == 0:
            os.close(reading)
            os.close(writing)
            connection.close()
            _become(request, streams)
        os.write(writing, str(child).encode())
        os._exit(0)
    os.close(writing)
    child_id = os.read(reading, 16)
    os.close(reading)
    os.waitpid(between, 0)
    connection.sendall(child_id)


def _become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """The command."""
    for target, fd in enumerate(streams):
        os.dup2(fd, target)
    os.closerange(3, 256)
    os.chdir(request["cwd"])
    if request["new_session"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(request["env"])
    random.seed()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["afsync", *request["args"]]
    sys.stdin = open(0, encoding=sys.stdin.encoding)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding=sys.stdout.encoding)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding=sys.stderr.encoding, errors="backslashreplace")  # noqa: SIM115
    from afsync.__main__ import main as afsync

    afsync()


if __name__ == "__main__":
    main()
