"""Reports over many accounts: in files, on stdout, and where CI looks."""

from __future__ import annotations

from pathlib import Path

from afsync import cli
from afsync.app.files import write_private
from afsync.commands.ci import append_output, append_summary, in_github, repository_prefix
from afsync.commands.console import messages, report, report_code, stdout_paint
from afsync.commands.reports import Reports
from afsync.config.workspace import WORKSPACE_FILE
from afsync.core.workspace import Overall, total, worst
from afsync.errors import AfsyncError, Problem, Severity
from afsync.output.codeclimate import codeclimate
from afsync.output.overall_json import overall_json
from afsync.output.overall_markdown import overall_markdown
from afsync.output.overall_text import overall_text
from afsync.output.sarif import sarif


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
            # Imported here: it needs the XML writer.
            from afsync.output.junit import junit

            wrong = [p for p in _problems(overall) if p.severity is Severity.ERROR]
            return junit(wrong, (WORKSPACE_FILE,), repository_prefix(root), WORKSPACE_FILE)
        case _:
            raise AssertionError(form)


def _problems(overall: Overall) -> list[Problem]:
    return [*overall.problems, *(p for result in overall.results for p in result.problems)]


def publish_overall(overall: Overall) -> None:
    """In GitHub Actions: one step summary for all accounts, and outputs that are sums. Elsewhere nothing."""
    if not in_github():
        return
    append_summary(overall_markdown(overall))
    summed = total(overall.results)
    values = {
        "has_changes": "true" if any(r.changes for r in overall.results) else "false",
        "add": summed.add or 0,
        "change": summed.change or 0,
        "destroy": summed.destroy or 0,
        "credits": summed.credits or 0,
        "blocked": "true" if overall.problems or any(r.blocked for r in overall.results) else "false",
    }
    append_output("".join(f"{name}={value}\n" for name, value in values.items()))
