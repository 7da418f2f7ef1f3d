"""`afsync export`."""

from __future__ import annotations

from pathlib import Path

import click

from afsync.app.context import Context
from afsync.app.export import (
    ExportLayout,
    ExportResult,
    export,
    read_whole_account,
    sheet_of_account,
    sheet_of_declared,
)
from afsync.app.files import write_whole
from afsync.app.locked_state import Session, open_session
from afsync.app.project import load_project
from afsync.commands.console import messages, print_done, print_report, report
from afsync.commands.context import here
from afsync.commands.first_account import may_belong
from afsync.commands.options import FileName, account_flag, lock_timeout_flag
from afsync.config.files import PROJECT_FILE
from afsync.config.project import LoadedProject
from afsync.core.addresses import Kind
from afsync.core.export import JobSelection
from afsync.core.text import count
from afsync.errors import Exit, UsageError
from afsync.output.export_json import export_document
from afsync.output.json_text import json_text
from afsync.output.values import escape_control


@click.command
@click.option("--templates", is_flag=True, help="Templates; without --jobs, nothing else.")
@click.option(
    "--jobs", type=click.Choice([*map(str, JobSelection)]), help="Which jobs; without --templates, nothing else."
)
@click.option("--into", metavar="FILE", type=FileName(), help="The file to add to (afsync.yaml); - prints.")
@click.option("--split", type=click.Choice(("kind", "month")), help="Several files below account/.")
@click.option("--csv", "sheet", metavar="FILE", type=FileName(), help="Write a sheet for `rows` instead; - prints it.")
@click.option("--json", "as_json", is_flag=True, help="Print all that the account holds as JSON instead.")
@click.option("--only", metavar="GLOB", help="With --csv: the declared jobs with such addresses.")
@click.option("--no-record", is_flag=True, help="Do not change the state; the next apply records what was exported.")
@account_flag
@lock_timeout_flag
def command(
    templates: bool,
    jobs: str | None,
    into: str | None,
    split: str | None,
    sheet: str | None,
    as_json: bool,
    only: str | None,
    no_record: bool,
    account: str | None,
    lock_timeout: float,
) -> int:
    """Write YAML for what the account holds and no file declares, and record it in the state.

    Adds to the files and changes nothing else in them. Without --templates and --jobs: templates, and jobs in which
    something can still happen. Nothing is sent; the plan is empty afterwards.

    With --csv: writes the declared jobs as a sheet, or with --jobs those of the account that are not declared. Neither
    files nor state are touched.

    With --json: prints every template and job of the account, declared and recorded or not, with what is known of it.
    """
    context = here()
    if as_json:
        if templates or jobs or into or split or sheet is not None or only or no_record:
            raise UsageError("--json prints everything, and goes with none of the others")
        return _json(context, account)
    if sheet is not None:
        if templates or into or split or no_record or (only and jobs):
            raise UsageError("--csv goes with --only, or with --jobs, and with nothing else")
        return _csv(context, sheet, only, JobSelection(jobs) if jobs else None, account)
    if only is not None:
        raise UsageError("--only is for --csv")
    layout = ExportLayout(into or PROJECT_FILE, split)
    everything = not templates and jobs is None
    which = JobSelection(jobs) if jobs else JobSelection.ACTIVE if everything else JobSelection.NONE
    with open_session(context, load_project(context), lock_timeout, account) as session:
        return export_and_tell(session, layout, templates=templates or everything, jobs=which, record=not no_record)


def export_and_tell(
    session: Session, layout: ExportLayout, *, templates: bool, jobs: JobSelection, record: bool
) -> int:
    """Export into the files, and say what was written. Returns the exit code."""
    done = export(
        session,
        layout,
        lambda remote: may_belong(session, remote),
        templates=templates,
        jobs=jobs,
        record=record,
    )
    if done is None:
        messages()("Nothing was written.\n")
        return Exit.ERROR
    if layout.into == "-":
        if not done.texts:
            messages()(_summary(done))
        return print_report("".join(done.texts.values()))
    print_done(_summary(done))
    if done.unwritable:
        messages()(f"Left out, since no file can hold their names: {escape_control(', '.join(done.unwritable))}.\n")
    return 0


def declare_account(context: Context, project: LoadedProject) -> int:
    """Declare and record all that the account holds: `init --from-account`. Returns the exit code."""
    with open_session(context, project, 0.0) as session:
        code = export_and_tell(
            session, ExportLayout(PROJECT_FILE), templates=True, jobs=JobSelection.ACTIVE, record=True
        )
    print_done("\nNothing was sent. Now run `afsync plan`: it has nothing to do until you edit the files.\n")
    return code


_LEFT_OUT = (
    "those that `--jobs` does not name (by default what is published, complete, failed or cancelled); whether a "
    "complete one was published is not known"
)


def _summary(done: ExportResult) -> str:
    found = done.found
    templates = sum(r.kind is Kind.TEMPLATE for r in found.resources)
    jobs = len(found.resources) - templates
    if not found.resources:
        return "Nothing to export: all of it is recorded, or left out.\n"
    files = ", ".join(sorted(done.texts))
    left = f"{count(len(found.left_out), 'job')} left out: {_LEFT_OUT}.\n" if found.left_out else ""
    return f"Wrote {count(templates, 'template')} and {count(jobs, 'job')} to {files}.\n{left}"


def _json(context: Context, account: str | None) -> int:
    _, recorded, remote = read_whole_account(context, account, silent=True)
    return print_report(json_text(export_document(recorded, remote, context.now())))


def _csv(context: Context, file: str, only: str | None, jobs: JobSelection | None, account: str | None) -> int:
    """Write the sheet, and name what it cannot hold."""
    sheet = sheet_of_declared(context, only) if jobs is None else sheet_of_account(context, jobs, account)
    if file == "-":
        print_report(sheet.text)
    elif sheet.size:
        _write_new(context.directory / file, file, sheet.text)
        report()(f"Wrote {count(sheet.size, 'row')} to {escape_control(file)}.\n")
    else:
        report()("Nothing to write: there is no such job.\n")
    for address, why in sheet.left_out:
        messages()(f"Left out: {escape_control(address)}: {escape_control(why)}.\n")
    return 0


def _write_new(path: Path, file: str, text: str) -> None:
    if path.suffix.lower() != ".csv":
        raise UsageError(f"{file} is not the name of a .csv file", "name it as in --csv episodes.csv")
    if path.exists():
        raise UsageError(f"{file} exists", "a sheet that people edit is not overwritten: name another, or remove it")
    write_whole(path, text)
