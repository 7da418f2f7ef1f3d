"""The lines of a text as YAML counts them, each with its end, so that joining them gives the text again."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right

# Compiled when they are used, which is when a file is written.
_LINE = "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
_ENDED = "[\r\n\x85\u2028\u2029]\\Z"
_DOCUMENT_END = re.compile(r"\.\.\.(\s|\Z)")


_BREAK = re.compile(r"\r\n|\r|\n")


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


def lines_of(text: str) -> list[str]:
    return re.findall(_LINE, text)


def newline_of(text: str) -> str:
    """How the author ends lines."""
    if "\r\n" in text:
        return "\r\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"


def ended(lines: list[str], newline: str) -> list[str]:
    """The same lines, the last of them with an end."""
    return [*lines[:-1], lines[-1] + newline] if lines and not re.search(_ENDED, lines[-1]) else lines


def document_and_rest(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines up to the mark that ends the document, where there is one, and those from there on."""
    end = next((n for n, line in enumerate(lines) if _DOCUMENT_END.match(line)), len(lines))
    return lines[:end], lines[end:]
