"""The difference between two versions of a text file, safe to show in a log."""

from __future__ import annotations

import difflib
import re

from afsync.output.values import Paint, escape_control, no_paint

_ORDER = re.compile(r"^(.\s*):(?=:)")
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


def file_diff(name: str, before: str, after: str, paint: Paint = no_paint) -> str:
    """A unified diff, ending in a newline; nothing where both are the same."""
    rows = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}", f"b/{name}", lineterm="")
    return "".join(f"{_painted(row, paint)}\n" for row in rows)


def _painted(row: str, paint: Paint) -> str:
    colour = _COLOURS.get(row[:1])
    return paint(_row(row), colour) if colour else _row(row)


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").split("\n")[:-1] if text.endswith("\n") else text.split("\n")


def _row(row: str) -> str:
    # A line that begins with `::` would be an order to GitHub's runner, whatever white space stands before it.
    return _ORDER.sub(r"\1\\x3a", escape_control(row.replace("\t", "    ")))
