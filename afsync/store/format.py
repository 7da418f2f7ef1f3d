"""The text of a state file: canonical JSON, one block per resource, and a checksum over all of it.

Keys are sorted. A resource and an intent take one line per field, so that a diff names the address and the field
that changed; everything else takes one line per item. The checksum is the sha256 of the text with the checksum
itself left out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from afsync.core.recorded import Recorded
from afsync.errors import StateError
from afsync.store import fields as f
from afsync.store import shape
from afsync.store.document import FORMAT, SHA256, assembled, check_whole, read_recorded, recorded_json
from afsync.store.fields import Object, Wrong

CHECKSUM = b'\n  "checksum": "'
MARKERS = re.compile(rb"^(<<<<<<< |=======$|>>>>>>> )", re.MULTILINE)


class Document(Struct, frozen=True):
    """A state file as read. `folded` is the sha256 of the journal it took in, if it did."""

    recorded: Recorded
    checksum: str
    folded: str | None


def encode(recorded: Recorded, afsync_version: str, *, folded: str | None = None) -> str:
    """The text of a state. StateError when it holds something that JSON cannot."""
    return encode_bytes(recorded, afsync_version, folded=folded)[0].decode()


def encode_bytes(recorded: Recorded, afsync_version: str, *, folded: str | None = None) -> tuple[bytes, str]:
    """The same as bytes, with the checksum that is in them."""
    try:
        check_whole(recorded)
        document = recorded_json(recorded)
        document |= {"format": FORMAT, "afsync": afsync_version, "folded": folded, "checksum": ""}
        data = laid_out(document)
    except (TypeError, ValueError, RecursionError, Wrong) as error:
        raise StateError(f"This cannot be kept in a state: {error}.") from error
    at = data.index(CHECKSUM) + len(CHECKSUM)
    checksum = hashlib.sha256(data).hexdigest()
    return data[:at] + checksum.encode() + data[at:], checksum


def decode_bytes(data: bytes) -> Document:
    """The state in a file's content. StateError, whose message can follow the file's name, when there is none."""
    if b"\r" in data:
        # No string in JSON can hold a bare carriage return: this is git, or an editor, at the ends of lines.
        data = data.replace(b"\r\n", b"\n")
    try:
        return plainly(data) or fully(data)
    except Wrong as error:
        raise StateError(str(error)) from None


def fully(data: bytes) -> Document:
    """What the authority makes of a file. Wrong, saying what and where, when it is not a state."""
    return _document(data, parse_object(data), read_recorded)


def plainly(data: bytes) -> Document | None:
    """The same in a third of the time, for a state that is plainly right. None where it may not be."""
    state = shape.read(data)
    resources = None if state is None else shape.records(state)
    if state is None or resources is None:
        return None
    parsed = asdict(state)
    try:
        document = _document(data, parsed, lambda o: assembled(o, resources))
    except Wrong:
        return None
    # The decoder passes over a key that stands twice. In our layout that is a line too many.
    expected = 2 + sum(_lines(key, parsed[key]) for key in parsed)
    return document if data.count(b"\n") == expected else None


def _lines(key: str, value: Any) -> int:
    """How many lines `_pieces` gives to a key of a state that was read quickly."""
    if key == "account" or not value or not isinstance(value, dict | list):
        return 1
    items = value.values() if isinstance(value, dict) else value
    if key == "resources":
        return 2 + sum(2 + shape.FIELDS[type(resource)] for resource in items)
    return 2 + (sum(2 + len(intent) for intent in items) if key == "intents" else len(value))


def _document(data: bytes, parsed: Object, recorded: Callable[[Object], Recorded]) -> Document:
    _check_format(parsed)
    checksum = _checked(data, parsed)
    result = recorded(parsed)
    f.text(parsed, "afsync")
    return Document(result, checksum, f.text_or_none(parsed, "folded"))


def parse_object(data: bytes) -> Object:
    """The JSON object in `data`. Wrong when there is none, with the best guess why."""
    if not data.strip():
        raise Wrong("is empty")
    if not data.strip(b"\0"):
        raise Wrong("holds nothing but zero bytes, as after a power cut")
    try:
        value = _DECODER.decode(data.decode())
    except UnicodeDecodeError:
        raise Wrong("is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        if MARKERS.search(data):
            raise Wrong("holds the conflict markers of a merge (<<<<<<<)") from None
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
            raise Wrong(f"is cut off in line {error.lineno}") from None
        raise Wrong(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise Wrong("is not a state: it is nested too deeply") from None
    except ValueError as error:
        raise Wrong(f"is not JSON: {error}") from None
    if type(value) is not dict:
        raise Wrong(f"should hold an object, not {f.shown(value)}")
    return value


def compact(value: Any) -> str:
    """One line of JSON, sorted. TypeError or ValueError when JSON cannot hold it."""
    text = _ENCODER.encode(value)
    return text if text.isascii() or _is_unicode(text) else _ASCII_ENCODER.encode(value)


def _check_format(document: Object) -> None:
    number = document.get("format")
    if type(number) is not int or number < 1:
        raise Wrong("is not a state of afsync: it has no format number")
    if number > FORMAT:
        writer = f" ({document['afsync']})"[:40] if isinstance(document.get("afsync"), str) else ""
        raise Wrong(f"is from a newer afsync{writer}: its format is {number}, this one knows up to {FORMAT}")


def _checked(data: bytes, document: Object) -> str:
    """The checksum, if it is right."""
    told = document.get("checksum")
    at = data.find(CHECKSUM) + len(CHECKSUM)
    if not isinstance(told, str) or not SHA256.fullmatch(told) or data[at : at + 65] != told.encode() + b'"':
        raise Wrong("has no checksum in its place: it was changed by something other than afsync")
    digest = hashlib.sha256(memoryview(data)[:at])
    digest.update(memoryview(data)[at + 64 :])
    if digest.hexdigest() != told:
        raise Wrong("does not match its checksum: it was changed by something other than afsync (an editor, a merge?)")
    return told


def laid_out(document: Object) -> bytes:
    """A whole state in the layout described above. TypeError or ValueError when JSON cannot hold it."""
    try:
        return "".join(_pieces(document, _ENCODER, encode_basestring)).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair cannot be written as UTF-8, only escaped.
        return "".join(_pieces(document, _ASCII_ENCODER, encode_basestring_ascii)).encode()


def _pieces(document: Object, encoder: json.JSONEncoder, quoted: Callable[[str], str]) -> Iterable[str]:
    plain = {None: "null", True: "true", False: "false"}

    def one_line(value: Any) -> str:
        # The encoder has much to do before it begins, so what needs no encoder does not get one.
        if type(value) is str:
            return quoted(value)
        return plain[value] if value is None or type(value) is bool else encoder.encode(value)

    def block(value: Object) -> str:
        lines = ",\n      ".join([f'"{k}": {one_line(value[k])}' for k in sorted(value)])
        return f"{{\n      {lines}\n    }}"

    lead = "{\n  "
    for key in sorted(document):
        inner = block if key in ("resources", "intents") else one_line
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


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _mapping(value: Any) -> Any:
    """Declared values may be any Mapping; the encoder only knows dict."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _once(pairs: list[tuple[str, Any]]) -> Object:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        raise Wrong(f"has the key {f.shown(twice)} twice in one object")
    return result


def _no_constant(name: str) -> Any:
    raise Wrong(f"is not JSON: {name} is not a number that JSON knows")


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, default=_mapping)
_ASCII_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, sort_keys=True, default=_mapping)
_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)
