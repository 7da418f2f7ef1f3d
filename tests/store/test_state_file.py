"""What the quick reader takes for a state, the authority does too, and finds the same in it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afsync.core.state import Recorded
from afsync.store.canonical_json import InvalidDocument
from afsync.store.state_text import BLOCKS, StateDocument, encode_bytes, fully, laid_out, plainly
from tests.builders import places
from tests.scale import EVERYTHING, scaled
from tests.store.strategies import recordeds
from tests.store.support import everything
from tests.store.test_state_reader import signed

WHOLE: dict[str, Any] = json.loads(encode_bytes(everything(), "0.1.0")[0])
ODD: list[Any] = [
    *(
        None,
        "",
        "x",
        "queued",
        "template",
        "job",
        True,
        False,
        0,
        1,
        -1,
        1.0,
        0.5,
        10**30,
        1e300,
        [],
        [1],
        {},
        {"a": 1},
    ),
    *("2026-01-01T00:00:00Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00z", "2026-01-01 00:00:00Z"),
    *("2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00Z", "2026-01-01", "T         TZ", "2026-02-30T00:00:00Z", "Z"),
    *({"written": "x", "utc": "2026-01-01T00:00:00Z", "zone": None}, {"utc": "Z"}),
]


PLACES = list(places(WHOLE))[1:]
TURNS = 1 if EVERYTHING else 6
"""The places take turns with the odd values: each value is at every sixth place, each place has a sixth of them."""


def altered(path: tuple[Any, ...], value: Any = None, *, key: str | None = None, remove: bool = False) -> bytes:
    """The state with another value, another key, or nothing at a place, under a checksum that is right."""
    document = copy.deepcopy(WHOLE)
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    if key is not None and isinstance(holder, dict):
        holder[key] = holder.pop(path[-1])
    elif remove:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    try:
        text = laid_out(document).decode()
    except (TypeError, ValueError, LookupError):  # no state has such parts, so there is no layout for them
        text = json.dumps(document, indent=2) + "\n"
    return signed(text).encode()


def authority(data: bytes) -> StateDocument | None:
    try:
        return fully(data)
    except InvalidDocument:
        return None


def within_a_line(path: tuple[Any, ...]) -> bool:
    """Whether a key has no line of its own. One that is missing there has its default, unnoticed."""
    return len(path) > (3 if path[0] in BLOCKS else 2)


def same(one: StateDocument | None, other: StateDocument | None) -> bool:
    """As Python writes them too: `1 == True`."""
    return one == other and repr(one) == repr(other)


@settings(max_examples=scaled(80), deadline=None)
@given(recordeds)
def test_both_read_what_is_written(recorded: Recorded) -> None:
    data = encode_bytes(recorded, "0.1.0").data
    assert same(plainly(data), fully(data)) or b"\\ud" in data, "half of a surrogate pair is the authority's"


def test_the_quick_one_reads_an_ordinary_state() -> None:
    assert plainly(encode_bytes(everything(), "0.1.0")[0]) is not None
    assert plainly(encode_bytes(Recorded(everything().lineage), "0.1.0")[0]) is not None
    for field, value in {"credits": 10**30, "rerun": "x", "created_at": None, "staged": True, "schedule": None}.items():
        assert plainly(altered(("resources", "job.best", field), value)) is not None, field


@pytest.mark.parametrize("path", PLACES, ids=lambda path: "/".join(map(str, path)))
def test_no_odd_value_passes_that_the_authority_refuses(path: tuple[Any, ...]) -> None:
    for value in ODD[PLACES.index(path) % TURNS :: TURNS]:
        data = altered(path, value)
        assert (found := plainly(data)) is None or same(found, authority(data)), value
    data = altered(path, remove=True)
    assert (found := plainly(data)) is None or same(found, authority(data)) or within_a_line(path)


@settings(max_examples=scaled(120), deadline=None)
@given(
    st.sampled_from(PLACES), st.sampled_from(["job.a", "template.a", "a", "job.", "colour", "kind", 'job.a["x"]', "id"])
)
def test_no_odd_key_passes_that_the_authority_refuses(path: tuple[Any, ...], key: str) -> None:
    data = altered(path, key=key)
    assert (found := plainly(data)) is None or same(found, authority(data)) or within_a_line(path)


def test_bytes_that_are_no_state() -> None:
    data = encode_bytes(everything(), "0.1.0").data
    for wrong in (b"", b"{}", b"[" * 100_000, data[:-3], data.replace(b"queued", b"failed"), data + b"{}", b"\xff"):
        assert plainly(wrong) is None
