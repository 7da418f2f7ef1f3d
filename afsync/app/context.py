"""The surroundings of a use case as one value: where the project is, the environment, the clock, and who is warned."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from afsync.errors import Problem

if TYPE_CHECKING:
    from afsync.config.workspace import Workspace
    from afsync.engine.interrupt import Stop


class Globs:
    """The globs of a command over many accounts, and which of them matched something in some account."""

    def __init__(self) -> None:
        self._found: dict[str, bool] = {}

    def seen(self, glob: str, *, found: bool) -> None:
        self._found[glob] = found or self._found.get(glob, False)

    @property
    def unmatched(self) -> list[str]:
        return sorted(glob for glob, found in self._found.items() if not found)


def utc_now() -> datetime:
    return datetime.now(UTC)


def random_number() -> float:
    """From 0 to 1."""
    # Imported here: it takes as long to load as a small project does, and only a retry needs it.
    from random import random

    return random()


def _ignore_text(_text: str) -> None:
    """No reader for warnings."""


def _ignore_problems(_problems: Iterable[Problem], _root: Path) -> None:
    """No CI to annotate."""


class Context(Struct, frozen=True):
    """What a use case needs besides its arguments; nothing of it is found in a global.

    `command` names the holder of the lock. `say` takes warnings and notices of long waits, as text with its line ends;
    `report_problems` takes problems of the files in `root` where they are found, for CI to show. `interrupts` passes
    signals on to a `Stop` while it lasts. `closing` closes what was opened: whoever makes a context closes it.
    `workspace` and `globs` are set where one command runs over many accounts.
    """

    directory: Path
    command: str = "afsync"
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    now: Callable[[], datetime] = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    random: Callable[[], float] = random_number
    say: Callable[[str], None] = _ignore_text
    report_problems: Callable[[Iterable[Problem], Path], None] = _ignore_problems
    interrupts: Callable[[Stop], AbstractContextManager[None]] = lambda _: nullcontext()
    workspace: Workspace | None = None
    globs: Globs | None = None
    closing: ExitStack = field(default_factory=ExitStack)
