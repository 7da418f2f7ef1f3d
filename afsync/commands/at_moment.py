"""A project as it is at a moment: with the occurrences that its series have by then."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from afsync.errors import ConfigError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import Project
    from afsync.core.recorded import Recorded


def at_moment(context: Context, project: Project, recorded: Recorded, now: datetime) -> Project:
    """The project itself where nothing in it depends on the time. Raises ConfigError with everything that is wrong
    with the occurrences, which are reported as well."""
    if project.calendar is None:
        return project
    # Imported here: most projects have no series.
    from afsync.config.occurrences import expand

    try:
        return expand(project, recorded, now)
    except ConfigError as error:
        context.report_problems(error.problems, project.root)
        raise
