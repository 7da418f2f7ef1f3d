"""`afsync init`."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import click

from afsync.commands import project as work
from afsync.commands.bundled import bundled
from afsync.commands.screen import messages, report
from afsync.errors import AfsyncError

if TYPE_CHECKING:
    from afsync.config.project import Project

SCHEMA = ".afsync/afsync.schema.json"


@click.command
def command() -> int:
    """Write a starter project, or add a lineage to the one that is there.

    Creates the state as well, and checks the key where there is one. Nothing that exists is overwritten.
    """
    out = report()
    root = work.directory()
    _files(root)
    project = work.load_project()
    store = work.open_store(project)
    if store.paths.state.exists():
        work.read_state(project)
        out(f"{project.settings.state} is there already.\n")
    else:
        store.create(project.settings.lineage or "")
        out(f"Created the state {project.settings.state}.\n")
    _check_key(project)
    out("\nNow edit afsync.yaml, then run `afsync plan`.\n")
    return 0


def _files(root: Path) -> None:
    from afsync.config.project import PROJECT_FILE
    from afsync.config.writer import add_lineage, starter

    say = report()
    file = root / PROJECT_FILE
    if not file.exists():
        for name, text in starter(str(uuid.uuid4()), now=work.now()).items():
            _write_new(root / name, text)
            say(f"Wrote {name}.\n")
    else:
        text = file.read_text(encoding="utf-8")
        changed = add_lineage(text, str(uuid.uuid4()))
        if changed != text:
            _replace(file, changed)
            say(f"Added a lineage to {PROJECT_FILE}.\n")
    schema = root / SCHEMA
    schema.parent.mkdir(exist_ok=True)
    _replace(schema, (bundled("schemas") / "afsync.schema.json").read_text(encoding="utf-8"))


def _write_new(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return
    except OSError as error:
        raise AfsyncError(f"{path} could not be written: {error.strerror}") from None


def _replace(path: Path, text: str) -> None:
    """Write beside and rename, so that a crash leaves the old text or the new."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise AfsyncError(f"{path} could not be written: {error.strerror}") from None


def _check_key(project: Project) -> None:
    say = messages()
    try:
        service = work.connect(project, writes=True)
        account = service.reader.account()
    except AfsyncError as error:
        say(f"The key could not be checked: {error.message}\n")
        if error.hint:
            say(f"  {error.hint}\n")
        return
    balance = "" if account.balance is None else f", {account.balance} credits"
    say(f"The key works: account {account.id}{balance}.\n")
