"""Moving a state to another place, with its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.app.project_state import check_lineage, locked, open_store, store_at
from afsync.config.checks import check_state_path
from afsync.config.problems import Wrong
from afsync.config.project import PROJECT_FILE
from afsync.config.workspace import find_workspace
from afsync.engine.interrupt import Stop
from afsync.errors import StateError, UsageError
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import Project
    from afsync.core.state.recorded import Recorded


def migrate(context: Context, project: Project, place: str, lock_timeout: float) -> Recorded:
    """Prove the new store, copy, read again and compare; only then the old place gets its note. Whatever stops it,
    the state is in one of the two places. Doing it again finishes it, unless something was applied in between.
    Returns the state that was moved."""
    _refuse_in_workspace(project)
    try:
        check_state_path(place)
    except Wrong as error:
        raise UsageError(error.message, error.hint) from None
    old, new = open_store(context, project), store_at(context, project, place)
    with locked(context, old, lock_timeout, Stop()):
        if old.is_same(new):
            raise UsageError(f"the state is kept in {place} already", "name another place")
        recorded, _ = old.read()
        check_lineage(project, recorded)
        new.prove()
        new.receive(recorded, old.copies(recorded.lineage))
        restored = f"`afsync state restore {recorded.serial}` there takes the copy of it"
        _compare(context, project, place, recorded, "the state is still used where it was")
        old.leave_note(place)
        _compare(context, project, place, recorded, restored)
    return recorded


def _refuse_in_workspace(project: Project) -> None:
    """UsageError where a workspace says where the state is: what the account's file says would not count then."""
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


def _compare(context: Context, project: Project, place: str, recorded: Recorded, hint: str) -> None:
    """StateError when something else is read in the new place, by a store that knows nothing of what was written."""
    if store_at(context, project, place).read()[0] != recorded:
        raise StateError(f"What is read in {place} is not what was written there.", hint)
