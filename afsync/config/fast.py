"""A fast reader for the common case. `config.yaml` is the authority: whatever might be read differently goes there.

The fast parser is written in Rust (yaml-rs) and a hundred times as fast. It is used only for text in which nothing
stands that the two are known to read differently, and its result is kept only where it holds nothing but plain values;
a file with an error in it is read again by the authority, which says what is wrong and where. Where no wheel of the
parser exists, everything goes the slow way. `tests/config/test_fast.py` compares the two.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

from afsync.config.node import MAX_DEPTH

NOT_READ: Final = object()
"""What `read_fast` gives when the authority has to read the text."""

_DOCUMENTS = ("---", "...", "%")
"""What begins a document, ends one, or is a directive, at the start of a line."""

_ORDINARY = bytes([0x0A, *range(0x20, 0x7F)])
_STRANGE = re.compile("[\t\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
"""Tabs, controls, line ends of other systems, byte order marks."""
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}\n")
_SPREAD = re.compile(rb"[\[{]\n|\n[\]}]|\A[\]}]")
"""A flow collection over several lines, in a text of which nothing is left but brackets and lines."""
_JOINER = "\u200d"
"""It joins emoji: the one character in values that is not printable and yet read alike."""


def _pattern(text: str) -> Callable[[str], object]:
    """Compiled when it is needed: of what is looked for below, most files hold nothing."""
    return partial(re.search, text, flags=re.MULTILINE)


_IN_A_NUMBER = _pattern(r"_(?<![^-+.0-9_eE\s,\[{:].)(?=[-+.0-9_eE\s,\]}]|$)")
_ODD_NUMBER = _pattern(r"[-+.0-9_](?<![^\s,\[{:-].)(?:(?<=_)|(?=[-+.0-9_eE]*_))[-+.0-9_eE]*+(?=[\s,\]}]|$)")


def _odd_number(text: str) -> bool:
    """Whether there may be a number written with `_`. The second look takes long, and hardly any file needs it."""
    return bool(_IN_A_NUMBER(text) and _ODD_NUMBER(text))


# Each begins with what is rare, and looks behind from there: a search for that is ten times as fast as one that tries
# every position. `(?<![^…].)` is "at the start, or after one of these".
_UNSURE: Final = (
    # anchors, aliases, tags
    ("&*!", _pattern(r"[&*!](?<![^\s,\[{:?-].)(?=\S)")),
    # merge keys
    ("<", _pattern("<<")),
    # explicit keys
    ("?", _pattern(r"\?(?<![^\s,\[{].)")),
    # numbers that only one of the two knows
    ("xXoObB", _pattern(r"0(?:[bB][01](?<![^\s,\[{:+-]...)|[xXoO](?:(?<=[-+]..)|[0-9a-fA-F]*_))")),
    ("_", _odd_number),
    # folded text
    (">", _pattern(r">(?<=[\s:-].)[-+0-9]*[ ]*(?:#.*)?$")),
    # literal text with an indentation indicator, inside a list, or without a first line
    ("|", _pattern(r"\|(?<=[\s:-].)[-+]*[0-9]")),
    ("|", _pattern(r"^[ ]*+-.*[\s:-]\|[-+]*[ ]*(?:#.*)?$")),
    ("|", _pattern(r"^([ ]*+).*[\s:-]\|[-+]*[ ]*(?:#.*)?\n(?!\1[ ]+\S)")),
    # either of these at the start of a line, inside a flow collection, or before something else
    ("|>", _pattern(r"^[ ]*[|>]")),
    ("|>", _pattern(r"[\[{].*:[ ]*[|>]")),
    ("|>", _pattern(r":[ ]*[|>](?![-+0-9]*[ ]*(?:#.*)?$)")),
    # indicators where no value can begin
    ("|>@`%", _pattern(r"[\[{,][ ]*+[|>@`%]")),
    ("!", _pattern(r"[\[{,:-][ ]*+![ \n]")),
    # a colon right behind a quote, or that ends or begins an item of a flow collection
    (":", _pattern(r":(?:(?=[\]},])|(?<=[\[{, '\"].)(?=\S))")),
)
"""What is read differently: characters of which one has to be there, and how it then looks."""
_LONGEST_INT = 2**63 - 1


def read_fast(text: str) -> Any:
    """The plain value of the document, or NOT_READ."""
    text = text.replace("\r\n", "\n")
    if not text.endswith("\n") or not _is_common(text):
        return NOT_READ
    try:
        from yaml_rs import loads
    except ImportError:
        return NOT_READ
    try:
        value: Any = loads(text, parse_datetime=False)
    except Exception:  # whatever it does not like is the authority's to explain
        return NOT_READ
    return value if isinstance(value, dict) and value and _plain(value) else NOT_READ


def _is_common(text: str) -> bool:
    """Whether the two read this text alike."""
    data = text.encode("utf-8", "surrogatepass")
    strange = data.translate(None, _ORDINARY).decode("utf-8", "surrogatepass")
    if _STRANGE.search("".join(set(strange))) or _SPREAD.search(data.translate(None, _NO_BRACKETS)):
        return False
    if text.startswith(_DOCUMENTS) or any(mark in text and f"\n{mark}" in text for mark in _DOCUMENTS):
        return False
    return not any(_any_of(signs, text) and found(text) for signs, found in _UNSURE)


def _any_of(signs: str, text: str) -> bool:
    return any(sign in text for sign in signs)


def _is_text(text: str) -> bool:
    return text.replace("\n", "").replace(_JOINER, "").isprintable()


def _plain(value: dict[str, Any]) -> bool:
    """Whether everything in it is what the YAML 1.2 core schema gives, and within bounds. Level by level."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for collection in level:
            items: Iterable[Any] = collection
            if type(collection) is dict:
                items = collection.values()
                for key in collection:
                    if type(key) is not str or not key.isprintable():
                        return False
            for item in items:
                kind = type(item)
                if kind is str:
                    if not item.isprintable() and not _is_text(item):
                        return False
                elif kind is dict or kind is list:
                    below.append(item)
                elif kind is int:
                    if not -_LONGEST_INT <= item <= _LONGEST_INT:
                        return False
                elif kind is float:
                    if not math.isfinite(item):
                        return False
                elif kind is not bool and item is not None:
                    return False
        if not below:
            return True
        level = below
    return False
