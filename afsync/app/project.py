"""The project in a directory, read and checked; and what the environment says instead of its files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.config.durations import duration_seconds
from afsync.config.loader import load
from afsync.config.problems import InvalidValue
from afsync.config.workspace import find_workspace
from afsync.core.state_place import PLACE, is_elsewhere, shared_by_projects
from afsync.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.state import Recorded


def load_project(context: Context) -> LoadedProject:
    """The files, checked. Raises ConfigError with everything that is wrong with them, which is reported as well."""

    try:
        workspace = context.workspace or find_workspace(context.directory)
        return _with_state(context, load(context.directory, environ=context.environ, workspace=workspace))
    except ConfigError as error:
        context.report_problems(error.problems, context.directory)
        raise


def _with_state(context: Context, project: LoadedProject) -> LoadedProject:
    """AFSYNC_STATE names another place than the files, for one run: a pipeline knows where its state is."""
    override = context.environ.get("AFSYNC_STATE", "").strip()
    if not override:
        return project

    if context.workspace is not None:
        if PLACE not in override and not shared_by_projects(override):
            text = f"AFSYNC_STATE: {override}: all accounts would have the same state"
            raise UsageError(text, f"write {PLACE} where their names belong")
        override = override.replace(PLACE, context.directory.name)
    if not is_elsewhere(override):
        raise UsageError(f"AFSYNC_STATE: {override}: not a store", "write `branch:NAME` or an address, not a path")
    return replace(project, settings=replace(project.settings, state=override))


SHARED_QUARANTINE = 90
"""More than the write of an intent and its submission may take together."""


def quarantine(context: Context, project: LoadedProject) -> float:
    """Seconds; AFSYNC_QUARANTINE overrides the files. Where others share the state, one of them may be at the very
    submission that is judged, so what it is about to send is given the time to arrive."""

    override = context.environ.get("AFSYNC_QUARANTINE", "").strip()
    try:
        seconds = duration_seconds(override) if override else project.settings.quarantine
        return max(seconds, SHARED_QUARANTINE) if is_elsewhere(project.settings.state) else seconds
    except InvalidValue as error:
        raise UsageError(f"AFSYNC_QUARANTINE: {error}", error.hint) from None


def at_moment(context: Context, project: LoadedProject, recorded: Recorded, now: datetime) -> LoadedProject:
    """The project itself where nothing in it depends on the time. Raises ConfigError with everything that is wrong
    with the occurrences, which are reported as well."""
    if project.timed_submissions is None:
        return project
    # Imported here: most projects have no series.
    from afsync.config.occurrences import expand

    try:
        return expand(project, recorded, now)
    except ConfigError as error:
        context.report_problems(error.problems, project.root)
        raise
