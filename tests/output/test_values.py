"""How a text of the files is shown: as in YAML, with each character that does not show itself escaped once."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from afsync.output.values import shown

TEXTS = {
    "plain": ("Line one", "Line one"),
    "a line break": ("Line one\nLine two", r'"Line one\nLine two"'),
    "a backslash": (r"one\ntwo", r'"one\\ntwo"'),
    "an escape sequence": ("\x1b[2J", r'"\u001b[2J"'),
    "one of C1": ("a\x9b2J", r'"a\x9b2J"'),
    "what reverses": ("a\u202eb", r'"a\u202eb"'),
    "an order to a log": ("##[group]x", r'"\x23#[group]x"'),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_a_text_is_escaped_once_and_reads_back_as_what_it_is(text: str, expected: str) -> None:
    assert shown(text) == expected
    assert YAML(typ="safe", pure=True).load(shown(text)) == text
