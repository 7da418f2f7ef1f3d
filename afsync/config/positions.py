"""Where things stand in a text: its lines, the values of a document as nodes; and the places of keys and values in a
large file that the fast reader read, for which only the lines around one are parsed."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from msgspec import Struct, field
from msgspec.structs import replace

from afsync.config.problems import Path, TextDiagnostic
from afsync.core.regex import regex

_BREAK = regex(r"\r\n|\r|\n")


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


class Composed(Struct, frozen=True):
    """A document as values with positions. `root` is None for an empty file, and where no values could be had."""

    root: Node | None
    marks: tuple[TextDiagnostic, ...]
    events: int = 0
    cuts: tuple[TextDiagnostic, ...] = ()
    """Of texts that may be shorter than they were meant."""


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


Compose = Callable[[str, int], Composed]
"""Reads an excerpt of at most so many values and keys."""

Found = tuple[Node | None, Node | None]
"""A value and its key."""


_SMALL: Final = 2_000
"""An excerpt of so many characters is not worth being divided."""

_MOST_EVENTS: Final = 60_000
"""How much all excerpts together may hold. Whatever is beyond is shown at the key of what holds it."""

_LONGEST: Final = 200_000
"""An excerpt of more characters is not read: a text without end, or a list of thousands in one line."""

_CONTENT = regex(r"^( *)(?=[^ #\r\n])", re.MULTILINE)
_BEHIND_KEY = regex(r"[\"']?[ ]*:[ ]*(?=[#\r\n]|\Z)")


class _Entries:
    """The entries of a collection in their order, and where the lines of each begin: a large one has millions, and is
    mostly asked for them one after the other."""

    def __init__(self, value: Any, starts: array[int], end: int) -> None:
        self._steps: list[str | int] = list(value if isinstance(value, dict) else range(len(value))) if starts else []
        self._starts, self._end = starts, end
        self._last = 0

    def span(self, step: str | int) -> tuple[int, int] | None:
        """From where to where an entry goes, if it is one."""
        for begin, end in ((self._last, len(self._steps)), (0, self._last)):
            with suppress(ValueError):
                self._last = found = self._steps.index(step, begin, end)
                return self._starts[found], (*self._starts[found + 1 : found + 2], self._end)[0]
        return None


class Places:
    """Positions in `text`, of which the fast reader made `value`: mappings and lists written as blocks."""

    def __init__(self, text: str, lines: Lines, value: Any, compose: Compose) -> None:
        self._text, self._lines, self._value, self._compose = text, lines, value, compose
        self._children: dict[Path, _Entries] = {}
        self._read: dict[tuple[int, int], Node | None] = {}
        self._left = _MOST_EVENTS

    def find(self, path: Path) -> Found:
        """The value at `path` and its key, or the nearest above that is found."""
        span, value = (0, len(self._text)), self._value
        taken = 0
        for taken, step in enumerate(path):
            inner = self._divided(path[:taken], span, value).span(step) if span[1] - span[0] > _SMALL else None
            if inner is None:
                break
            span, value = inner, value[step]
        else:
            taken = len(path)
        if taken == 0:
            return None, None
        return self._in_excerpt(span, path[taken - 1 :], value)

    def _in_excerpt(self, span: tuple[int, int], path: Path, value: Any) -> Found:
        """`path` begins with the step that the excerpt is of."""
        above = self._lines.number(span[0]) - 1
        root = self._excerpt(span)
        first = 0 if isinstance(path[0], int) else path[0]
        if root is None or first not in root.children or root.children[first].value != value:
            indent = len(self._text[span[0] : span[1]]) - len(self._text[span[0] : span[1]].lstrip(" "))
            return None, Node(above + 1, indent + 1)
        node, key = root, None
        for step in (first, *path[1:]):
            if step not in node.children:
                return (None, _moved(key, above)) if key is not None else (_moved(node, above), None)
            key = node.keys.get(str(step), key)
            node = node.children[step]
        return _moved(node, above), key and _moved(key, above)

    def _excerpt(self, span: tuple[int, int]) -> Node | None:
        if span not in self._read and span[1] - span[0] > _LONGEST:
            self._read[span] = None
        if span not in self._read:
            composed = self._compose(self._text[span[0] : span[1]], self._left)
            self._left = max(0, self._left - composed.events)
            self._read[span] = None if composed.marks else composed.root
        return self._read[span]

    def _divided(self, path: Path, span: tuple[int, int], value: Any) -> _Entries:
        """The lines of every entry of the collection at `path`; nothing where it is not written line by line."""
        if path not in self._children:
            self._children[path] = _Entries(value, self._starts(path, span, value), span[1])
        return self._children[path]

    def _starts(self, path: Path, span: tuple[int, int], value: Any) -> array[int]:
        begin, end = span
        if path:
            behind = _BEHIND_KEY.search(self._text, begin, end)
            line_end = self._text.find("\n", begin, end) + 1
            if behind is None or not line_end or behind.start() > line_end:
                return array("q")
            begin = line_end
        first = _CONTENT.search(self._text, begin, end)
        if first is None or not isinstance(value, dict | list):
            return array("q")
        lines = re.compile(rf"^ {{{len(first[1])}}}(?=[^ #\r\n])", re.MULTILINE).finditer(self._text, begin, end)
        found = self._keys(lines, value) if isinstance(value, dict) else self._items(lines)
        return found if len(found) == len(value) else array("q")

    def _keys(self, lines: Any, value: dict[str, Any]) -> array[int]:
        """The lines of the keys, in the order in which they were read: what begins otherwise belongs to one above."""
        found = array("q")
        keys = iter(value)
        key = next(keys, None)
        for line in lines:
            if key is None:
                break
            at = line.end() + (self._text[line.end()] in "'\"")
            if self._text.startswith(key, at) and self._text[at + len(key) : at + len(key) + 1] in ("'", '"', " ", ":"):
                found.append(line.start())
                key = next(keys, None)
        return found

    def _items(self, lines: Any) -> array[int]:
        found = array("q")
        for line in lines:
            if self._text.startswith(("- ", "-\n", "-\r"), line.end()):
                found.append(line.start())
        return found


def _moved(node: Node, lines: int) -> Node:
    return replace(node, line=node.line + lines)
