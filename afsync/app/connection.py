"""The connection to the service that a project names, with the key that the environment has for it."""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.__version__ import __version__
from afsync.api import session
from afsync.api.access import access
from afsync.api.reader import ApiReader
from afsync.core.text import count, duration
from afsync.errors import AfsyncError, UsageError
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.api.inprocess import App
    from afsync.api.session import ApiSession
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject


EMULATOR_DATA = ".afsync/emulator.db"

DIALECTS = ("documented", "deployed", "router")
"""Those of the emulator; the first is the default."""

MAX_KEY_FILE = 10_000
"""Characters; a longer one is no key."""


class Service(Struct, frozen=True):
    """The line to the service, and what it is called in a state."""

    session: ApiSession
    base_url: str

    @property
    def reader(self) -> ApiReader:

        return ApiReader(self.session)


def connect(
    context: Context,
    project: LoadedProject,
    *,
    writes: bool,
    sleep: Callable[[float], None] | None = None,
    silent: bool = False,
) -> Service:
    """Nothing is sent yet. Raises UsageError or AuthError where the key may not go, or is missing.

    `writes` matters to the emulator inside the process only: without it, its data are looked at and not touched.
    `sleep` waits (seconds) in place of the context's. Long waits for the rate limit are said, unless `silent`.
    """

    granted = access(
        project.settings.base_url, context.environ, partial(_read_key_file, context.say), project.settings.key
    )
    opened = session.connect(
        granted,
        environ=context.environ,
        user_agent=f"afsync/{__version__}",
        clock=context.monotonic,
        sleep=sleep or context.sleep,
        random=context.random,
        app=_emulator(context, project.root, writes=writes) if granted.in_process else None,
        waiting=None if silent else partial(_say_waiting, context.say),
    )
    context.closing.callback(opened.close)
    return Service(opened, granted.base_url)


def key_is_set(key: str | None, environ: Mapping[str, str]) -> bool:
    """Whether there is something where a key is taken from: at `key`, where a workspace says so. It is not read."""
    kind, _, name = (key or "").partition(":")
    if kind == "file":
        return Path(name).exists()
    names = (name,) if kind == "env" else ("AURAFLUX_API_KEY", "AURAFLUX_API_KEY_FILE")
    return any(environ.get(name, "").strip() for name in names)


def _say_waiting(say: Callable[[str], None], seconds: float, per_minute: int) -> None:
    requests = count(per_minute, "request")
    say(f"Waiting {duration(round(seconds))} for the rate limit ({requests} a minute).\n")


def _read_key_file(say: Callable[[str], None], path: str) -> str:
    """No more of it than any key has: it may be a pipe, or something endless."""
    with Path(path).open(encoding="utf-8") as file:
        status = os.fstat(file.fileno())
        if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077 and os.name == "posix":
            name, mode = escape_control(path), stat.S_IMODE(status.st_mode)
            say(f"Warning: others can read the key file {name} (mode {mode:04o}).\n  chmod 600 {name}\n")
        return file.read(MAX_KEY_FILE)


def _emulator(context: Context, root: Path, *, writes: bool) -> App:
    import sqlite3

    from afsync.emulator.app import create_app

    data = root / EMULATOR_DATA
    try:
        app = create_app(
            data,
            speed=_emulator_speed(context.environ),
            dialect=_emulator_dialect(context.environ),
            tier="managed",
            copied=not writes,
        )
    except (sqlite3.Error, OSError, ValueError) as error:
        message = f"the built-in emulator could not start on {data}: {error}"
        raise AfsyncError(message, "remove that file to start over") from None
    context.closing.callback(app.close)
    return app


def _emulator_speed(environ: Mapping[str, str]) -> float | str:
    written = environ.get("AFSYNC_EMULATOR_SPEED", "").strip() or "1"
    try:
        if written == "manual" or 0 < float(written) < math.inf:
            return written if written == "manual" else float(written)
    except ValueError:
        pass
    raise UsageError(f"AFSYNC_EMULATOR_SPEED={written}: not a speed", "write a number such as 60, or manual")


def _emulator_dialect(environ: Mapping[str, str]) -> str:
    written = environ.get("AFSYNC_EMULATOR_DIALECT", "").strip() or DIALECTS[0]
    if written not in DIALECTS:
        raise UsageError(f"AFSYNC_EMULATOR_DIALECT={written}: not a dialect", f"write one of {', '.join(DIALECTS)}")
    return written
