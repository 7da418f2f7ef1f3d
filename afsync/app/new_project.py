"""Beginning a project: its first files or those of an example, its lineage, and whose account it is."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.api.access import said_outside
from afsync.app.files import data_folder, read_text, write_whole
from afsync.app.project import load_project
from afsync.app.project_state import check_account, lineage_there, local_store
from afsync.config.edit import add_account, add_lineage
from afsync.config.files import PROJECT_FILE
from afsync.config.keys.project import STATE
from afsync.config.starter_files import IGNORE, IGNORE_ALL, IGNORE_FILE, SCHEMA_FILE, starter
from afsync.config.workspace import WORKSPACE_FILE
from afsync.core.regex import regex
from afsync.core.state import Account
from afsync.core.state_place import is_elsewhere
from afsync.core.text import did_you_mean
from afsync.errors import StateError, UsageError
from afsync.output.values import escape_control
from afsync.store.damaged import moved_to

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.remote_account import Remote


_NAMED = ".afsync"

_BESIDE = ("lock", "guard", "backup", "format-1")


def write_files(context: Context, say: Callable[[str], None], *, empty: bool) -> bool:
    """Write a starter project, or add to the one that is there what it lacks: lineage and schema. `say` takes a line
    for each. Returns whether there was no project. Where something is wrong, nothing is written."""
    root = context.directory
    file = root / PROJECT_FILE
    said = read_text(file).removeprefix("\ufeff") if file.exists() else ""
    begun = all(not line.strip() or line.startswith(("#", "---")) for line in said.splitlines())
    if begun:
        lineage, account = _state_there(context)
        # Written down, so that the next shell, without the variable, asks the service that the state belongs to.
        service = said_outside(context.environ) or (account.base_url if account else None)
        for name, text in starter(lineage, now=context.now(), empty=empty, base_url=service).items():
            if name == PROJECT_FILE or not (root / name).exists():
                # Comments of a file that says nothing else are kept.
                comments = "".join(f"{line}\n" for line in said.splitlines() if line.startswith("#"))
                write_whole(root / name, comments + text if name == PROJECT_FILE else text, root)
                say(f"Wrote {name}.\n")
    else:
        _add_lineage(context, file, say)
    write_whole(root / SCHEMA_FILE, (data_folder("schemas") / "afsync.schema.json").read_text(encoding="utf-8"), root)
    return begun


def _state_there(context: Context) -> tuple[str, Account | None]:
    """The lineage and the account of the state in the usual place, for a project whose files are gone; else a new
    lineage. StateError where a state is there that does not say its own."""
    store = local_store(context)
    if not store.exists():
        known = store.lineages()
        return known[0] if len(known) == 1 else str(uuid.uuid4()), None
    try:
        recorded = store.read(unmerged=True)[0]
    except StateError:
        if len(known := store.lineages()) == 1:
            return known[0], None
        raise
    return recorded.lineage, recorded.account


def _add_lineage(context: Context, file: Path, say: Callable[[str], None]) -> None:
    """That of the state that is there, or a new one. A file that has one is left as it is."""
    # Line ends and a byte order mark are the author's, so the bytes are kept.
    before, fresh = read_text(file), str(uuid.uuid4())
    if add_lineage(before, fresh) == before:
        return
    theirs = lineage_there(context, load_project(context))
    write_whole(file, add_lineage(before, theirs or fresh), file.parent)
    if theirs:
        say(f"Added the lineage of the state that is there to {PROJECT_FILE}: {theirs}.\n")
    else:
        say(f"Added a lineage to {PROJECT_FILE}.\n")


def refuse_second_state(context: Context, project: LoadedProject) -> None:
    """StateError when the state is to be elsewhere, and this project has one here: a new one would not contain what was
    paid for."""
    place = project.settings.state
    if not is_elsewhere(place):
        return
    local = local_store(context)
    back = f"write `state: {STATE}` again, then"
    try:
        if not local.exists() or local.read(unmerged=True)[0].lineage != project.settings.lineage:
            return
    except StateError as error:
        known = local.lineages()
        if moved_to((context.directory / STATE).read_bytes()) or (known and project.settings.lineage not in known):
            return  # Only the note of one that was taken away, or the state of another project.
        hint = f"{back}: {error.hint or 'plan'}; after that `afsync state migrate {place}`"
        raise StateError(f"This project has its state here, and none in {place}. {error.message}", hint) from None
    text = f"This project has its state in {STATE}, and none in {place}."
    raise StateError(text, f"take it there: {back} `afsync state migrate {place}`")


def pin_account(context: Context, project: LoadedProject, remote: Remote, say: Callable[[str], None]) -> None:
    """Write down whose account it is, where nothing says so yet. StateError where the files or the state say another:
    that is not replaced unasked."""
    # Imported here: it needs the engine, and not every project has an account yet.
    from afsync.app.locked_state import open_session

    account = Account(remote.account.id, remote.base_url)
    with open_session(context, project, 0.0) as session:
        check_account(project, session.recorded, remote)
        if session.recorded.account is None:
            session.write(replace(session.recorded, account=account))
    if project.settings.account is None:
        file = project.root / PROJECT_FILE
        write_whole(file, add_account(read_text(file), account.id), project.root)
        say(f"Added the account to {PROJECT_FILE}: {escape_control(account.id)}.\n")


def write_ignore(root: Path, state: str, say: Callable[[str], None]) -> None:
    """Write `.gitignore` for the project in `root`, unless one there or above names `.afsync`. None is ever changed."""
    if any(_NAMED in _read(directory / IGNORE_FILE) for directory in _up_to_repository(root)):
        return
    if (root / IGNORE_FILE).exists():
        say(f"{IGNORE_FILE} does not name {_NAMED}/: see docs/state.md for what does not belong into git.\n")
        return
    write_whole(root / IGNORE_FILE, IGNORE_ALL if is_elsewhere(state) else IGNORE + _beside(state), root)
    say(f"Wrote {IGNORE_FILE}.\n")


def _up_to_repository(root: Path) -> list[Path]:
    """This one and those above, as far as the repository goes; without a repository only this one."""
    every = [root, *root.parents]
    top = next((n for n, directory in enumerate(every) if (directory / ".git").exists()), 0)
    return every[: top + 1]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _beside(state: str) -> str:
    """The lines for a state that is on this disk, but not in the usual place."""
    if Path(state).parent == Path(STATE).parent:
        return ""
    return "".join(f"{Path(state).as_posix()}.{end}\n" for end in _BESIDE)


WORKSPACE_SCHEMA_FILE = ".afsync/workspace.schema.json"

_SCHEMA_LINE = regex(r"\A# yaml-language-server: \$schema=\S+")

_LEFT_BEHIND = {".afsync", "__pycache__"}
"""What trying an example leaves in it."""

_LINEAGE = regex(r"^lineage: *[0-9a-fA-F-]{36}", re.MULTILINE)


def example_folder(name: str) -> Path:
    """Where that example is. UsageError where there is none of that name."""
    known = {p.name: p for p in sorted(data_folder("examples").iterdir()) if _first_file(p)}
    if name not in known:
        raise UsageError(f"there is no example {name}", did_you_mean(name, known) or f"there are {', '.join(known)}")
    return known[name]


def copy_example(name: str, root: Path, say: Callable[[str], None]) -> None:
    """Write the example's files, with a lineage of their own; `say` takes a line for each. UsageError where a project
    is there already."""
    example = example_folder(name)
    if (there := _first_file(root)) is not None:
        raise UsageError(f"there is an {there} here already", "begin with an example in an empty folder")
    for file in sorted(p for p in example.rglob("*") if p.is_file() and not _LEFT_BEHIND & {*p.parts}):
        place = file.relative_to(example)
        up = "../" * (len(place.parts) - 1)
        if (root / place).exists():
            continue
        say(f"Wrote {place}.\n")
        if file.suffix != ".yaml":
            (root / place).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, root / place)
            continue
        schema = WORKSPACE_SCHEMA_FILE if place.name == WORKSPACE_FILE else SCHEMA_FILE
        text = _SCHEMA_LINE.sub(f"# yaml-language-server: $schema={up}{schema}", read_text(file))
        text = _LINEAGE.sub(f"lineage: {uuid.uuid4()}", text) if place.name == PROJECT_FILE else text
        write_whole(root / place, text, root)
    if not (root / IGNORE_FILE).exists():
        many = (root / WORKSPACE_FILE).exists()
        write_whole(root / IGNORE_FILE, IGNORE.replace("\n.afsync", "\n**/.afsync") if many else IGNORE, root)
        say(f"Wrote {IGNORE_FILE}.\n")
    if (root / WORKSPACE_FILE).exists():
        for name, bundle in ((SCHEMA_FILE, "afsync.schema.json"), (WORKSPACE_SCHEMA_FILE, "workspace.schema.json")):
            write_whole(root / name, (data_folder("schemas") / bundle).read_text(encoding="utf-8"), root)
    if (root / "README.md").exists():
        say("README.md says what it shows and what to try.\n")


def _first_file(root: Path) -> str | None:
    """The file that a project, or many of them, begins with, if it is there."""
    return next((name for name in (PROJECT_FILE, WORKSPACE_FILE) if (root / name).is_file()), None)
