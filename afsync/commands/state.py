"""`afsync state`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from afsync.app.project import at_moment, load_project
from afsync.app.project_state import locked, open_store, read_state
from afsync.commands.context import here
from afsync.commands.options import Number, lock_timeout_flag
from afsync.commands.screen import said, tell
from afsync.commands.show import show_state
from afsync.config.problems import close_address
from afsync.config.project import PROJECT_FILE
from afsync.core.moves.moves import moved_by_hand
from afsync.core.state.forgotten import left
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import Record
from afsync.core.text import count
from afsync.core.trust.cancels import without_watch
from afsync.engine.interrupt import Stop
from afsync.errors import StateError, UsageError
from afsync.output.state_text import (
    Copy,
    forgotten_text,
    history_text,
    left_text,
    list_text,
    record_json,
    record_lines,
)
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.app.session import Session
    from afsync.config.project import Project
    from afsync.store.interface import Store


NOTHING_LEFT = (
    "No earlier run has left anything that is not in the state.\n"
    "To go back to a version: `afsync state restore SERIAL`; `afsync state history` lists them.\n"
)


@click.group
def command() -> None:
    """List or show what is recorded."""


def _recorded() -> Recorded:
    return read_state(here(), load_project(here()))[0]


@command.command("list")
def list_() -> int:
    """Print the address of everything recorded, one a line."""
    return tell(list_text(_recorded()))


@command.command()
@click.argument("address", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def show(address: str | None, as_json: bool) -> int:
    """Show what is recorded under ADDRESS, or all of the state, as `afsync show` does."""
    if address is None:
        return tell(show_state(as_json=as_json))
    project = load_project(here())
    record = _found(read_state(here(), project)[0], address)
    if as_json:
        return tell(record_json(address, record))
    return tell("\n".join(record_lines(address, record, project.desired.paths)) + "\n")


@contextmanager
def _session(project: Project, lock_timeout: float) -> Iterator[Session]:
    """The state for changing. Imported here: what only shows a state reads no account."""
    from afsync.app.session import open_session

    with open_session(here(), project, lock_timeout) as session:
        yield session


def _found(recorded: Recorded, address: str) -> Record:
    record = recorded.resources.get(address)
    if record is None:
        hint = close_address(address, recorded.resources) or "`afsync state list` shows what is recorded"
        raise UsageError(f"nothing is recorded under {address}", hint)
    return record


@command.command()
@click.argument("old")
@click.argument("new")
@lock_timeout_flag
def mv(old: str, new: str, lock_timeout: float) -> int:
    """Record under NEW what is recorded under OLD: a key was renamed. Nothing is sent."""
    project = load_project(here())
    with _session(project, lock_timeout) as session:
        _found(session.recorded, old)
        moved = moved_by_hand(session.recorded, old, new)
        session.write(moved)
    said(f"{old} is {new} from now on.\n")
    if at_moment(here(), project, moved, here().now()).desired.get(new) is None:
        said(f"{new} is not declared: unless that changes, the next apply takes it out.\n")
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
        return _leave(lock_timeout)
    if everything or keep_remote or address is None:
        hint = "to remove what is in the account as well: `afsync destroy`; docs/leaving.md has both ways"
        raise UsageError("give one ADDRESS, or --all --keep-remote to forget everything and remove nothing", hint)
    with _session(load_project(here()), lock_timeout) as session:
        if address in session.recorded.watched:
            session.write(without_watch(session.recorded, address))
            said(f"{address}, which was cancelled, is forgotten: it is not watched any more.\n")
            return 0
        record = _found(session.recorded, address)
        session.write(session.recorded.without_resource(address))
    said(forgotten_text(address, record, declared=session.project.desired.get(address) is not None))
    return 0


def _leave(lock_timeout: float) -> int:
    with _session(load_project(here()), lock_timeout) as session:
        session.refuse_open_submissions()
        found = left(session.project.desired, session.recorded, here().now())
        session.write(found.recorded)
        desired = session.project.desired
    said(left_text(found, declared=len(desired.templates) + len(desired.jobs)))
    return 0


@command.command()
@click.argument("place", metavar="PLACE")
@lock_timeout_flag
def migrate(place: str, lock_timeout: float) -> int:
    """Take the state, its history and its journal to PLACE, which is what `state:` is to say from then on."""
    # Imported here: it is needed once in the life of a project.
    from afsync.app.migration import migrate as migrate_state

    recorded = migrate_state(here(), load_project(here()), place, lock_timeout)
    resources = count(len(recorded.resources), "resource")
    said(
        f"The state is in {visible(place)} now: {resources}, version {recorded.serial}. A note in the old place says "
        f"so.\nNow write `state: {visible(place)}` into {PROJECT_FILE}, for all who use it.\n"
    )
    return 0


@command.command()
def history() -> int:
    """List the versions of the state that can be restored, newest first."""
    project = load_project(here())
    store = open_store(here(), project)
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
    return tell(history_text(copies, store.history_place))


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
    project = load_project(here())
    store = open_store(here(), project)
    with locked(here(), store, lock_timeout, Stop()):
        lineage = project.settings.lineage or ""
        if union:
            both = store.unite(lineage=lineage)
            said(f"Put both sides together as version {both.serial}: {len(both.resources)} resources.\n")
            return 0
        if serial is None:
            merged = store.merge()
            lines = [f"Merged {m.path}: {m.address} is {m.record.id}.\n" for m in merged]
            said("".join(lines) or NOTHING_LEFT)
            return 0
        recorded = store.restore(serial, lineage=lineage, force=force)
    said(f"Restored version {serial} as version {recorded.serial}.\n")
    return 0
