"""The files of a project: afsync.yaml and what it includes, each read once."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct

from afsync.config.document import Document, read
from afsync.config.files import inside
from afsync.config.includes import included
from afsync.config.problems import Code, Wrong
from afsync.config.project import PROJECT_FILE
from afsync.config.report import Report


class Sources(Struct, frozen=True):
    """What was read. `complete` is false when a file could not be, so that more may be declared than is known."""

    main: Document | None
    included: tuple[Document, ...] = ()
    complete: bool = True


def read_sources(root: Path, report: Report) -> Sources:
    """Reads every file; what is wrong with one as a file, or as YAML, goes to `report`."""
    main = _read(root, PROJECT_FILE, report)
    if main is None:
        return Sources(None, complete=False)
    files, complete = _included(root, main, report)
    documents = [_read(root, name, report) for name in files]
    readable = tuple(d for d in documents if d is not None)
    return Sources(main, readable, complete=complete and len(readable) == len(documents))


def _included(root: Path, main: Document, report: Report) -> tuple[list[str], bool]:
    """The files to read besides afsync.yaml, sorted, and whether every pattern could be followed."""
    names: dict[Path, str] = {}
    complete = True
    for index, pattern in enumerate(_patterns(main)):
        try:
            for name in included(root, pattern):
                names.setdefault(inside(root, name), name)
        except Wrong as wrong:
            report.faults(main, [wrong.at(("include", index))])
            complete = False
    names.pop(inside(root, PROJECT_FILE), None)
    return sorted(names.values()), complete


def _patterns(main: Document) -> list[str]:
    """The patterns of `include`, as far as they are texts; what else stands there is reported with the other values."""
    value = main.value.get("include") if isinstance(main.value, dict) else None
    return [p for p in value if isinstance(p, str) and p and "${" not in p] if isinstance(value, list) else []


def _read(root: Path, file: str, report: Report) -> Document | None:
    try:
        document = read(inside(root, file), file)
    except Wrong as wrong:
        report.file(file, _no_project(root) or wrong if file == PROJECT_FILE else wrong)
        return None
    report.syntax(document)
    return document if document.readable else None


def _no_project(root: Path) -> Wrong | None:
    """What to say when there is no afsync.yaml at all."""
    if os.path.lexists(root / PROJECT_FILE):
        return None
    if (root / "afsync.yml").exists():
        return Wrong(Code.NO_PROJECT, "there is an afsync.yml, but no afsync.yaml", "rename it to afsync.yaml")
    hint = "run `afsync init` to begin a project, or name its directory with `-C DIR`"
    return Wrong(Code.NO_PROJECT, "there is no afsync.yaml here", hint)
