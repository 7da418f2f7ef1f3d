"""The one layout of a YAML file: how far things are indented, and where single spaces stand.

Works on tokens and the text between them, so that whatever a person wrote (comments, order, quotes, anchors, numbers)
stays as it is: nothing but white space differs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from afsync.config.starter_files import SCHEMA_FILE
from afsync.config.yaml import Token, compose, tokens

STEP: Final = 2
_BLANK: Final = " \t"
"""White space in YAML. Other spaces are text, such as those that do not break."""

_OPENING = ("FlowMappingStart", "FlowSequenceStart")
_CLOSING = ("FlowMappingEnd", "FlowSequenceEnd")
_BLOCK = re.compile(r"[|>]([-+0-9]*)")


class NotArranged(Exception):
    """The file uses a form that is left as it is: explicit keys, directives."""


class Level(Struct, frozen=True):
    """An open block collection: its column in the source and in the result.

    `bare` is a list whose dashes stand right below their key, which has neither a start nor an end of its own.
    """

    old: int
    new: int
    bare: bool = False
    mapping: bool = False


def arrange(text: str) -> str:
    """`text`, whose lines end in `\\n`, in the one layout. NotArranged."""
    return _Arranger(text).result()


class _Arranger:
    """Goes through the tokens once, with the block collections that are open and how deep in `[` and `{` it is."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.out: list[str] = []
        self.at = 0
        self.levels: list[Level] = []
        self.around: list[Level] = []
        self.depth = 0
        self.key = False
        self.before: Token | None = None
        self.margin = sys.maxsize
        """How far comments may be indented, so that they are not taken for lines of the block scalar above them."""
        self.open_end = False
        """Whether what was put last ends where the file does: a block scalar whose last line ends are part of it."""

    def result(self) -> str:
        for token in tokens(self.text):
            self._take(token)
        rest = self.text[self.at :]
        self._between(rest, None)
        text = "".join(self.out).lstrip("\n")
        return text if self.open_end and not rest.strip(_BLANK + "\n") else text.rstrip("\n") + "\n"

    def _take(self, token: Token) -> None:
        match token.kind:
            case "StreamStart" | "StreamEnd":
                return
            case "BlockMappingStart" | "BlockSequenceStart":
                self.levels.append(Level(token.column, self._inner(), mapping=token.kind == "BlockMappingStart"))
            case "BlockEnd":
                self._leave_bare()
                self.levels.pop()
            case "Key":
                if token.end > token.start:
                    raise NotArranged
                if not self.depth:
                    self._leave_bare()
                self.key = True
            case "Directive":
                raise NotArranged
            case _:
                self._put(token)

    def _leave_bare(self) -> None:
        while self.levels[-1].bare:
            self.levels.pop()

    def _inner(self) -> int:
        """The column of what belongs to the innermost collection without being one of its keys or dashes."""
        return self.levels[-1].new + STEP if self.levels else 0

    def _put(self, token: Token) -> None:
        if token.kind == "BlockEntry" and self.levels[-1].mapping:
            self.levels.append(Level(token.column, self._inner(), bare=True))
        gap = self.text[self.at : token.start]
        if self.before is None or "\n" in gap:
            self._between(gap, token)
        else:
            self.out.append(_space(self.before.kind, token.kind))
        self.open_end, self.margin = False, sys.maxsize
        self._write(token)
        self.depth += (token.kind in _OPENING) - (token.kind in _CLOSING)
        self.key, self.before, self.around = False, token, list(self.levels)

    def _column(self, token: Token) -> int:
        """Where a token stands that is the first on its line."""
        if self.depth:
            return self._inner() + STEP * (self.depth - (token.kind in _CLOSING))
        if token.kind in ("DocumentStart", "DocumentEnd"):
            return 0
        if token.kind == "Value":
            raise NotArranged
        return self.levels[-1].new if self.levels and (self.key or token.kind == "BlockEntry") else self._inner()

    def _between(self, gap: str, token: Token | None) -> None:
        """What stands between two tokens on different lines: a comment, then lines that are comments or blank."""
        head, *lines = gap.split("\n")
        if self.before is None:
            head, lines = "", [head, *lines]
        if comment := head.strip(_BLANK):
            self.out.append(" " * max(1, len(head) - len(head.lstrip(_BLANK))) + comment)
        kept = _squeezed([line.rstrip(_BLANK) for line in (lines[:-1] if token else lines)])
        column = self._column(token) if token else 0
        for line in kept:
            indent = min(self._comment_column(len(line) - len(line.lstrip(_BLANK)), token, column), self.margin)
            self.out.append("\n" + (" " * indent + line.lstrip(_BLANK) if line else ""))
        if token is not None:
            self.out.append("\n" + " " * column)

    def _comment_column(self, old: int, token: Token | None, column: int) -> int:
        """A comment goes with what follows it, or with what it stood in line with before."""
        if self.depth:
            return self._inner() + STEP * self.depth
        if token is not None and (token.column == old or not self.around):
            return column
        for level in reversed(self.around):
            if level.old == old:
                return level.new
        return next((level.new + STEP for level in reversed(self.around) if level.old < old), column)

    def _write(self, token: Token) -> None:
        text = self.text[token.start : token.end]
        if token.kind != "Scalar" or "\n" not in text:
            self.out.append(text)
            self.at = token.end
        elif found := _BLOCK.match(text):
            self._block(token, text, found[1])
        else:
            first, *rest = text.split("\n")
            # In double quotes a backslash may stand before the space.
            ends = "" if text[0] == '"' else _BLANK
            indent = " " * (self._inner() + STEP * self.depth)
            rows = (indent + line.lstrip(_BLANK).rstrip(ends) if line.strip(_BLANK) else "" for line in rest)
            lines = [first.rstrip(ends), *rows]
            self.out.append("\n".join(lines))
            self.at = token.end

    def _block(self, token: Token, text: str, indicators: str) -> None:
        """A literal or folded text: shifted as a whole."""
        head, *lines = text.split("\n")
        digits = [int(c) for c in indicators if c.isdigit()]
        first = next((line for line in lines if line.strip(" ")), None)
        if not self.levels or (first is None and not digits):
            raise NotArranged
        level = self.levels[-1]
        self.margin = level.new
        old = level.old + digits[0] if digits else len(first or "") - len((first or "").lstrip(" "))
        indent = " " * (level.new + (digits[0] if digits else STEP))
        blank = [not line.strip(" ") and len(line) <= old for line in lines]
        drop = 1 if lines[-1] == "" else 0
        while "+" not in indicators and drop < len(lines) and blank[-1 - drop]:
            drop += 1
        kept = len(lines) - drop
        self.open_end = "+" in indicators or ("-" not in indicators and not self.text.endswith("\n"))
        self.out.append("\n".join([head, *("" if blank[i] else indent + lines[i][old:] for i in range(kept))]))
        self.at = token.start + len("\n".join([head, *lines[:kept]]))


def _squeezed(lines: list[str]) -> list[str]:
    """At most one blank line at a time."""
    return [line for i, line in enumerate(lines) if line or i == 0 or lines[i - 1]]


def _space(before: str, after: str) -> str:
    """What stands between two tokens on one line."""
    if after == "Value":
        return " " if before in ("Alias", "Anchor", "Tag") else ""
    if before == "Value":
        return " "
    tight = before in _OPENING or after in _CLOSING or after == "FlowEntry"
    return "" if tight else " "


_BOM: Final = "\ufeff"
_MODELINE = re.compile(r"#\s*yaml-language-server\s*:\s*\$schema\s*=\s*(\S+)\s*")
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def tidied(text: str, schema: Callable[[str], str] = str) -> str | None:
    """The text in the one layout. `schema` gets the schema that the line for editors names and returns
    the one that it should name.

    None for a text that cannot be read, holds no mapping, or uses a form that is left alone: explicit keys,
    directives, line ends that not everybody takes for such.
    """
    body = text.removeprefix(_BOM)
    newline = "\r\n" if "\r\n" in body else "\n"
    plain = body.replace("\r\n", "\n").replace("\r", "\n")
    result = _tidy(plain, schema)
    if result is None:
        return None
    return _BOM * text.startswith(_BOM) + result.replace("\n", newline)


def _tidy(text: str, schema: Callable[[str], str]) -> str | None:
    before = compose(text)
    if before.marks or before.root is None or not isinstance(before.root.value, dict) or _OTHER_LINE_ENDS.search(text):
        return None
    try:
        result = _schema_first(arrange(text), schema)
    except NotArranged:
        return None
    after = compose(result)
    same = after.root is not None and not after.marks and repr(after.root.value) == repr(before.root.value)
    # Nothing but white space may differ, the line of the schema aside. It never does; a file is not where to find out.
    return result if same and _ink(text) == _ink(result) else None


def _ink(text: str) -> str:
    """Everything but white space and the line of the schema."""
    return "".join(re.sub("[ \t]", "", line) for line in text.split("\n") if not _MODELINE.fullmatch(line))


def _schema_first(text: str, schema: Callable[[str], str]) -> str:
    """With the line that tells editors the schema, where there is one in the head of the file, as the first."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if found := _MODELINE.fullmatch(line):
            modeline = f"# yaml-language-server: $schema={schema(found[1])}"
            return "\n".join([modeline, *lines[:number], *lines[number + 1 :]])
        if line and not line.startswith("#"):
            break
    return text


def schema_for(file: str, written: str, *, there: bool) -> str:
    """What the line for editors in `file`, relative to the project, should name. An address, another schema and a path
    that leads to one are `there` and stay; our own schema under a wrong path is named by the right one."""
    if there or "://" in written or not written.endswith("afsync.schema.json"):
        return written
    return "../" * file.count("/") + SCHEMA_FILE
