"""JSON as text that is safe to print anywhere, whatever the service or a file put in it, and loses nothing."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgspec

from afsync.core.regex import regex
from afsync.output.values import harmless

_SUSPECT = regex(r"[^\n -~]|#(?=#\w*\[)")


def json_text(document: Any, *, indent: int | None = 2) -> str:
    """The document, ending in a newline. Characters that a terminal or a log would act on stand as `\\u` escapes."""
    line = _escaped(document, None)
    if indent is None:
        return line
    try:
        # The standard library indents in Python, a call or more for every value; this does not.
        return msgspec.json.format(line, indent=indent) + "\n"
    except msgspec.DecodeError:  # half of a surrogate pair, which only the standard library writes
        return _escaped(document, indent)


def _escaped(document: Any, indent: int | None) -> str:
    try:
        text = json.dumps(document, indent=indent, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(document), indent=indent, ensure_ascii=False)
    return _SUSPECT.sub(_safe, text) + "\n"


def json_line(document: Any) -> str:
    """The document on one line, ending in a newline."""
    return json_text(document, indent=None)


def _finite(value: Any) -> Any:
    """The value with `inf` and `nan`, which a service can write and JSON does not have, as strings."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {key: _finite(child) for key, child in value.items()}
        case list() | tuple():
            return [_finite(child) for child in value]
        case _:
            return value


def _safe(found: re.Match[str]) -> str:
    # What is matched can only stand in a string: JSON itself is made of other characters.
    char = found[0]
    if char != "#" and harmless(char):
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
