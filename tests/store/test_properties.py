"""Whatever the state, whatever the change: what was written is what is read."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from afsync.core.state import Recorded
from afsync.store.journal import change_of, changed_resources, first_line, line, read_journal, replay
from afsync.store.state_text import encode, encode_bytes
from tests.scale import scaled
from tests.store.strategies import parts, recordeds
from tests.store.support import decode


@settings(max_examples=scaled(40), deadline=None)
@given(recordeds)
def test_what_is_written_is_what_is_read(recorded: Recorded) -> None:
    text = encode(recorded, "0.1.0")
    assert decode(text) == recorded
    assert encode(decode(text), "0.1.0") == text


@st.composite
def histories(draw: st.DrawFn) -> list[Recorded]:
    """States one after the other; each changes some parts and keeps the rest, as a run does."""
    states = [draw(recordeds)]
    for _ in range(draw(st.integers(1, 3))):
        last = states[-1]
        changed = {part: draw(parts[part]) for part in draw(st.sets(st.sampled_from(sorted(parts)), max_size=2))}
        if draw(st.booleans()) and last.resources:
            gone = draw(st.sampled_from(sorted(last.resources)))
            changed["resources"] = {a: r for a, r in last.resources.items() if a != gone}
        states.append(replace(last, serial=last.serial + 1, **changed))
    return states


@settings(max_examples=scaled(15), deadline=None)
@given(histories())
def test_a_journal_plays_back_to_the_same_state(states: list[Recorded]) -> None:
    base, checksum = decode(encode(states[0], "0.1.0")), encode_bytes(states[0], "0.1.0")[1]
    data, tail = first_line(base, checksum)
    for old, new in pairwise(states):
        written, tail = line(change_of(old, new, changed_resources(old, new)).text, tail)
        data += written
    journal = read_journal(data)
    assert replay(base, journal) == states[-1]
    assert (journal.tail, journal.checksum) == (tail, checksum)


@settings(max_examples=scaled(15), deadline=None)
@given(histories(), st.data())
def test_a_journal_cut_off_plays_back_what_was_complete(states: list[Recorded], data: st.DataObject) -> None:
    written, tail = first_line(states[0], "c" * 64)
    ends = [len(written)]
    for old, new in pairwise(states):
        more, tail = line(change_of(old, new, changed_resources(old, new)).text, tail)
        written += more
        ends.append(len(written))
    cut = data.draw(st.integers(ends[0], len(written)))
    complete = max(n for n, end in enumerate(ends) if end <= cut)
    assert replay(states[0], read_journal(written[:cut])) == states[complete]
