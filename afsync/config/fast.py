"""A fast reader for the common case. `config.yaml` is the authority: whatever might be read differently goes there.

The fast parser is written in Rust (yaml-rs) and a hundred times as fast. It is used only for text in which nothing
stands that the two are known to read differently, and its result is kept only where it holds nothing but plain values;
a file with an error in it is read again by the authority, which says what is wrong and where. Where no wheel of the
parser exists, everything goes the slow way. `tests/config/test_fast.py` compares the two.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from afsync.config.node import MAX_DEPTH

NOT_READ: Final = object()
"""What `read_fast` gives when the authority has to read the text."""

_UNSURE = re.compile(
    r"""
      [\t\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]   # tabs, controls, other line ends
    | ^(?:---|\.\.\.|%)                                               # documents, directives
    | (?:^|[\s,\[{:?-])[&*!](?=[^\s])                                 # anchors, aliases, tags
    | <<                                                              # merge keys
    | (?:^|[,\[{])[ ]*+\?|\s\?(?=\s|$)                                  # explicit keys
    | (?:^|[\s,\[{:-])(?:[-+]?0[bB][01]|[-+]?0[xXoO][0-9a-fA-F]*_|(?=[-+.0-9_eE]*_)[-+.0-9_][-+.0-9_eE]*+(?=[\s,\]}]|$))
                                                                      # numbers that only one of the two knows
    | [\s:-]>[-+0-9]*[ ]*(?:\#.*)?$                                   # folded text
    | [\s:-]\|[-+]*[0-9]                                              # text with an indentation indicator
    | ^[ ]*+-.*[\s:-]\|[-+]*[ ]*(?:\#.*)?$                             # text inside a list
    | ^([ ]*+).*[\s:-]\|[-+]*[ ]*(?:\#.*)?\n(?!\1[ ]+\S)               # text without a first line
    | [\[{,][ ]*+[|>@`%]                                               # indicators where no value can begin
    | ^[ ]*+[\]}]                                                      # a flow collection over several lines
    """,
    re.VERBOSE | re.MULTILINE,
)
_LONGEST_INT = 2**63 - 1


def read_fast(text: str) -> Any:
    """The plain value of the document, or NOT_READ."""
    if not text.endswith("\n") or _UNSURE.search(text):
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


def _plain(value: dict[str, Any]) -> bool:
    """Whether everything in it is what the YAML 1.2 core schema gives, and within bounds."""
    todo: list[tuple[Any, int]] = [(value, 1)]
    while todo:
        item, depth = todo.pop()
        match item:
            case str():
                if not (item.isprintable() or item.replace("\n", "").isprintable()):
                    return False
            case bool() | None:
                continue
            case int():
                if not -_LONGEST_INT - 1 <= item <= _LONGEST_INT:
                    return False
            case float():
                if not math.isfinite(item):
                    return False
            case dict():
                if depth > MAX_DEPTH or not all(type(key) is str and key.isprintable() for key in item):
                    return False
                todo += [(child, depth + 1) for child in item.values()]
            case list():
                if depth > MAX_DEPTH:
                    return False
                todo += [(child, depth + 1) for child in item]
            case _:
                return False
    return True
