"""`afsync export --csv`: jobs as a sheet that `rows` reads back."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from afsync.app.connection import connect
from afsync.app.files import write_whole
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.app.session import EVERYTHING
from afsync.commands.context import here
from afsync.commands.screen import messages, report, tell
from afsync.config.sheet_export import RowToWrite, account_rows, declared_rows, write_sheet
from afsync.core.addresses import matches
from afsync.core.plan.decision import facts_of
from afsync.core.state.recorded import Recorded
from afsync.core.takeover.export import Jobs, make_export
from afsync.errors import StateError, UsageError
from afsync.output.values import count, visible

Found = tuple[list[RowToWrite], list[tuple[str, str]]]


def export_csv(file: str, only: str | None, jobs: Jobs | None, account: str | None) -> int:
    """Write the sheet, and name what it cannot hold. Reads the state, and for `jobs` the account; changes neither."""
    rows, left_out = _declared(only) if jobs is None else _of_account(jobs, account)
    sheet = write_sheet(rows, strange=jobs is not None)
    if file == "-":
        tell(sheet.text)
    elif sheet.size:
        _write(file, sheet.text)
        report()(f"Wrote {count(sheet.size, 'row')} to {visible(file)}.\n")
    else:
        report()("Nothing to write: there is no such job.\n")
    for address, why in (*left_out, *sheet.left_out):
        messages()(f"Left out: {visible(address)}: {visible(why)}.\n")
    return 0


def _declared(only: str | None) -> Found:
    project = load_project(here())
    try:
        recorded = read_state(here(), project)[0]
    except StateError:
        if project.calendar is not None:
            raise
        recorded = Recorded(project.settings.lineage or "")
    project = at_moment(here(), project, recorded, here().now())
    chosen = (j for j in project.desired.jobs.values() if only is None or matches(j.address, (only,)))
    return declared_rows(chosen, project.zone)


def _of_account(jobs: Jobs, account: str | None) -> Found:
    from afsync.api.snapshot import fetch

    project = load_project(here())
    recorded = read_state(here(), project)[0]
    project = at_moment(here(), project, recorded, here().now())
    service = connect(here(), project, writes=False)
    remote = replace(fetch(service.reader, EVERYTHING), base_url=service.base_url)
    check_account(project, recorded, remote, account)
    facts = facts_of(project.desired, recorded, remote, here().now())
    return account_rows(make_export(facts, templates=False, jobs=jobs).resources, project.zone)


def _write(file: str, text: str) -> None:
    path = here().directory / file
    if Path(file).suffix.lower() != ".csv":
        raise UsageError(f"{file} is not the name of a .csv file", "name it as in --csv episodes.csv")
    if path.exists():
        raise UsageError(f"{file} exists", "a sheet that people edit is not overwritten: name another, or remove it")
    write_whole(path, text)
