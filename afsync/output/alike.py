"""Two texts that look the same and are not: which characters make the difference."""

from __future__ import annotations

import unicodedata
from difflib import SequenceMatcher
from typing import Any, Final

_LIKE_LATIN: Final = str.maketrans(
    "АВЕКМНОРСТУХаеорсухіјѕԁԛԝһΑΒΕΖΗΙΚΜΝΟΡΤΥΧονɡ‐‑‒–—−’‘‛“”",
    "ABEKMHOPCTYXaeopcyxijsdqwhABEZHIKMNOPTYXovg------'''\"\"",
)
"""Letters of other alphabets, dashes and quotation marks, and the Latin ones that they are taken for."""

_MOST: Final = 5
_LONGEST: Final = 2000


def code_points(before: Any, after: Any) -> str:
    """`  (U+00A0 -> U+0020 at character 5)` for two texts whose difference cannot be seen, else nothing."""
    if not isinstance(before, str) or not isinstance(after, str) or before == after:
        return ""
    if _seen(before) != _seen(after) or max(len(before), len(after)) > _LONGEST:
        return ""
    steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    told = [
        f"{_points(before[a:b])} -> {_points(after[c:d])} at character {a + 1}"
        for tag, a, b, c, d in steps
        if tag != "equal"
    ]
    more = f", and {len(told) - _MOST} more" if len(told) > _MOST else ""
    return f"  ({', '.join(told[:_MOST])}{more})"


def _seen(text: str) -> str:
    """What a reader sees of a text."""
    apart = unicodedata.normalize("NFKD", text).translate(_LIKE_LATIN)
    kept = (c for c in apart if unicodedata.category(c) != "Cf" and not 0xFE00 <= ord(c) <= 0xFE0F)
    return " ".join("".join(kept).split())


def _points(text: str) -> str:
    return " ".join(f"U+{ord(c):04X}" for c in text[:_MOST]) + ("…" if len(text) > _MOST else "") or "nothing"
