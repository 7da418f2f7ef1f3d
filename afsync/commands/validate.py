"""`afsync validate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from msgspec.structs import replace

from afsync.app.files import write_private
from afsync.app.project import at_moment, load_project
from afsync.commands.account_flags import AccountFlags, account_flags, check_together, run
from afsync.commands.ci import publish_error, publish_problems, repository_prefix
from afsync.commands.command_result import CommandResult
from afsync.commands.context import here
from afsync.commands.options import check_title, title_flag
from afsync.commands.screen import stdout_paint, tell
from afsync.errors import ConfigError, Exit, Problem, Severity, UsageError

FORMATS = ("text", "json", "sarif", "codeclimate", "junit")


@click.command
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to print the problems.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--json-into", metavar="FILE", type=click.Path(dir_okay=False), help="Write the JSON there as well.")
@click.option("--markdown-into", metavar="FILE", type=click.Path(dir_okay=False), help="The same for Markdown.")
@title_flag
@account_flags()
def command(
    form: str, as_json: bool, json_into: str | None, markdown_into: str | None, title: str, over: AccountFlags
) -> int:
    """Check everything, offline.

    Reads afsync.yaml and all it includes, and reports every problem of every file in one go. Needs no key. Exits 1
    when there are errors, whatever the format.
    """
    check_title(title)
    if as_json and form not in ("text", "json"):
        raise UsageError(f"--json and --format {form} exclude each other")
    form = "json" if as_json else form
    if over.every:
        check_together(format=form != "text", json_into=json_into, markdown_into=markdown_into)
    return run("validate", replace(over, title=title), lambda: _validate(form, json_into, markdown_into, title))


def _validate(form: str, json_into: str | None, markdown_into: str | None, title: str) -> CommandResult:
    """Check the project in this directory, and print what is wrong."""
    from afsync.output.problems import problems_json

    said, problems, files, failed = _checked()
    if json_into is not None:
        write_private(Path(json_into), problems_json(problems))
    if markdown_into is not None:
        from afsync.output.markdown import problems_markdown

        write_private(Path(markdown_into), problems_markdown(problems, title=title))
    if form != "text":
        written = tell(_document(form, problems, files))
        if failed is not None:
            publish_error(failed)
    elif failed is not None:
        raise failed
    else:
        written = tell(said)
    return CommandResult(written if failed is None else Exit.ERROR, problems=problems)


def _checked() -> tuple[str, tuple[Problem, ...], tuple[str, ...], ConfigError | None]:
    """What to say, what is wrong, which files were read, and the error to be raised in the end."""
    from afsync.core.text import count
    from afsync.output.problems import problem_block

    try:
        project = load_project(here())
        templates, jobs = len(project.desired.templates), len(project.desired.jobs)
        if project.calendar is not None:
            from afsync.core.state.recorded import Recorded

            project = at_moment(here(), project, Recorded(project.settings.lineage or ""), here().now())
            project = replace(project, warnings=tuple(map(_stateless, project.warnings)))
    except ConfigError as error:
        return "", error.problems, (), error
    if project.warnings:
        publish_problems(project.warnings, here().directory)
    warned = "".join(f"{problem_block(warning, stdout_paint())}\n\n" for warning in project.warnings)
    declared = f"{count(templates, 'template')} and {count(jobs, 'job')}"
    if (found := project.occurrences) is not None and found.series:
        ahead = f"{found.series} series with {count(found.declared, 'occurrence')} by now"
        ahead += f" (the first begins on {found.begins})" if found.begins and not found.declared else ""
        declared = f"{count(templates, 'template')}, {count(jobs, 'job')} and {ahead}"
    counted = f"{declared} in {count(len(project.files), 'file')}"
    said = f"{warned}{stdout_paint()('Valid.', 'green')} {counted}.\n"
    return said, project.warnings, tuple(f.path for f in project.files), None


def _stateless(problem: Problem) -> Problem:
    """What only the state could decide is a note here: a row whose time has passed may have been submitted."""
    return replace(problem, severity=Severity.NOTE) if problem.code == "row_passed" else problem


def _document(form: str, problems: Sequence[Problem], files: Sequence[str]) -> str:
    from afsync.config.project import PROJECT_FILE
    from afsync.output.codeclimate import codeclimate
    from afsync.output.junit import junit
    from afsync.output.problems import problems_json
    from afsync.output.sarif import sarif

    prefix = repository_prefix(here().directory)
    match form:
        case "json":
            return problems_json(problems)
        case "sarif":
            return sarif(problems, prefix, PROJECT_FILE)
        case "codeclimate":
            return codeclimate(problems, prefix, PROJECT_FILE)
        case "junit":
            return junit(
                [p for p in problems if p.severity is Severity.ERROR], files or (PROJECT_FILE,), prefix, PROJECT_FILE
            )
        case _:
            raise AssertionError(form)
