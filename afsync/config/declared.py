"""A resource as its file declares it, before it becomes a `Job` or a `Template`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from afsync.config.document import Document
from afsync.config.problems import Code, Diagnostic, InvalidValue, Path
from afsync.config.report import Report
from afsync.errors import Location


class Parsed(Struct, frozen=True):
    """A file after interpolation: its document, and its value as far as it is a mapping."""

    document: Document
    value: Mapping[str, Any]


class Declared(Struct, frozen=True):
    """One entry of a section, such as `jobs`: the document it stands in, where, and its interpolated fields."""

    document: Document
    section: str
    key: str
    fields: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return (self.section, self.key)

    @property
    def location(self) -> Location:
        return self.locate(None)

    def locate(self, field: str | None) -> Location:
        """Where the key of the whole is, or one of its own fields."""
        path = (*self.path, field) if field is not None and field in self.fields else self.path
        return self.document.locate(path, at_key=True)

    def has(self, field: str) -> bool:
        return field in self.fields

    def text(self, field: str) -> str | None:
        return text_of(self.fields, field)

    def fault(self, wrong: InvalidValue, field: str = "") -> Diagnostic:
        """`wrong`, at one of the fields, or at the key of the whole."""
        return Diagnostic(wrong.code, (*self.path, field) if field else self.path, wrong.message, wrong.hint, not field)

    @property
    def lifecycle(self) -> tuple[bool | None, tuple[str, ...]]:
        """`prevent_destroy`, and `ignore_changes` sorted."""
        found = self.fields.get("lifecycle")
        if not isinstance(found, dict):
            return None, ()
        return found.get("prevent_destroy"), tuple(sorted(found.get("ignore_changes", ())))


def text_of(fields: Mapping[str, Any], field: str) -> str | None:
    """The field where it is a text; None where it is missing or was found wrong already."""
    value = fields.get(field)
    return value if isinstance(value, str) else None


def collect(section: str, files: Iterable[Parsed], report: Report) -> dict[str, Declared]:
    """The entries of `section` in all files, by key. A key in two files is reported at the second."""
    result: dict[str, Declared] = {}
    for declared in _entries(section, files):
        first = result.setdefault(declared.key, declared)
        if first is not declared and not report.full(declared.document):
            wrong = InvalidValue(
                Code.DECLARED_TWICE,
                f"`{declared.key}` is declared twice under `{section}`: first in {first.location}",
                "rename one of them, or remove it",
            )
            report.faults(declared.document, [declared.fault(wrong)])
    return result


def _entries(section: str, files: Iterable[Parsed]) -> Iterator[Declared]:
    for file in files:
        entries = file.value.get(section)
        if isinstance(entries, dict):
            for key, fields in entries.items():
                if isinstance(fields, dict):
                    yield Declared(file.document, section, key, fields)
