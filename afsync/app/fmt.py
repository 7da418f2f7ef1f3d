"""The files of a project that are not in the one layout, and their texts in it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from afsync.app.files import read_text
from afsync.config.files import inside
from afsync.config.formatter import schema_for, tidied
from afsync.config.problem_report import Report
from afsync.config.project_files import read_sources
from afsync.config.starter_files import SCHEMA_FILE

if TYPE_CHECKING:
    from afsync.app.context import Context

LEFT_ALONE = "explicit keys (`? key`), directives (`%YAML`) and unusual line ends are not laid out"


class Reformatted(Struct, frozen=True):
    """A file that is not in the one layout: its name in messages, its place, and both texts."""

    name: str
    path: Path
    before: str
    after: str


def reformatted_files(context: Context) -> list[Reformatted]:
    """The files that are not laid out as they should be; nothing is written. ConfigError when one cannot be read."""
    root, problems = context.directory, Report()
    sources = read_sources(root, problems)
    if not problems.clean or sources.main is None:
        error = problems.error()
        context.report_problems(error.problems, root)
        raise error
    result = []
    for document in (sources.main, *sources.included):
        path = inside(root, document.file)
        before = read_text(path)
        after = tidied(before, partial(_schema, root, document.file, path))
        if after is None:
            context.say(f"{document.file} is left as it is: {LEFT_ALONE}.\n" if document.value else "")
        elif after != before:
            result.append(Reformatted(document.file, path, before, after))
    return result


def _schema(root: Path, file: str, path: Path, written: str) -> str:
    there = (path.parent / written).is_file() or not (root / SCHEMA_FILE).is_file()
    return schema_for(file, written, there=there)
