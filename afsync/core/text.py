"""Texts: when two are the same (in Unicode's composed form, without white space around them); counts and durations in
words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

LIKE_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell for a formula where it begins with one of these."""


def nfc(text: str) -> str:
    """`text` in the one form of what looks and means the same: `é` as one character, not as `e` and an accent."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def composed(value: Any) -> Any:
    """A JSON value with every text in it in that form, keys included."""
    return value if repr(value).isascii() else _composed(value)


def _composed(value: Any) -> Any:
    match value:
        case str():
            return nfc(value)
        case Mapping():
            return {nfc(str(k)): _composed(v) for k, v in value.items()}
        case list() | tuple():
            return [_composed(v) for v in value]
        case _:
            return value


def compared(text: str) -> str:
    """`text` as it is compared with what the service says."""
    return nfc(text).strip()


def same_text(one: object, other: object) -> bool:
    """Whether two values are the same, texts by what they say."""
    if isinstance(one, str) and isinstance(other, str):
        return compared(one) == compared(other)
    return one == other


def count(number: int, noun: str) -> str:
    """`1 credit`, `3 credits`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """`0.4 s`, `38 s`, `1 min 17 s`, `5 h 32 min`."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, left = divmod(round(seconds / 60), 60)
    return f"{hours} h {left} min" if left else f"{hours} h"
