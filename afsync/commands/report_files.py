"""Reports over many accounts: in files, on stdout, and where CI looks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from afsync.app.files import check_writable, write_private
from afsync.commands.ci import append_output, append_summary, in_github, repository_prefix
from afsync.config.workspace import WORKSPACE_FILE
from afsync.core.workspace import Overall, total
from afsync.errors import AfsyncError, Problem, Severity, UsageError
from afsync.output.codeclimate import codeclimate
from afsync.output.overall_json import overall_json
from afsync.output.overall_markdown import overall_markdown
from afsync.output.sarif import sarif


def check_reports(reports: Sequence[tuple[str, str]]) -> None:
    """Raises where one could not be written, as far as that is known before anything is done."""
    files = [file for _, file in reports]
    if files.count("-") > 1:
        raise UsageError("only one report can be printed at a time", "give the others a FILE")
    for file in files:
        if file != "-":
            check_writable(Path(file))


def write_reports(
    overall: Overall, reports: Sequence[tuple[str, str]], root: Path
) -> tuple[str | None, list[AfsyncError]]:
    """Write each into its file. Returns the one that is to be printed, if any is, and why others were not written."""
    printed, unwritten = None, []
    for form, file in reports:
        text = document(overall, form, root)
        if file == "-":
            printed = text
            continue
        try:
            write_private(Path(file), text)
        except AfsyncError as error:
            unwritten.append(error)
    return printed, unwritten


def document(overall: Overall, form: str, root: Path) -> str:
    """The report in one of the formats."""
    match form:
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
