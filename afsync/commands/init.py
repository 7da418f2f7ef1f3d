"""`afsync init`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from afsync.api.access import IN_FILES, is_real
from afsync.app.connection import connect, key_is_set
from afsync.app.new_project import (
    copy_example,
    example_folder,
    pin_account,
    refuse_second_state,
    write_files,
    write_ignore,
)
from afsync.app.project import load_project
from afsync.app.project_state import open_store, read_state
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags, check_together
from afsync.commands.account_run import run
from afsync.commands.console import messages, print_done, report
from afsync.commands.context import here
from afsync.commands.report_flags import report_flags
from afsync.config.files import PROJECT_FILE
from afsync.config.workspace import WORKSPACE_FILE
from afsync.core.remote_account import EMULATOR, Remote
from afsync.errors import AfsyncError, AuthError, UsageError
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject

LOST = "If there was a state that is lost, `afsync import --match` first: it finds again what it held.\n"


def _is_over_all(given: Mapping[str, Any]) -> bool:
    """Whether many accounts begin: with --all, or with an example that is a workspace."""
    example = given["example"]
    if given["every"] or example is None:
        return bool(given["every"])
    found = (example_folder(example) / WORKSPACE_FILE).is_file()
    if given["reports"] and not found:
        raise UsageError("--report is for many accounts", f"leave it out: the example {example} has one account")
    return found


@click.command
@click.option("--from-account", is_flag=True, help="Declare and record what the account holds.")
@click.option("--example", metavar="NAME", help="Begin with one of the examples that come with afsync.")
@report_flags("init", json_help=None, is_over_all=_is_over_all)
@account_flags()
def command(from_account: bool, example: str | None, over: AccountFlags) -> int:
    """Write a starter project, or add a lineage to the one that is there.

    Creates the state as well, and checks the key where there is one. Nothing that exists is overwritten.
    """
    root = here().directory
    if over.every:
        check_together("init", from_account=from_account, example=example)
    if example is not None:
        copy_example(example, root, print_done)
        over = replace(over, every=(root / WORKSPACE_FILE).is_file())
    copied = example is not None
    return run(
        "init", over, lambda: CommandResult(init_here(from_account=from_account, copied=copied)), reads_only=False
    )


def init_here(*, from_account: bool, copied: bool = False) -> int:
    """Begin a project in this directory; `copied`: its files were just written."""
    context, out = here(), report()
    begun = write_files(context, print_done, empty=from_account) or copied
    project = load_project(context)
    write_ignore(context.directory, project.settings.state, print_done)
    store = open_store(context, project)
    there = store.exists()
    lost = not begun and (project.desired.jobs or project.timed_submissions) and not there
    if there:
        read_state(context, project)
        out(f"{project.settings.state} is there already.\n")
    else:
        refuse_second_state(context, project)
        store.check_conditional_writes()
        store.create(project.settings.lineage or "")
        out(f"Created the state {project.settings.state}.\n")
    first = _check_key(context, project)
    if from_account:
        # Imported here: it loads what explains the files, which a new project does not need.
        from afsync.commands.export import declare_account

        return declare_account(context, project)
    out("\n" + (f"First {first}, then edit" if first else "Now edit") + " afsync.yaml, then run `afsync plan`.\n")
    if lost:
        out(LOST)
    return 0


def _check_key(context: Context, project: LoadedProject) -> str:
    """Say what service there is, and whether it takes the key; what comes before a plan, if anything does."""
    say = messages()
    try:
        service = connect(context, project, writes=True)
        account = service.reader.account()
    except AfsyncError as error:
        say(f"The key could not be checked: {escape_control(error.message)}\n")
        if error.hint:
            say(f"  {escape_control(error.hint)}\n")
        return "set a key that works" if isinstance(error, AuthError) else "see to what is said above"
    access = service.session.access
    if access.in_process:
        say(_emulated(context, project, account.balance, access.source))
        return ""
    balance = "" if account.balance is None else f", {account.balance} credits"
    say(f"The key works: account {escape_control(account.id)}{balance}.\n")
    if is_real(access.base_url):
        pin_account(context, project, Remote(account, base_url=access.base_url), print_done)
    if access.source != IN_FILES and access.base_url != project.settings.base_url:
        say(f"  {access.source} decides here: {PROJECT_FILE} names {escape_control(project.settings.base_url)}.\n")
    return ""


def _emulated(context: Context, project: LoadedProject, balance: int | None, source: str) -> str:
    """No key was looked at; who has set one may think it was."""
    credits = "" if balance is None else f": {balance} pretend credits"
    begin = f"This project uses the built-in emulator{credits}"
    if not key_is_set(project.settings.key, context.environ):
        return f"{begin}, no key needed.\n"
    ways = [f"unset {source}"] if source != IN_FILES else []
    if project.settings.base_url == EMULATOR:
        ways.append(f"remove `base_url: {EMULATOR}` from {PROJECT_FILE}")
    return f"{begin}. Your key is not used there.\n  for your own account: {' and '.join(ways)}\n"
