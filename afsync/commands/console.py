"""Where commands print: reports on stdout, everything else on stderr, colour only for a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TextIO

import click

from afsync.output.values import Paint, no_paint

_BLOCK = "afsync.block"


def print_into(context: click.Context, block: TextIO) -> None:
    """What is printed in this context goes there: several commands run side by side, each in a context of its own."""
    context.meta[_BLOCK] = block


def _block() -> TextIO | None:
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(_BLOCK)


def in_block() -> bool:
    """Whether this is one of several commands that run side by side, so that what is for all is not its business."""
    return _block() is not None


def stdout() -> TextIO:
    return _block() or sys.stdout


def stderr() -> TextIO:
    return _block() or sys.stderr


def _paint(stream: TextIO) -> Paint:
    if not stream.isatty():
        return no_paint
    from shutil import get_terminal_size  # takes long to load, and only a terminal needs it

    dumb = os.environ.get("TERM") == "dumb"
    return Paint(coloured=not os.environ.get("NO_COLOR") and not dumb, columns=get_terminal_size().columns)


def stdout_paint() -> Paint:
    return _paint(stdout())


def stderr_paint() -> Paint:
    return _paint(stderr())


class Out:
    """Writes text; after a write that failed (a closed pipe, a full disk) it writes nothing more, and `error` says why.

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
    return Out(stdout())


def print_report(text: str) -> int:
    """Write a report that is all a command is for; its exit code. One that could not be written has failed, unless its
    reader went away by choice (`| head`)."""
    out = report()
    out(text)
    return report_code(out)


def print_done(text: str) -> None:
    """Write what was done, which the exit code does not depend on."""
    out = report()
    out(text)
    warn_unwritten(out.error)


def report_code(out: Out) -> int:
    """The exit code of a command that is nothing but its report."""
    return int(warn_unwritten(out.error))


def warn_unwritten(error: OSError | None) -> bool:
    """Whether a report could not be written, which is said then; not to a reader who went away by choice (`| head`)."""
    if error is None or isinstance(error, BrokenPipeError):
        return False
    messages()(f"afsync: the report could not be written: {error.strerror or error}\n")
    return True


def messages() -> Out:
    return Out(stderr())


def links_shown(asked: bool, *, machine: bool = False) -> bool:
    """Whether links that open to whoever has them are printed: where they are asked for, and on a terminal, which no
    log keeps. `machine` says that this is a format for programs."""
    return asked or (not machine and stdout().isatty())


def agreed(question: str, read: Callable[[], str] = lambda: sys.stdin.readline()) -> bool:
    """Whether the answer is `yes`. After `y`, `Y` or `Yes` it is asked once more: an apply costs credits."""
    say = messages()
    say(f"\n{question}\n  Only 'yes' is accepted.\n\n  Enter a value: ")
    answer = read().strip()
    if answer != "yes" and answer.lower() in ("y", "yes"):
        say("\n  Please write all of it: yes.\n\n  Enter a value: ")
        answer = read().strip()
    return answer == "yes"


def interactive() -> bool:
    """Whether a question can be asked: input and messages are a terminal."""
    return sys.stdin.isatty() and stderr().isatty()


def on_terminal() -> bool:
    return stderr().isatty() and stdout().isatty()
