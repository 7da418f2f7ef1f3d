"""When two texts are the same: in Unicode's composed form (NFC), with white space around them off."""

from __future__ import annotations

import unicodedata


def nfc(text: str) -> str:
    """`text` in the one form of what looks and means the same: `é` as one character, not as `e` and an accent."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def compared(text: str) -> str:
    """`text` as it is compared with what the service says."""
    return nfc(text).strip()


def same_text(one: object, other: object) -> bool:
    """Whether two values are the same, texts by what they say."""
    if isinstance(one, str) and isinstance(other, str):
        return compared(one) == compared(other)
    return one == other
