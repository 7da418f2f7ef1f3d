"""Lines that are read otherwise than they look: `topic: Best plays #cs2` is `Best plays`, `topic: ! wow` is `wow`, and
a space or a colon may be none to YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from msgspec import Struct

from afsync.config.fast_reader import KEY_FORM, common_lines
from afsync.config.problems import MAX_PROBLEMS, Code, TextDiagnostic
from afsync.core.regex import regex

_TEXTS: Final = frozenset({"topic", "name", "description", "prompt"})
"""Keys of texts that people read: in these a `#` is often meant as one, whatever follows it."""

_COMMENT = regex(r"[ \t]+(#)(?=(\w|[^\x00-\x7f\s])?)")
"""A comment behind a value; with what follows the `#` at once, where it reads as one word with it (`#1`, `#cs2`)."""

_LINE = rf"[ ]*+(?:-[ ])?+(?:({KEY_FORM})[ ]++)?+([^\"'\[{{\n][^\n]*?)[ ]+#"
"""A line of a common form with a plain value and a comment."""

_OF_TEXT = regex(rf"(?:- )?[\"']?(?:{'|'.join(sorted(_TEXTS))})[\"']?:")
_TIGHT = regex(r" #(?:\w|[^\x00-\x7f\s])")
_LESS = "put the whole text in quotes if the rest belongs to it, else the comment on a line of its own"
_SHOWN: Final = 60
_VARS: Final = regex(r"""^(?:vars|"vars"|'vars')[ ]*:""", re.MULTILINE)
_SECTION: Final = regex(r"\n(?=[^\s#\-])")


class VariablesSection:
    """The `vars` section of a file. A value of several words there is likely to be text that is put into others."""

    def __init__(self, text: str) -> None:
        begin = _VARS.search(text)
        end = _SECTION.search(text, begin.end()) if begin else None
        self._begin, self._end = begin.end() if begin else len(text), end.start() if end else len(text)

    def is_text(self, at: int, value: str) -> bool:
        return self._begin <= at < self._end and " " in value


def _behind_value(
    text: str, end: int, place: tuple[int, int], key: str | None, value: str, variables: VariablesSection
) -> TextDiagnostic | None:
    """What is said of the comment behind a plain value of `key` that ends at `end`, which is `place` (line and column,
    from 0). None where there is no comment, or none that may be meant as text."""
    comment = _COMMENT.match(text, end)
    if comment is None or "${" in value:
        return None
    if not (comment[2] or key in _TEXTS or variables.is_text(end, value)):
        return None
    message = f"`#` begins a comment here: {_named(key)} is only `{value[-_SHOWN:]}`"
    return TextDiagnostic(Code.CUT_TEXT, place[0] + 1, place[1] + 1 + comment.start(1) - end, message, _LESS)


def _named(key: str | None) -> str:
    return "the value" if key is None else f"`{key[:_SHOWN]}`"


class Cuts:
    """Collects the warnings about texts that ` #` may have cut, while ruamel.yaml reads the document."""

    def __init__(self, text: str) -> None:
        self._text = text if " #" in text or "\t#" in text else ""
        self._variables = VariablesSection(self._text)
        self._marks: list[TextDiagnostic] = []
        self._anchored: list[tuple[str, TextDiagnostic]] = []
        self._used: set[str] = set()

    def value(self, event: Any, key: str | None) -> None:
        """A scalar value that was read. `event` is the parser's."""
        if event.style is not None or not event.value or len(self._marks) > MAX_PROBLEMS:
            return
        end = event.end_mark
        if self._text:
            place = (end.line, end.column)
            cut = _behind_value(self._text, end.index, place, key, event.value, self._variables)
            self._marks += [cut] if cut is not None else []
        if str(event.tag) == "!":
            self._marks.append(_in_front(event, key, "!", "a tag"))
        if event.anchor is not None and key in _TEXTS:
            self._anchored.append((event.anchor, _in_front(event, key, f"&{event.anchor}", "an anchor")))

    def alias(self, anchor: str) -> None:
        self._used.add(anchor)

    @property
    def marks(self) -> tuple[TextDiagnostic, ...]:
        """With the anchors that nothing refers to: they are more likely meant as text."""
        return (*self._marks, *(mark for anchor, mark in self._anchored if anchor not in self._used))


def _in_front(event: Any, key: str | None, sign: str, what: str) -> TextDiagnostic:
    message = f"`{sign[:_SHOWN]}` is {what} and no part of the text: {_named(key)} is only `{event.value[:_SHOWN]}`"
    hint = f"put the whole text in quotes if `{sign[:_SHOWN]}` belongs to it, else remove it"
    return TextDiagnostic(Code.CUT_TEXT, event.start_mark.line + 1, event.start_mark.column + 1, message, hint)


def in_common_form(text: str) -> tuple[TextDiagnostic, ...]:
    """The same for a text that the fast reader takes; not even looked through where no value has a comment."""
    plain = text.replace("\r\n", "\n") if " #" in text else ""
    variables = VariablesSection(plain)
    return tuple(_marks(plain, variables)) if _may_cut(plain, variables) else ()


def _may_cut(text: str, variables: VariablesSection) -> bool:
    """Whether any line may have something to be said of. Takes time that grows with the text, whatever is in it."""
    at = text.find(" #")
    while at >= 0:
        end = text.find("\n", at)
        before = text[text.rfind("\n", 0, at) + 1 : at].lstrip()
        of_value = before != "" and not before.startswith("#")
        if of_value and (_OF_TEXT.match(before) or _TIGHT.search(text, at, end) or variables.is_text(at, before)):
            return True
        at = text.find(" #", end)
    return False


def _marks(text: str, variables: VariablesSection) -> Iterator[TextDiagnostic]:
    line = found = 0
    for part in common_lines(text):
        said = _mark(text, part, line, variables) if part[1] is not None and " #" in part[0] else None
        line += part[0].count("\n")
        if said is not None:
            yield said
            found += 1
            if found > MAX_PROBLEMS:
                return


def _mark(text: str, part: re.Match[str], line: int, variables: VariablesSection) -> TextDiagnostic | None:
    """What is said of one line of a common form."""
    ours = re.compile(_LINE).match(text, part.start(), part.end())
    if ours is None:
        return None
    key = ours[1][:-1].strip("\"'") if ours[1] else None
    return _behind_value(text, ours.end(2), (line, ours.end(2) - part.start()), key, ours[2], variables)


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
_IN_KEY = regex(rf"[ \t]*+(?:-[ ]++)?+[\"']?[-\w. ]*+(?::(?=[{''.join(_SPACES)}]))?+([{''.join(_NAMES)}])", re.ASCII)
"""A line up to the first such character in its key, or right behind the key's colon."""

_ONLY_COMMENT = regex(r"(?:\"[^\"]*\"|'[^']*'|[^\s\"'#][^\s#]*?)[ ]*:[ \t]+#|-?[ \t]+#")
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
