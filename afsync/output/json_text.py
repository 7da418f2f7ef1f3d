"""JSON as text that is safe to print anywhere, whatever the service or a file put in it, and loses nothing."""

from __future__ import annotations

import json
import re
from typing import Any

from afsync.output.values import harmless

_SUSPECT = re.compile(r"[^\n -~]|#(?=#\w*\[)")


def json_text(document: Any, *, indent: int | None = 2) -> str:
    """The document, ending in a newline. Characters that a terminal or a log would act on stand as `\\u` escapes."""
    return _SUSPECT.sub(_safe, json.dumps(document, indent=indent, ensure_ascii=False)) + "\n"


def json_line(document: Any) -> str:
    """The same on one line."""
    return json_text(document, indent=None)


def _safe(found: re.Match[str]) -> str:
    # What is matched can only stand in a string: JSON itself is made of other characters.
    char = found[0]
    if char != "#" and harmless(char):
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
