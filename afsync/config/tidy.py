"""`afsync fmt`: a file in the one layout, with the same meaning, the same comments, and the author's line ends."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from afsync.config.layout import NotArranged, arrange
from afsync.config.yaml import compose

_BOM: Final = "\ufeff"
_MODELINE = re.compile(r"#\s*yaml-language-server\s*:\s*\$schema\s*=\s*(\S+)\s*")
_OTHER_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def tidied(text: str, schema: Callable[[str], str] = str) -> str | None:
    """The text in the one layout. `schema` is told what the line for editors names, and says what it should name.

    None for a text that cannot be read, holds no mapping, or uses a form that is left alone: explicit keys,
    directives, line ends that not everybody takes for such.
    """
    body = text.removeprefix(_BOM)
    newline = "\r\n" if "\r\n" in body else "\n"
    plain = body.replace("\r\n", "\n").replace("\r", "\n")
    result = _tidy(plain, schema)
    if result is None:
        return None
    return _BOM * text.startswith(_BOM) + result.replace("\n", newline)


def _tidy(text: str, schema: Callable[[str], str]) -> str | None:
    before = compose(text)
    if before.marks or before.root is None or not isinstance(before.root.value, dict) or _OTHER_LINE_ENDS.search(text):
        return None
    try:
        result = _schema_first(arrange(text), schema)
    except NotArranged:
        return None
    after = compose(result)
    same = after.root is not None and not after.marks and repr(after.root.value) == repr(before.root.value)
    # Nothing but white space may differ, the line of the schema aside. It never does; a file is not where to find out.
    return result if same and _ink(text) == _ink(result) else None


def _ink(text: str) -> str:
    """Everything but white space and the line of the schema."""
    return "".join(re.sub("[ \t]", "", line) for line in text.split("\n") if not _MODELINE.fullmatch(line))


def _schema_first(text: str, schema: Callable[[str], str]) -> str:
    """With the line that tells editors the schema, where there is one in the head of the file, as the first."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if found := _MODELINE.fullmatch(line):
            modeline = f"# yaml-language-server: $schema={schema(found[1])}"
            return "\n".join([modeline, *lines[:number], *lines[number + 1 :]])
        if line and not line.startswith("#"):
            break
    return text
