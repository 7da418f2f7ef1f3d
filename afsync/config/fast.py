"""A fast reader for the common case. `config.yaml` is the authority: whatever might be read differently goes there.

The fast parser is written in Rust (yaml-rs) and a hundred times as fast. It is given a text only if every line has one
of the forms below, which both are known to read alike; everything else, and every text with an error in it, goes to the
authority, which says what is wrong and where. The forms also bound the depth: the parser recurses, and would end the
process. Where no wheel of it exists, everything goes the slow way. `tests/config/test_fast.py` compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

NOT_READ: Final = object()
"""What `read_fast` gives when the authority has to read the text."""

_ORDINARY: Final = bytes([0x0A, *range(0x20, 0x7F)])
_JOINER: Final = "\u200d"
"""It joins emoji: the one character that is not printable and yet read alike."""


def read_fast(text: str) -> Any:
    """The plain value of the document, or NOT_READ."""
    text = text.replace("\r\n", "\n")
    if not has_common_form(text):
        return NOT_READ
    try:
        from yaml_rs import loads
    except ImportError:
        return NOT_READ
    try:
        value: Any = loads(text, parse_datetime=False)
    except Exception:  # whatever it does not like is the authority's to explain
        return NOT_READ
    return value if isinstance(value, dict) and value else NOT_READ


def common_lines(text: str) -> Iterator[re.Match[str]]:
    """A text of the known forms (with `\\n` as its line ends), line by line, literal texts as a whole. The first group
    is None for what holds no value that is complete in its line."""
    return _lines().finditer(text)


def has_common_form(text: str) -> bool:
    """Whether nothing is left of a text (with `\\n` as its line ends) without the lines of the known forms."""
    strange = text.encode("utf-8", "surrogatepass").translate(None, _ORDINARY).decode("utf-8", "surrogatepass")
    return "".join(set(strange) - {_JOINER}).isprintable() and not _lines().sub("", text)


@cache
def _lines() -> re.Pattern[str]:
    """One line of a known form, or a literal text as a whole. Compiled when the first file is read.

    What a repetition takes is told from what follows by its first character, and repetitions of groups are bounded:
    matching takes time that grows with the text, and memory that does not.
    """
    indent, end, blank = "([ ]{0,24})", r"[ ]*+(?:(?<=[ ])#[^\n]*+)?\n", r"[ ]*+(?:#[^\n]*+)?\n"
    value = f"(?:{_scalar('')}|{_flow(f'(?:{_scalar(_FLOW)}|{_flow(_scalar(_FLOW))})')})"
    # What follows a value is not deeper than its key: it would go on with the value, or be wrong.
    no_deeper = rf"(?=(?:{blank}){{0,999}}(?!(?(2)\1[ ]{{3}}|\1[ ])|[ ]*+[#\n]))"
    complete = rf"{indent}(?:(-[ ])?{KEY_FORM}[ ]++|-[ ]){value}{end}{no_deeper}"
    opening = f"[ ]{{0,24}}(?:-[ ])?{KEY_FORM}{end}"
    literal = (
        rf"{indent}{KEY_FORM}[ ]++\|[-+]?\n\3([ ]+)[^ \n][^\n]*+\n"
        r"(?:\3\4[^\n]*+\n|\n){0,999}(?![ ]*+\n|\3[ ])"
    )
    return re.compile(f"^(?:(?:{blank}){{1,99}}|{complete}|{opening}|{literal})", re.MULTILINE)


_FLOW: Final = r"\],[{}"
"""What cannot stand in a plain value inside a flow collection."""

KEY_FORM: Final = (
    r"(?!(?:[Tt]rue|TRUE|[Ff]alse|FALSE|[Nn]ull|NULL):)(?:(?:[A-Za-z]|[0-9]{1,9}-)[-A-Za-z0-9_.]{0,99}(?:/[A-Za-z][-A-Za-z0-9_.]{0,99})?"
    r"""|"[-A-Za-z0-9_. ]{1,99}"|'[-A-Za-z0-9_. ]{1,99}'):(?=[ \n])"""
)
"""Text for both, and shorter than the 1,024 characters from which the authority takes it for no key."""


def _scalar(unsafe: str) -> str:
    """A plain or quoted value; `unsafe` are the characters that a plain one may not hold here.

    Digits are text for both by what follows: a date, a time, a share, a span, a count. What might be a number to one of
    them only is not among these: exponents, bases (`0x`), `_`, signs, zeros in front, a second `.`.
    """
    digits = r"[0-9]{1,9}(?:[-/%]|:[0-9]{2}|[ ](?=[A-Za-z])|(?![bBeEoOxX])[A-Za-z])"
    uuid = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
    begins = rf"(?:[^ !-#%-'*-.0-@\[-`{{-~\n]|\.\.?/|{digits}|{uuid})"
    safe = f"[^:#\n{unsafe}]*+"
    plain = rf"{begins}{safe}(?:(?::(?![ \n{unsafe}])|(?<![ ])#){safe}){{0,99}}"
    number = r"-?[1-9][0-9]{0,14}(?:\.[0-9]{1,15})?|-?0\.[0-9]{1,15}|0"
    single = r"'[^'\n]*+(?:''[^'\n]*+){0,99}'"
    double = r'"[^"\\\n]*+(?:\\["\\n][^"\\\n]*+){0,99}"'
    return f"(?:{plain}|{number}|{single}|{double})"


def _flow(item: str) -> str:
    """A list or mapping on one line."""
    more = "[ ]?(?:,[ ]?(?![]}])|(?=[]}]))"
    return rf"(?:\[[ ]?(?:{item}{more}){{0,200}}\]|\{{[ ]?(?:{KEY_FORM}[ ]{item}{more}){{0,200}}\}})"
