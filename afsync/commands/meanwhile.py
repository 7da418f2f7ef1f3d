"""What becomes due while an apply runs is read and judged as `apply --due` does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from afsync.app.checked_plan import checked_plan
from afsync.app.remote import read_due_jobs
from afsync.engine.dependencies import Due

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.commands.preparing import Ready
    from afsync.core.plan.decision import Options
    from afsync.core.plan.plan import Plan
    from afsync.core.state.recorded import Recorded


def due_meanwhile(context: Context, ready: Ready, options: Options) -> Due:
    """With the selection and the overrides of the whole run (`options`)."""
    project = ready.project

    def judge(recorded: Recorded) -> Plan:
        now = context.now()
        # What came of open submissions is not found out here: none of it is written.
        remote = read_due_jobs(context, project, recorded, ready.service, now)
        return checked_plan(context, project, recorded, remote, now, options, project.desired.limits, due=True)

    return Due(project.desired, judge)
