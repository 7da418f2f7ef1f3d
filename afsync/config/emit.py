"""Values as YAML, in a form that means the same however it is read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from afsync.config.scalars import resolve

_PLAIN: Final = re.compile(r"[A-Za-z0-9_(\u00c0-\u024f][\w *.,/()+;'!?%\u00c0-\u024f:-]*")


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
