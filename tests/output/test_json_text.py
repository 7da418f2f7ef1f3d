"""JSON as it is printed: the standard library's own bytes, valid whatever the service wrote."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afsync.output.json_text import json_line, json_text

PLAIN = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="#"))
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    SCALARS | PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4)
)
ANY_TEXT = st.recursive(
    SCALARS | st.text(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
)


@given(DOCUMENTS)
def test_it_is_laid_out_as_the_standard_library_does(document: object) -> None:
    assert json_text(document) == json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    assert json_line(document) == json.dumps(document, ensure_ascii=False) + "\n"


@given(ANY_TEXT)
def test_it_says_the_same_whatever_stands_in_it(document: object) -> None:
    assert json.loads(json_text(document)) == document


@pytest.mark.parametrize("text", ["a\x1b[31mb", "\ud800", "\u2028", "日本 𝄞", "##vso[task]", 'a"\\\n'])
def test_what_a_terminal_would_act_on_is_escaped_and_kept(text: str) -> None:
    written = json_text({"a": text})
    assert json.loads(written)["a"] == text
    assert not {"\x1b", "\u2028", "\ud800"} & {*written} and "##vso[" not in written


@pytest.mark.parametrize(("number", "said"), [("1e400", "inf"), ("-1e400", "-inf"), ("NaN", "nan")])
def test_numbers_that_json_does_not_have_are_strings(number: str, said: str) -> None:
    document = json.loads(f'{{"a": [{number}, {{"b": {number}}}], "c": 1}}')
    assert json.loads(json_text(document), parse_constant=pytest.fail) == {"a": [said, {"b": said}], "c": 1}
