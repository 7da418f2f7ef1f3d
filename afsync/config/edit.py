"""New entries for a file that a person wrote, such as its lineage: every byte of it stays where it is, comments and
quoting included."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from afsync.config.document import Document
from afsync.config.files import PROJECT_FILE
from afsync.config.problems import Code, Diagnostic
from afsync.config.scalars import block, flow, meant
from afsync.core.regex import regex
from afsync.errors import ConfigError

_BOM = "\ufeff"

# Compiled when they are used, which is when a file is written.
_LINE = "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"
_ENDED = "[\r\n\x85\u2028\u2029]\\Z"
_DOCUMENT_END = regex(r"\.\.\.(\s|\Z)")


class AddedEntry(Struct, frozen=True):
    """One entry of a section: a mapping of fields, or a single value; and what is said of it in a comment."""

    key: str
    value: Any
    comment: str = ""


class AddedSection(Struct, frozen=True):
    """Entries to be added to a section at the top of a file; `comment` is for the section where it is new."""

    name: str
    entries: tuple[AddedEntry, ...]
    comment: str = ""
    meaning: Mapping[str, Any] = field(default_factory=dict)


def insert(text: str, section: AddedSection, file: str) -> str:
    """`text` with the entries at the end of the section, which is made where there is none.

    Several ways are tried, and the first is taken after which the file says what it said, and the entries. ConfigError
    where none does, or the file cannot be read.
    """
    document, before = _read(text, file)
    held = before.get(section.name) or {}
    wanted = {**before, section.name: {**held, **{e.key: meant(e.value) for e in section.entries}}}
    message = f"nothing can be added to `{section.name}` as it is written here"
    fault = Diagnostic(Code.BAD_FORM, (section.name,), message, "write it as a block: one key on each line")
    return _first(text, document, _with_section(document, section, before, held), wanted, fault)


def _read(text: str, file: str) -> tuple[Document, dict[str, Any]]:
    """The file without a byte order mark, and its value. ConfigError where it is no YAML."""
    document = Document(file, text.removeprefix(_BOM))
    if document.marks:
        raise ConfigError(tuple(document.problems()))
    return document, document.value if isinstance(document.value, dict) else {}


def _first(
    text: str,
    document: Document,
    candidates: Iterable[str],
    wanted: Mapping[str, Any],
    fault: Diagnostic,
    compared: Callable[[Any], Any] = lambda value: value,
) -> str:
    """The first of the candidates that says what is wanted. ConfigError with the fault where none does."""
    for result in candidates:
        after = Document(document.file, result)
        if not after.marks and compared(after.value) == compared(wanted):
            return _BOM * text.startswith(_BOM) + result
    raise ConfigError((document.problem(fault),))


def _with_section(
    document: Document, section: AddedSection, root: Mapping[str, Any], held: Mapping[str, Any]
) -> Iterator[str]:
    newline = _newline_of(document.text)
    lines, rest = _document_and_rest(document.text)
    ways = (
        _into(lines, document, section, held, newline)
        if section.name in root
        else _new(lines, document, section, newline)
    )
    yield from ("".join([*way, *rest]) for way in ways)
    yield from _into_flow(document, section, root)


def _new(lines: list[str], document: Document, section: AddedSection, newline: str) -> Iterator[list[str]]:
    """The section at the end; or before the last one, which may end in a text that goes on to the end of the file."""
    head = f"# {section.comment}{newline}" if section.comment else ""
    made = f"{head}{section.name}:{newline}{_made(section, 2, newline)}"
    above = _ended(lines, newline)
    yield [*above, newline if lines else "", made]
    yield [*above, made]
    if isinstance(document.value, dict) and document.value:
        last = max(document.locate((name,), at_key=True).line or 1 for name in document.value) - 1
        while last and lines[last - 1].startswith("#"):
            last -= 1
        yield [*lines[:last], made, newline, *lines[last:]]


def _into(
    lines: list[str], document: Document, section: AddedSection, held: Mapping[str, Any], newline: str
) -> Iterator[list[str]]:
    """At the end of the section that is there; or at its beginning, for the same reason."""
    start = document.locate((section.name,), at_key=True).line or 1
    following = [document.locate((name,), at_key=True).line or 1 for name in document.value]
    end = min((n for n in following if n > start), default=len(lines) + 1) - 1
    column = document.locate((section.name, next(iter(held))), at_key=True).column if held else 3
    made = _made(section, (column or 3) - 1, newline)
    above = _ended(lines, newline)
    if not held:
        emptied = re.sub(r"(:)\s*(\{\s*\}|null|~)(?=\s|$)", r"\1", above[start - 1], count=1)
        yield [*above[: start - 1], emptied, made, *above[start:]]
    last = end
    while last > start and re.match(r"\s*$|#", above[last - 1]):
        last -= 1
    yield [*above[:last], made, *above[last:]]
    yield [*above[:end], made, *above[end:]]
    yield [*lines[:start], made, *lines[start:]]


def _into_flow(document: Document, section: AddedSection, root: Mapping[str, Any]) -> Iterator[str]:
    """At the beginning of a mapping in braces: the section's own, or that of the whole file."""
    entries = ", ".join(f"{flow(e.key)}: {flow(e.value)}" for e in section.entries)
    if section.name in root:
        place, more = document.locate((section.name,)), bool(root[section.name])
    else:
        place, more = document.locate(()), bool(root)
        entries = f"{section.name}: {{{entries}}}"
    lines = _lines_of(document.text)
    line, column = (place.line or 1) - 1, (place.column or 1) - 1
    if line < len(lines) and lines[line][column : column + 1] == "{":
        opened = lines[line][: column + 1] + entries + (", " if more else "") + lines[line][column + 1 :]
        yield "".join([*lines[:line], opened, *lines[line + 1 :]])


def _made(section: AddedSection, indent: int, newline: str) -> str:
    parts = []
    for entry in section.entries:
        if isinstance(entry.value, Mapping):
            parts.append(block(entry.key, entry.value, indent, entry.comment))
        else:
            tail = f"  # {entry.comment}" if entry.comment else ""
            parts.append(f"{' ' * indent}{entry.key}: {flow(entry.value)}{tail}\n")
    return "".join(parts).replace("\n", newline)


def insert_include(text: str, pattern: str, file: str) -> str:
    """The text of an afsync.yaml that includes `pattern` as well. ConfigError where nothing can be added."""
    document, before = _read(text, file)
    held = before.get("include") or []
    if pattern in held:
        return text
    wanted = {**before, "include": [*held, pattern]}
    fault = Diagnostic(
        Code.BAD_FORM, ("include",), f"`{pattern}` cannot be added here", f"add `{pattern}` to `include:`"
    )
    return _first(text, document, _with_pattern(document, pattern, before, held), wanted, fault, _sorted)


def _sorted(value: Any) -> Any:
    """A file in which the order of the patterns makes no difference."""
    return {**value, "include": sorted(value.get("include") or [], key=str)} if isinstance(value, dict) else value


def _with_pattern(document: Document, pattern: str, root: Mapping[str, Any], held: list[str]) -> Iterator[str]:
    newline = _newline_of(document.text)
    lines, rest = _document_and_rest(document.text)
    ways = (
        _to_list(lines, document, pattern, held, newline)
        if "include" in root
        else _new_entry(lines, document, pattern, newline)
    )
    yield from ("".join([*way, *rest]) for way in ways)


def _new_entry(lines: list[str], document: Document, pattern: str, newline: str) -> Iterator[list[str]]:
    """Behind the version, or before the first key: of a file that is one mapping in braces, within them."""
    above = _ended(lines, newline)
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


def add_lineage(text: str, lineage: str) -> str:
    """The text of an afsync.yaml with `lineage` in it; everything else, comments included, stays as it is.

    A text that has one is returned as it is. Raises ConfigError for one that cannot be read, or has no `version`.
    """
    return _add(text, "lineage", lineage, lineage)


def add_account(text: str, account: str) -> str:
    """The same with the account that it is for."""
    plain = re.fullmatch(r"[A-Za-z]+[_-][A-Za-z0-9_-]+", account)
    return _add(text, "account", account, account if plain else json.dumps(account))


def _add(text: str, key: str, value: str, written: str) -> str:
    document, before = _read(text, PROJECT_FILE)
    if key in before:
        return text
    if "version" not in before:
        fault = Diagnostic(Code.MISSING, (), "`version` is missing", "add `version: 1`")
        raise ConfigError((document.problem(fault),))
    fault = Diagnostic(Code.BAD_FORM, ("version",), f"no {key} can be added here", f"add the line `{key}: {written}`")
    candidates = _beside_version(document, f"{key}: {written}")
    return _first(text, document, candidates, {**before, key: value}, fault)


def _beside_version(document: Document, entry: str) -> Iterator[str]:
    """With a line for the entry below `version`; then, as in a flow mapping, with an entry before it."""
    lines, newline = _lines_of(document.text), _newline_of(document.text)
    key, value = document.locate(("version",), at_key=True), document.locate(("version",))
    assert key.line and key.column and value.line
    column = key.column - 1
    above = _ended(lines[: value.line], newline)
    yield "".join([*above, " " * column, entry, newline, *lines[value.line :]])
    line = lines[key.line - 1]
    yield "".join([*lines[: key.line - 1], f"{line[:column]}{entry}, {line[column:]}", *lines[key.line :]])


def _lines_of(text: str) -> list[str]:
    """The lines of a text as YAML counts them, each with its end, so that joining them gives the text again."""
    return re.findall(_LINE, text)


def _newline_of(text: str) -> str:
    """How the author ends lines."""
    if "\r\n" in text:
        return "\r\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"


def _ended(lines: list[str], newline: str) -> list[str]:
    """The same lines, the last of them with an end."""
    return [*lines[:-1], lines[-1] + newline] if lines and not re.search(_ENDED, lines[-1]) else lines


def _document_and_rest(text: str) -> tuple[list[str], list[str]]:
    """The lines up to the mark that ends the document, where there is one, and those from there on."""
    lines = _lines_of(text)
    end = next((n for n, line in enumerate(lines) if _DOCUMENT_END.match(line)), len(lines))
    return lines[:end], lines[end:]
