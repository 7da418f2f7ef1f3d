"""Where things stand in a text: its lines, and the values of a YAML document as a tree of nodes."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from typing import Any

from msgspec import Struct, field

from afsync.core.regex import regex

_BREAK = regex(r"\r\n|\r|\n")


class Lines:
    """The lines of a text as messages count them, without a copy of each: a large file has millions."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = array("q", (0, *(found.end() for found in _BREAK.finditer(text))))

    def number(self, offset: int) -> int:
        """The line, from 1, in which a character stands."""
        return bisect_right(self._starts, offset)

    def begin(self, line: int, most: int) -> str:
        """The first so many characters of a line; nothing for one that is not there."""
        if line > len(self._starts):
            return ""
        start = self._starts[line - 1]
        end = self._starts[line] if line < len(self._starts) else len(self._text)
        return self._text[start : min(end, start + most)].rstrip("\r\n")


class Node(Struct):
    """A value and where it stands (from 1). `text` is a scalar as written; `size` counts it and all below it."""

    line: int
    column: int
    value: Any = None
    text: str | None = None
    children: dict[str | int, Node] = field(default_factory=dict)
    keys: dict[str, Node] = field(default_factory=dict)
    size: int = 1
    height: int = 1
