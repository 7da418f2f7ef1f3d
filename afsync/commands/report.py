"""Reports over many accounts: in files, on stdout, and where CI looks; and `afsync report merge`."""

from __future__ import annotations

from pathlib import Path

import click

from afsync import cli
from afsync.app.files import read_text, write_private
from afsync.commands.ci import append_output, append_summary, in_github, repository_prefix
from afsync.commands.console import messages, report, report_code, stdout_paint
from afsync.commands.options import FileName, check_title, title_flag
from afsync.commands.report_flags import Reports, report_flags
from afsync.config.workspace import WORKSPACE_FILE
from afsync.core.account_results import Overall, worst
from afsync.errors import AfsyncError, Exit, Problem, Severity, UsageError
from afsync.output.account_results import overall_json, overall_markdown, overall_text, read_overall
from afsync.output.ci_formats import outputs_of_all
from afsync.output.problem_reports import codeclimate, junit, sarif

ONE_RUN = "merge those of one run"


@click.group
def command() -> None:
    """Reports over many accounts."""


@command.command
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=FileName(dir_okay=False))
@report_flags("report merge", json_help=None)
@title_flag
def merge(files: tuple[str, ...], reports: Reports, title: str) -> int:
    """Put the reports of all shards together, as if it had been one run.

    Each FILE is what `--report json=FILE` wrote. Exits with the worst code of all; a shard without a
    report is an error.
    """
    check_title(title)
    parts = [read_overall(read_text(Path(name)), name) for name in files]
    return tell_overall(merged(parts, title), reports, Path())


def merged(parts: list[Overall], title: str) -> Overall:
    """One report of several. UsageError where they are of different commands."""
    commands = sorted({p.command for p in parts})
    if len(commands) > 1:
        raise UsageError(f"these are reports of {' and '.join(commands)}", "merge those of one command")
    results = sorted((r for p in parts for r in p.results), key=lambda r: r.account)
    shards = [shard for part in parts for shard in part.shards]
    problems = [*(q for p in parts for q in p.problems), *_missing(shards), *_twice([r.account for r in results])]
    own = [p.own_code for p in parts]
    if len(problems) > sum(len(p.problems) for p in parts):
        own.append(Exit.ERROR)
    return Overall(commands[0], tuple(results), (), tuple(problems), worst(own), title or parts[0].title)


def _missing(shards: list[str]) -> list[Problem]:
    """The shards of which there is no report: what was done in their accounts is unknown."""
    counts = {shard.partition("/")[2] for shard in shards}
    if len(counts) > 1:
        text = f"the reports are of {' and of '.join(sorted(counts))} shards"
        return [Problem("shards_differ", text, ONE_RUN)]
    wanted = [f"{n}/{count}" for count in counts for n in range(1, int(count) + 1)]
    hint = "see the log of that job: the outcome of its accounts is unknown here"
    missing = [Problem("shard_missing", f"there is no report of shard {s}", hint) for s in wanted if s not in shards]
    twice = [s for s in wanted if shards.count(s) > 1]
    return missing + [Problem("shard_twice", f"there are several reports of shard {s}", ONE_RUN) for s in twice]


def _twice(accounts: list[str]) -> list[Problem]:
    twice = sorted({name for name in accounts if accounts.count(name) > 1})
    return [
        Problem("account_twice", f"`{name}` is in more than one report", "merge those of one run") for name in twice
    ]


def tell_overall(overall: Overall, reports: Reports, root: Path) -> int:
    """Print the table, or a report in its place, and write every report that was asked for, whatever happens to the
    others. Returns the exit code."""
    codes = []
    for form, file in reports.files:
        text = document(overall, form, root)
        try:
            write_private(Path(file), text)
        except AfsyncError as error:
            codes.append(cli.failed(error, lambda text: messages()(f"{text}\n")))
    screen = report()
    screen(document(overall, reports.printed, root))
    publish_overall(overall)
    return worst([overall.exit_code, report_code(screen), *codes])


def document(overall: Overall, form: str, root: Path) -> str:
    """The report in one of the formats."""
    match form:
        case "text":
            return overall_text(overall, stdout_paint())
        case "json":
            return overall_json(overall)
        case "markdown":
            return overall_markdown(overall)
        case "sarif":
            return sarif(_problems(overall), repository_prefix(root), WORKSPACE_FILE)
        case "codeclimate":
            return codeclimate(_problems(overall), repository_prefix(root), WORKSPACE_FILE)
        case "junit":
            wrong = [p for p in _problems(overall) if p.severity is Severity.ERROR]
            return junit(wrong, (WORKSPACE_FILE,), repository_prefix(root), WORKSPACE_FILE)
        case _:
            raise AssertionError(form)


def _problems(overall: Overall) -> list[Problem]:
    return [*overall.problems, *(p for result in overall.results for p in result.problems)]


def publish_overall(overall: Overall) -> None:
    """In GitHub Actions: one step summary for all accounts, and the outputs. Elsewhere nothing."""
    if not in_github():
        return
    append_summary(overall_markdown(overall))
    append_output(outputs_of_all(overall))
