"""The text of a state file: canonical JSON, one block per resource, and a checksum over all of it.

Keys are sorted. A resource and an intent take one line per field, so that a diff names the address and the field
that changed; everything else takes one line per item. The checksum is the sha256 of the text with the checksum
itself left out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from json.encoder import encode_basestring, encode_basestring_ascii
from operator import attrgetter
from typing import Any, NamedTuple

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder

from afsync.core.fingerprints import DEEPEST
from afsync.core.regex import regex
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.canonical_json import (
    ASCII_ENCODER,
    ENCODER,
    FORMAT,
    InvalidDocument,
    JsonWriter,
    Object,
    layout,
    may_be_deep,
    parse_object,
)
from afsync.store.state_file import StateFile, check, check_whole, from_json

CHECKSUM = b'\n  "checksum": "'
SHA256 = regex(r"[0-9a-f]{64}")
BLOCKS = frozenset({"resources", "intents", "watched", "forgotten"})
"""The parts whose items take one line per field."""


class StateDocument(Struct, frozen=True):
    """A state file as read. `folded` is the sha256 of the journal it took in, if it did."""

    recorded: Recorded
    checksum: str
    folded: str | None
    format: int = 1


class EncodedState(NamedTuple):
    """The bytes of a state file, the checksum that is in them, and the format they are in."""

    data: bytes
    checksum: str
    format: int


def encode(recorded: Recorded, afsync_version: str, *, folded: str | None = None) -> str:
    """The text of a state. StateError when it holds something that JSON cannot."""
    return encode_bytes(recorded, afsync_version, folded=folded)[0].decode()


def encode_bytes(recorded: Recorded, afsync_version: str, *, folded: str | None = None, least: int = 1) -> EncodedState:
    """The bytes of a state, in format `least` or a newer one that the content needs. StateError as for `encode`."""
    try:
        check_whole(recorded)
        writer = JsonWriter()
        document = writer.parts(recorded)
        number = max(writer.format, least)
        document |= {"format": number, "afsync": afsync_version, "folded": folded, "checksum": ""}
        data = laid_out(document)
    except (TypeError, ValueError, RecursionError, InvalidDocument) as error:
        raise StateError(f"This cannot be stored in a state: {error}.") from error
    at = data.index(CHECKSUM) + len(CHECKSUM)
    checksum = hashlib.sha256(data).hexdigest()
    return EncodedState(data[:at] + checksum.encode() + data[at:], checksum, number)


def decode_bytes(data: bytes) -> StateDocument:
    """The state in a file's content. StateError, whose message can follow the file's name, when there is none."""
    if b"\r" in data:
        # No string in JSON can hold a bare carriage return: this is git, or an editor, at the ends of lines.
        data = data.replace(b"\r\n", b"\n")
    try:
        return plainly(data) or fully(data)
    except InvalidDocument as error:
        raise StateError(str(error)) from None


def fully(data: bytes) -> StateDocument:
    """The state in a file, read step by step. InvalidDocument, with what is wrong and where, when it is not a state."""
    parsed = parse_object(data)
    _check_format(parsed)
    _check_sum(data, parsed.get("checksum"))
    check(parsed, StateFile)
    file = from_json(parsed, StateFile)
    check_whole(file)
    return _document(file)


def plainly(data: bytes) -> StateDocument | None:
    """The state in a file, decoded in one step. None where anything may be wrong: then `fully` finds out what."""
    try:
        if any(map(may_be_deep, _long_lines(data))):
            return None
        file = _STATE.decode(data)
        _check_sum(data, file.checksum)
        check_whole(file)
    except (MsgspecError, ValueError, RecursionError, InvalidDocument):
        return None
    # The decoder passes over a key that stands twice, and one that is missing has its default. In our layout that is
    # a line too many, or too few. Within a line it is not noticed, under a checksum that is right.
    return _document(file) if data.count(b"\n") == _lines(file) else None


_STATE = Decoder(StateFile)
_LONG = 2 * DEEPEST
"""A level takes two brackets, and in our layout all levels of a value stand in one line."""


def _long_lines(data: bytes) -> Iterator[bytes]:
    """The lines that are at least so long. All others are passed over many at a time."""
    at = 0
    while at < len(data):
        end = data.rfind(b"\n", at, at + _LONG)
        if end < 0:
            end = data.find(b"\n", at)
            end = end if end >= 0 else len(data)
            yield data[at:end]
        at = end + 1


def _document(file: StateFile) -> StateDocument:
    return StateDocument(file.recorded(), file.checksum, file.folded, file.format)


def _lines(file: StateFile) -> int:
    """How many lines `laid_out` gives to a state that was read."""
    _, first, new = layout(StateFile)
    written = [*first, *(name for name, default in new if getattr(file, name) != default)]
    return 2 + sum(_lines_of(name, getattr(file, name)) for name in written)


def _lines_of(name: str, part: Any) -> int:
    if isinstance(part, Struct) and name != "account":
        return 2 + len(JsonWriter().json(part))
    if not part or not isinstance(part, Mapping | tuple):
        return 1
    if name not in BLOCKS:
        return 2 + len(part)
    items: list[Struct] = list(part.values() if isinstance(part, Mapping) else part)
    return 2 + sum(_fields(cls, [item for item in items if type(item) is cls]) for cls in set(map(type, items)))


def _fields(cls: type[Struct], items: list[Struct]) -> int:
    """How many lines blocks take, for items of one type."""
    tag, first, new = layout(cls)
    always = (2 + len(tag) + len(first)) * len(items)
    if not new:
        return always
    # Of most items, all that format 2 added is as it is by default. The class makes it a tuple, also of one field.
    plain = (cls, *(default for _, default in new))
    others = [v for v in map(attrgetter("__class__", *(name for name, _ in new)), items) if v != plain]
    return always + sum(1 for v in others for a, b in zip(v, plain, strict=True) if a != b)


def _check_format(document: Object) -> None:
    number = document.get("format")
    if type(number) is not int or number < 1:
        raise InvalidDocument("is not a state of afsync: it has no format number")
    if isinstance(document.get("moved_to"), str):
        raise InvalidDocument(f"has moved to {document['moved_to']}")
    if number > FORMAT:
        writer = f" ({document['afsync']})"[:40] if isinstance(document.get("afsync"), str) else ""
        raise InvalidDocument(f"is from a newer afsync{writer}: its format is {number}, this one knows up to {FORMAT}")


def _check_sum(data: bytes, told: Any) -> None:
    """InvalidDocument when the checksum in a file is not in its place, or not that of the file."""
    at = data.find(CHECKSUM) + len(CHECKSUM)
    if not isinstance(told, str) or not SHA256.fullmatch(told) or data[at : at + 65] != told.encode() + b'"':
        raise InvalidDocument("has no checksum in its place: it was changed by something other than afsync")
    digest = hashlib.sha256(memoryview(data)[:at])
    digest.update(memoryview(data)[at + 64 :])
    if digest.hexdigest() != told:
        raise InvalidDocument(
            "does not match its checksum: it was changed by something other than afsync (an editor, a merge?)"
        )


def laid_out(document: Object) -> bytes:
    """A whole state in the layout described above. TypeError or ValueError when JSON cannot hold it."""
    try:
        return "".join(_pieces(document, ENCODER, encode_basestring)).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair cannot be written as UTF-8, only escaped.
        return "".join(_pieces(document, ASCII_ENCODER, encode_basestring_ascii)).encode()


def _pieces(document: Object, encoder: json.JSONEncoder, quoted: Callable[[str], str]) -> Iterable[str]:
    plain = {None: "null", True: "true", False: "false"}

    def one_line(value: Any) -> str:
        # The encoder has much to do before it begins, so what needs no encoder does not get one.
        if type(value) is str:
            return quoted(value)
        return plain[value] if value is None or type(value) is bool else encoder.encode(value)

    def block(value: Object) -> str:
        # Texts are most of it, and a call for each would take as long as writing them.
        lines = ",\n      ".join(
            [f'"{k}": {quoted(v) if type(v := value[k]) is str else one_line(v)}' for k in sorted(value)]
        )
        return f"{{\n      {lines}\n    }}"

    lead = "{\n  "
    for key in sorted(document):
        inner = block if key in BLOCKS else one_line
        match document[key]:
            case list() as array if array:
                items = ",\n    ".join([inner(item) for item in array])
                yield f'{lead}"{key}": [\n    {items}\n  ]'
            case dict() as table if table and key != "account":
                items = ",\n    ".join([f"{quoted(k)}: {inner(table[k])}" for k in table])
                yield f'{lead}"{key}": {{\n    {items}\n  }}'
            case value:
                yield f'{lead}"{key}": {one_line(value)}'
        lead = ",\n  "
    yield "\n}\n"
