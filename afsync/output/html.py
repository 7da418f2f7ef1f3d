"""HTML that cannot be broken out of: whatever is not an element made here is a text, and is escaped."""

from __future__ import annotations

from collections.abc import Iterable

from afsync.core.regex import regex
from afsync.output.values import harmless

_NAME = regex(r"[a-z][a-z0-9-]*")
_PICTURE = regex(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*")
_VOID = frozenset({"meta", "link", "br", "hr", "input", "img"})
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "`": "&#96;"})


class Element(str):
    """Markup that was made by `tag`, and by nothing else."""

    __slots__ = ()


Child = str | Iterable[str] | None


def tag(name: str, /, *children: Child, **attributes: str | bool | None) -> Element:
    """An element. `class_` is `class`, `data_at` is `data-at`; an attribute that is None or False is left out."""
    assert _NAME.fullmatch(name)
    assert name not in ("script", "style"), "these have texts of another kind: `raw_text`"
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False))
    if name in _VOID:
        return Element(f"<{name}{written}>")
    return Element(f"<{name}{written}>{''.join(map(_child, children))}</{name}>")


def raw_text(name: str, text: str) -> Element:
    """`style` or `script` with a text of our own, never of a file or the service."""
    assert f"</{name}" not in text.lower() and "<!--" not in text
    return Element(f"<{name}>{text}</{name}>")


def escaped(text: str) -> str:
    """A text that only shows itself, in an element or in quotes. What hides or reverses is left out."""
    if not text.isprintable():
        text = "".join(c for c in text if harmless(c))
    return text.translate(_ESCAPES)


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Element):
        return child
    if isinstance(child, str):
        return escaped(child)
    return "".join(map(_child, child))


def _attribute(key: str, value: str | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    assert _NAME.fullmatch(name)
    if name == "href":
        value = _link(str(value))
    elif name == "src":
        value = str(value) if _PICTURE.fullmatch(str(value)) else ""
    return f" {name}" if value is True else f' {name}="{escaped(str(value))}"'


def _link(url: str) -> str:
    """A link within the page, or to a website; `#` where it would lead anywhere else."""
    return url if url.startswith(("#", "https://", "http://")) else "#"
