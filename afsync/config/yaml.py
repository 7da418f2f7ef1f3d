"""YAML text to plain values with positions. The only module that imports a YAML library.

The library is used for its events alone; values are composed here, without recursion, so that deep nesting and
aliases that multiply each other end in a clear problem, at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NoReturn

from msgspec import Struct, field
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

from afsync.config.cut_texts import Cuts
from afsync.config.node import MAX_DEPTH, Node, grow, merge, put
from afsync.config.problems import BROKEN, MAX_PROBLEMS, Code, InvalidValue, TextDiagnostic
from afsync.config.scalars import clean, resolve, short, tagged, unknown_tag
from afsync.config.syntax import conflict, explain, swallowed

MAX_EXPANSION: Final = 500_000
"""How many values all aliases of a file may stand for, together."""

_NO_VERSION: Final = "remove the `%YAML` line: it is 1.2"
MAX_EVENTS: Final = 100_000
MAX_LENGTH: Final = 4_000_000
"""How many values and keys of one file are read here, and how many characters: both take long. Only what the fast
reader cannot read, or finds fault with, comes here; of a larger file the beginning is read."""

_SEQUENCE_TAGS = (None, "!", "tag:yaml.org,2002:seq")
_MAPPING_TAGS = (None, "!", "tag:yaml.org,2002:map")


class Composed(Struct, frozen=True):
    """A document as values with positions. `root` is None for an empty file, and where no values could be had."""

    root: Node | None
    marks: tuple[TextDiagnostic, ...]
    events: int = 0
    cuts: tuple[TextDiagnostic, ...] = ()
    """Of texts that may be shorter than they were meant."""


def compose(text: str, most: int = MAX_EVENTS) -> Composed:
    """Reads one YAML document of `most` so many values and keys. Never raises for what `text` holds: everything wrong
    is in `marks`."""
    read = text if len(text) <= MAX_LENGTH else text[: text.rfind("\n", 0, MAX_LENGTH) + 1]
    composer = _Composer(most, read)
    try:
        for event in _events(read, composer, cut=read is not text):
            composer.take(event)
            if composer.finished:
                break
        else:
            if read is not text:
                raise _Fatal(_too_much(read.count("\n")))
    except _Fatal as stop:
        return _unmerged(text) or Composed(None, (*composer.marks, stop.mark), composer.events)
    if composer.marks and (conflict := _unmerged(text)):
        return conflict
    return Composed(composer.root, tuple(composer.marks), composer.events, composer.cuts.marks)


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


class _Fatal(Exception):
    """Nothing more can be read of this document."""

    def __init__(self, mark: TextDiagnostic) -> None:
        super().__init__(mark.message)
        self.mark = mark


def _events(text: str, composer: _Composer, *, cut: bool) -> Iterator[Any]:
    try:
        yield from YAML(typ="base", pure=True).parse(text)
    except MarkedYAMLError as error:
        if cut and (error.problem_mark is None or error.problem_mark.index >= len(text) - 1):
            raise _Fatal(_too_much(text.count("\n"))) from None
        if error.problem_mark is not None and (comment := _swallowed(text, error)) is not None:
            raise _Fatal(comment) from None
        said = explain(error.problem or "", error.context or "")
        place = error.context_mark if said.at_context and error.context_mark else error.problem_mark
        line, column = (place.line + 1, place.column + 1) if place else (1, 1)
        if said.at_opening:
            line, column = composer.opening or (line, column)
        raise _Fatal(TextDiagnostic(Code.SYNTAX, line, column, said.message, said.hint)) from None
    except ReaderError as error:
        line, column = text.count("\n", 0, error.position) + 1, error.position - text.rfind("\n", 0, error.position)
        message = f"the character U+{int(error.character):04X} cannot be used in text"
        raise _Fatal(TextDiagnostic(Code.BAD_CHARACTER, line, column, message, "remove it")) from None
    except AssertionError:
        # The parser's only check of this kind is of the version.
        line = text.count("\n", 0, max(0, text.find("%YAML"))) + 1
        raise _Fatal(
            TextDiagnostic(Code.YAML_VERSION, line, 1, "this version of YAML is not read here", _NO_VERSION)
        ) from None
    except (YAMLError, ValueError, OverflowError) as error:
        # The latter two: an escape such as "\UFFFFFFFF" that is no character.
        message = "this is not valid YAML: " + str(error).splitlines()[0]
        raise _Fatal(TextDiagnostic(Code.SYNTAX, 1, 1, message, "check its escapes, such as \\U0001F600")) from None


def _swallowed(text: str, error: MarkedYAMLError) -> TextDiagnostic | None:
    start = error.context_mark.index if error.context_mark else 0
    at = swallowed(text, error.problem or "", start, error.problem_mark.index)
    if at is None:
        return None
    message = "`#` begins a comment here, and what follows it on this line is not read"
    hint = "put the text in quotes if `#` belongs to it; else the comment on a line of its own"
    return TextDiagnostic(Code.SYNTAX, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), message, hint)


class _Open(Struct):
    """A collection that is still being read. `key` is the one whose value comes next."""

    node: Node
    mapping: bool
    anchor: str | None
    key: Node | None = None
    merging: bool = False
    merges: list[tuple[Node, Node]] = field(default_factory=list)


class _Composer:
    """Builds the tree from events with a stack of its own."""

    def __init__(self, most: int, text: str) -> None:
        self.root: Node | None = None
        self.cuts = Cuts(text)
        self.events = 0
        self._most = most
        self.marks: list[TextDiagnostic] = []
        self.finished = False
        self._documents = 0
        self._expanded = 0
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}

    @property
    def opening(self) -> tuple[int, int] | None:
        """Where the collection begins that is still being read."""
        return (self._stack[-1].node.line, self._stack[-1].node.column) if self._stack else None

    def take(self, event: Any) -> None:
        """One event of the parser."""
        self.events += 1
        if self.events > self._most:
            raise _Fatal(_too_much(event.start_mark.line + 1))
        match event:
            case ScalarEvent():
                self._place(self._scalar(event), merging=self._is_merge(event))
            case AliasEvent():
                self._place(self._alias(event))
            case MappingStartEvent():
                self._open(event, mapping=True)
            case SequenceStartEvent():
                self._open(event, mapping=False)
            case MappingEndEvent() | SequenceEndEvent():
                self._close()
            case DocumentStartEvent():
                self._document(event)

    def _document(self, event: Any) -> None:
        self._documents += 1
        node = _node(event)
        if self._documents > 1:
            self._mark(node, Code.SEVERAL_DOCUMENTS, "a second document begins here", "a file holds one: remove `---`")
            self.finished = True
        if event.version and tuple(event.version) != (1, 2):
            said = ".".join(str(part) for part in event.version)
            self._mark(node, Code.YAML_VERSION, f"YAML {said} is not read here", _NO_VERSION)

    def _scalar(self, event: Any) -> Node:
        node = _node(event)
        node.text = event.value
        node.value = self._value_of(event, node)
        self._anchor(event.anchor, node)
        top = self._stack[-1] if self._stack else None
        if top is not None and (top.key is not None or not top.mapping):
            self.cuts.value(event, top.key.text if top.key is not None else None)
        return node

    def _value_of(self, event: Any, node: Node) -> Any:
        try:
            text = clean(event.value)
            if event.tag is not None:
                return tagged(text, str(event.tag))
            return resolve(text) if event.implicit[0] else text
        except InvalidValue as wrong:
            self._mark(node, wrong.code, wrong.message, wrong.hint)
            return BROKEN

    def _alias(self, event: Any) -> Node:
        place = _node(event)
        if event.anchor not in self._anchors:
            name = short(event.anchor)
            message = f"`*{name}` names no anchor above"
            self._mark(place, Code.UNKNOWN_ALIAS, message, f"declare it with `&{name}`, or quote the text")
            place.value = BROKEN
            return place
        node = self._anchors[event.anchor]
        self.cuts.alias(event.anchor)
        if node is None:
            self._stop(place, Code.ALIAS_LOOP, f"`*{short(event.anchor)}` contains itself", "break the circle")
        self._expanded += node.size
        if self._expanded > MAX_EXPANSION:
            self._stop(place, Code.ALIAS_BOMB, "the aliases of this file stand for too many values", "use fewer")
        if len(self._stack) + node.height > MAX_DEPTH:
            self._too_deep(place)
        # The place of use; what is below keeps the place where it is written.
        return Node(place.line, place.column, node.value, node.text, node.children, node.keys, node.size, node.height)

    def _open(self, event: Any, *, mapping: bool) -> None:
        node = _node(event)
        if len(self._stack) >= MAX_DEPTH:
            self._too_deep(node)
        node.value = {} if mapping else []
        tag = None if event.tag is None else str(event.tag)
        if tag not in (_MAPPING_TAGS if mapping else _SEQUENCE_TAGS):
            wrong = unknown_tag(str(tag))
            self._mark(node, wrong.code, wrong.message, wrong.hint)
        self._anchor(event.anchor, None)
        self._stack.append(_Open(node, mapping, event.anchor))

    def _close(self) -> None:
        top = self._stack.pop()
        for key, source in top.merges:
            if not merge(top.node, source):
                self._mark(key, Code.BAD_MERGE, "`<<` takes a mapping or a list of them", "give it `*anchor`")
        self._anchor(top.anchor, top.node)
        self._place(top.node)

    def _place(self, node: Node, *, merging: bool = False) -> None:
        """Puts a finished node where it belongs: the root, a list, a key, or the value of a key."""
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if not top.mapping:
            top.node.children[len(top.node.value)] = node
            top.node.value.append(node.value)
            grow(top.node, node)
        elif top.key is None:
            top.key, top.merging = node, merging
        else:
            key, top.key = top.key, None
            self._entry(top, key, node)

    def _entry(self, top: _Open, key: Node, node: Node) -> None:
        if top.merging:
            self._merge_entry(top, key, node)
        elif not isinstance(key.value, str):
            self._bad_key(key)
        elif key.value in top.node.keys:
            first = top.node.keys[key.value].line
            message = f"`{short(key.value)}` is written twice: first on line {first}"
            self._mark(key, Code.DUPLICATE_KEY, message, "keep one of them")
        else:
            if node.text == "" and node.value is None:
                # The parser places a value that is not there at whatever comes next.
                node.line, node.column = key.line, key.column
            put(top.node, key, node)

    def _merge_entry(self, top: _Open, key: Node, node: Node) -> None:
        if top.merges:
            message = f"`<<` is written twice: first on line {top.merges[0][0].line}"
            self._mark(key, Code.DUPLICATE_KEY, message, "merge several with `<<: [*a, *b]`")
            return
        top.merges.append((key, node))

    def _is_merge(self, event: Any) -> bool:
        top = self._stack[-1] if self._stack else None
        return event.value == "<<" and event.implicit[0] and top is not None and top.mapping and top.key is None

    def _bad_key(self, key: Node) -> None:
        if key.value is BROKEN:
            return
        text = short(key.text or "")
        shown = f"`{text}`" if text else "this key"
        hint = f'put it in quotes: "{text}"' if text else "put text that begins with `{` or `[` in quotes"
        self._mark(key, Code.NON_STRING_KEY, f"{shown} is not text, and keys are", hint)

    def _anchor(self, name: str | None, node: Node | None) -> None:
        if name is not None:
            self._anchors[name] = node

    def _mark(self, node: Node, code: Code, message: str, hint: str | None) -> None:
        mark = TextDiagnostic(code, node.line, node.column, message, hint)
        if len(self.marks) >= MAX_PROBLEMS:
            raise _Fatal(mark)
        self.marks.append(mark)

    def _stop(self, node: Node, code: Code, message: str, hint: str) -> NoReturn:
        raise _Fatal(TextDiagnostic(code, node.line, node.column, message, hint))

    def _too_deep(self, node: Node) -> NoReturn:
        self._stop(node, Code.TOO_DEEP, f"this is nested more than {MAX_DEPTH} levels deep", "flatten it")


def _too_much(line: int) -> TextDiagnostic:
    message = (
        "the file is too large to be read behind this line: it holds something that is wrong, or that only small files "
        "can hold (an anchor, an alias, a tag, `<<`, a collection in brackets over several lines, more than a million "
        "lists and mappings)"
    )
    return TextDiagnostic(Code.TOO_LARGE, max(1, line), 1, message, "split it, and name the parts under `include`")


def _node(event: Any) -> Node:
    return Node(event.start_mark.line + 1, event.start_mark.column + 1)
