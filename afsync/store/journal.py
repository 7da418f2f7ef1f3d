"""The journal beside a state: what changed since the state was written, one line per write.

A line is a sha256 and a JSON object. The sum covers the one of the line before, so lines cannot be lost, swapped or
changed; the first line names the state they build on. A line counts once it is on the platter with its end: a last
line without one was never acknowledged, and is passed over. Whatever else is wrong is damage.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from afsync.core.state.recorded import Recorded
from afsync.core.state.records import Count, Record, Text
from afsync.errors import StateError
from afsync.store.canonical_json import FORMAT, InvalidDocument, Object, compact, parse_object, within
from afsync.store.delta import Replay, delta, read_delta
from afsync.store.state_file import check, check_intents, from_json


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
