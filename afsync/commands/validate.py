"""`afsync validate`."""

from __future__ import annotations

import click

from afsync.commands.project import load_project
from afsync.commands.screen import report, stdout_paint
from afsync.errors import ConfigError, Exit


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print the problems as a JSON document.")
def command(as_json: bool) -> int:
    """Check everything, offline.

    Reads afsync.yaml and all it includes, and reports every problem of every file in one go. Needs no key.
    """
    from afsync.output.problems import problems_json
    from afsync.output.values import count

    out = report()
    try:
        project = load_project()
    except ConfigError as error:
        if not as_json:
            raise
        out(problems_json(error.problems))
        return Exit.ERROR
    if as_json:
        out(problems_json(()))
        return Exit.OK
    templates, jobs = len(project.desired.templates), len(project.desired.jobs)
    counted = f"{count(templates, 'template')} and {count(jobs, 'job')} in {count(len(project.files), 'file')}"
    out(f"{stdout_paint()('Valid.', 'green')} {counted}.\n")
    return Exit.OK
