"""Exports that write no state: jobs as a sheet that `rows` reads back, and all of the account for `export --json`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.api.snapshot import fetch
from afsync.app.connection import connect
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.session import EVERYTHING
from afsync.config.export import WrittenSheet, account_rows, declared_rows, write_sheet
from afsync.core.addresses import matches
from afsync.core.plan.decision import facts_of
from afsync.core.remote import Remote
from afsync.core.state.recorded import Recorded
from afsync.core.takeover.export import JobSelection, make_export
from afsync.errors import StateError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import Project


def declared_sheet(context: Context, only: str | None) -> WrittenSheet:
    """The declared jobs as a sheet, or those whose addresses match the glob `only`. The account is not read."""
    project = load_project(context)
    try:
        recorded = read_state(context, project)[0]
    except StateError:
        if project.calendar is not None:
            raise
        recorded = Recorded(project.settings.lineage or "")
    project = at_moment(context, project, recorded, context.now())
    chosen = (j for j in project.desired.jobs.values() if only is None or matches(j.address, (only,)))
    rows, left_out = declared_rows(chosen, project.zone)
    return _sheet(write_sheet(rows, strange=False), left_out)


def account_sheet(context: Context, jobs: JobSelection, account: str | None) -> WrittenSheet:
    """Those jobs of the account that are not declared, as a sheet. `account`: the id of the only one it may be."""
    project, recorded, remote = read_whole_account(context, account)
    project = at_moment(context, project, recorded, context.now())
    facts = facts_of(project.desired, recorded, remote, context.now())
    rows, left_out = account_rows(make_export(facts, templates=False, jobs=jobs).resources, project.zone)
    return _sheet(write_sheet(rows, strange=True), left_out)


def _sheet(sheet: WrittenSheet, left_out: list[tuple[str, str]]) -> WrittenSheet:
    return replace(sheet, left_out=(*left_out, *sheet.left_out))


def read_whole_account(
    context: Context, account: str | None, *, silent: bool = False
) -> tuple[Project, Recorded, Remote]:
    """The project, its state and every job of the account. `account`: the id of the only one it may be. With `silent`,
    waits for the rate limit are not reported."""
    project = load_project(context)
    recorded = read_state(context, project)[0]
    service = connect(context, project, writes=False, silent=silent)
    remote = replace(fetch(service.reader, EVERYTHING), base_url=service.base_url)
    check_account(project, recorded, remote, account)
    return project, recorded, remote
