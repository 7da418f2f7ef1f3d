"""`afsync init`."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from afsync.api.access import IN_FILES, is_real, said_outside
from afsync.app.connection import connect, key_is_set
from afsync.app.files import read_text, write_whole
from afsync.app.package_data import copy_example, data_folder
from afsync.app.project import load_project
from afsync.app.project_state import check_account, lineage_there, open_store, read_state, store_at
from afsync.commands.account_flags import AccountFlags, account_flags, check_together, run
from afsync.commands.command_result import CommandResult
from afsync.commands.context import here
from afsync.commands.ignoring import write_ignore
from afsync.commands.screen import messages, report, said
from afsync.config.project import PROJECT_FILE, STATE
from afsync.core.remote import EMULATOR, Remote
from afsync.core.state.recorded import Account
from afsync.core.state_place import is_elsewhere
from afsync.errors import AfsyncError, AuthError, StateError
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.config.project import Project

LOST = "If there was a state that is lost, `afsync import --match` first: it finds again what it held.\n"


@click.command
@click.option("--from-account", is_flag=True, help="Declare and record what the account holds.")
@click.option("--example", metavar="NAME", help="Begin with one of the examples that come with afsync.")
@account_flags()
def command(from_account: bool, example: str | None, over: AccountFlags) -> int:
    """Write a starter project, or add a lineage to the one that is there.

    Creates the state as well, and checks the key where there is one. Nothing that exists is overwritten.
    """
    from afsync.config.workspace import WORKSPACE_FILE

    root = here().directory
    if over.every:
        check_together(from_account=from_account, example=example)
    if example is not None:
        copy_example(example, root)
        over = replace(over, every=(root / WORKSPACE_FILE).is_file())
    copied = example is not None
    return run(
        "init", over, lambda: CommandResult(init_here(from_account=from_account, copied=copied)), reads_only=False
    )


def init_here(*, from_account: bool, copied: bool = False) -> int:
    """Begin a project in this directory; `copied`: its files were just written."""
    out = report()
    root = here().directory
    begun = _files(root, empty=from_account) or copied
    project = load_project(here())
    write_ignore(root, project.settings.state)
    store = open_store(here(), project)
    there = store.exists()
    lost = not begun and (project.desired.jobs or project.calendar) and not there
    if there:
        read_state(here(), project)
        out(f"{project.settings.state} is there already.\n")
    else:
        _refuse_a_second(project)
        store.prove()
        store.create(project.settings.lineage or "")
        out(f"Created the state {project.settings.state}.\n")
    first = _check_key(project)
    if from_account:
        return _from_account(project)
    out("\n" + (f"First {first}, then edit" if first else "Now edit") + " afsync.yaml, then run `afsync plan`.\n")
    if lost:
        out(LOST)
    return 0


def _refuse_a_second(project: Project) -> None:
    """StateError when the state is to be elsewhere, and this project has one here: a new one would not know of what
    was paid for."""
    place = project.settings.state
    if not is_elsewhere(place):
        return
    try:
        local = store_at(here(), project, STATE).read(unmerged=True)[0]
    except StateError:
        return  # There is none, or only the note of one that was taken away.
    if local.lineage == project.settings.lineage:
        text = f"This project has its state in {STATE}, and none in {place}."
        hint = f"take it there: write `state: {STATE}` again, then `afsync state migrate {place}`"
        raise StateError(text, hint)


def _from_account(project: Project) -> int:
    from afsync.app.export import ExportLayout
    from afsync.app.session import open_session
    from afsync.commands.export import export
    from afsync.core.export import Jobs

    with open_session(project, 0.0) as held:
        code = export(held, ExportLayout(PROJECT_FILE), templates=True, jobs=Jobs.ACTIVE, record=True)
    said("\nNothing was sent. Now run `afsync plan`: it has nothing to do until you edit the files.\n")
    return code


def _files(root: Path, *, empty: bool) -> bool:
    """Whether a first project was written. Where something is wrong, nothing is."""
    from afsync.config.writer import SCHEMA_FILE, starter

    file = root / PROJECT_FILE
    begun = not file.exists()
    if begun:
        # Written down, so that the next shell, without the variable, asks the service that the state belongs to.
        service = said_outside(os.environ)
        for name, text in starter(str(uuid.uuid4()), now=here().now(), empty=empty, base_url=service).items():
            if not (root / name).exists():
                write_whole(root / name, text, root)
                said(f"Wrote {name}.\n")
    else:
        _add_lineage(file)
    write_whole(root / SCHEMA_FILE, (data_folder("schemas") / "afsync.schema.json").read_text(encoding="utf-8"), root)
    return begun


def _add_lineage(file: Path) -> None:
    """That of the state that is there, or a new one. A file that has one is left as it is."""
    from afsync.config.writer import add_lineage

    # Line ends and a byte order mark are the author's, so the bytes are kept.
    before, fresh = read_text(file), str(uuid.uuid4())
    if add_lineage(before, fresh) == before:
        return
    theirs = lineage_there(here(), load_project(here()))
    write_whole(file, add_lineage(before, theirs or fresh), file.parent)
    if theirs:
        said(f"Added the lineage of the state that is there to {PROJECT_FILE}: {theirs}.\n")
    else:
        said(f"Added a lineage to {PROJECT_FILE}.\n")


def _check_key(project: Project) -> str:
    """Say what service there is, and whether it takes the key; what comes before a plan, if anything does."""
    say = messages()
    try:
        service = connect(here(), project, writes=True)
        account = service.reader.account()
    except AfsyncError as error:
        say(f"The key could not be checked: {visible(error.message)}\n")
        if error.hint:
            say(f"  {visible(error.hint)}\n")
        return "set a key that works" if isinstance(error, AuthError) else "see to what is said above"
    access = service.session.access
    if access.in_process:
        say(_emulated(project, account.balance, access.source))
        return ""
    balance = "" if account.balance is None else f", {account.balance} credits"
    say(f"The key works: account {visible(account.id)}{balance}.\n")
    if is_real(access.base_url):
        _pin(project, Remote(account, base_url=access.base_url))
    if access.source != IN_FILES and access.base_url != project.settings.base_url:
        say(f"  {access.source} decides here: {PROJECT_FILE} names {visible(project.settings.base_url)}.\n")
    return ""


def _pin(project: Project, remote: Remote) -> None:
    """Write down whose account it is, where nothing says so yet. StateError where the files or the state say another:
    that is not replaced unasked."""
    from afsync.app.session import open_session
    from afsync.config.writer import add_account

    account = Account(remote.account.id, remote.base_url)
    with open_session(project, 0.0) as held:
        check_account(project, held.recorded, remote)
        if held.recorded.account is None:
            held.write(replace(held.recorded, account=account))
    if project.settings.account is None:
        file = project.root / PROJECT_FILE
        write_whole(file, add_account(read_text(file), account.id), project.root)
        said(f"Added the account to {PROJECT_FILE}: {visible(account.id)}.\n")


def _emulated(project: Project, balance: int | None, source: str) -> str:
    """No key was looked at; who has set one may think it was."""
    credits = "" if balance is None else f": {balance} pretend credits"
    begin = f"This project uses the built-in emulator{credits}"
    if not key_is_set(project.settings.key, os.environ):
        return f"{begin}, no key needed.\n"
    ways = [f"unset {source}"] if source != IN_FILES else []
    if project.settings.base_url == EMULATOR:
        ways.append(f"remove `base_url: {EMULATOR}` from {PROJECT_FILE}")
    return f"{begin}. Your key is not used there.\n  for your own account: {' and '.join(ways)}\n"
