"""Which fields differ: paths as people write them, lists whole, and nothing the fingerprint does not see."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.plan.changes import FieldChange, differing_fields
from tests.core.worlds import PATIENT

Values = dict[str, Any]

DIFFERENCES: dict[str, tuple[Values, Values, list[tuple[str, Any, Any]]]] = {
    "nothing": ({"tone": "hype"}, {"tone": "hype"}, []),
    "a value": ({"tone": "hype"}, {"tone": "calm"}, [("tone", "hype", "calm")]),
    "a field added": ({}, {"tone": "calm"}, [("tone", None, "calm")]),
    "a field taken out": ({"tone": "hype"}, {}, [("tone", "hype", None)]),
    "null is a missing field": ({"tone": None}, {}, []),
    "a field set to null": ({"tone": "hype"}, {"tone": None}, [("tone", "hype", None)]),
    "what is assumed anyway": ({}, {"format": "short", "durationMins": 1.0, "staging": False}, []),
    "against what is assumed": ({}, {"format": "long"}, [("format", "short", "long")]),
    "the same number": ({"durationMins": 2}, {"durationMins": 2.0}, []),
    "a number and a text": ({"effects": 1}, {"effects": "1"}, [("effects", 1, "1")]),
    "a number and a truth": ({"effects": 1}, {"effects": True}, [("effects", 1, True)]),
    "a list, whole": ({"urls": ["a", "b"]}, {"urls": ["a", "c"]}, [("urls", ["a", "b"], ["a", "c"])]),
    "the order of a list": ({"urls": ["a", "b"]}, {"urls": ["b", "a"]}, [("urls", ["a", "b"], ["b", "a"])]),
    "the order of platforms": ({"platforms": ["a", "b"]}, {"platforms": ["b", "a"]}, []),
    "a tuple is a list": ({"urls": ("a",)}, {"urls": ["a"]}, []),
    "a number and a truth in a list": ({"effects": [1]}, {"effects": [True]}, [("effects", [1], [True])]),
    "a list and what it looks like": ({"effects": ["a"]}, {"effects": '["a"]'}, [("effects", ["a"], '["a"]')]),
    "nested": (
        {"addOns": {"shoppable": {"active": True, "store": "a"}}},
        {"addOns": {"shoppable": {"active": False, "store": "a"}}},
        [("addOns.shoppable.active", True, False)],
    ),
    "nested, added": (
        {"addOns": {"shoppable": {"active": True}}},
        {"addOns": {"shoppable": {"active": True}, "captions": {"language": "de"}}},
        [("addOns.captions", None, {"language": "de"})],
    ),
    "nested, all of it": (
        {"addOns": {"shoppable": {"active": True}}},
        {},
        [("addOns", {"shoppable": {"active": True}}, None)],
    ),
    "an empty mapping is none": ({"addOns": {}}, {}, []),
    "a list in a mapping in a list": (
        {"clipSpec": {"clips": [{"from": 1}, {"from": 2}]}},
        {"clipSpec": {"clips": [{"from": 1}, {"from": 3}]}},
        [("clipSpec.clips", [{"from": 1}, {"from": 2}], [{"from": 1}, {"from": 3}])],
    ),
    "names a library might take for its own": (
        {"addOns": {"__x": 1, "root['a']": 1, "a.b": 1, "it's": 1, "0": 1}},
        {"addOns": {"__x": 2, "root['a']": 2, "a.b": 2, "it's": 2, "0": 2}},
        [
            ("addOns.0", 1, 2),
            ("addOns.__x", 1, 2),
            ("addOns.a.b", 1, 2),
            ("addOns.it's", 1, 2),
            ("addOns.root['a']", 1, 2),
        ],
    ),
    "several, by path": (
        {"tone": "hype", "topic": "x"},
        {"format": "long", "topic": "y"},
        [("format", "short", "long"), ("tone", "hype", None), ("topic", "x", "y")],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_fields(before: Values, after: Values, expected: list[tuple[str, Any, Any]]) -> None:
    assert differing_fields(Kind.JOB, before, after) == tuple(FieldChange(*e) for e in expected)


@pytest.mark.parametrize(("before", "after", "expected"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_and_the_other_way_round(before: Values, after: Values, expected: list[tuple[str, Any, Any]]) -> None:
    assert differing_fields(Kind.JOB, after, before) == tuple(FieldChange(p, new, old) for p, old, new in expected)


def test_nothing_is_assumed_of_a_template() -> None:
    assert differing_fields(Kind.TEMPLATE, {}, {"format": "short"}) == (FieldChange("format", None, "short"),)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2) | st.floats(0, 2) | st.sampled_from(["", "a", "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "__c", "d.e"]), inner),
    max_leaves=6,
)
BODIES = st.dictionaries(st.sampled_from(["topic", "effects", "addOns", "platforms"]), JSON)


@PATIENT
@given(BODIES, BODIES)
def test_fields_differ_exactly_where_fingerprints_do(before: Values, after: Values) -> None:
    same = fingerprint(Kind.JOB, before) == fingerprint(Kind.JOB, after)

    assert (differing_fields(Kind.JOB, before, after) == ()) is same
