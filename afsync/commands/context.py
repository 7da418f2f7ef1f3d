"""The context of the command that runs: made from click's, once, and handed to the use cases of `app`."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from afsync.app.context import Context, Globs
from afsync.commands.ci import publish_problems
from afsync.commands.console import Out, stderr

if TYPE_CHECKING:
    from afsync.config.workspace import Workspace
    from afsync.engine.interrupt import Stop, Stops

_CONTEXT, _SHARED, _STOPS = "afsync.context", "afsync.shared", "afsync.stops"


def now() -> datetime:
    """The time of every command of this process."""
    return datetime.now(UTC)


def here() -> Context:
    """The context of this command, in the directory that `-C` names, or in this one."""
    root = click.get_current_context().find_root()
    made: Context | None = root.meta.get(_CONTEXT)
    if made is None:
        workspace, globs = root.meta.get(_SHARED, (None, None))
        closing, stream = ExitStack(), stderr()  # found here: a warning may come from another thread
        root.call_on_close(closing.close)
        made = root.meta[_CONTEXT] = Context(
            directory=Path(root.obj or ""),
            command=f"afsync {click.get_current_context().info_name}",
            environ=os.environ,
            now=lambda: now(),
            monotonic=time.monotonic,
            sleep=time.sleep,
            say=lambda text: Out(stream)(text),  # one that cannot be written is not the end of all others
            report_problems=publish_problems,
            interrupts=signals_to,
            workspace=workspace,
            globs=globs,
            closing=closing,
        )
    return made


_kept: list[object] = []


def keep_until_exit(value: object) -> None:
    """Keep what a command has read to the end of the process, which does not take it apart then: for thousands of jobs
    that takes as long as reading them. Of one account among many it is let go of."""
    if _SHARED not in click.get_current_context().find_root().meta:
        _kept[:] = [value]


def share(context: click.Context, workspace: Workspace, globs: Globs, stops: Stops) -> None:
    """Make `context` that of one account among many, in a thread of its own: signals reach it through `stops`."""
    context.meta[_SHARED] = workspace, globs
    context.meta[_STOPS] = stops


@contextmanager
def signals_to(stop: Stop) -> Iterator[None]:
    """Signals go to `stop` while this lasts, whether the command runs alone or beside others."""
    # Imported here: most commands wait for no signal.
    from afsync.engine.interrupt import handling_signals

    stops: Stops | None = click.get_current_context().meta.get(_STOPS)
    with handling_signals(stop) if stops is None else stops.passed_to(stop):
        yield
