"""YAML text to plain values with positions. The only module that imports a YAML library.

The library is used for its tokens and events alone; `composer` makes the values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from msgspec import Struct
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from afsync.config.composer import NO_VERSION, Composer, Unreadable, too_much
from afsync.config.positions import Composed
from afsync.config.problems import Code, TextDiagnostic
from afsync.config.syntax import conflict, explain, swallowed, unspaced

MAX_EVENTS: Final = 100_000
MAX_LENGTH: Final = 4_000_000
"""How many values and keys of one file are read here, and how many characters: both take long. Only what the fast
reader cannot read, or finds fault with, comes here; of a larger file the beginning is read."""


def compose(text: str, most: int = MAX_EVENTS) -> Composed:
    """Reads one YAML document of `most` so many values and keys. Never raises for what `text` holds: everything wrong
    is in `marks`."""
    read = text if len(text) <= MAX_LENGTH else text[: text.rfind("\n", 0, MAX_LENGTH) + 1]
    composer = Composer(most, read)
    try:
        for event in _events(read, composer, cut=read is not text):
            _take(composer, event)
            if composer.finished:
                break
        else:
            if read is not text:
                raise Unreadable(too_much(read.count("\n")))
    except Unreadable as stop:
        return _unmerged(text) or Composed(None, (*composer.marks, stop.mark), composer.events)
    if composer.marks and (conflict := _unmerged(text)):
        return conflict
    return Composed(composer.root, tuple(composer.marks), composer.events, composer.cuts.marks)


def _take(composer: Composer, event: Any) -> None:
    composer.begin(event)
    match event:
        case ScalarEvent():
            composer.scalar(event)
        case AliasEvent():
            composer.alias(event)
        case MappingStartEvent():
            composer.open(event, mapping=True)
        case SequenceStartEvent():
            composer.open(event, mapping=False)
        case MappingEndEvent() | SequenceEndEvent():
            composer.close()
        case DocumentStartEvent():
            composer.document(event)


def _unmerged(text: str) -> Composed | None:
    """What is said of a file in which a merge left its markers, whatever else they break."""
    found = conflict(text)
    return (
        Composed(None, (TextDiagnostic(found.code, found.line or 1, 1, found.message, found.hint),)) if found else None
    )


class Token(Struct, frozen=True):
    """A piece of the text: its kind (`Scalar`, `Key`, `BlockEnd` …), where it stands, and from where to where it goes.

    `line` and `column` are from 0, `start` and `end` count characters. Some kinds have no characters of their own.
    """

    kind: str
    start: int
    end: int
    line: int
    column: int


def tokens(text: str) -> list[Token]:
    """The tokens of a document that `compose` has nothing against. White space and comments stand between them."""
    return [
        Token(
            type(t).__name__.removesuffix("Token"),
            t.start_mark.index,
            t.end_mark.index,
            t.start_mark.line,
            t.start_mark.column,
        )
        for t in YAML(typ="base", pure=True).scan(text)
    ]


def _events(text: str, composer: Composer, *, cut: bool) -> Iterator[Any]:
    try:
        yield from YAML(typ="base", pure=True).parse(text)
    except MarkedYAMLError as error:
        if cut and (error.problem_mark is None or error.problem_mark.index >= len(text) - 1):
            raise Unreadable(too_much(text.count("\n"))) from None
        if error.problem_mark is not None and (comment := _swallowed(text, error)) is not None:
            raise Unreadable(comment) from None
        if error.problem_mark is not None and (colon := _unspaced(text, error)) is not None:
            raise Unreadable(colon) from None
        said = explain(error.problem or "", error.context or "")
        place = error.context_mark if said.at_context and error.context_mark else error.problem_mark
        line, column = (place.line + 1, place.column + 1) if place else (1, 1)
        if said.at_opening:
            line, column = composer.opening or (line, column)
        raise Unreadable(TextDiagnostic(Code.SYNTAX, line, column, said.message, said.hint)) from None
    except ReaderError as error:
        line, column = text.count("\n", 0, error.position) + 1, error.position - text.rfind("\n", 0, error.position)
        message = f"the character U+{int(error.character):04X} cannot be used in text"
        raise Unreadable(TextDiagnostic(Code.BAD_CHARACTER, line, column, message, "remove it")) from None
    except AssertionError:
        # The parser's only check of this kind is of the version.
        line = text.count("\n", 0, max(0, text.find("%YAML"))) + 1
        raise Unreadable(
            TextDiagnostic(Code.YAML_VERSION, line, 1, "this version of YAML is not read here", NO_VERSION)
        ) from None
    except (YAMLError, ValueError, OverflowError) as error:
        # The latter two: an escape such as "\UFFFFFFFF" that is no character.
        message = "this is not valid YAML: " + str(error).splitlines()[0]
        raise Unreadable(TextDiagnostic(Code.SYNTAX, 1, 1, message, "check its escapes, such as \\U0001F600")) from None


def _unspaced(text: str, error: MarkedYAMLError) -> TextDiagnostic | None:
    start = error.context_mark.index if error.context_mark else 0
    found = unspaced(text, error.problem or "", start, error.problem_mark.index)
    if found is None:
        return None
    at, key = found
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    message = f"a space is missing after `{key[:60]}:`"
    return TextDiagnostic(Code.SYNTAX, line, column, message, f"write `{key[:60]}: …`; or quote it if it is text")


def _swallowed(text: str, error: MarkedYAMLError) -> TextDiagnostic | None:
    start = error.context_mark.index if error.context_mark else 0
    at = swallowed(text, error.problem or "", start, error.problem_mark.index)
    if at is None:
        return None
    message = "`#` begins a comment here, and what follows it on this line is not read"
    hint = "put the text in quotes if `#` belongs to it; else the comment on a line of its own"
    return TextDiagnostic(Code.SYNTAX, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), message, hint)
