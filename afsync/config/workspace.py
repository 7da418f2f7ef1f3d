"""The workspace that a project belongs to: many accounts, each a project of its own, below one file; and what is wrong
with it, such as two accounts of one lineage."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct, convert
from msgspec.structs import replace

from afsync.config.document import Document, read
from afsync.config.files import PROJECT_FILE, inside, open_regular
from afsync.config.includes import Tree, check_kind, included
from afsync.config.keys.part import fits
from afsync.config.keys.project import STATE
from afsync.config.keys.workspace import WorkspaceFile, check_state_template
from afsync.config.problem_report import Report
from afsync.config.problems import Code, Diagnostic, Diagnostics, InvalidValue
from afsync.config.project import Settings, bounds_of
from afsync.core.regex import regex
from afsync.core.resources import Bounds
from afsync.core.state_place import NAME, PLACE, account_key, account_variable, holds_a_key, shared_by_projects
from afsync.errors import ConfigError, Location, Problem

WORKSPACE_FILE = "afsync.workspace.yaml"
_LINEAGE = regex(rb"^lineage[ \t]*:[ \t]*[\"']?([0-9a-fA-F-]{36})", re.MULTILINE)
_GLANCE: Final = 1_000_000


class Member(Struct, frozen=True):
    """One account: its name, and its directory relative to the workspace, with `/`."""

    name: str
    directory: str


class Workspace(Struct, frozen=True):
    """A checked workspace file. `members` are sorted by name; `shared` are real paths."""

    root: Path
    document: Document
    members: tuple[Member, ...]
    key: str
    state: str | None = None
    shared: tuple[Path, ...] = ()
    max_credits: int | None = None
    auto_approve: Bounds | None = None

    def member_at(self, directory: Path) -> Member | None:
        """The account whose project is in `directory`."""
        real = directory.resolve()
        if real.is_relative_to(self.root):
            inside = real.relative_to(self.root).as_posix()
            if found := next((m for m in self.members if m.directory == inside), None):
                return found
        return next((m for m in self.members if self.place(m) == real), None)  # a link leads there

    def place(self, member: Member) -> Path:
        """The real path of an account's directory."""
        return (self.root / member.directory).resolve()

    def settled(self, member: Member, settings: Settings) -> Settings:
        """The settings of an account, with what the workspace decides."""
        return replace(
            settings,
            key=account_key(self.key, member.name),
            state=settings.state if self.state is None else self.state.replace(PLACE, member.name),
            auto_approve=settings.auto_approve or self.auto_approve,
        )

    def without_keys(self, environ: Mapping[str, str]) -> dict[str, str]:
        """The environment as the files may read it: the variables that hold the accounts' keys are not in it."""
        return {name: value for name, value in environ.items() if not holds_a_key(self.key, name)}

    def locate(self, *path: str | int) -> Location:
        return self.document.locate(path)


def find_workspace(project: Path) -> Workspace | None:
    """The nearest workspace above a project that has it among its accounts. Raises ConfigError for one that is wrong:
    whether the project belongs to it is not known then."""
    for root in above(project):
        workspace = _read_workspace(root, project)
        if workspace.member_at(project) is not None:
            return workspace
    return None


def enclosing_workspace(directory: Path) -> Workspace | None:
    """The nearest workspace of which `directory` is a part, whatever it is."""
    root = next(above(directory), None)
    return None if root is None else _read_workspace(root, directory)


def above(directory: Path) -> Iterator[Path]:
    """The directories with a workspace file, up to the root of the repository, or of the disk where there is none."""
    here = directory.resolve()
    for place in (here, *here.parents):
        if (place / WORKSPACE_FILE).is_file():
            yield place
        if (place / ".git").exists():
            return


def _read_workspace(root: Path, seen_from: Path) -> Workspace:
    """The workspace in `root`; in messages its file is named as seen from a directory. ConfigError with all that is
    wrong with it."""
    report = Report()
    name = _relative(root / WORKSPACE_FILE, seen_from)
    try:
        document = read(root / WORKSPACE_FILE, name)
    except InvalidValue as wrong:
        report.file(name, wrong)
        raise report.error() from None
    report.syntax(document)
    value = _checked(document, report)
    tree = Tree(root)
    members = tuple(_members(tree, document, value.accounts, report))
    shared = tuple(_shared(tree, document, value.shared or [], report))
    report.faults(document, _equal(members, value))
    if not report.clean:
        raise report.error()
    return Workspace(
        tree.root,
        document,
        members,
        value.key,
        value.state,
        shared,
        value.limits.max_credits if value.limits else None,
        bounds_of(value.auto_approve),
    )


def _checked(document: Document, report: Report) -> WorkspaceFile:
    """The value of a file that is right in its form. ConfigError otherwise."""
    value = document.value if document.readable else None
    if not isinstance(value, dict):
        if report.clean:
            wrong = InvalidValue(
                Code.WRONG_TYPE, "the file must be a mapping", "begin it with `version: 1`, then `accounts:`"
            )
            report.faults(document, [wrong.at(())])
    elif not fits(value, WorkspaceFile):
        # Imported here: pydantic and the models take long to load, and most files never get this far.
        from afsync.config.form_problems import check

        report.faults(document, check(WorkspaceFile, value)[1])
    if not report.clean or not isinstance(value, dict):
        raise _without_keys(report.error())
    return convert({**value, "version": 1}, WorkspaceFile)


def _without_keys(error: ConfigError) -> ConfigError:
    """What stands at `key:` may be one, so the line is not shown."""

    def bare(at: Location | None) -> Location | None:
        of_key = at is not None and (at.text or "").lstrip(" \"'{").startswith("key")
        return replace(at, text=None) if at is not None and of_key else at

    return ConfigError(tuple(replace(p, location=bare(p.location)) for p in error.problems))


def _members(tree: Tree, document: Document, patterns: list[str], report: Report) -> Iterator[Member]:
    """The accounts that the patterns name, sorted by name."""
    found: dict[str, int] = {}
    for index, pattern in enumerate(patterns):
        try:
            for file in included(tree, f"{pattern.rstrip('/')}/{PROJECT_FILE}").files:
                found.setdefault(PurePosixPath(file).parent.as_posix(), index)
        except InvalidValue as wrong:
            report.faults(document, [_of_accounts(wrong, pattern).at(("accounts", index))])
    for directory in sorted(found, key=lambda d: (PurePosixPath(d).name, d)):
        name = PurePosixPath(directory).name
        if NAME.fullmatch(name):
            yield Member(name, directory)
            continue
        message = f"`{directory[:100]}` cannot be the name of an account"
        hint = "name the directory with letters, digits, `.`, `_` and `-`, or narrow the pattern"
        report.faults(document, [Diagnostic(Code.BAD_KEY, ("accounts", found[directory]), message, hint)])


def _of_accounts(wrong: InvalidValue, pattern: str) -> InvalidValue:
    if wrong.code is not Code.NOTHING_INCLUDED:
        return wrong
    message = f"`{pattern[:100]}` names no directory with an {PROJECT_FILE}"
    return InvalidValue(wrong.code, message, "check the spelling, or run `afsync init` in the directory of an account")


def _shared(tree: Tree, document: Document, patterns: list[str], report: Report) -> Iterator[Path]:
    """The files that are included into every account, by their real paths, each once, sorted."""
    found: set[Path] = set()
    for index, pattern in enumerate(patterns):
        try:
            for name in included(tree, pattern).files:
                check_kind(name)
                found.add(inside(tree.root, name))
        except InvalidValue as wrong:
            report.faults(document, [wrong.at(("shared", index))])
    yield from sorted(found)


def _equal(members: tuple[Member, ...], value: WorkspaceFile) -> Diagnostics:
    """Accounts that would have one name, one key, or one state."""
    faults = Diagnostics()
    key, state = value.key, value.state
    by_name: dict[str, Member] = {}
    by_key: dict[str, Member] = {}
    for member in members:
        if (other := by_name.setdefault(member.name.casefold(), member)) is not member:
            message = f"two accounts have the name `{member.name}`: {other.directory} and {member.directory}"
            faults.append(Diagnostic(Code.DUPLICATE_ITEM, ("accounts",), message, "rename one of the directories"))
        elif (other := by_key.setdefault(account_key(key, member.name), member)) is not member:
            name = account_variable(key.partition(":")[2], member.name)
            message = f"the accounts `{other.name}` and `{member.name}` would both take their key from {name}"
            faults.append(Diagnostic(Code.DUPLICATE_ITEM, ("accounts",), message, "rename one of the directories"))
    if state is not None and len(members) > 1 and PLACE not in state and not shared_by_projects(state):
        message = f"all accounts would have the same state: it does not contain {PLACE}"
        faults.append(Diagnostic(Code.DUPLICATE_ITEM, ("state",), message, f"write {PLACE} where their names belong"))
    for member in members:
        try:
            check_state_template((state or STATE).replace(PLACE, member.name))
        except InvalidValue as wrong:
            faults.append(wrong.at(("state",)))
            break
    return faults


def _relative(path: Path, seen_from: Path) -> str:
    return PurePosixPath(os.path.relpath(path, seen_from.resolve()).replace(os.sep, "/")).as_posix()


def equal_lineages(workspace: Workspace) -> tuple[Problem, ...]:
    """One problem for each account whose lineage another one had first. What cannot be read is reported when that
    account is loaded."""
    first: dict[bytes, Member] = {}
    found = []
    for member in workspace.members:
        lineage, line = _lineage(workspace, member)
        if lineage is None or (other := first.setdefault(lineage, member)) is member:
            continue
        file = f"{member.directory}/{PROJECT_FILE}"
        message = f"`{member.name}` has the lineage of `{other.name}`, which ties files to their state"
        hint = f"in {file}, remove the line `lineage:` (and a copied .afsync), then run `afsync init` there"
        found.append(Problem(Code.DUPLICATE_ITEM, message, hint, location=Location(file, line)))
    return tuple(found)


def _lineage(workspace: Workspace, member: Member) -> tuple[bytes | None, int | None]:
    path = workspace.root / member.directory / PROJECT_FILE
    try:
        with open_regular(path, PROJECT_FILE) as (file, _):
            text = file.read(_GLANCE)
    except (InvalidValue, OSError):
        return None, None
    found = _LINEAGE.search(text)
    return (found[1].lower(), text.count(b"\n", 0, found.start()) + 1) if found else (None, None)


def unreachable_members(workspace: Workspace) -> Iterator[Problem]:
    """One problem for each account that would be in no workspace when it is run alone, and so have another key and
    another state."""
    for member in workspace.members:
        place = workspace.place(member)
        if workspace.root in above(place):
            continue
        inside = [p for p in (place, *place.parents) if p.is_relative_to(workspace.root) and (p / ".git").exists()]
        top = inside[0].relative_to(workspace.root).as_posix() if inside else member.directory
        why = f"{top} is a git repository of its own" if inside else "the directory is outside of the workspace"
        message = f"`{member.name}` would not be an account of this workspace when it is run alone: {why}"
        hint = (
            f"keep its files in the repository of the workspace (no {top}/.git), or take it out of `accounts` and run "
            "it alone"
        )
        yield Problem(Code.OUTSIDE_PROJECT, message, hint, location=workspace.locate("accounts"))
