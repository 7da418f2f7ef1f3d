"""`afsync result ADDR…`."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from afsync.app.addresses import submissions
from afsync.app.connection import Service, connect
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state
from afsync.commands.context import here
from afsync.commands.options import with_links_flag
from afsync.commands.screen import links_shown, messages, report, stdout_paint, told
from afsync.core.remote import Remote
from afsync.core.results import result_without_links
from afsync.core.state.recorded import Recorded
from afsync.core.state.records import RecordedJob
from afsync.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from afsync.config.project import Project
    from afsync.output.results import Results


@click.command
@click.argument("globs", nargs=-1, required=True, metavar="ADDR...")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@with_links_flag
@click.option("--download", "folder", metavar="DIR", type=click.Path(path_type=Path), help="Fetch the files into DIR.")
def command(globs: tuple[str, ...], as_json: bool, with_links: bool, folder: Path | None) -> int:
    """Show what jobs produced: video, thumbnail, copy, and what became of it on each platform.

    With --download the files are fetched too: what an earlier run left unfinished is gone on with, and nothing is ever
    overwritten. Exits 1 when one of the jobs is not finished, or a file could not be fetched; the others are shown.
    """
    from afsync.output.results import not_ready, result_json, result_text

    project = load_project(here())
    recorded, _ = read_state(here(), project)
    project = at_moment(here(), project, recorded, here().now())
    records = submissions(globs, recorded, project.desired.jobs)
    service = connect(here(), project, writes=False)
    results = _ask(project, service, recorded, records)
    out = report()
    printed = results if links_shown(with_links, machine=as_json) else _without_links(results)
    out(result_json(printed) if as_json else result_text(printed, stdout_paint()))
    failed = not_ready(printed)
    if folder is not None:
        from afsync.app.download import collect

        failed += collect(service.session, results, folder)
    for line in failed:
        messages()(f"Error: {line}\n")
    written = told(out)
    return Exit.ERROR if failed else written


def _without_links(results: Results) -> Results:
    return {a: (job_id, found and result_without_links(found)) for a, (job_id, found) in results.items()}


def _ask(project: Project, service: Service, recorded: Recorded, records: Mapping[str, RecordedJob]) -> Results:
    """First whose account it is, then all at the same time."""
    from afsync.api.snapshot import together

    reader = service.reader
    check_account(project, recorded, Remote(reader.account(), base_url=service.base_url))
    answers = together(*(partial(reader.result, r.id) for r in records.values()))
    return {address: (r.id, found) for (address, r), found in zip(records.items(), answers, strict=True)}
