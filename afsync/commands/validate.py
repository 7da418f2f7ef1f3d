"""`afsync validate`."""

from __future__ import annotations

from pathlib import Path

import click
from msgspec.structs import replace

from afsync.app.files import write_private
from afsync.app.validate import Validation, validate
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags, check_together
from afsync.commands.account_run import run
from afsync.commands.ci import publish_error, repository_prefix
from afsync.commands.console import print_report, stdout_paint
from afsync.commands.context import here
from afsync.commands.options import check_title, title_flag
from afsync.config.settings import PROJECT_FILE
from afsync.core.text import count
from afsync.errors import ConfigError, Exit, Severity, UsageError
from afsync.output.codeclimate import codeclimate
from afsync.output.markdown import problems_markdown
from afsync.output.problems import problem_block, problems_json
from afsync.output.sarif import sarif

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
    context = here()
    found = validate(context)
    if json_into is not None:
        write_private(Path(json_into), problems_json(found.problems))
    if markdown_into is not None:
        write_private(Path(markdown_into), problems_markdown(found.problems, title=title))
    if form != "text":
        written = print_report(_document(form, found, repository_prefix(context.directory)))
        if not found.valid:
            publish_error(ConfigError(found.problems))
    elif not found.valid:
        raise ConfigError(found.problems)
    else:
        written = print_report(_text(found))
    return CommandResult(written if found.valid else Exit.ERROR, problems=found.problems)


def _text(found: Validation) -> str:
    warned = "".join(f"{problem_block(warning, stdout_paint())}\n\n" for warning in found.problems)
    declared = f"{count(found.templates, 'template')} and {count(found.jobs, 'job')}"
    if found.series:
        ahead = f"{found.series} series with {count(found.occurrences, 'occurrence')} by now"
        ahead += f" (the first begins on {found.begins})" if found.begins and not found.occurrences else ""
        declared = f"{count(found.templates, 'template')}, {count(found.jobs, 'job')} and {ahead}"
    return f"{warned}{stdout_paint()('Valid.', 'green')} {declared} in {count(len(found.files), 'file')}.\n"


def _document(form: str, found: Validation, prefix: str) -> str:
    match form:
        case "json":
            return problems_json(found.problems)
        case "sarif":
            return sarif(found.problems, prefix, PROJECT_FILE)
        case "codeclimate":
            return codeclimate(found.problems, prefix, PROJECT_FILE)
        case "junit":
            # Imported here: it needs what reads XML.
            from afsync.output.junit import junit

            errors = [p for p in found.problems if p.severity is Severity.ERROR]
            return junit(errors, found.files or (PROJECT_FILE,), prefix, PROJECT_FILE)
        case _:
            raise AssertionError(form)
