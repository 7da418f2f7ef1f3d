"""Texts: when two are the same (in Unicode's composed form, without white space around them), and which known word a
misspelt one means; counts, lists, durations and choices in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence, Sized
from typing import Any, Final

LIKE_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell for a formula where it begins with one of these."""


MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


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


def are(several: Sized) -> str:
    """`is` for one, else `are`."""
    return "is" if len(several) == 1 else "are"


def first_of(names: Sequence[str], most: int = 1) -> str:
    """`a`, `a and 2 more`; with `most` 3: `a, b, c and 1 more`."""
    named, more = ", ".join(names[:most]), len(names) - most
    return f"{named} and {more} more" if more > 0 else named


def duration(seconds: float) -> str:
    """`0.4 s`, `38 s`, `1 min 17 s`, `5 h 32 min`, `3 d 4 h`."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f}".removesuffix(".0") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, left = divmod(round(seconds / 60), 60)
    if hours < 48:
        return f"{hours} h {left} min" if left else f"{hours} h"
    days, over = divmod(round(seconds / 3600), 24)
    return f"{days} d {over} h" if over else f"{days} d"


def one_of(words: Iterable[str]) -> str:
    """`a`, `b` or `c`."""
    quoted = [f"`{w}`" for w in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


_LONGEST_WORD: Final = 200


class Effort:
    """How much may still be spent on comparing misspelt words with those that are known, in about 50 ns each."""

    def __init__(self, left: int = 5_000_000) -> None:
        self._left = left

    def left_for(self, count: int) -> bool:
        """Whether a word may still be compared with so many: else there is no need to collect them."""
        return self._left >= 100 * count

    def allows(self, word: str, known: Collection[str]) -> bool:
        """Whether `word` may be compared with all of these, which is then counted."""
        if len(word) > _LONGEST_WORD or not self.left_for(len(known)):
            return False
        self._left -= sum(100 + len(word) * min(len(k), _LONGEST_WORD) for k in known)
        return self._left >= 0


def did_you_mean(word: object, known: Iterable[str], effort: Effort | None = None) -> str | None:
    """`did you mean ...?` for the closest known word; None when none is close."""
    found = closest(word, known, effort)
    return f"did you mean `{found}`?" if found else None


def closest(word: object, known: Iterable[str], effort: Effort | None = None) -> str | None:
    """The known word that is spelt most alike, or is the beginning of `word`; None where that would take too long."""
    if effort is not None and isinstance(known, Sized) and not effort.left_for(len(known)):
        return None
    lower, known = str(word).lower(), [k for k in known if len(k) <= _LONGEST_WORD]
    if not (effort or Effort()).allows(lower, known):
        return None
    by_lower = {k.lower(): k for k in sorted(known)}
    found = _nearest(lower, by_lower, 0.6) or next((k for k in by_lower if len(k) >= 3 and lower.startswith(k)), None)
    return by_lower[found] if found else None


def close_address(wrong: str, known: Iterable[str], effort: Effort | None = None) -> str | None:
    """`did you mean ...?` for an address whose key is close, of the same kind if there is one.

    The kind itself is not compared: it would make any two short addresses alike.
    """

    def parts(address: str) -> tuple[str, str]:
        kind, dot, key = address.partition(".")
        return (kind, key.lower()) if dot and kind in ("job", "template") else ("", address.lower())

    known = list(known)
    if not (effort or Effort()).allows(wrong, known):
        return None
    kind, key = parts(wrong)
    by_key: dict[str, str] = {}
    for address in sorted(known, key=lambda a: (parts(a)[0] != kind, a)):
        by_key.setdefault(parts(address)[1], address)
    found = _nearest(key, by_key, 0.7)
    return None if found is None else f"did you mean `{by_key[found]}`?"


def _nearest(word: str, known: Iterable[str], cutoff: float) -> str | None:
    import difflib  # takes long to load, and few words are misspelt

    return next(iter(difflib.get_close_matches(word, [*known], n=1, cutoff=cutoff)), None)
