"""`afsync account`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from afsync.app.checked_plan import checked_plan
from afsync.app.connection import Service, connect
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.remote import read_remote
from afsync.commands.account_flags import AccountFlags, account_flags, check_together, run
from afsync.commands.command_result import CommandResult
from afsync.commands.context import here
from afsync.commands.screen import tell
from afsync.core.plan.decision import Options
from afsync.core.workspace import Numbers
from afsync.errors import StateError

if TYPE_CHECKING:
    from afsync.config.project import Project
    from afsync.core.plan.plan import Plan
    from afsync.core.remote import RemoteAccount
    from afsync.core.state.recorded import Recorded


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@account_flags()
def command(as_json: bool, over: AccountFlags) -> int:
    """Show plan, balance and limits of the account, and what the declared jobs will still cost.

    Without a state, or with one of another account, the last is left out.
    """
    if over.every:
        check_together(json=as_json)
    return run("account", over, lambda: _account(as_json))


def _account(as_json: bool) -> CommandResult:
    from afsync.output.account import account_json, account_text

    project = load_project(here())
    service = connect(here(), project, writes=False)
    recorded = _state(project)
    account, plan = _read(project, service, recorded)
    limits, held = project.desired.limits, len(recorded.resources) if recorded else 0
    text = account_text(account, service.base_url, limits, held, plan)
    code = tell(account_json(account, limits, held, plan) if as_json else text)
    return CommandResult(code, Numbers(credits=plan.spend if plan else None, balance=account.balance))


def _state(project: Project) -> Recorded | None:
    try:
        return read_state(here(), project)[0]
    except StateError:
        return None


def _read(project: Project, service: Service, recorded: Recorded | None) -> tuple[RemoteAccount, Plan | None]:
    """The account, and the plan where there is one to be made."""
    if recorded is None:
        return service.reader.account(), None
    now = here().now()
    project = at_moment(here(), project, recorded, now)
    try:
        remote = read_remote(here(), project, recorded, service, now)
        check_account(project, recorded, remote)
    except StateError:
        return service.reader.account(), None
    return remote.account, checked_plan(here(), project, recorded, remote, now, Options(), project.desired.limits)
