"""One YAML file: its plain value, its hash, and where in it things stand."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Final

from afsync.config.fast_reader import NOT_READ, read_fast
from afsync.config.files import open_regular
from afsync.config.misleading_text import in_common_form, in_fault, in_key, is_only_comment
from afsync.config.positions import Composed, Lines, Node, Places
from afsync.config.problems import Code, Diagnostic, InvalidValue, Path, TextDiagnostic
from afsync.core.addresses import KEY
from afsync.core.regex import regex
from afsync.errors import Location, Problem

MAX_BYTES: Final = 16 * 1024 * 1024
_LARGE: Final = 200_000
"""Files up to so many characters are read as a whole to find a position in them."""
_SHOWN = 400
"""How much of a source line is kept to be shown, in characters."""

_ABOVE: Final = 2
"""So many lines, the one of a syntax error included, are looked at for what made it."""

_KEY = regex(r"(?<=\baf_live_)[\w-]+")
"""What is secret about an API key. A key that stands in a file must not reach the log of a pipeline as well."""

_KINDS = {"templates": "template", "jobs": "job"}


class Document:
    """A file that was read. `file` is its name in messages, relative to the project; `text` is without a BOM."""

    def __init__(self, file: str, text: str, sha256: str = "") -> None:
        self.file = file
        self.text = text
        self.sha256 = sha256
        self.spelling: Mapping[str, str] = {}
        """How a section is written here that was misspelt, and is read all the same."""

    @cached_property
    def _composed(self) -> Composed:
        """With positions: slow, so only for a file that has something to report, or that the fast reader leaves."""
        return _compose(self.text)

    @cached_property
    def _fast(self) -> Any:
        return read_fast(self.text)

    @cached_property
    def _lines(self) -> Lines:
        return Lines(self.text)

    @cached_property
    def _places(self) -> Places | None:
        """For a large file that the fast reader read: to read all of it with positions would take minutes."""
        if self._fast is NOT_READ or len(self.text) <= _LARGE:
            return None
        return Places(self.text, self._lines, self._fast, _compose)

    @property
    def value(self) -> Any:
        """The plain value: dicts, lists, str, int, float, bool, None, and BROKEN where a problem is in `marks`."""
        if self._fast is not NOT_READ:
            return self._fast
        root = self._composed.root
        return None if root is None else root.value

    @property
    def marks(self) -> tuple[TextDiagnostic, ...]:
        """What is wrong with the YAML itself."""
        return () if self._fast is not NOT_READ else self._composed.marks

    @cached_property
    def cuts(self) -> tuple[TextDiagnostic, ...]:
        """Texts that may be shorter than they were meant."""
        return in_common_form(self.text) if self._fast is not NOT_READ else self._composed.cuts

    @cached_property
    def may_refer(self) -> bool:
        """Whether any value can hold `${`, be it escaped in the text. Most files hold none, and need no search."""
        return "${" in self.text or "\\" in self.text

    @property
    def readable(self) -> bool:
        """Whether `value` is what the file says, though perhaps with parts missing."""
        return self._fast is not NOT_READ or self._composed.root is not None or not self.marks

    def locate(self, path: Path, *, at_key: bool = False) -> Location:
        """The place of the value at `path`, or of its key; of the nearest that exists when there is no such value."""
        node, key = self._find(path)
        place = key if key is not None and (at_key or node is None) else node
        return self._at(place.line, place.column) if place else self._at(1, 1)

    def written(self, path: Path) -> str | None:
        """The scalar at `path` as it was written, without its quotes; None for anything else."""
        node, _ = self._find(path)
        return node.text if node else None

    def problem(self, fault: Diagnostic) -> Problem:
        """`fault` with its place, and with the address of the resource it is about."""
        location = self.locate(fault.path, at_key=fault.at_key)
        message, hint = fault.message, fault.hint
        line, column, text = location.line or 1, location.column or 1, location.text or ""
        if found := in_fault(fault.code, line, column, text):
            location = self._at(found.line, found.column)
            message = f"{message}: {found.message}"
            hint = f"{found.hint}; {hint}" if hint and hint.startswith("did you mean") else found.hint
        elif is_only_comment(fault.code, column, text):
            message = f"{message}: `#` begins a comment"
            hint = "put the whole text in quotes if the `#` belongs to it, else write a value before it"
        return Problem(
            fault.code, _masked(message), hint and _masked(hint), address=_address(fault.path), location=location
        )

    def problems(self, marks: Iterable[TextDiagnostic] | None = None) -> list[Problem]:
        """What is wrong with the YAML itself, or these `marks` of it, located."""
        marks = map(self._looked_at, self.marks if marks is None else marks)
        return [Problem(m.code, _masked(m.message), m.hint, location=self._at(m.line, m.column)) for m in marks]

    def _looked_at(self, mark: TextDiagnostic) -> TextDiagnostic:
        """With the character that made its line look right, or one of those above: that may show only at the next."""
        if mark.code is not Code.SYNTAX:
            return mark
        above = range(mark.line, max(0, mark.line - _ABOVE), -1)
        found = in_key((line, self._lines.begin(line, _SHOWN)) for line in above)
        return TextDiagnostic(mark.code, found.line, found.column, found.message, found.hint) if found else mark

    def _find(self, path: Path) -> tuple[Node | None, Node | None]:
        written = (self.spelling.get(str(path[0]), path[0]), *path[1:]) if path else ()
        if self._places is not None:
            return self._places.find(written)
        node, key = self._composed.root, None
        for step in written:
            if node is None or step not in node.children:
                break
            key = node.keys.get(str(step), key)
            node = node.children[step]
        else:
            return node, key
        # Nothing stands at `path`: the key of the mapping that should hold it says more than its first line.
        return (None, key) if key is not None else (node, None)

    def _at(self, line: int, column: int) -> Location:
        return Location(self.file, line, column, _masked(self._lines.begin(line, _SHOWN)))


def read(path: FilePath, file: str) -> Document:
    """The file at `path`. InvalidValue(not_found, unreadable, not_a_file, too_large, not_utf8, bad_character)."""
    with open_regular(path, file) as (source, size):
        data = source.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    if size > MAX_BYTES or len(data) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1024 // 1024} MiB"
        raise InvalidValue(
            Code.TOO_LARGE, f"the file is larger than {limit}", "split it, and name the parts under `include`"
        )
    return parse(data, file)


def parse(data: bytes, file: str) -> Document:
    """The document in `data`. InvalidValue(not_utf8, bad_character)."""
    if b"\0" in data:
        raise InvalidValue(Code.NOT_UTF8, "this is not a text file: it holds NUL bytes", "save it as UTF-8 text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InvalidValue(Code.NOT_UTF8, "this line is not UTF-8 text", "save the file as UTF-8", line) from None
    return Document(file, text, hashlib.sha256(data).hexdigest())


def _compose(text: str, most: int | None = None) -> Composed:
    # Imported here: ruamel.yaml takes long to load, and most files never get this far.
    from afsync.config.yaml import MAX_EVENTS, compose

    return compose(text, MAX_EVENTS if most is None else most)


def _masked(text: str) -> str:
    """The same length, so that columns stay what they are."""
    return _KEY.sub(lambda found: "*" * len(found[0]), text)


def _address(path: Path) -> str | None:
    match path:
        case (("templates" | "jobs") as section, str() as key, *_) if KEY.fullmatch(key):
            return f"{_KINDS[section]}.{key}"
        case _:
            return None
