"""New entries for a file that a person wrote, such as its lineage: every byte of it stays where it is, comments and
quoting included."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct, field

from afsync.config.document import Document
from afsync.config.files import PROJECT_FILE
from afsync.config.problems import Code, Diagnostic
from afsync.config.scalars import block, flow, meant
from afsync.errors import ConfigError

# Compiled when they are used, which is when a file is written.
_LINE = "[^\r\n\x85\u2028\u2029]*(?:\r\n|[\r\n\x85\u2028\u2029])|[^\r\n\x85\u2028\u2029]+"

_ENDED = "[\r\n\x85\u2028\u2029]\\Z"

_DOCUMENT_END = re.compile(r"\.\.\.(\s|\Z)")


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
    bare = text.removeprefix("\ufeff")
    document = Document(file, bare)
    if document.marks:
        raise ConfigError(tuple(document.problems()))
    before = document.value if isinstance(document.value, dict) else {}
    held = before.get(section.name) or {}
    wanted = {**before, section.name: {**held, **{e.key: meant(e.value) for e in section.entries}}}
    for result in _candidates(bare, document, section, held):
        after = Document(file, result)
        if not after.marks and after.value == wanted:
            return ("\ufeff" if text != bare else "") + result
    message = f"nothing can be added to `{section.name}` as it is written here"
    fault = Diagnostic(Code.BAD_FORM, (section.name,), message, "write it as a block: one key on each line")
    raise ConfigError((document.problem(fault),))


def _candidates(text: str, document: Document, section: AddedSection, held: Mapping[str, Any]) -> Iterator[str]:
    newline = newline_of(text)
    lines, rest = document_and_rest(lines_of(text))
    root = document.value if isinstance(document.value, dict) else {}
    ways = (
        _into(lines, document, section, held, newline)
        if section.name in root
        else _new(lines, document, section, newline)
    )
    yield from ("".join([*way, *rest]) for way in ways)
    yield from _into_flow(text, document, section, root)


def _new(lines: list[str], document: Document, section: AddedSection, newline: str) -> Iterator[list[str]]:
    """The section at the end; or before the last one, which may end in a text that goes on to the end of the file."""
    head = f"# {section.comment}{newline}" if section.comment else ""
    made = f"{head}{section.name}:{newline}{_made(section, 2, newline)}"
    above = ended(lines, newline)
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
    above = ended(lines, newline)
    if not held:
        emptied = re.sub(r"(:)\s*(\{\s*\}|null|~)(?=\s|$)", r"\1", above[start - 1], count=1)
        yield [*above[: start - 1], emptied, made, *above[start:]]
    last = end
    while last > start and re.match(r"\s*$|#", above[last - 1]):
        last -= 1
    yield [*above[:last], made, *above[last:]]
    yield [*above[:end], made, *above[end:]]
    yield [*lines[:start], made, *lines[start:]]


def _into_flow(text: str, document: Document, section: AddedSection, root: Mapping[str, Any]) -> Iterator[str]:
    """At the beginning of a mapping in braces: the section's own, or that of the whole file."""
    entries = ", ".join(f"{flow(e.key)}: {flow(e.value)}" for e in section.entries)
    if section.name in root:
        place, more = document.locate((section.name,)), bool(root[section.name])
    else:
        place, more = document.locate(()), bool(root)
        entries = f"{section.name}: {{{entries}}}"
    lines = lines_of(text)
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
    bare = text.removeprefix("\ufeff")
    document = Document(file, bare)
    before = document.value if isinstance(document.value, dict) else {}
    held = before.get("include") or []
    if pattern in held:
        return text
    for result in _candidate_files(bare, document, pattern, held):
        after = Document(file, result)
        if not after.marks and isinstance(after.value, dict):
            included = after.value.pop("include", None) or []
            same = after.value == {k: v for k, v in before.items() if k != "include"}
            if same and sorted(included) == sorted([*held, pattern]):
                return ("\ufeff" if text != bare else "") + result
    fault = Diagnostic(
        Code.BAD_FORM, ("include",), f"`{pattern}` cannot be added here", f"add `{pattern}` to `include:`"
    )
    raise ConfigError((document.problem(fault),))


def _candidate_files(text: str, document: Document, pattern: str, held: list[str]) -> Iterator[str]:
    newline = newline_of(text)
    lines, rest = document_and_rest(lines_of(text))
    root = document.value if isinstance(document.value, dict) else {}
    ways = (
        _to_list(lines, document, pattern, held, newline)
        if "include" in root
        else _new_entry(lines, document, pattern, newline)
    )
    yield from ("".join([*way, *rest]) for way in ways)


def _new_entry(lines: list[str], document: Document, pattern: str, newline: str) -> Iterator[list[str]]:
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


def lines_of(text: str) -> list[str]:
    return re.findall(_LINE, text)


def newline_of(text: str) -> str:
    """How the author ends lines."""
    if "\r\n" in text:
        return "\r\n"
    return "\r" if "\r" in text and "\n" not in text else "\n"


def ended(lines: list[str], newline: str) -> list[str]:
    """The same lines, the last of them with an end."""
    return [*lines[:-1], lines[-1] + newline] if lines and not re.search(_ENDED, lines[-1]) else lines


def document_and_rest(lines: list[str]) -> tuple[list[str], list[str]]:
    """The lines up to the mark that ends the document, where there is one, and those from there on."""
    end = next((n for n, line in enumerate(lines) if _DOCUMENT_END.match(line)), len(lines))
    return lines[:end], lines[end:]


def add_lineage(text: str, lineage: str) -> str:
    """The text of an afsync.yaml with `lineage` in it; everything else, comments included, stays as it is.

    A text that has one is returned as it is. Raises ConfigError for one that cannot be read, or has no `version`.
    """
    return _add(text, "lineage", lineage, lineage)


def add_account(text: str, account: str) -> str:
    """The same with the account that it is for."""
    plain = re.fullmatch(r"[A-Za-z]+[_-][A-Za-z0-9_-]+", account)
    return _add(text, "account", account, account if plain else json.dumps(account))


def _add(text: str, key: str, meant: str, written: str) -> str:
    document = Document(PROJECT_FILE, text.removeprefix("\ufeff"))
    if document.marks:
        raise ConfigError(tuple(document.problems()))
    value = document.value if isinstance(document.value, dict) else {}
    if key in value:
        return text
    if "version" not in value:
        fault = Diagnostic(Code.MISSING, (), "`version` is missing", "add `version: 1`")
        raise ConfigError((document.problem(fault),))
    for result in _beside_version(text, document, f"{key}: {written}"):
        if _says(result, {**value, key: meant}):
            return result
    fault = Diagnostic(Code.BAD_FORM, ("version",), f"no {key} can be added here", f"add the line `{key}: {written}`")
    raise ConfigError((document.problem(fault),))


def _beside_version(text: str, document: Document, entry: str) -> Iterator[str]:
    """`text` with a line for the entry below `version`; then, as in a flow mapping, with an entry before it."""
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text)
    key, value = document.locate(("version",), at_key=True), document.locate(("version",))
    assert key.line and key.column and value.line
    newline = "\r\n" if "\r\n" in text else "\n"
    above = lines[: value.line]
    if not above[-1].endswith(("\n", "\r")):
        above[-1] += newline
    yield "".join([*above, " " * (key.column - 1), entry, newline, *lines[value.line :]])
    line, before = lines[key.line - 1], key.column - 1 + (key.line == 1) * (len(text) - len(document.text))
    lines[key.line - 1] = f"{line[:before]}{entry}, {line[before:]}"
    yield "".join(lines)


def _says(text: str, value: dict[str, Any]) -> bool:
    document = Document(PROJECT_FILE, text.removeprefix("\ufeff"))
    return not document.marks and bool(document.value == value)
