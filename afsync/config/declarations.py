"""What files declare, before it becomes jobs and templates: resources, and the ids of the account to import."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from afsync.config.document import Document
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic, InvalidValue, Path
from afsync.core.text import Effort, close_address
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


SECTION = "import"


def imports_of(files: Iterable[Parsed]) -> dict[str, str]:
    """Every entry of every file, by address; of several for one address the first."""
    result: dict[str, str] = {}
    for file in files:
        for address, resource_id in _import_entries(file):
            result.setdefault(address, resource_id)
    return result


def check_imports(files: Iterable[Parsed], declared: Collection[str], report: Report, *, complete: bool) -> None:
    """Reports entries for what is not declared, addresses given twice, and ids given to two addresses.

    `complete` is false when a file could not be read, which may declare what is missed.
    """
    addresses: dict[str, str] = {}
    owners: dict[str, str] = {}
    effort = Effort()
    for file in files:
        found = (
            _import_fault(a, i, addresses, owners, declared if complete else None, effort)
            for a, i in _import_entries(file)
        )
        report.faults(file.document, (fault for fault in found if fault))


def _import_fault(
    address: str,
    resource_id: str,
    addresses: dict[str, str],
    owners: dict[str, str],
    declared: Collection[str] | None,
    effort: Effort,
) -> Diagnostic | None:
    path = (SECTION, address)
    if declared is not None and address not in declared and address.partition("[")[0] not in declared:
        hint = close_address(address, declared, effort) or "declare it, or remove this line"
        return Diagnostic(
            Code.UNKNOWN_IMPORT, path, f"there is no `{address}` to import anything as", hint, at_key=True
        )
    if addresses.setdefault(address, resource_id) != resource_id:
        text = f"`{address}` imports {addresses[address]} already"
        return InvalidValue(Code.DECLARED_TWICE, text, "keep one of the two lines").at(path)
    if owners.setdefault(resource_id, address) != address:
        text = f"{resource_id} is imported as `{owners[resource_id]}` already"
        return InvalidValue(Code.DECLARED_TWICE, text, "one id has one address: remove one of the two lines").at(path)
    return None


def _import_entries(file: Parsed) -> Iterable[tuple[str, str]]:
    section = file.value.get(SECTION)
    entries = section.items() if isinstance(section, dict) else ()
    return ((a, i) for a, i in entries if isinstance(a, str) and isinstance(i, str))
