"""Text from the service, made safe to show: one line of limited length, no control characters or signed links."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from afsync.core.links import text_without_signed

MAX_CHARACTERS = 300
"""Enough for a sentence, and no more than a few lines of a terminal."""


DEEPEST = 50
"""How many levels of a value from the service are read. What is nested deeper is replaced by `TOO_DEEP`, so that
comparing or showing a value cannot exceed the recursion limit."""
TOO_DEEP = "(nested too deeply)"

_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)


def shallow(body: bytes) -> bytes:
    """JSON without what stands deeper than a page of rows needs, so that one odd row costs no other row anything."""
    pieces, last, depth, begun, deepest = [], 0, 0, 0, DEEPEST + 10
    for found in _MARKS.finditer(body):
        mark = found[0]
        if mark in b"[{":
            depth += 1
            begun = found.start() if depth == deepest else begun
        elif mark in b"]}":
            depth -= 1
            if depth == deepest - 1:
                pieces += [body[last:begun], b'"' + TOO_DEEP.encode() + b'"']
                last = found.end()
    return b"".join([*pieces, body[last:]])


def printable(text: str, limit: int = MAX_CHARACTERS) -> str:
    """`text` on one line, without anything that could steer a terminal, at most `limit` characters."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    line = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text[: 4 * limit])
    line = " ".join(line.split())
    return line if len(line) <= limit and len(text) <= 4 * limit else line[: limit - 1] + "…"


def excerpt(body: bytes) -> str:
    """The beginning of an answer, for a message."""
    return printable(text_without_signed(body[:1000].decode("utf-8", "replace")), 120) or "nothing"


def printable_in(value: Any) -> Any:
    """Texts in `value`, which is JSON and only ever shown, made printable."""
    return _texts(value, printable)


def valid_unicode(text: str) -> str:
    """`text` as it is, except for halves of characters (a topic cut in the middle), which no file can hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def valid_unicode_in(value: Any) -> Any:
    """All texts in `value`, which is JSON, as `valid_unicode` leaves them."""
    return _texts(value, valid_unicode)


def _texts(value: Any, change: Callable[[str], str], left: int = DEEPEST) -> Any:
    match value:
        case str():
            return change(value)
        case dict() | list() if left == 0:
            return TOO_DEEP
        case dict():
            return {change(k): _texts(v, change, left - 1) for k, v in value.items()}
        case list():
            return [_texts(v, change, left - 1) for v in value]
        case _:
            return value
