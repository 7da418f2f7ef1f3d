"""`import:` in the files: which ids of the account are to be taken over, and as what."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from afsync.config.declared import Parsed
from afsync.config.problems import Code, Diagnostic, Effort, InvalidValue, close_address
from afsync.config.report import Report

SECTION = "import"


def imports_of(files: Iterable[Parsed]) -> dict[str, str]:
    """Every entry of every file, by address; of several for one address the first."""
    result: dict[str, str] = {}
    for file in files:
        for address, resource_id in _entries(file):
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
        found = (_wrong(a, i, addresses, owners, declared if complete else None, effort) for a, i in _entries(file))
        report.faults(file.document, (fault for fault in found if fault))


def _wrong(
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
            Code.UNKNOWN_IMPORT, path, f"there is no `{address}` to take anything over", hint, at_key=True
        )
    if addresses.setdefault(address, resource_id) != resource_id:
        text = f"`{address}` is to take over {addresses[address]} already"
        return InvalidValue(Code.DECLARED_TWICE, text, "keep one of the two lines").at(path)
    if owners.setdefault(resource_id, address) != address:
        text = f"{resource_id} is taken over by `{owners[resource_id]}` already"
        return InvalidValue(Code.DECLARED_TWICE, text, "one id has one address: remove one of the two lines").at(path)
    return None


def _entries(file: Parsed) -> Iterable[tuple[str, str]]:
    section = file.value.get(SECTION)
    entries = section.items() if isinstance(section, dict) else ()
    return ((a, i) for a, i in entries if isinstance(a, str) and isinstance(i, str))
