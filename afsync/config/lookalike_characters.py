"""Characters that make a line look right: a space that is none to YAML, a colon that is no colon, a `#`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from afsync.config.problems import Code

_SPACES: Final = {
    "\u00a0": "a no-break space",
    "\u202f": "a narrow no-break space",
    "\u2007": "a figure space",
    "\u3000": "a full-width space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
}
_COLONS: Final = {"\uff1a": "a full-width colon", "\ufe55": "a small colon", "\u2236": "a ratio sign"}
_NAMES: Final = {**_SPACES, **_COLONS}
_IN_KEY = re.compile(
    rf"[ \t]*+(?:-[ ]++)?+[\"']?[-\w. ]*+(?::(?=[{''.join(_SPACES)}]))?+([{''.join(_NAMES)}])", re.ASCII
)
"""A line up to the first such character in its key, or right behind the key's colon."""
_ONLY_COMMENT = re.compile(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'#][^\s#]*?)[ ]*:[ \t]+#|-?[ \t]+#")
"""A key, or a list item, with nothing but a comment."""


class FoundCharacter(Struct, frozen=True):
    """Where such a character stands (line and column from 1), what is said of it, and what to do."""

    line: int
    column: int
    message: str
    hint: str


def in_key(lines: Iterable[tuple[int, str]], column: int = 1) -> FoundCharacter | None:
    """The first such character in a key, or beside its colon, from `column` on, in lines with their numbers."""
    for number, line in lines:
        found = _IN_KEY.match(line, column - 1)
        if found is not None:
            sign = found[1]
            message = f"{_NAMES[sign]} (U+{ord(sign):04X}) stands here, where only an ordinary one is read"
            hint = "write `:` and a space" if sign in _COLONS else "remove it, or write an ordinary space"
            return FoundCharacter(number, found.start(1) + 1, message, hint)
    return None


def in_fault(code: Code, line: int, column: int, text: str) -> FoundCharacter | None:
    """The same where a key is unknown, or stands where a mapping is missing; `text` is the line."""
    own_line = code is Code.WRONG_TYPE and not text[: column - 1].strip(" -")
    return in_key([(line, text)], column) if own_line or code in (Code.UNKNOWN_KEY, Code.BAD_KEY) else None


def is_only_comment(code: Code, column: int, text: str) -> bool:
    """Whether the value of what begins at `column` is missing because a comment stands in its place."""
    may = code in (Code.NO_VALUE, Code.WRONG_TYPE, Code.UNKNOWN_VALUE)
    return may and _ONLY_COMMENT.match(text, column - 1) is not None
