"""`afsync fmt`."""

from __future__ import annotations

import click

from afsync.app.files import write_whole
from afsync.app.fmt import reformatted_files
from afsync.commands.console import report, report_code, stdout_paint
from afsync.commands.context import here
from afsync.errors import Exit
from afsync.output.fmt import file_diff
from afsync.output.values import escape_control


@click.command
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(check: bool, diff: bool) -> int:
    """Bring the files into one layout.

    Indentation, spaces, blank lines and the line of the schema; comments, order, quotes and anchors stay as they are,
    and so does the meaning. Prints the names of the files that change.
    """
    changed = reformatted_files(here())
    out, paint = report(), stdout_paint()
    for file in changed:
        if not check and not diff:
            write_whole(file.path, file.after)
        out(file_diff(file.name, file.before, file.after, paint) if diff else f"{escape_control(file.name)}\n")
    return Exit.ERROR if report_code(out) or (check and changed) else Exit.OK
