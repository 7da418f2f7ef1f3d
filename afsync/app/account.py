"""The account, and the plan of what its declared jobs will still cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.app.account_reads import read_remote
from afsync.app.checked_plan import checked_plan
from afsync.app.connection import Service, connect
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.remote_account import RemoteAccount
from afsync.core.resources import Limits
from afsync.errors import StateError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.state import Recorded


class AccountReport(Struct, frozen=True):
    """`held` is how many resources are recorded. `plan` is None where there is no state of this account."""

    account: RemoteAccount
    base_url: str
    limits: Limits
    held: int
    plan: Plan | None


def read_account(context: Context) -> AccountReport:
    """The account that the key of the project opens."""
    project = load_project(context)
    service = connect(context, project, writes=False)
    recorded = _state(context, project)
    account, plan = _planned(context, project, service, recorded)
    held = len(recorded.resources) if recorded else 0
    return AccountReport(account, service.base_url, project.desired.limits, held, plan)


def _state(context: Context, project: LoadedProject) -> Recorded | None:
    try:
        return read_state(context, project)[0]
    except StateError:
        return None


def _planned(
    context: Context, project: LoadedProject, service: Service, recorded: Recorded | None
) -> tuple[RemoteAccount, Plan | None]:
    if recorded is None:
        return service.reader.account(), None
    now = context.now()
    project = at_moment(context, project, recorded, now)
    try:
        remote = read_remote(context, project, recorded, service, now)
        check_account(project, recorded, remote)
    except StateError:
        return service.reader.account(), None
    plan = checked_plan(context, project, recorded, remote, now, Options(), project.desired.limits)
    return remote.account, plan
