"""What is left where a state was, once it was taken elsewhere: a file that no afsync reads as a state."""

from __future__ import annotations

import json
import re

from afsync.core.recorded import Recorded
from afsync.errors import StateError

FORMAT = 1_000
"""Newer than any afsync knows, so that one that cannot read this note refuses to go on without it."""
PLACE = re.compile(r'^\s*"moved_to": ("(?:[^"\\]|\\.)*")', re.MULTILINE)


def note(recorded: Recorded, place: str) -> bytes:
    """afsync 0.1 shows what stands where the version would."""
    said = {
        "afsync": f"moved to {place}",
        "format": FORMAT,
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


def other_state(name: str) -> StateError:
    """What is said where a state is to come and another one is."""
    hint = "nothing was written; what an interrupted `state migrate` left there can be removed before it is done again"
    return StateError(f"There is a state already, and another one: {name}.", hint)


def follow(place: str) -> str:
    """What to do about it."""
    return f"write `state: {place}` into afsync.yaml"


def refuse_older(name: str, recorded: Recorded, serials: list[int]) -> None:
    """StateError when the history in the new place has a newer version than the one that comes there."""
    if serials and serials[0] > recorded.serial:
        text = f"{name} had a newer version of this state: {serials[0]}, not {recorded.serial}."
        raise StateError(text, "nothing was written; restore that one, or name another place")
