"""The files of a project: afsync.yaml and what it includes, each read once."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from msgspec import Struct

from afsync.config.document import Document, read
from afsync.config.files import PROJECT_FILE, inside, open_regular
from afsync.config.includes import Tree, check_kind, included
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic, InvalidValue
from afsync.core.regex import regex

MAX_PATTERNS: Final = 10_000
_GLANCE: Final = 100_000
_SECTION = regex(rb"(^|[\s{,\"'])(templates|jobs|import)[\"']?\s*:")


class Sources(Struct, frozen=True):
    """What was read. `complete` is false when a file could not be, so that more may be declared than is known."""

    main: Document | None
    included: tuple[Document, ...] = ()
    complete: bool = True


def read_sources(root: Path, report: Report, shared: Sequence[Path] = ()) -> Sources:
    """Reads every file, and those `shared` by a workspace; what is wrong with one as a file, or as YAML, goes to
    `report`."""
    if missing := _no_project(root):
        report.file(PROJECT_FILE, missing)
        return Sources(None, complete=False)
    main = _read(partial(inside, root, PROJECT_FILE), PROJECT_FILE, report)
    if main is None:
        return Sources(None, complete=False)
    files, complete = _included(root, main, report)
    documents = [_part(root, name, main, index, report) for name, index in files]
    documents += [_shared(root, path, report) for path in shared]
    readable = tuple(d for d in documents if d is not None)
    return Sources(main, readable, complete=complete and len(readable) == len(documents))


def _included(root: Path, main: Document, report: Report) -> tuple[list[tuple[str, int]], bool]:
    """The files to read besides afsync.yaml, sorted, each with the number of the entry of `include` that names it
    first, and whether every entry could be followed."""
    tree = Tree(root)
    files: dict[Path, tuple[str, int]] = {}
    beside: dict[str, int] = {}
    complete = True
    for pattern, index in _patterns(main, report).items():
        try:
            found = included(tree, pattern)
            for name in found.files:
                check_kind(name)
                files.setdefault(inside(root, name), (name, index))
            beside.update((name, index) for name in found.left_out if name not in beside)
        except InvalidValue as wrong:
            report.faults(main, [wrong.at(("include", index))])
            complete = False
            if wrong.code == Code.OUT_OF_RANGE:
                break
    main_file = inside(root, PROJECT_FILE)
    for name, index in sorted(beside.items()) if complete else ():
        path = _path(root, name)
        if path is not None and path != main_file and path not in files and _declares(path, name):
            report.warning(main, _left_out(name, ("include", index)))
    files.pop(main_file, None)
    return sorted(files.values()), complete


def _left_out(name: str, path: tuple[str, int]) -> Diagnostic:
    message = f"`{name}` is not read: no entry of `include` names it, by the end of its name"
    hint = "rename it, or add a pattern for it; a file that is meant to be left out can end in .off"
    return Diagnostic(Code.LEFT_OUT, path, message, hint)


def _declares(path: Path, name: str) -> bool:
    """Whether a file looks as if it declared something, as far as that can be seen."""
    try:
        with open_regular(path, name) as (file, _):
            return _SECTION.search(file.read(_GLANCE)) is not None
    except InvalidValue as wrong:
        return wrong.code == Code.UNREADABLE


def _path(root: Path, name: str) -> Path | None:
    try:
        return inside(root, name)
    except InvalidValue:
        return None


def _part(root: Path, name: str, main: Document, index: int, report: Report) -> Document | None:
    """A file that `include` names."""
    return _declaring(
        partial(inside, root, name), name, report, lambda: f"{main.locate(('include', index))} includes it"
    )


def _shared(root: Path, path: Path, report: Report) -> Document | None:
    """A file of the workspace, which may lie outside of the project; named as seen from there."""
    name = os.path.relpath(path, root.resolve()).replace(os.sep, "/")
    said = "the workspace file includes it into every account under `shared`"
    return _declaring(lambda: path, name, report, lambda: said)


def _declaring(find: Callable[[], Path], file: str, report: Report, named: Callable[[], str]) -> Document | None:
    """A file that declares something. One that does not may have been cut off: what it declared would be deleted."""
    document = _read(find, file, report, named)
    if document is None or document.marks or not _says_nothing(document.value):
        return document
    hint = f"fill it, or remove it; {named()}"
    if document.value is not None:
        hint += "; `jobs: {}` declares nothing on purpose"
    report.file(file, InvalidValue(Code.EMPTY_FILE, f"`{file}` is empty", hint, 1))
    return None


def _says_nothing(value: object) -> bool:
    """Whether nothing stands there, or only keys under which nothing stands."""
    if isinstance(value, dict):
        sections = [v for k, v in value.items() if k != "version"]
        return bool(sections) and all(v is None for v in sections)
    return value is None


def _patterns(main: Document, report: Report) -> dict[str, int]:
    """The patterns of `include` with their numbers, as far as they are texts; what else stands there is reported with
    the other values."""
    value = main.value.get("include") if isinstance(main.value, dict) else None
    found: dict[str, int] = {}
    for index, pattern in enumerate(value if isinstance(value, list) else ()):
        if isinstance(pattern, str) and pattern and "${" not in pattern:
            found.setdefault(pattern, index)
        if len(found) > MAX_PATTERNS:
            wrong = InvalidValue(Code.OUT_OF_RANGE, f"`include` has more than {MAX_PATTERNS:,} entries", "use patterns")
            report.faults(main, [wrong.at(("include", index))])
            break
    return found


def _read(
    find: Callable[[], Path], file: str, report: Report, named: Callable[[], str] | None = None
) -> Document | None:
    """A file, as far as it is YAML. `named` says where one is named that cannot be read."""
    try:
        document = read(find(), file)
    except InvalidValue as wrong:
        if named is not None:
            hint = "; ".join(part for part in (wrong.hint, named()) if part)
            wrong = InvalidValue(wrong.code, wrong.message, hint, wrong.line)
        report.file(file, wrong)
        return None
    report.syntax(document)
    return document if document.readable else None


def _no_project(root: Path) -> InvalidValue | None:
    """What to say when there is no afsync.yaml at all."""
    if os.path.lexists(root / PROJECT_FILE):
        return None
    if (root / "afsync.yml").exists():
        return InvalidValue(Code.NO_PROJECT, "there is an afsync.yml, but no afsync.yaml", "rename it to afsync.yaml")
    hint = "run `afsync init` to begin a project, or name its directory with `-C DIR`"
    return InvalidValue(Code.NO_PROJECT, "there is no afsync.yaml here", hint)
