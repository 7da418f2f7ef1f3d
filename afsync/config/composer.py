"""Values with positions from the events of a YAML parser.

Composed without recursion, so that deep nesting and aliases that multiply each other end in a clear problem, at once.
Nothing here imports the library: an event has `start_mark`, `value`, `anchor`, `tag` and so on.
"""

from __future__ import annotations

from typing import Any, Final, NoReturn

from msgspec import Struct, field

from afsync.config.misleading_text import Cuts
from afsync.config.positions import Node
from afsync.config.problems import BROKEN, MAX_PROBLEMS, Code, InvalidValue, TextDiagnostic
from afsync.config.scalars import clean, resolve, short, tagged, unknown_tag

MAX_DEPTH: Final = 64
MAX_EXPANSION: Final = 500_000
"""How many values all aliases of a file may stand for, together."""


NO_VERSION: Final = "remove the `%YAML` line: it is 1.2"
_SEQUENCE_TAGS = (None, "!", "tag:yaml.org,2002:seq")
_MAPPING_TAGS = (None, "!", "tag:yaml.org,2002:map")


class Unreadable(Exception):
    """Nothing more can be read of this document."""

    def __init__(self, mark: TextDiagnostic) -> None:
        super().__init__(mark.message)
        self.mark = mark


class _Open(Struct):
    """A collection that is still being read. `key` is the one whose value comes next."""

    node: Node
    mapping: bool
    anchor: str | None
    key: Node | None = None
    merging: bool = False
    merges: list[tuple[Node, Node]] = field(default_factory=list)


class Composer:
    """Builds the tree from events with a stack of its own: `begin` for each, then the method of its kind."""

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

    def begin(self, event: Any) -> None:
        """Counts an event. Unreadable when there are too many."""
        self.events += 1
        if self.events > self._most:
            raise Unreadable(too_much(event.start_mark.line + 1))

    def document(self, event: Any) -> None:
        """The beginning of a document."""
        self._documents += 1
        node = _node(event)
        if self._documents > 1:
            self._mark(node, Code.SEVERAL_DOCUMENTS, "a second document begins here", "a file holds one: remove `---`")
            self.finished = True
        if event.version and tuple(event.version) != (1, 2):
            said = ".".join(str(part) for part in event.version)
            self._mark(node, Code.YAML_VERSION, f"YAML {said} is not read here", NO_VERSION)

    def scalar(self, event: Any) -> None:
        """A text, as a value or a key."""
        merging = self._is_merge(event)
        node = _node(event)
        node.text = event.value
        node.value = self._value_of(event, node)
        self._anchor(event.anchor, node)
        top = self._stack[-1] if self._stack else None
        if top is not None and (top.key is not None or not top.mapping):
            self.cuts.value(event, top.key.text if top.key is not None else None)
        self._place(node, merging=merging)

    def _value_of(self, event: Any, node: Node) -> Any:
        try:
            text = clean(event.value)
            if event.tag is not None:
                return tagged(text, str(event.tag))
            return resolve(text) if event.implicit[0] else text
        except InvalidValue as wrong:
            self._mark(node, wrong.code, wrong.message, wrong.hint)
            return BROKEN

    def alias(self, event: Any) -> None:
        """`*name`: the value of an anchor above."""
        self._place(self._aliased(event))

    def _aliased(self, event: Any) -> Node:
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

    def open(self, event: Any, *, mapping: bool) -> None:
        """The beginning of a mapping or a list."""
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

    def close(self) -> None:
        """The end of the collection that is being read."""
        top = self._stack.pop()
        for key, source in top.merges:
            if not _merge(top.node, source):
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
            _grow(top.node, node)
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
            _put(top.node, key, node)

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
            raise Unreadable(mark)
        self.marks.append(mark)

    def _stop(self, node: Node, code: Code, message: str, hint: str) -> NoReturn:
        raise Unreadable(TextDiagnostic(code, node.line, node.column, message, hint))

    def _too_deep(self, node: Node) -> NoReturn:
        self._stop(node, Code.TOO_DEEP, f"this is nested more than {MAX_DEPTH} levels deep", "flatten it")


def too_much(line: int) -> TextDiagnostic:
    message = (
        "the file is too large to be read behind this line: it holds something that is wrong, or that only small files "
        "can hold (an anchor, an alias, a tag, `<<`, a collection in brackets over several lines, more than a million "
        "lists and mappings)"
    )
    return TextDiagnostic(Code.TOO_LARGE, max(1, line), 1, message, "split it, and name the parts under `include`")


def _node(event: Any) -> Node:
    return Node(event.start_mark.line + 1, event.start_mark.column + 1)


def _put(mapping: Node, key: Node, node: Node) -> None:
    """Adds an entry to a mapping."""
    name = key.value
    mapping.keys[name] = key
    mapping.children[name] = node
    mapping.value[name] = node.value
    _grow(mapping, node)


def _grow(parent: Node, child: Node) -> None:
    """Counts `child` and what is below it in its parent."""
    parent.size += child.size
    parent.height = max(parent.height, child.height + 1)


def _merge(into: Node, source: Node) -> bool:
    """What `<<: source` means in YAML 1.1: what `into` holds already wins, then the first of a list.

    False when `source` is neither a mapping nor a list of mappings.
    """
    sources = list(source.children.values()) if isinstance(source.value, list) else [source]
    for one in sources:
        if one.value is BROKEN:
            continue
        if not isinstance(one.value, dict):
            return False
        for name, child in one.children.items():
            if isinstance(name, str) and name not in into.keys:
                _put(into, one.keys[name], child)
    return True
