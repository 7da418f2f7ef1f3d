"""Where commands print: reports on stdout, everything else on stderr, colour only for a terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from afsync.output.values import Paint, ansi_paint, no_paint


def _paint(stream: TextIO) -> Paint:
    dumb = os.environ.get("TERM") == "dumb"
    return ansi_paint if stream.isatty() and not os.environ.get("NO_COLOR") and not dumb else no_paint


def stdout_paint() -> Paint:
    return _paint(sys.stdout)


def stderr_paint() -> Paint:
    return _paint(sys.stderr)


class Out:
    """Writes text; once a write fails (a closed pipe, a full disk) it falls silent and remembers why.

    What is printed never decides what is done: an apply whose reader went away finishes its work.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def __call__(self, text: str) -> None:
        if self.error is not None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            self.error = error


def report() -> Out:
    return Out(sys.stdout)


def messages() -> Out:
    return Out(sys.stderr)


def interactive() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()
