"""How deep a document may nest: without a bound, whatever compares or shows its values could end on one of them."""

from __future__ import annotations

from typing import Any

DEEPEST = 200
"""Levels. A value in a file has 64 at most, so nothing that afsync writes comes near."""


def too_deep(value: Any) -> bool:
    """Whether a JSON value has more levels than a document may have; counted without recursion."""
    level = [value]
    for _ in range(DEEPEST):
        level = [x for v in level if isinstance(v, dict | list) for x in (v.values() if isinstance(v, dict) else v)]
        if not level:
            return False
    return True
