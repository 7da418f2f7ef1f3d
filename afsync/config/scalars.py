"""What a YAML scalar means, by the core schema of YAML 1.2: `yes` and `2026-12-01` are text, `0o14` is 12."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from afsync.config.problems import Code, Wrong

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NUMERIC_START = frozenset("+-.0123456789")
_LARGEST = 2**63 - 1
_SHOWN = 100
_STANDARD = "tag:yaml.org,2002:"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def resolve(text: str) -> Any:
    """The value of a plain, untagged scalar: None, bool, int, float or str. Wrong(bad_number)."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in _NUMERIC_START:
        return text
    return _number(text)


def tagged(text: str, tag: str) -> Any:
    """The value of a scalar with an explicit tag. Wrong(unknown_tag, bad_number, wrong_type)."""
    kind = tag.removeprefix(_STANDARD)
    if tag == "!" or kind == "str":
        return text
    wanted: dict[str, Callable[[Any], bool]] = {
        "null": lambda v: v is None,
        "bool": lambda v: isinstance(v, bool),
        "int": lambda v: isinstance(v, int) and not isinstance(v, bool),
        "float": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    }
    if not tag.startswith(_STANDARD) or kind not in wanted:
        raise unknown_tag(tag)
    value = resolve(text)
    if not wanted[kind](value):
        raise Wrong(Code.WRONG_TYPE, f"`{short(text)}` is not what its tag `!!{kind}` says", "remove the tag")
    return float(value) if kind == "float" else value


def unknown_tag(tag: str) -> Wrong:
    shown = "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag
    return Wrong(Code.UNKNOWN_TAG, f"the tag `{short(shown)}` means nothing here", "remove the tag, or quote the text")


def short(text: str) -> str:
    """`text` as a message shows it: a name may be as long as the file."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def clean(text: str) -> str:
    """`text` with the surrogate pairs of JSON joined. Wrong(bad_character) for what no text field can hold."""
    if _FORBIDDEN.search(text) is None:
        return text
    joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    found = _FORBIDDEN.search(joined)
    if found is None:
        return joined
    raise Wrong(Code.BAD_CHARACTER, f"the character U+{ord(found[0]):04X} cannot be used in text", "remove it")


def _number(text: str) -> Any:
    """An int, a finite float, or the text itself where it only begins like a number."""
    if _INT.fullmatch(text):
        return _bounded(text, 10)
    if _BASED.fullmatch(text):
        return _bounded(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isfinite(number):
            return number
    elif not _NOT_FINITE.fullmatch(text):
        return text
    raise Wrong(Code.BAD_NUMBER, f"`{text[:40]}` is not a finite number", "quote it if it is meant as text")


def _bounded(text: str, base: int) -> int:
    # Python refuses to read integers of thousands of digits, and no field here takes more than 19.
    number = int(text, base) if len(text) <= 40 else _LARGEST + 1
    if abs(number) > _LARGEST:
        raise Wrong(Code.BAD_NUMBER, f"the number {text[:40]} is too large", "quote it if it is meant as text")
    return number
