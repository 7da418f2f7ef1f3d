"""One more entry for the `include:` of a file that a person wrote; all else stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from afsync.config.document import Document
from afsync.config.emit import flow
from afsync.config.lines import document_and_rest, ended, lines_of, newline_of
from afsync.config.problems import Code, Fault
from afsync.errors import ConfigError


def insert_include(text: str, pattern: str, file: str) -> str:
    """The text of an afsync.yaml that includes `pattern` as well. ConfigError where nothing can be added."""
    bare = text.removeprefix("\ufeff")
    document = Document(file, bare)
    before = document.value if isinstance(document.value, dict) else {}
    held = before.get("include") or []
    if pattern in held:
        return text
    for result in _candidates(bare, document, pattern, held):
        after = Document(file, result)
        if not after.marks and isinstance(after.value, dict):
            included = after.value.pop("include", None) or []
            same = after.value == {k: v for k, v in before.items() if k != "include"}
            if same and sorted(included) == sorted([*held, pattern]):
                return ("\ufeff" if text != bare else "") + result
    fault = Fault(Code.BAD_FORM, ("include",), f"`{pattern}` cannot be added here", f"add `{pattern}` to `include:`")
    raise ConfigError((document.problem(fault),))


def _candidates(text: str, document: Document, pattern: str, held: list[str]) -> Iterator[str]:
    newline = newline_of(text)
    lines, rest = document_and_rest(lines_of(text))
    root = document.value if isinstance(document.value, dict) else {}
    ways = (
        _to_list(lines, document, pattern, held, newline)
        if "include" in root
        else _new(lines, document, pattern, newline)
    )
    yield from ("".join([*way, *rest]) for way in ways)


def _new(lines: list[str], document: Document, pattern: str, newline: str) -> Iterator[list[str]]:
    """Behind the version, or before the first key: of a file that is one mapping in braces, within them."""
    above = ended(lines, newline)
    version, first = document.locate(("version",)).line or 1, document.locate(()).line or 1
    entry = f"include: [{flow(pattern)}]"
    yield [*above[:version], entry + newline, *above[version:]]
    yield [*lines[: first - 1], entry + newline, *lines[first - 1 :]]
    yield [*lines[: first - 1], re.sub(r"\{", lambda _: f"{{{entry}, ", lines[first - 1], count=1), *lines[first:]]


def _to_list(lines: list[str], document: Document, pattern: str, held: list[str], newline: str) -> Iterator[list[str]]:
    start = (document.locate(("include",), at_key=True).line or 1) - 1
    entry = f"[{flow(pattern)}]"
    empty = re.compile(r"(include[\"']?\s*:)([ \t]*(\[\s*\]|null|~))?")
    yield [*lines[:start], empty.sub(lambda m: f"{m[1]} {entry}", lines[start], count=1), *lines[start + 1 :]]
    if held:
        place = document.locate(("include", 0))
        line, column = (place.line or 1) - 1, (place.column or 1) - 1
        before, behind = lines[line][:column], lines[line][column:]
        yield [*lines[:line], f"{before}{flow(pattern)}, {behind}", *lines[line + 1 :]]
        yield [*lines[:line], f"{before}{flow(pattern)}{newline}", *lines[line:]]
