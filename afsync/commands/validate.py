"""`afsync validate`."""

from __future__ import annotations

import click
from msgspec.structs import replace

from afsync.app.validate import Validation, validate
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags
from afsync.commands.account_run import run
from afsync.commands.ci import publish_error, repository_prefix
from afsync.commands.console import print_report, stdout_paint
from afsync.commands.context import here
from afsync.commands.options import check_title, title_flag
from afsync.commands.report_flags import TEXT, Reports, report_flags
from afsync.config.files import PROJECT_FILE
from afsync.core.text import count
from afsync.errors import ConfigError, Exit, Severity
from afsync.output.markdown import problems_markdown
from afsync.output.problem_reports import codeclimate, junit, sarif
from afsync.output.problems import problem_block, problems_json


@click.command
@report_flags("validate")
@title_flag
@account_flags()
def command(reports: Reports, title: str, over: AccountFlags) -> int:
    """Check everything, offline.

    Reads afsync.yaml and all it includes, and reports every problem of every file in one go. Needs no key. Exits 1
    when there are errors, whatever the format.
    """
    check_title(title)
    return run("validate", replace(over, title=title), lambda: _validate(reports, title))


def _validate(reports: Reports, title: str) -> CommandResult:
    """Check the project in this directory, and print what is wrong."""
    context = here()
    found = validate(context)

    def text_of(form: str) -> str:
        return _document(form, found, repository_prefix(context.directory), title)

    reports.write(text_of)
    if reports.printed != TEXT:
        written = print_report(text_of(reports.printed))
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


def _document(form: str, found: Validation, prefix: str, title: str) -> str:
    match form:
        case "json":
            return problems_json(found.problems)
        case "markdown":
            return problems_markdown(found.problems, title=title)
        case "sarif":
            return sarif(found.problems, prefix, PROJECT_FILE)
        case "codeclimate":
            return codeclimate(found.problems, prefix, PROJECT_FILE)
        case "junit":
            errors = [p for p in found.problems if p.severity is Severity.ERROR]
            return junit(errors, found.files or (PROJECT_FILE,), prefix, PROJECT_FILE)
        case _:
            raise AssertionError(form)
