"""JSON as the store writes and reads it: sorted, no key twice; how structs are written; what is wrong with a text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from threading import RLock
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_origin

from msgspec import Struct

from afsync.core.addresses import Kind
from afsync.core.fingerprints import DEEPEST, too_deep
from afsync.core.records import NEW, RecordedJob, RecordedTemplate
from afsync.core.regex import regex
from afsync.core.state import Recorded

MARKERS = regex(rb"^(<<<<<<< |=======$|>>>>>>> )", re.MULTILINE)


def may_be_deep(text: bytes) -> bool:
    return text.count(b"{") + text.count(b"[") > DEEPEST


def parse_object(data: bytes) -> Object:
    """The JSON object in `data`. InvalidDocument when there is none, with the best guess why."""
    if not data.strip():
        raise InvalidDocument("is empty")
    if not data.strip(b"\0"):
        raise InvalidDocument("holds nothing but zero bytes, as after a power cut")
    try:
        value = _DECODER.decode(data.decode())
    except UnicodeDecodeError:
        raise InvalidDocument("is not text in UTF-8") from None
    except json.JSONDecodeError as error:
        if MARKERS.search(data):
            raise InvalidDocument("holds the conflict markers of a merge (<<<<<<<)") from None
        if error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string"):
            raise InvalidDocument(f"is cut off in line {error.lineno}") from None
        raise InvalidDocument(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise InvalidDocument("is not a state: it is nested too deeply") from None
    except ValueError as error:
        raise InvalidDocument(f"is not JSON: {error}") from None
    if may_be_deep(data) and too_deep(value):
        raise InvalidDocument("is not a state: it is nested too deeply")
    if type(value) is not dict:
        raise InvalidDocument(f"should hold an object, not {shown(value)}")
    return value


def compact(value: Any) -> str:
    """One line of JSON, sorted. TypeError or ValueError when JSON cannot hold it."""
    text = ENCODER.encode(value)
    return text if text.isascii() or _is_unicode(text) else ASCII_ENCODER.encode(value)


def json_document(value: Any) -> bytes:
    """A struct as a document on one line, ending in a newline."""
    return compact(JsonWriter().json(value)).encode() + b"\n"


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _mapping(value: Any) -> Any:
    """The mapping as a dict, the only kind that the encoder knows. TypeError for anything else."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _once(pairs: list[tuple[str, Any]]) -> Object:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        twice = next(k for k, _ in pairs if k in seen or seen.add(k))  # type: ignore[func-returns-value]
        raise InvalidDocument(f"has the key {shown(twice)} twice in one object")
    return result


def _no_constant(name: str) -> Any:
    raise InvalidDocument(f"is not JSON: {name} is not a number that JSON knows")


ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, default=_mapping)
ASCII_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, sort_keys=True, default=_mapping)
_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


Object = dict[str, Any]
"""A JSON object as `json.loads` gives it."""

T = TypeVar("T")


class InvalidDocument(Exception):
    """What is wrong with a value, in words that can follow the name of the place."""


def within(place: str, read: Callable[[Any], T], value: Any) -> T:
    """`read(value)`, with `place` put before what it complains of."""
    try:
        return read(value)
    except InvalidDocument as error:
        raise InvalidDocument(f"{place}: {error}") from None


def shown(value: Any) -> str:
    """A value in a message: short, whatever it is."""
    match value:
        case None | True | False:
            return {None: "null", True: "true", False: "false"}[value]
        case dict():
            return "an object"
        case list():
            return "an array"
        case int():
            return "a number" if abs(value) > 10**15 else str(value)
        case _:
            return repr(value)[:60]


def instant_text(at: datetime) -> str:
    """A UTC instant as text; the zone it came in does not matter."""
    if at.tzinfo is not UTC:
        at = at.astimezone(UTC)
    return at.isoformat()[:-6] + "Z"


FORMAT = 2
"""The newest format that can be read. A document is written in the oldest one that knows all its fields."""

PREFIXES: Mapping[type, str] = {RecordedJob: f"{Kind.JOB}.", RecordedTemplate: f"{Kind.TEMPLATE}."}
"""How an address begins, by what is recorded there."""


def _default(given: Any) -> Any:
    """A default as a value: msgspec keeps the factory of one that is not shared."""
    return given.factory() if hasattr(given, "factory") else given


PLAIN = frozenset({str, int, bool, dict, type(None)})
"""What is JSON as it stands."""


class StructLayout(NamedTuple):
    """The fields of a struct: its tag, those of format 1, which are always written, and the others with their
    defaults."""

    tag: Mapping[str, Any]
    first: tuple[str, ...]
    new: tuple[tuple[str, Any], ...]


@cache
def layout(cls: type[Struct]) -> StructLayout:
    names, defaults = cls.__struct_fields__, cls.__struct_defaults__
    given = dict(zip(names[len(names) - len(defaults) :], defaults, strict=True))
    written = {n: a for c in reversed(cls.__mro__) for n, a in vars(c).get("__annotations__", {}).items()}
    new = tuple((name, _default(given[name])) for name in names if NEW in getattr(written[name], "__metadata__", ()))
    config = cls.__struct_config__
    tag = {} if config.tag_field is None else {config.tag_field: config.tag}
    # In the order of the file, which costs less to sort.
    return StructLayout(tag, tuple(sorted(name for name in names if name not in dict(new))), new)


class JsonWriter:
    """Turns values into JSON. `format` is the oldest format that has all the fields that were written so far."""

    def __init__(self) -> None:
        self.format = 1

    def json(self, value: Any) -> Any:
        if type(value) is datetime:
            return instant_text(value)
        if isinstance(value, Struct):
            return self._object(value)
        return [self.json(v) for v in value] if type(value) is tuple else value

    def part(self, value: Any) -> Any:
        """A part of a state. Those that are mappings come in the order of their keys."""
        if isinstance(value, Mapping):
            return {key: self.json(entry) for key, entry in sorted(value.items())}
        return self.json(value)

    def parts(self, recorded: Recorded) -> Object:
        """Everything that a state holds, under its own keys."""
        _, first, new = layout(Recorded)
        written = [*first, *self._used(recorded, new)]
        return {name: self.part(getattr(recorded, name)) for name in written}

    def _object(self, value: Struct) -> Object:
        tag, first, new = layout(type(value))
        written = (*first, *self._used(value, new)) if new else first
        result = {name: v if type(v := getattr(value, name)) in PLAIN else self.json(v) for name in written}
        result.update(tag)
        return result

    def _used(self, value: Struct, new: tuple[tuple[str, Any], ...]) -> list[str]:
        """The fields of format 2 that have another value than their default."""
        used = [name for name, default in new if getattr(value, name) != default]
        if used:
            self.format = FORMAT
        return used


BUILDING = RLock()
"""What msgspec knows of a type is found out when that is first used. Where two threads do so at once, it crashes."""


def bare(of: Any) -> Any:
    """A type without its annotations."""
    return get_args(of)[0] if get_origin(of) is Annotated else of
