"""`--report FORMAT=FILE`: which command offers which formats, what was asked for, and whether it can be written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from msgspec import Struct

from afsync.app.files import check_writable, write_private, write_shared
from afsync.commands.options import FileName
from afsync.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

TEXT = "text"

OVERALL = ("json", "markdown", "sarif", "codeclimate", "junit")
"""The formats of a report over many accounts."""

FORMATS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "init": ((), OVERALL),
    "validate": (OVERALL, OVERALL),
    "plan": (("json", "markdown", "gitlab"), OVERALL),
    "apply": (("json", "markdown"), OVERALL),
    "destroy": (("json", "markdown"), ()),
    "approve": (("json", "markdown"), ()),
    "status": (("json",), OVERALL),
    "calendar": (("json", "csv", "markdown", "ics", "html"), OVERALL),
    "account": (("json",), OVERALL),
    "report merge": (OVERALL, ()),
}
"""By command, the formats of one project, and those with --all."""

SHARED = ("ics", "html")
"""These are written for others to read, into a folder that is created where there is none."""

OLDER: Mapping[str, tuple[str, ...]] = {
    "validate": ("--format", "--json-into", "--markdown-into"),
    "plan": ("--format", "--json-into", "--markdown-into", "--gitlab-report"),
    "apply": ("--json-into", "--markdown-into"),
    "calendar": ("--markdown", "--csv", "--ics", "--html"),
}
"""By command, flags that mean a report of one project as well. They go on working, and --help does not show them."""

_PRINTING = {"--json": "json", "--markdown": "markdown", "--csv": "csv"}
_WRITING = {
    "--json-into": "json",
    "--markdown-into": "markdown",
    "--gitlab-report": "gitlab",
    "--ics": "ics",
    "--html": "html",
}


class Reports(Struct, frozen=True):
    """What is printed, `text` or one of the formats, and which files are written: each a format and a name. `flags` are
    those with which they were asked for, each a format and what was given; `printed_by` is that of what is printed."""

    printed: str = TEXT
    files: tuple[tuple[str, str], ...] = ()
    flags: tuple[tuple[str, str], ...] = ()
    printed_by: str = ""

    def wants(self, form: str) -> bool:
        """Whether it is printed or written."""
        return form == self.printed or bool(self.files_of(form))

    def files_of(self, form: str) -> tuple[str, ...]:
        return tuple(file for f, file in self.files if f == form)

    def flags_of(self, form: str) -> tuple[str, ...]:
        return tuple(flag for f, flag in self.flags if f == form)

    def write(self, text_of: Callable[[str], str]) -> None:
        """Write the files; `text_of` a format is what goes there. AfsyncError for the first that cannot be written."""
        for form, file in self.files:
            (write_shared if form in SHARED else write_private)(Path(file), text_of(form))


class _Asked(Struct, frozen=True):
    """One report, and the flag as it was given. The file `-` is what is printed."""

    flag: str
    form: str
    file: str


def report_flags(
    name: str,
    json_help: str | None = "The same as --report json=-.",
    is_over_all: Callable[[Mapping[str, Any]], bool] = lambda given: bool(given.get("every")),
) -> Callable[[F], F]:
    """Adds --report, --json (unless `json_help` is None) and the older flags, as one argument `reports`. Of a command
    with --all, goes above `account_flags`, which is given those over all accounts: where `is_over_all` of what was
    given, which is --all."""
    alone, over_all = FORMATS[name]
    older = OLDER.get(name, ())
    flags = (*(("--json",) if json_help else ()), *older)

    def decorate(command: F) -> F:
        @wraps(command)
        def gathered(*args: Any, **given: Any) -> Any:
            every = is_over_all(given)
            asked = _distinct(_Asked(flag, *_of_older(flag, v)) for flag in flags if (v := given.pop(_parameter(flag))))
            if every and asked:
                raise UsageError(f"{asked[0].flag} does not go with --all", hint_with_all(name))
            asked += [_Asked(f"--report {form}={file}", form, file) for form, file in given.pop("reports")]
            _check_formats(asked, over_all if every else alone, every=every)
            reports = _checked(asked)
            if over_all:
                given["overall"] = reports if every else Reports()
            if alone:
                given["reports"] = Reports() if every else reports
            return command(*args, **given)

        decorated = cast("F", gathered)
        for flag in reversed(older):
            decorated = _older_option(flag, alone)(decorated)
        decorated = _report_option(alone, over_all)(decorated)
        return click.option("--json", is_flag=True, help=json_help)(decorated) if json_help else decorated

    return decorate


def hint_with_all(name: str) -> str:
    """What to do instead where a flag does not go with --all."""
    if name == "calendar":  # of which the report over all accounts shows no day
        return "run it for each account: `afsync calendar -C DIR`, with this flag"
    return "for all accounts there is `--report FORMAT=FILE`; or run it in the directory of one of them"


class _ReportType(click.ParamType):  # type: ignore[type-arg]  # click 8.1 takes no argument here
    name = "FORMAT=FILE"

    def __init__(self, alone: Sequence[str], over_all: Sequence[str]) -> None:
        self.known = {*alone, *over_all}
        self.listed = _listed(alone, over_all)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        form, found, file = str(value).partition("=")
        if form not in self.known or not found or not file:
            self.fail(f"{value!r} is not a report: write it as json=FILE; formats are {self.listed}.", param, ctx)
        return form, file


def _listed(alone: Sequence[str], over_all: Sequence[str]) -> str:
    with_all = f"with --all {', '.join(over_all)}" if over_all and alone != over_all else ""
    return "; ".join(text for text in (", ".join(alone), with_all) if text)


def _report_option(alone: Sequence[str], over_all: Sequence[str]) -> Callable[[F], F]:
    return click.option(
        "--report",
        "reports",
        multiple=True,
        type=_ReportType(alone, over_all),
        help=f"Write a report there; - prints it instead. Formats: {_listed(alone, over_all)}.",
    )


def _older_option(flag: str, formats: Sequence[str]) -> Callable[[F], F]:
    if flag == "--format":
        return click.option(
            flag, type=click.Choice((TEXT, *formats)), hidden=True, help="The same as --report FORMAT=-."
        )
    if flag in _PRINTING:
        return click.option(flag, is_flag=True, hidden=True, help=f"The same as --report {_PRINTING[flag]}=-.")
    about = f"The same as --report {_WRITING[flag]}=FILE."
    return click.option(flag, metavar="FILE", type=FileName(dir_okay=False), hidden=True, help=about)


def _parameter(flag: str) -> str:
    return flag.removeprefix("--").replace("-", "_")


def _of_older(flag: str, value: Any) -> tuple[str, str]:
    """The format and the file that an older flag means."""
    if flag == "--format":
        return str(value), "-"
    return (_PRINTING[flag], "-") if flag in _PRINTING else (_WRITING[flag], str(value))


def _distinct(asked: Iterable[_Asked]) -> list[_Asked]:
    """Without `--format text`, which asks for nothing, and without `--format json` where --json says so."""
    found = [one for one in asked if one.form != TEXT]
    as_json = any(one.flag == "--json" for one in found)
    return [one for one in found if not (as_json and (one.flag, one.form) == ("--format", "json"))]


def _check_formats(asked: Iterable[_Asked], formats: Sequence[str], *, every: bool) -> None:
    for one in asked:
        if one.form in formats:
            continue
        flag, there_are = f"--report {one.form}", f"formats are {', '.join(formats)}"
        if every:
            raise UsageError(f"{flag} does not go with --all", there_are)
        if not formats:
            raise UsageError("--report is for many accounts", "add --all")
        raise UsageError(f"{flag} is for many accounts", f"add --all; of one project, {there_are}")


def _checked(asked: Sequence[_Asked]) -> Reports:
    """UsageError for two that exclude each other, AfsyncError for a file that cannot be written, before anything is
    done; an older flag leaves the latter to the command."""
    printed = [one for one in asked if one.file == "-"]
    if len(printed) > 1:
        hint = "only one report can be printed to standard output: give the others a FILE"
        raise UsageError(f"{' and '.join(map(_shown, printed))} exclude each other", hint)
    files = tuple((one.form, one.file) for one in asked if one.file != "-")
    check_apart(file for _, file in files)
    for one in asked:
        if one.file != "-" and one.form not in SHARED and one.flag.startswith("--report"):
            check_writable(Path(one.file))
    flags = tuple((one.form, _shown(one)) for one in asked)
    if not printed:
        return Reports(TEXT, files, flags)
    return Reports(printed[0].form, files, flags, _shown(printed[0]))


def _shown(one: _Asked) -> str:
    """As it was given, without the file that it names."""
    if one.flag == "--format":
        return f"{one.flag} {one.form}"
    return f"{one.flag} -" if one.flag in _WRITING and one.file == "-" else one.flag


def check_apart(files: Iterable[str]) -> None:
    """UsageError where two documents would go into one file. A device or a pipe takes any number."""
    seen = set()
    for file in files:
        path = Path(file)
        if path.exists() and not path.is_file():
            continue
        place = os.path.realpath(path)
        if place in seen:
            raise UsageError(f"{file} is given twice", "give each report a FILE of its own")
        seen.add(place)
