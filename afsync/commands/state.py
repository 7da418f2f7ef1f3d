"""`afsync state`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from afsync.app import state_edit
from afsync.app.project import load_project
from afsync.app.project_state import open_store, read_state
from afsync.commands.console import print_done, print_report
from afsync.commands.context import here
from afsync.commands.options import Number, json_flag, lock_timeout_flag
from afsync.commands.show import show_state
from afsync.config.files import PROJECT_FILE
from afsync.core.text import count
from afsync.errors import StateError, UsageError
from afsync.output.state import Copy, forgotten_text, history_text, left_text, list_text, record_json, record_lines
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.store.interface import Store


NOTHING_LEFT = (
    "No earlier run has left anything that is not in the state.\n"
    "To go back to a version: `afsync state restore SERIAL`; `afsync state history` lists them.\n"
)


@click.group
def command() -> None:
    """List or show what is recorded."""


@command.command("list")
def list_() -> int:
    """Print the address of everything recorded, one a line."""
    context = here()
    return print_report(list_text(read_state(context, load_project(context))[0]))


@command.command()
@click.argument("address", required=False)
@json_flag
def show(address: str | None, as_json: bool) -> int:
    """Show what is recorded under ADDRESS, or all of the state, as `afsync show` does."""
    if address is None:
        return print_report(show_state(as_json=as_json))
    context = here()
    project = load_project(context)
    record = state_edit.record_at(read_state(context, project)[0], address)
    if as_json:
        return print_report(record_json(address, record))
    return print_report("\n".join(record_lines(address, record, project.desired.paths)) + "\n")


@command.command()
@click.argument("old")
@click.argument("new")
@lock_timeout_flag
def mv(old: str, new: str, lock_timeout: float) -> int:
    """Record under NEW what is recorded under OLD: a key was renamed. Nothing is sent."""
    declared = state_edit.rename(here(), old, new, lock_timeout)
    print_done(f"{old} is {new} from now on.\n")
    if not declared:
        print_done(f"{new} is not declared: unless that changes, the next apply takes it out.\n")
    return 0


@command.command()
@click.argument("address", required=False)
@click.option("--all", "everything", is_flag=True, help="All that is recorded, to stop using afsync.")
@click.option("--keep-remote", is_flag=True, help="With --all: what is in the account stays there.")
@lock_timeout_flag
def rm(address: str | None, everything: bool, keep_remote: bool, lock_timeout: float) -> int:
    """Forget what is recorded under ADDRESS, or a cancelled job, by its id. Nothing is sent: what runs goes on, and
    afsync does not know of it any more."""
    if everything and address is None and keep_remote:
        found, declared = state_edit.forget_all(here(), lock_timeout)
        print_done(left_text(found, declared=declared))
        return 0
    if everything or keep_remote or address is None:
        hint = "to remove what is in the account as well: `afsync destroy`; docs/leaving.md has both ways"
        raise UsageError("give one ADDRESS, or --all --keep-remote to forget everything and remove nothing", hint)
    forgotten = state_edit.forget(here(), address, lock_timeout)
    if forgotten.record is None:
        print_done(f"{address}, which was cancelled, is forgotten: it is not watched any more.\n")
    else:
        print_done(forgotten_text(address, forgotten.record, declared=forgotten.declared))
    return 0


@command.command()
@click.argument("place", metavar="PLACE")
@lock_timeout_flag
def migrate(place: str, lock_timeout: float) -> int:
    """Take the state, its history and its journal to PLACE, which is what `state:` is to say from then on."""
    context = here()
    recorded = state_edit.migrate(context, load_project(context), place, lock_timeout)
    resources = count(len(recorded.resources), "resource")
    print_done(
        f"The state is in {escape_control(place)} now: {resources}, version {recorded.serial}. A note in the old place "
        f"says so.\nNow write `state: {escape_control(place)}` into {PROJECT_FILE}, for all who use it.\n"
    )
    return 0


@command.command()
def history() -> int:
    """List the versions of the state that can be restored, newest first."""
    context = here()
    project = load_project(context)
    store = open_store(context, project)
    versions = store.history(project.settings.lineage)
    current = _serial(store)
    copies = [
        Copy(
            v.serial,
            v.written,
            v.resources,
            v.intents,
            v.problem,
            file=v.file if v.problem or v.beside else "",
            current=v.serial == current,
        )
        for v in versions
    ]
    return print_report(history_text(copies, store.history_place))


def _serial(store: Store) -> int | None:
    """That of the state as it is; None where it cannot be read, which is when people look for another."""
    try:
        return store.read(unmerged=True)[0].serial
    except StateError:
        return None


@command.command()
@click.argument("serial", type=Number(1), required=False)
@click.option("--force", is_flag=True, help="Even if ids or unresolved submissions that are known now are forgotten.")
@click.option("--union", is_flag=True, help="After a merge with conflicts: keep what both sides hold.")
@lock_timeout_flag
def restore(serial: int | None, force: bool, union: bool, lock_timeout: float) -> int:
    """Go back to the version SERIAL of the state, as a new version.

    With --union: put together the two sides of a merge whose markers are in the state. Without either: only merge the
    recovery files that an earlier run left because the disk failed.
    """
    if union and (serial is not None or force):
        raise UsageError("--union does not go with SERIAL or --force", "leave one of them out")
    context = here()
    if union:
        both = state_edit.unite_versions(context, lock_timeout)
        print_done(f"Put both sides together as version {both.serial}: {len(both.resources)} resources.\n")
    elif serial is None:
        merged = state_edit.merge_recoveries(context, lock_timeout)
        lines = [f"Merged {m.path}: {m.address} is {m.record.id}.\n" for m in merged]
        print_done("".join(lines) or NOTHING_LEFT)
    else:
        recorded = state_edit.restore_version(context, serial, lock_timeout, force=force)
        print_done(f"Restored version {serial} as version {recorded.serial}.\n")
    return 0
