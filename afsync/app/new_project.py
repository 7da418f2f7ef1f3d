"""Beginning a project: its first files, its lineage, and whose account it is."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.api.access import said_outside
from afsync.app.files import read_text, write_whole
from afsync.app.package_data import data_folder
from afsync.app.project import load_project
from afsync.app.project_state import check_account, lineage_there, store_at
from afsync.config.project import PROJECT_FILE, STATE
from afsync.config.writer import IGNORE, IGNORE_FILE, SCHEMA_FILE, add_account, add_lineage, starter
from afsync.core.state.recorded import Account
from afsync.core.state_place import is_elsewhere
from afsync.errors import StateError
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import Project
    from afsync.core.remote import Remote

_NAMED = ".afsync"
_BESIDE = ("lock", "guard", "backup", "format-1")


def write_files(context: Context, say: Callable[[str], None], *, empty: bool) -> bool:
    """Write a starter project, or add to the one that is there what it lacks: lineage and schema. `say` takes a line
    for each. Returns whether there was no project. Where something is wrong, nothing is written."""
    root = context.directory
    file = root / PROJECT_FILE
    begun = not file.exists()
    if begun:
        # Written down, so that the next shell, without the variable, asks the service that the state belongs to.
        service = said_outside(context.environ)
        for name, text in starter(str(uuid.uuid4()), now=context.now(), empty=empty, base_url=service).items():
            if not (root / name).exists():
                write_whole(root / name, text, root)
                say(f"Wrote {name}.\n")
    else:
        _add_lineage(context, file, say)
    write_whole(root / SCHEMA_FILE, (data_folder("schemas") / "afsync.schema.json").read_text(encoding="utf-8"), root)
    return begun


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


def refuse_second_state(context: Context, project: Project) -> None:
    """StateError when the state is to be elsewhere, and this project has one here: a new one would not contain what was
    paid for."""
    place = project.settings.state
    if not is_elsewhere(place):
        return
    try:
        local = store_at(context, project, STATE).read(unmerged=True)[0]
    except StateError:
        return  # There is none, or only the note of one that was taken away.
    if local.lineage == project.settings.lineage:
        text = f"This project has its state in {STATE}, and none in {place}."
        hint = f"take it there: write `state: {STATE}` again, then `afsync state migrate {place}`"
        raise StateError(text, hint)


def pin_account(context: Context, project: Project, remote: Remote, say: Callable[[str], None]) -> None:
    """Write down whose account it is, where nothing says so yet. StateError where the files or the state say another:
    that is not replaced unasked."""
    # Imported here: it needs the engine, and not every project has an account yet.
    from afsync.app.session import open_session

    account = Account(remote.account.id, remote.base_url)
    with open_session(context, project, 0.0) as session:
        check_account(project, session.recorded, remote)
        if session.recorded.account is None:
            session.write(replace(session.recorded, account=account))
    if project.settings.account is None:
        file = project.root / PROJECT_FILE
        write_whole(file, add_account(read_text(file), account.id), project.root)
        say(f"Added the account to {PROJECT_FILE}: {visible(account.id)}.\n")


def write_ignore(root: Path, state: str, say: Callable[[str], None]) -> None:
    """Write `.gitignore` for the project in `root`, unless one there or above names `.afsync`. None is ever changed."""
    if any(_NAMED in _read(directory / IGNORE_FILE) for directory in _up_to_repository(root)):
        return
    if (root / IGNORE_FILE).exists():
        say(f"{IGNORE_FILE} does not name {_NAMED}/: see docs/state.md for what does not belong into git.\n")
        return
    write_whole(root / IGNORE_FILE, IGNORE + _beside(state), root)
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
    if is_elsewhere(state) or Path(state).parent == Path(STATE).parent:
        return ""
    return "".join(f"{Path(state).as_posix()}.{end}\n" for end in _BESIDE)
