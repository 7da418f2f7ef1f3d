"""`afsync fmt`."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
from msgspec import Struct

from afsync.app.files import read_text, write_whole
from afsync.commands.ci import publish_problems
from afsync.commands.context import here
from afsync.commands.screen import messages, report, stdout_paint, told
from afsync.errors import Exit

LEFT_ALONE = "explicit keys (`? key`), directives (`%YAML`) and unusual line ends are not laid out"


class Tidied(Struct, frozen=True):
    """A file that is not in the one layout: its name in messages, its place, and both texts."""

    name: str
    path: Path
    before: str
    after: str


@click.command
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file would change.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(check: bool, diff: bool) -> int:
    """Bring the files into one layout.

    Indentation, spaces, blank lines and the line of the schema; comments, order, quotes and anchors stay as they are,
    and so does the meaning. Prints the names of the files that change.
    """
    from afsync.output.file_diff import file_diff
    from afsync.output.values import visible

    changed = _changed(here().directory)
    out, paint = report(), stdout_paint()
    for file in changed:
        if not check and not diff:
            write_whole(file.path, file.after)
        out(file_diff(file.name, file.before, file.after, paint) if diff else f"{visible(file.name)}\n")
    return Exit.ERROR if told(out) or (check and changed) else Exit.OK


def _changed(root: Path) -> list[Tidied]:
    """The files that are not laid out as they should be. ConfigError when one cannot be read."""
    from afsync.config.files import inside
    from afsync.config.report import Report
    from afsync.config.sources import read_sources
    from afsync.config.tidy import tidied

    problems = Report()
    sources = read_sources(root, problems)
    if not problems.clean or sources.main is None:
        error = problems.error()
        publish_problems(error.problems, root)
        raise error
    result = []
    for document in (sources.main, *sources.included):
        path = inside(root, document.file)
        before = read_text(path)
        after = tidied(before, partial(_schema, root, document.file, path))
        if after is None:
            messages()(f"{document.file} is left as it is: {LEFT_ALONE}.\n" if document.value else "")
        elif after != before:
            result.append(Tidied(document.file, path, before, after))
    return result


def _schema(root: Path, file: str, path: Path, written: str) -> str:
    from afsync.config.writer import SCHEMA_FILE, schema_for

    there = (path.parent / written).is_file() or not (root / SCHEMA_FILE).is_file()
    return schema_for(file, written, there=there)
