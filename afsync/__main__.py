"""`python -m afsync`, and the `afsync` command: the process around the command line."""

from __future__ import annotations

import codecs
import gc
import os
import sys

from afsync.__version__ import __version__
from afsync.command_list import help_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run a command and leave with its exit code."""
    words = sys.argv[1:] if args is None else list(args)
    # A plan of thousands of jobs is a million objects, none of them garbage: looking for some again and again is a
    # fifth of the time.
    gc.set_threshold(500_000)
    _open_streams()
    _leave(_run(words))


def _run(words: list[str]) -> int:
    # What asks for these asks often, and should not wait for a command line to be loaded.
    if words in (["version"], ["--version"]):
        return _printed(f"afsync {__version__}\n")
    if words in (["-h"], ["--help"]):
        return _printed(help_text())
    from afsync.cli import run

    return run(words)


def _printed(text: str) -> int:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        return 0
    except OSError as error:
        sys.stderr.write(f"afsync: the report could not be written: {error.strerror}\n")
        return 1
    return 0


def _open_streams() -> None:
    """A stream that was closed swallows what is written to it, before a file of ours gets its number. What goes into a
    pipe or a file is UTF-8, whatever the locale; what a terminal's encoding cannot express becomes an escape that JSON
    has as well, not an error in the middle of an apply."""
    codecs.register_error("afsync", _escaped)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
        elif mode == "w" and hasattr(stream, "reconfigure"):
            own = stream.encoding if stream.isatty() or name == "stderr" else "utf-8"
            stream.reconfigure(encoding=own, errors="afsync")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    escapes = (f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return "".join(escapes), error.end


def _leave(code: int) -> NoReturn:
    """Leave, and let a reader that went away (`afsync plan | head`) change neither the exit code nor the screen.

    Everything is closed and written by now; taking a million objects apart, one by one, would take a tenth of a second.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
    os._exit(code)


if __name__ == "__main__":
    main()
