"""`afsync account`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from afsync.commands import project as work
from afsync.commands.at_moment import at_moment
from afsync.commands.planning import checked_plan
from afsync.commands.screen import tell
from afsync.commands.service import Service, connect, read_remote
from afsync.commands.state_file import check_account, read_state
from afsync.core.verdict import Options
from afsync.errors import StateError

if TYPE_CHECKING:
    from afsync.config.project import Project
    from afsync.core.plan import Plan
    from afsync.core.recorded import Recorded
    from afsync.core.remote import RemoteAccount


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
def command(as_json: bool) -> int:
    """Show plan, balance and limits of the account, and what the declared jobs will still cost.

    Without a state, or with one of another account, the last is left out.
    """
    from afsync.output.account import account_json, account_text

    project = work.load_project()
    service = connect(project, writes=False)
    recorded = _state(project)
    account, plan = _read(project, service, recorded)
    limits, held = project.desired.limits, len(recorded.resources) if recorded else 0
    if as_json:
        return tell(account_json(account, limits, held, plan))
    return tell(account_text(account, service.base_url, limits, held, plan))


def _state(project: Project) -> Recorded | None:
    try:
        return read_state(project)[0]
    except StateError:
        return None


def _read(project: Project, service: Service, recorded: Recorded | None) -> tuple[RemoteAccount, Plan | None]:
    """The account, and the plan where there is one to be made."""
    if recorded is None:
        return service.reader.account(), None
    now = work.now()
    project = at_moment(project, recorded, now)
    try:
        remote = read_remote(project, recorded, service, now)
        check_account(project, recorded, remote)
    except StateError:
        return service.reader.account(), None
    return remote.account, checked_plan(project, recorded, remote, now, Options(), project.desired.limits)
