"""What a YAML scalar means, by the core schema of YAML 1.2: `yes` and `2026-12-01` are text, `0o14` is 12."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from afsync.config.problems import Code, InvalidValue
from afsync.core.regex import regex

_NULL = {"", "~", "null", "Null", "NULL"}
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = regex(r"[-+]?[0-9]+")
_BASED = regex(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = regex(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = regex(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NUMERIC_START = frozenset("+-.0123456789")
_LARGEST = 2**63 - 1
_SHOWN = 100
_STANDARD = "tag:yaml.org,2002:"
_FORBIDDEN = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_PAIR = regex("[\ud800-\udbff][\udc00-\udfff]")


def resolve(text: str) -> Any:
    """The value of a plain, untagged scalar: None, bool, int, float or str. InvalidValue(bad_number)."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text[0] not in _NUMERIC_START:
        return text
    return _number(text)


def tagged(text: str, tag: str) -> Any:
    """The value of a scalar with an explicit tag. InvalidValue(unknown_tag, bad_number, wrong_type)."""
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
        raise InvalidValue(Code.WRONG_TYPE, f"`{short(text)}` is not what its tag `!!{kind}` says", "remove the tag")
    return float(value) if kind == "float" else value


def unknown_tag(tag: str) -> InvalidValue:
    shown = "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag
    return InvalidValue(
        Code.UNKNOWN_TAG, f"the tag `{short(shown)}` means nothing here", "remove the tag, or quote the text"
    )


def short(text: str) -> str:
    """`text` as a message shows it: a name may be as long as the file."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def clean(text: str) -> str:
    """`text` with the surrogate pairs of JSON joined. InvalidValue(bad_character) for what no text field can hold."""
    if _FORBIDDEN.search(text) is None:
        return text
    joined = _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)
    found = _FORBIDDEN.search(joined)
    if found is None:
        return joined
    raise InvalidValue(Code.BAD_CHARACTER, f"the character U+{ord(found[0]):04X} cannot be used in text", "remove it")


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
    raise InvalidValue(Code.BAD_NUMBER, f"`{text[:40]}` is not a finite number", "quote it if it is meant as text")


def _bounded(text: str, base: int) -> int:
    # Python refuses to read integers of thousands of digits, and no field here takes more than 19.
    number = int(text, base) if len(text) <= 40 else _LARGEST + 1
    if abs(number) > _LARGEST:
        raise InvalidValue(Code.BAD_NUMBER, f"the number {text[:40]} is too large", "quote it if it is meant as text")
    return number


_PLAIN: Final = regex(r"[A-Za-z0-9_(\u00c0-\u024f][\w *.,/()+;'!?%\u00c0-\u024f:-]*")


def flow(value: Any) -> str:
    """One value on one line. `${` is escaped, since it is meant as it stands."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return _text(value)
        case Mapping():
            return "{" + ", ".join(f"{_key(str(k))}: {flow(v)}" for k, v in value.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(flow(v) for v in value) + "]"
        case _:
            return json.dumps(value)


def meant(value: Any) -> Any:
    """What is read back of `flow(value)`: `$${` stays as it is written until references are replaced."""
    match value:
        case str():
            return value.replace("${", "$${")
        case Mapping():
            return {k: meant(v) for k, v in value.items()}
        case list() | tuple():
            return [meant(v) for v in value]
        case _:
            return value


def block(key: str, fields: Mapping[str, Any], indent: int, comment: str = "", step: int = 2) -> str:
    """A key with its fields below it, a line each, ending in a newline."""
    pad, inner = " " * indent, " " * (indent + step)
    head = f"{pad}{_key(key)}:"
    tail = f"  # {comment}" if comment else ""
    if not fields:
        return f"{head} {{}}{tail}\n"
    return "".join([f"{head}{tail}\n", *(f"{inner}{_key(k)}: {flow(v)}\n" for k, v in fields.items())])


def comment(text: str) -> str:
    """`text` as it can stand in a comment: on one line, nothing that hides."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _key(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][\w.-]*", text, re.ASCII) and _is_text(text) else _quoted(text)


def _text(text: str) -> str:
    text = text.replace("${", "$${")
    plain = _PLAIN.fullmatch(text) and text == text.strip() and ": " not in text and " #" not in text
    commas = "," in text
    return text if plain and not commas and not text.endswith(":") and _is_text(text) else _quoted(text)


def _is_text(text: str) -> bool:
    try:
        return isinstance(resolve(text), str) and text not in ("yes", "no", "on", "off", "y", "n")
    except ValueError:
        return False


def _quoted(text: str) -> str:
    """JSON, with what does not print as escapes; both are YAML."""
    ascii_ = not all(c.isprintable() for c in text)
    return json.dumps(text, ensure_ascii=ascii_)
