"""New entries for a file that a person wrote: every byte of it stays where it is, comments and quoting included."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from afsync.config.document import Document
from afsync.config.emit import block, flow
from afsync.config.problems import Code, Fault
from afsync.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a section: a mapping of fields, or a single value; and what is said of it in a comment."""

    key: str
    value: Any
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """Entries to be added to a section at the top of a file; `comment` is for the section where it is new."""

    name: str
    entries: tuple[Entry, ...]
    comment: str = ""
    meaning: Mapping[str, Any] = field(default_factory=dict)


def insert(text: str, section: Section, file: str) -> str:
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
    wanted = {**before, section.name: {**held, **{e.key: _meant(e.value) for e in section.entries}}}
    for result in _candidates(bare, document, section, held):
        after = Document(file, result)
        if not after.marks and after.value == wanted:
            return ("\ufeff" if text != bare else "") + result
    fault = Fault(Code.BAD_FORM, (section.name,), f"nothing can be added to `{section.name}` as it is written here",
                  "write it as a block: one key on each line")  # fmt: skip
    raise ConfigError((document.problem(fault),))


def _meant(value: Any) -> Any:
    """What is read back: `$${` stays as it is written until references are replaced."""
    match value:
        case str():
            return value.replace("${", "$${")
        case Mapping():
            return {k: _meant(v) for k, v in value.items()}
        case list() | tuple():
            return [_meant(v) for v in value]
        case _:
            return value


def _candidates(text: str, document: Document, section: Section, held: Mapping[str, Any]) -> Iterator[str]:
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = re.split(r"(?<=\n)", text)
    if lines[-1] == "":
        lines.pop()
    elif lines:
        lines[-1] += newline
    root = document.value if isinstance(document.value, dict) else {}
    if section.name not in root:
        head = f"# {section.comment}{newline}" if section.comment else ""
        made = _made(section, 2, newline)
        gap = newline if lines else ""
        yield "".join([*lines, gap, head, f"{section.name}:{newline}", made])
        yield "".join([*lines, head, f"{section.name}:{newline}", made])
    else:
        yield from _into(lines, document, section, held, newline)
    yield from _into_flow(text, document, section, root)


def _into(
    lines: list[str], document: Document, section: Section, held: Mapping[str, Any], newline: str
) -> Iterator[str]:
    start = document.locate((section.name,), at_key=True).line or 1
    following = [document.locate((name,), at_key=True).line or 1 for name in document.value]
    end = min((n for n in following if n > start), default=len(lines) + 1) - 1
    column = document.locate((section.name, next(iter(held))), at_key=True).column if held else 3
    made = _made(section, (column or 3) - 1, newline)
    if not held:
        emptied = re.sub(r"(:)\s*(\{\s*\}|null|~)(?=\s|$)", r"\1", lines[start - 1], count=1)
        yield "".join([*lines[: start - 1], emptied, made, *lines[start:]])
    last = end
    while last > start and re.match(r"\s*$|#", lines[last - 1]):
        last -= 1
    yield "".join([*lines[:last], made, *lines[last:]])
    yield "".join([*lines[:end], made, *lines[end:]])


def _into_flow(text: str, document: Document, section: Section, root: Mapping[str, Any]) -> Iterator[str]:
    """At the beginning of a mapping in braces: the section's own, or that of the whole file."""
    entries = ", ".join(f"{flow(e.key)}: {flow(e.value)}" for e in section.entries)
    if section.name in root:
        place, more = document.locate((section.name,)), bool(root[section.name])
    else:
        place, more = document.locate(()), bool(root)
        entries = f"{section.name}: {{{entries}}}"
    lines = re.split(r"(?<=\n)", text)
    line, column = (place.line or 1) - 1, (place.column or 1) - 1
    if line < len(lines) and lines[line][column : column + 1] == "{":
        opened = lines[line][: column + 1] + entries + (", " if more else "") + lines[line][column + 1 :]
        yield "".join([*lines[:line], opened, *lines[line + 1 :]])


def _made(section: Section, indent: int, newline: str) -> str:
    parts = []
    for entry in section.entries:
        if isinstance(entry.value, Mapping):
            parts.append(block(entry.key, entry.value, indent, entry.comment))
        else:
            tail = f"  # {entry.comment}" if entry.comment else ""
            parts.append(f"{' ' * indent}{entry.key}: {flow(entry.value)}{tail}\n")
    return "".join(parts).replace("\n", newline)


def insert_include(text: str, pattern: str, file: str) -> str:
    """The text of an afsync.yaml that includes `pattern` as well. ConfigError as above."""
    bare = text.removeprefix("\ufeff")
    document = Document(file, bare)
    before = document.value if isinstance(document.value, dict) else {}
    held = before.get("include") or []
    if pattern in held:
        return text
    for result in _with_include(bare, document, pattern, held):
        after = Document(file, result)
        if not after.marks and isinstance(after.value, dict):
            same = {k: v for k, v in after.value.items() if k != "include"} == {
                k: v for k, v in before.items() if k != "include"
            }
            if same and sorted(after.value.get("include", [])) == sorted([*held, pattern]):
                return ("\ufeff" if text != bare else "") + result
    fault = Fault(Code.BAD_FORM, ("include",), f"`{pattern}` cannot be added here", f"add `{pattern}` to `include:`")
    raise ConfigError((document.problem(fault),))


def _with_include(text: str, document: Document, pattern: str, held: list[str]) -> Iterator[str]:
    lines = re.split(r"(?<=\n)", text if text.endswith("\n") else f"{text}\n")
    root = document.value if isinstance(document.value, dict) else {}
    if "include" not in root:
        line = document.locate(("version",)).line or 1
        yield "".join([*lines[:line], f"include: [{flow(pattern)}]\n", *lines[line:]])
        yield f"{text.rstrip()}\ninclude: [{flow(pattern)}]\n"
        return
    start = (document.locate(("include",), at_key=True).line or 1) - 1
    yield "".join(
        [
            *lines[:start],
            re.sub(r"(include:)\s*(\[\s*\])?", rf"\1 [{flow(pattern)}]", lines[start], count=1),
            *lines[start + 1 :],
        ]
    )
    if held:
        place = document.locate(("include", 0))
        line, column = (place.line or 1) - 1, (place.column or 1) - 1
        yield "".join(
            [*lines[:line], f"{lines[line][:column]}{flow(pattern)}, {lines[line][column:]}", *lines[line + 1 :]]
        )
        yield "".join([*lines[:line], f"{lines[line][:column]}{flow(pattern)}\n", *lines[line:]])
