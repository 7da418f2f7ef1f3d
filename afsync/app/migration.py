"""Taking a state to another place: what `state migrate` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.app.project_state import check_lineage, locked, open_store, store_at
from afsync.commands.context import here
from afsync.commands.screen import said
from afsync.config.checks import check_state_path
from afsync.config.problems import Wrong
from afsync.config.project import PROJECT_FILE
from afsync.engine.interrupt import Stop
from afsync.errors import StateError, UsageError
from afsync.output.values import count, visible

if TYPE_CHECKING:
    from afsync.config.project import Project
    from afsync.core.state.recorded import Recorded


def migrate(project: Project, place: str, lock_timeout: float) -> int:
    """Prove the new store, copy, read again and compare; only then the old place gets its note. Whatever stops it,
    the state is in one of the two places. Doing it again finishes it, unless something was applied in between."""
    _refuse_in_workspace(project)
    try:
        check_state_path(place)
    except Wrong as error:
        raise UsageError(error.message, error.hint) from None
    old, new = open_store(here(), project), store_at(here(), project, place)
    with locked(here(), old, lock_timeout, Stop()):
        if old.is_same(new):
            raise UsageError(f"the state is kept in {place} already", "name another place")
        recorded, _ = old.read()
        check_lineage(project, recorded)
        new.prove()
        new.receive(recorded, old.copies(recorded.lineage))
        _compare(project, place, recorded, "the state is still used where it was")
        old.leave_note(place)
        _compare(project, place, recorded, f"`afsync state restore {recorded.serial}` there takes the copy of it")
    resources = count(len(recorded.resources), "resource")
    said(
        f"The state is in {visible(place)} now: {resources}, version {recorded.serial}. A note in the old place says "
        f"so.\nNow write `state: {visible(place)}` into {PROJECT_FILE}, for all who use it.\n"
    )
    return 0


def _refuse_in_workspace(project: Project) -> None:
    """UsageError where a workspace says where the state is: what the account's file says would not count then."""
    from afsync.config.workspace import find_workspace

    workspace = find_workspace(project.root)
    if workspace is None or workspace.state is None:
        return
    at = workspace.locate("state")
    text = f"{at}: `state` of the workspace decides where the state of this account is; nothing was moved"
    hint = (
        f"take that line out and write `state: {visible(project.settings.state)}` into {PROJECT_FILE}, likewise for "
        "every other account; migrate each of them; then name the new place in the workspace again"
    )
    raise UsageError(text, hint)


def _compare(project: Project, place: str, recorded: Recorded, hint: str) -> None:
    """StateError when something else is read in the new place, by a store that knows nothing of what was written."""
    if store_at(here(), project, place).read()[0] != recorded:
        raise StateError(f"What is read in {place} is not what was written there.", hint)
