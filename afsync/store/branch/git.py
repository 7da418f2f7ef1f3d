"""git as a program: never through a shell, without its hooks, and with a limit on how long it may take."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from afsync.errors import StateError
from afsync.store.remote.backend import Unavailable

LIMIT = 60.0
"""Seconds that one call may take; the slowest thing that is asked of it is one fetch, or the push of one commit."""
OLDEST = (2, 32)
"""The first that can be kept from reading a configuration twice."""
_DROPPED = re.compile(
    r"GIT_(?!SSH|ASKPASS|SSL|PROXY|HTTP|CONFIG_(?:GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_|VALUE_))|AURAFLUX_"
)
"""What a hook or an IDE may have set for another repository; and git needs no key of the service."""


class GitResult(Struct, frozen=True):
    """The result of a call. `code` is negative, or None, where it did not end by itself."""

    code: int | None
    out: bytes
    err: str

    @property
    def said(self) -> str:
        """Its last message on one line, without a password that an address may hold."""
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("fatal:", "remote:", "error:", "!"))]
        chosen = next((line for line in telling if not line.startswith("error: failed to push")), "")
        return shown(chosen or (lines[-1] if lines else "it said nothing"))


def shown(text: str) -> str:
    """Without what stands before the last `@` of an address: a password may hold a `/`, or another `@`."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return re.sub(r"(://)\S+@", r"\1", plain)[:300].strip()


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of a call: keeps how to reach a remote, and drops what points to another repository."""
    kept = {name: value for name, value in environ.items() if not _DROPPED.match(name) and name != "LANGUAGE"}
    return {**kept, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def run(
    args: Sequence[str], *, cwd: Path, environ: Mapping[str, str], data: bytes = b"", limit: float = LIMIT
) -> GitResult:
    """In a session of its own, so that Ctrl-C does not cut off a push. Unavailable where there is no git."""
    new_session = sys.platform != "win32"
    try:
        process = subprocess.Popen(
            ["git", *args],
            cwd=cwd,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=new_session,
        )
    except FileNotFoundError:
        if not cwd.is_dir():
            raise StateError(f"{cwd} is not a directory.") from None
        raise Unavailable("git is not installed here, and the state is kept on a branch.", "install git") from None
    except OSError as error:
        raise Unavailable(f"git cannot be run: {error.strerror or error}.", None) from error
    try:
        out, err = process.communicate(data, timeout=limit)
    except subprocess.TimeoutExpired:
        _end(process)
        return GitResult(None, b"", f"git did not end within {limit:g} s")
    except BaseException:
        _end(process)
        raise
    return GitResult(process.returncode, out, err.decode("utf-8", "replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """The program and what it has started, such as ssh."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
