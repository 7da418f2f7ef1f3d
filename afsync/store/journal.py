"""The journal beside a state: what changed since the state was written, one line per write.

A line is a sha256 and a JSON object. The sum covers the one of the line before, so lines cannot be lost, swapped or
changed; the first line names the state they build on. A line counts once it is on disk, including its line end: a
last line without one was never acknowledged, and is ignored. Whatever else is wrong is damage.

The object has the parts of a state that changed, under their names. Of a part that is a mapping (resources, uploads)
it has only the entries that did, null for one that was removed; of intents it has all, one that did not change by its
uuid.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import compress
from operator import is_not
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from msgspec import UNSET, Struct, UnsetType, defstruct
from msgspec.structs import fields, replace

from afsync.core.records import Count, Record, Text
from afsync.core.state import Intent, Recorded
from afsync.errors import StateError
from afsync.store.canonical_json import (
    FORMAT,
    InvalidDocument,
    JsonWriter,
    Object,
    bare,
    compact,
    layout,
    parse_object,
    shown,
    within,
)
from afsync.store.state_file import check, check_intent_kinds, check_intents, check_kinds, from_json


class FirstLine(Struct, frozen=True, forbid_unknown_fields=True):
    """The state that a journal builds on, and the newest format that its lines may use."""

    format: int
    lineage: Text
    serial: Count
    checksum: Text


class JournalChange(Struct, frozen=True):
    """One write as the JSON of a line, and the oldest format that knows all that is in it."""

    text: bytes
    format: int


class Journal(Struct, frozen=True):
    """A journal as read. `serial` and `checksum` are those of the state it builds on, `tail` the last line's sum."""

    lineage: str
    serial: int
    checksum: str
    changes: tuple[Object, ...]
    tail: str


def first_line(recorded: Recorded, checksum: str, number: int = 1) -> tuple[bytes, str]:
    """The line that names the state a journal builds on, and the format of both; and its sum."""
    base = {"format": number, "lineage": recorded.lineage, "serial": recorded.serial, "checksum": checksum}
    return line(compact(base).encode(), "")


def line(text: bytes, before: str) -> tuple[bytes, str]:
    """One line and its sum; `before` is that of the line before."""
    total = _sum(before, text)
    return total.encode() + b" " + text + b"\n", total


def change_of(old: Recorded, new: Recorded, resources: Mapping[str, Record | None]) -> JournalChange:
    """A change, whose changed resources are given. StateError when it could not be read back: what is
    written must never be what makes a state unreadable."""
    try:
        parts, number = delta(old, new, resources)
        text = compact(parts).encode()
        read_delta(parse_object(text), old.intents)
        check_intents(new)
    except (TypeError, ValueError, RecursionError, InvalidDocument) as error:
        raise StateError(f"This cannot be stored in a state: {error}.") from error
    return JournalChange(text, number)


def read_journal(data: bytes, *, damaged: bool = False) -> Journal:
    """InvalidDocument, naming the line, when anything but its end is wrong; `damaged`: stop before that line instead.
    The first line has to be right in any case."""
    lines = data.split(b"\n")
    torn = lines.pop()
    if lines and b"\0" in lines[-1]:
        # After a power cut a block of the last write may be missing although one behind it arrived.
        torn = lines.pop()
    if not lines:
        raise InvalidDocument("is cut off in line 1" if torn else "is empty")
    first, tail = _checked(lines[0], "", 1)
    base = within("line 1", _read_base, first)
    changes: list[Object] = []
    for number, content in enumerate(lines[1:], 2):
        try:
            change, tail = _checked(content, tail, number)
        except InvalidDocument:
            if damaged:
                break
            raise
        changes.append(change)
    return Journal(base.lineage, base.serial, base.checksum, tuple(changes), tail)


def replay(base: Recorded, journal: Journal) -> Recorded:
    """The state as of the last line. InvalidDocument when a line does not fit."""
    state = Replay(base)
    for number, change in enumerate(journal.changes, 2):
        before = state.serial
        within(f"line {number}", state.play, change)
        if state.serial <= before:
            raise InvalidDocument(f"line {number}: the serial goes from {before} to {state.serial}")
    return state.result()


def _read_base(value: Any) -> FirstLine:
    number = value.get("format")
    if type(number) is int and number > FORMAT:
        raise InvalidDocument(f"is from a newer afsync: its format is {number}, this one knows up to {FORMAT}")
    check(value, FirstLine)
    return from_json(value, FirstLine)


def _checked(content: bytes, before: str, number: int) -> tuple[Object, str]:
    total, _, text = content.partition(b" ")
    if total.decode("ascii", "replace") != _sum(before, text):
        raise InvalidDocument(f"is damaged in line {number}: its checksum is wrong")
    return within(f"line {number}", parse_object, text), total.decode()


def _sum(before: str, text: bytes) -> str:
    return hashlib.sha256(before.encode() + text).hexdigest()


T = TypeVar("T")

PARTS = tuple(name for name in Recorded.__struct_fields__ if name != "lineage")
"""What can change."""


class Delta(NamedTuple):
    """A change as JSON, and the oldest format that knows all that is in it."""

    parts: Object
    format: int


def changed_resources(old: Recorded, new: Recorded) -> Mapping[str, Record | None]:
    """The records that are other objects in `new`, by address; None for what is gone."""
    return _changed(old.resources, new.resources)


def delta(old: Recorded, new: Recorded, resources: Mapping[str, Record | None]) -> Delta:
    """What has to be known besides `old` to have `new`, whose changed resources are given. Only parts that are other
    objects are looked at."""
    parts: Object = {}
    writer = JsonWriter()
    for name in PARTS:
        before, after = getattr(old, name), getattr(new, name)
        if before is after:
            continue
        if isinstance(after, Mapping):
            changed = resources if name == "resources" else _changed(before, after)
            if changed:
                parts[name] = writer.part(changed)
        elif name == "intents":
            known = {i.uuid: i for i in old.intents}
            parts[name] = [i.uuid if known.get(i.uuid) is i else writer.json(i) for i in new.intents]
        elif before != after:
            parts[name] = writer.json(after)
    newer = parts.keys() & dict(layout(Recorded).new).keys()
    return Delta(parts, FORMAT if newer else writer.format)


def read_delta(parts: Object, before: Sequence[Intent]) -> dict[str, Any]:
    """The parts that changed, by name; of mappings only the entries that did, None for what is gone. `before` are the
    intents that were open. InvalidDocument when it is not a change of a state."""
    change = from_json(parts, _change())
    news = {name: value for name in PARTS if (value := getattr(change, name)) is not UNSET}
    check_kinds(news.get("resources", {}))
    if "intents" in news:
        known = {i.uuid: i for i in before}
        news["intents"] = tuple(_intent(known, value) for value in news["intents"])
        check_intent_kinds(news["intents"])
    return news


@cache
def _change() -> type[Struct]:
    """The type of a delta. It comes from that of a state: every part may be left out, but the serial."""
    serial: list[tuple[str, Any]] = []
    others: list[tuple[str, Any, Any]] = []
    for field in fields(Recorded):
        if field.name == "serial":
            serial.append((field.name, field.type))
        elif field.name in PARTS:
            whole = tuple[Intent | str, ...] if field.name == "intents" else field.type
            others.append((field.name, _entries(whole) | UnsetType, UNSET))
    return defstruct("Change", [*serial, *others], forbid_unknown_fields=True)


def _entries(of: Any) -> Any:
    """The type of what changed in a part: of a mapping, its entries, each of which may be gone."""
    if get_origin(bare(of)) is not Mapping:
        return of
    mapping: Any = Mapping
    key, value = get_args(bare(of))
    return mapping[key, value | None]


class Replay:
    """A state that deltas are played back onto. The mappings are copied once, not for every delta."""

    def __init__(self, base: Recorded) -> None:
        self._recorded = base
        parts = {name: getattr(base, name) for name in PARTS}
        self._tables = {name: dict(part) for name, part in parts.items() if isinstance(part, Mapping)}

    @property
    def serial(self) -> int:
        return self._recorded.serial

    def play(self, parts: Object) -> None:
        """Apply one delta. InvalidDocument when it is none, or does not fit the state."""
        news = read_delta(parts, self._recorded.intents)
        for name in news.keys() & self._tables.keys():
            _put(self._tables[name], news.pop(name))
        self._recorded = replace(self._recorded, **news)

    def result(self) -> Recorded:
        return replace(self._recorded, **self._tables)


def _changed(old: Mapping[str, T], new: Mapping[str, T]) -> dict[str, T | None]:
    """What is another object in `new`; None for what is gone. At C speed, because a run writes thousands of times."""
    if old is new:
        return {}
    changed: dict[str, T | None] = dict(compress(new.items(), map(is_not, new.values(), map(old.get, new))))
    added = sum(key not in old for key in changed)
    if len(new) - added != len(old):
        changed |= dict.fromkeys(old.keys() - new.keys())
    return changed


def _put(table: dict[str, T], news: Mapping[str, T | None]) -> None:
    for key, value in news.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def _intent(known: Mapping[str, Intent], value: Intent | str) -> Intent:
    if not isinstance(value, str):
        return value
    if value not in known:
        raise InvalidDocument(f"no intent {shown(value)} was open")
    return known[value]
