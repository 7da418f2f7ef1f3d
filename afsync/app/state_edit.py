"""Changes of the state alone: an address renamed, records forgotten, a version restored, another place. Nothing
is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.app.locked_state import open_session
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_lineage, locked, open_store, store_at
from afsync.config.files import PROJECT_FILE
from afsync.config.keys.values import check_state_path
from afsync.config.problems import InvalidValue
from afsync.config.workspace import find_workspace
from afsync.core.forgotten import AllForgotten, all_forgotten
from afsync.core.moved_records import moved_manually
from afsync.core.records import Record
from afsync.core.state import Recorded
from afsync.core.text import close_address
from afsync.core.trust.cancels import without_watch
from afsync.engine.interrupt import Stop
from afsync.errors import StateError, UsageError
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.store.recoveries import Recovery


def record_at(recorded: Recorded, address: str) -> Record:
    """What is recorded under an address. UsageError where nothing is."""
    record = recorded.resources.get(address)
    if record is None:
        hint = close_address(address, recorded.resources) or "`afsync state list` shows what is recorded"
        raise UsageError(f"nothing is recorded under {address}", hint)
    return record


def rename(context: Context, old: str, new: str, lock_timeout: float) -> bool:
    """Record under `new` what is recorded under `old`. Returns whether `new` is declared."""
    project = load_project(context)
    with open_session(context, project, lock_timeout) as session:
        record_at(session.recorded, old)
        moved = moved_manually(session.recorded, old, new)
        declared = at_moment(context, project, moved, context.now()).desired.get(new) is not None
        session.write(moved)
    return declared


class ForgottenRecord(Struct, frozen=True):
    """`record` is None for a cancelled job, which was only watched."""

    record: Record | None
    declared: bool


def forget(context: Context, address: str, lock_timeout: float) -> ForgottenRecord:
    """Forget what is recorded under `address`, or the cancelled job with that id."""
    with open_session(context, load_project(context), lock_timeout) as session:
        declared = session.project.desired.get(address) is not None
        if address in session.recorded.watched:
            session.write(without_watch(session.recorded, address))
            return ForgottenRecord(None, declared)
        record = record_at(session.recorded, address)
        session.write(session.recorded.without_resource(address))
    return ForgottenRecord(record, declared)


def forget_all(context: Context, lock_timeout: float) -> tuple[AllForgotten, int]:
    """Forget everything, and remove nothing from the account. Returns what is left there, and how many resources are
    declared."""
    with open_session(context, load_project(context), lock_timeout) as session:
        session.refuse_open_submissions()
        desired = session.project.desired
        found = all_forgotten(desired, session.recorded, context.now())
        session.write(found.recorded)
    return found, len(desired.templates) + len(desired.jobs)


def restore_version(context: Context, serial: int, lock_timeout: float, *, force: bool) -> Recorded:
    """Write a version of the history as the newest one, and return it. StateError where ids or open submissions would
    be forgotten, unless `force`."""
    project = load_project(context)
    store = open_store(context, project)
    with locked(context, store, lock_timeout, Stop()):
        return store.restore(serial, lineage=project.settings.lineage or "", force=force)


def unite_versions(context: Context, lock_timeout: float) -> Recorded:
    """Put the two sides of a merge together whose conflict markers are in the state. Returns the new version."""
    project = load_project(context)
    store = open_store(context, project)
    with locked(context, store, lock_timeout, Stop()):
        return store.unite(lineage=project.settings.lineage or "")


def merge_recoveries(context: Context, lock_timeout: float) -> tuple[Recovery, ...]:
    """Merge the recovery files that an earlier run left because the disk failed. Returns what they held."""
    store = open_store(context, load_project(context))
    with locked(context, store, lock_timeout, Stop()):
        return tuple(store.merge())


def migrate(context: Context, project: LoadedProject, place: str, lock_timeout: float) -> Recorded:
    """Prove the new store, copy, read again and compare; only then the old place gets its note. Whatever stops it,
    the state is in one of the two places. Doing it again finishes it, unless something was applied in between.
    Returns the state that was moved."""
    _refuse_in_workspace(project)
    try:
        check_state_path(place)
    except InvalidValue as error:
        raise UsageError(error.message, error.hint) from None
    old, new = open_store(context, project), store_at(context, project, place)
    with locked(context, old, lock_timeout, Stop()):
        if old.is_same(new):
            raise UsageError(f"the state is kept in {place} already", "name another place")
        recorded, _ = old.read()
        check_lineage(project, recorded)
        new.check_conditional_writes()
        new.receive(recorded, old.copies(recorded.lineage))
        restored = f"`afsync state restore {recorded.serial}` there takes the copy of it"
        _compare(context, project, place, recorded, "the state is still used where it was")
        old.leave_note(place)
        _compare(context, project, place, recorded, restored)
    return recorded


def _refuse_in_workspace(project: LoadedProject) -> None:
    """UsageError where a workspace says where the state is: what the account's file says would not count then."""
    workspace = find_workspace(project.root)
    if workspace is None or workspace.state is None:
        return
    at = workspace.locate("state")
    text = f"{at}: `state` of the workspace decides where the state of this account is; nothing was moved"
    hint = (
        f"take that line out and write `state: {escape_control(project.settings.state)}` into {PROJECT_FILE}, likewise "
        "for every other account; migrate each of them; then name the new place in the workspace again"
    )
    raise UsageError(text, hint)


def _compare(context: Context, project: LoadedProject, place: str, recorded: Recorded, hint: str) -> None:
    """StateError when something else is read in the new place, by a store that knows nothing of what was written."""
    if store_at(context, project, place).read()[0] != recorded:
        raise StateError(f"What is read in {place} is not what was written there.", hint)
