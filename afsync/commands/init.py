"""`afsync init`."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import click

from afsync.commands import project as work
from afsync.commands.bundled import bundled
from afsync.commands.examples import copy_example
from afsync.commands.files import read_text, write_whole
from afsync.commands.screen import messages, report
from afsync.commands.service import connect
from afsync.commands.state_file import open_store, read_state
from afsync.config.project import PROJECT_FILE
from afsync.errors import AfsyncError
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.config.project import Project

LOST = (
    "\nNow run `afsync plan`. If there was a state that is lost, `afsync import --match` first: it finds again what it "
    "held.\n"
)


@click.command
@click.option("--from-account", is_flag=True, help="Declare and record what the account holds.")
@click.option("--example", metavar="NAME", help="Begin with one of the examples that come with afsync.")
def command(from_account: bool, example: str | None) -> int:
    """Write a starter project, or add a lineage to the one that is there.

    Creates the state as well, and checks the key where there is one. Nothing that exists is overwritten.
    """
    out = report()
    root = work.directory()
    if example is not None:
        copy_example(example, root)
    begun = _files(root, empty=from_account) or example is not None
    project = work.load_project()
    store = open_store(project)
    lost = not begun and project.desired.jobs and not store.paths.state.exists()
    if store.paths.state.exists():
        read_state(project)
        out(f"{project.settings.state} is there already.\n")
    else:
        store.create(project.settings.lineage or "")
        out(f"Created the state {project.settings.state}.\n")
    _check_key(project)
    if from_account:
        return _from_account(project)
    out(LOST if lost else "\nNow edit afsync.yaml, then run `afsync plan`.\n")
    return 0


def _from_account(project: Project) -> int:
    from afsync.commands.export import export
    from afsync.commands.exporting import Layout
    from afsync.commands.taking import desk
    from afsync.core.export import Jobs

    with desk(project, 0.0) as held:
        code = export(held, Layout(PROJECT_FILE), templates=True, jobs=Jobs.ACTIVE, record=True)
    report()("\nNothing was sent. Now run `afsync plan`: it has nothing to do until you edit the files.\n")
    return code


def _files(root: Path, *, empty: bool) -> bool:
    """Whether a first project was written."""
    from afsync.config.writer import SCHEMA_FILE, add_lineage, starter

    say, file = report(), root / PROJECT_FILE
    begun = not file.exists()
    if begun:
        for name, text in starter(str(uuid.uuid4()), now=work.now(), empty=empty).items():
            if not (root / name).exists():
                write_whole(root / name, text)
                say(f"Wrote {name}.\n")
    else:
        # Line ends and a byte order mark are the author's, so the bytes are kept.
        before = read_text(file)
        after = add_lineage(before, str(uuid.uuid4()))
        if after != before:
            write_whole(file, after)
            say(f"Added a lineage to {PROJECT_FILE}.\n")
    write_whole(root / SCHEMA_FILE, (bundled("schemas") / "afsync.schema.json").read_text(encoding="utf-8"))
    return begun


def _check_key(project: Project) -> None:
    say = messages()
    try:
        service = connect(project, writes=True)
        account = service.reader.account()
    except AfsyncError as error:
        say(f"The key could not be checked: {visible(error.message)}\n")
        if error.hint:
            say(f"  {visible(error.hint)}\n")
        return
    balance = "" if account.balance is None else f", {account.balance} credits"
    say(f"The key works: account {visible(account.id)}{balance}.\n")
