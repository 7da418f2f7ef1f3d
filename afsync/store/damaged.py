"""What can be read from a file that is not a valid state: damage, a merge conflict, the note of a state that moved."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from afsync.core.command_lines import IMPORT
from afsync.core.regex import regex
from afsync.core.state import Recorded
from afsync.errors import StateError
from afsync.store.canonical_json import FORMAT
from afsync.store.state_text import CHECKSUM

NUMBER = r'^\s*"%s": (\d{1,12})\b'

RECORDS = regex(r'^\s*("(?:job|template)\.(?:[^"\\]|\\.)*"): \{|^\s*"id": ("(?:[^"\\]|\\.)*")', re.MULTILINE)

LINEAGE = regex(r'^\s*"lineage": "([^"]*)"', re.MULTILINE)

WRITER = regex(r'^\s*"afsync": "([0-9A-Za-z.+-]{1,40})"', re.MULTILINE)

INTENTS = regex(r'^\s*"address": ("(?:job|template)\.(?:[^"\\]|\\.)*")', re.MULTILINE)

SIDE = regex(rb"^(?:<{7}(?: .*)?|\|{7}(?: .*)?|={7}|>{7}(?: .*)?)$")


class Glimpse(Struct, frozen=True):
    """What can still be read of a damaged state: the highest numbers, `records` as address and id, the addresses of
    submissions that may be open, whether a newer afsync wrote it and which one, and where it was moved to, if it was.
    """

    serial: int = 0
    counter: int = 0
    records: tuple[tuple[str, str], ...] = ()
    open: tuple[str, ...] = ()
    newer: bool = False
    moved_to: str = ""
    writer: str | None = None


def glimpse(data: bytes, journal: bytes, lineage: str) -> Glimpse:
    """Read what a damaged state file still shows, line by line. Nothing is taken from a state of another lineage."""
    text = data.decode("utf-8", "replace")
    records: list[tuple[str, str]] = []
    serial = counter = 0
    seen: tuple[str, ...] = ()
    newer = _highest("format", text) > FORMAT
    if set(LINEAGE.findall(text)) <= {lineage}:
        serial, counter = _highest("serial", text), _highest("counter", text)
        records, seen = _records(text), tuple(dict.fromkeys(map(_text, INTENTS.findall(text))))
    for change in _changes(journal, lineage):
        number = change.get("serial")
        serial = max(serial, number if type(number) is int else 0)
        resources = change.get("resources")
        for address, record in (resources if isinstance(resources, dict) else {}).items():
            if isinstance(record, dict) and isinstance(record.get("id"), str):
                records.append((address, record["id"]))
    writer = WRITER.search(text) if newer else None
    name = writer[1] if writer else None
    return Glimpse(serial, counter, tuple(dict.fromkeys(records)), seen, newer, moved_to(data), name)


def _highest(name: str, text: str) -> int:
    return max(map(int, re.findall(NUMBER % name, text, re.MULTILINE)), default=0)


def _records(text: str) -> list[tuple[str, str]]:
    """The first id behind each address."""
    found: list[tuple[str, str]] = []
    address: str | None = None
    for begins, told in RECORDS.findall(text):
        if begins:
            address = _text(begins)
        elif address is not None:
            found.append((address, _text(told)))
            address = None
    return found


def _text(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return quoted.strip('"')


def _changes(journal: bytes, lineage: str) -> list[dict[str, Any]]:
    lines = []
    for line in journal.split(b"\n"):
        try:
            value = json.loads(line.partition(b" ")[2])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            lines.append(value)
    return lines if lines and lines[0].get("lineage") == lineage else []


def merge_sides(data: bytes) -> tuple[bytes, bytes] | None:
    """The two files that a merge has put into one, where it left its markers; None where there are none."""
    ours, theirs = bytearray(), bytearray()
    into: tuple[bytearray, ...] = (ours, theirs)
    marked = False
    for line in data.replace(b"\r\n", b"\n").splitlines(keepends=True):
        if not SIDE.fullmatch(line.rstrip(b"\n")):
            for side in into:
                side += line
            continue
        marked = True
        into = {b"<": (ours,), b"|": (), b"=": (theirs,), b">": (ours, theirs)}[line[:1]]
    return (_summed(bytes(ours)), _summed(bytes(theirs))) if marked else None


def _summed(data: bytes) -> bytes:
    """A side with its checksum computed again: lines that the merge joined without a conflict are in both sides, so the
    old checksum fits neither. Everything else about a side is still checked."""
    at = data.find(CHECKSUM) + len(CHECKSUM)
    if at < len(CHECKSUM):
        return data
    rest = data[at:].lstrip(b"0123456789abcdef")
    return data[:at] + hashlib.sha256(data[:at] + rest).hexdigest().encode() + rest


def merged_sides(one: Recorded, two: Recorded) -> Recorded:
    """All that either state holds. StateError where the two contradict each other: a person has to decide.

    What one side has forgotten comes back; that is for the next plan to see, and costs nothing."""
    older, newer = sorted((one, two), key=lambda r: r.serial)
    if older.lineage != newer.lineage or (older.account and newer.account and older.account != newer.account):
        raise StateError("The two sides belong to different projects or accounts.", "keep the one that belongs here")
    for address in sorted(older.resources.keys() & newer.resources.keys()):
        first, second = older.resources[address].id, newer.resources[address].id
        if first != second:
            raise StateError(
                f"Both sides submitted {address}: it is {first} in one and {second} in the other.",
                f"restore one of them, then look after the other in the account: {IMPORT} records it "
                "under another key, and a job that should not be there can be cancelled",
            )
    if older.intents != newer.intents:
        text = "One side has a submission whose outcome is not known, and the other has not."
        raise StateError(text, "apply in the clone that has it, or resolve it there, then merge again")
    return replace(
        newer,
        account=newer.account or older.account,
        counter=max(older.counter, newer.counter),
        resources={**older.resources, **newer.resources},
        uploads={**older.uploads, **newer.uploads},
        deposed=_all(older.deposed, newer.deposed),
        foreign=_all(older.foreign, newer.foreign),
        forgotten={**older.forgotten, **newer.forgotten},
        announced={**older.announced, **newer.announced},
        decisions=_all(older.decisions, newer.decisions),
        applied_plans=_all(older.applied_plans, newer.applied_plans),
    )


def _all(older: tuple[Any, ...], newer: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*older, *(item for item in newer if item not in older))


NOTE_FORMAT = 1_000
"""Newer than any format of afsync, so that a version that cannot read this note refuses to continue."""

PLACE = regex(r'^\s*"moved_to": ("(?:[^"\\]|\\.)*")', re.MULTILINE)


def moved_note(recorded: Recorded, place: str) -> bytes:
    """The note that replaces a moved state. afsync 0.1 prints its `afsync` value as the version that wrote it."""
    said = {
        "afsync": f"moved to {place}",
        "format": NOTE_FORMAT,
        "lineage": recorded.lineage,
        "moved_to": place,
        "serial": recorded.serial,
    }
    return json.dumps(said, indent=2, ensure_ascii=False).encode() + b"\n"


def moved_to(data: bytes) -> str:
    """Where a note says that the state went; empty for everything else."""
    found = PLACE.search(data.decode("utf-8", "replace")) if len(data) < 5_000 else None
    try:
        return str(json.loads(found[1])) if found else ""
    except ValueError:
        return ""


def is_note_of(data: bytes, lineage: str) -> bool:
    """Whether this is a note, and of that state: the note of another one shows its people the way."""
    return bool(moved_to(data)) and lineage in data.decode("utf-8", "replace")


def moved_hint(place: str) -> str:
    """The hint for a state that has moved."""
    return f"write `state: {place}` into afsync.yaml"
