"""What is printed and written of a plan, or of what changed outside: on the screen, into files, for CI."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from afsync.app.files import read_text, write_private
from afsync.commands.account_flags import CommandResult
from afsync.commands.ci import append_output, append_summary, in_github, publish_problems
from afsync.commands.console import in_block, messages, report, report_code, stdout_paint
from afsync.commands.report_flags import TEXT, Reports
from afsync.core.account_results import Numbers
from afsync.core.drift import differences
from afsync.core.plan.plan import Plan, plan_without_links
from afsync.errors import AfsyncError, ConfigError, Exit, Problem, Severity
from afsync.output.ci_formats import GITLAB_NO_PLAN, gitlab_report, outputs
from afsync.output.drift import drift_markdown, drift_text
from afsync.output.json_text import json_text
from afsync.output.markdown import error_markdown
from afsync.output.plan_file import read_plan_file
from afsync.output.plan_json import plan_json
from afsync.output.plan_markdown import plan_markdown
from afsync.output.plan_text import plan_text
from afsync.output.problems import problems_json
from afsync.output.values import iso

MOST_DETAILS = 20_000
"""Bytes of one plan in a comment on many."""


class PlanFlags(Struct, frozen=True):
    """How to plan and where to put it. The format changes neither what is done nor the exit code."""

    reports: Reports = Reports()
    destroy: bool = False
    offline: bool = False
    refresh_only: bool = False
    detailed_exitcode: bool = False
    out: str | None = None
    with_links: bool = False
    title: str = ""
    max_bytes: int = 60_000
    at: str | None = None
    notify: bool = False


def report_plan(plan: Plan, root: Path, flags: PlanFlags, calendar: tuple[str, ...]) -> CommandResult:
    """Print the plan and write what was asked for. `calendar`: weeks for a comment."""
    # What is written may be posted where others read it; what is on this screen is not.
    shared = plan if flags.with_links else plan_without_links(plan)
    flags.reports.write(lambda form: document(shared, form, flags, calendar))
    screen = report()
    screen(document(plan, flags.reports.printed, flags, calendar))
    if flags.out and flags.reports.printed == TEXT:
        messages()(f"\nSaved to {flags.out}; it holds for a day at the most, and once: afsync apply {flags.out}\n")
    publish_plan(shared, root, flags.title, calendar)
    code = Exit.CHANGES if flags.detailed_exitcode and plan.changes else Exit.OK
    return _result(plan, Exit.ERROR if report_code(screen) else code, calendar, with_links=flags.with_links)


@contextmanager
def errors_reported(flags: PlanFlags) -> Iterator[None]:
    """What ends a plan early is in every report before it is raised, so that no earlier plan is read in its place."""
    try:
        yield
    except AfsyncError as error:
        for form, file in flags.reports.files:
            with suppress(AfsyncError):
                write_private(Path(file), _error_document(error, form, flags))
        if flags.reports.printed != TEXT:
            report()(_error_document(error, flags.reports.printed, flags))
        raise


def _error_document(error: AfsyncError, form: str, flags: PlanFlags) -> str:
    match form:
        case "json":
            stopped = Problem("stopped", error.message, error.hint)
            return problems_json(error.problems if isinstance(error, ConfigError) else (stopped,))
        case "gitlab":
            return GITLAB_NO_PLAN
        case _:
            return error_markdown(error, flags.max_bytes, flags.title, "plan")


def _result(plan: Plan, code: int, calendar: tuple[str, ...], *, with_links: bool) -> CommandResult:
    """The plan, for a report over many accounts."""
    if not in_block():
        return CommandResult(code)
    s, shared = plan.summary, plan if with_links else plan_without_links(plan)
    return CommandResult(
        code,
        Numbers(s.add, s.change, s.destroy, plan.spend, plan.balance),
        (*plan.blocking, *plan.violations, *plan.notices),
        plan_markdown(shared, MOST_DETAILS, calendar=calendar) if plan.changes or plan.violations else "",
        changes=bool(plan.changes),
        blocked=bool(plan.blocking or plan.violations),
        fingerprint=plan.fingerprint,
    )


def document(plan: Plan, form: str, flags: PlanFlags, calendar: tuple[str, ...] = ()) -> str:
    """The plan in one of the formats."""
    match form:
        case "json":
            return plan_json(plan)
        case "markdown":
            return plan_markdown(plan, flags.max_bytes, flags.title, calendar)
        case "gitlab":
            return gitlab_report(plan)
        case _:
            return plan_text(plan, stdout_paint())


def saved_plan_document(path: Path, *, as_json: bool) -> str:
    """A saved plan, for people or as the document that it is. PlanStale for what `plan --out` did not write."""
    saved, written = read_plan_file(read_text(path), str(path))
    if as_json:
        return json_text(written)
    until = f"Saved at {iso(saved.created_at)}; can be applied until {iso(saved.expires_at)}, once."
    return f"{plan_text(saved.plan, stdout_paint())}\n{until}\n"


def report_drift(found: tuple[Problem, ...], root: Path, flags: PlanFlags) -> CommandResult:
    """Print what changed outside and write what was asked for."""
    flags.reports.write(lambda form: _drift_document(found, form, flags))
    screen = report()
    screen(_drift_document(found, flags.reports.printed, flags))
    _publish_drift(found, root, flags.title)
    drifted = bool(differences(found))
    code = Exit.CHANGES if flags.detailed_exitcode and drifted else Exit.OK
    return CommandResult(Exit.ERROR if report_code(screen) else code, problems=found, changes=drifted)


def _drift_document(found: tuple[Problem, ...], form: str, flags: PlanFlags) -> str:
    match form:
        case "json":
            return problems_json(found)
        case "markdown":
            return drift_markdown(found, flags.max_bytes, flags.title)
        case _:
            return drift_text(found, stdout_paint())


def publish_plan(plan: Plan, root: Path, title: str = "", calendar: Sequence[str] = ()) -> None:
    """In GitHub Actions: the step summary, the outputs, and annotations. Elsewhere nothing."""
    if not in_github():
        return

    append_summary(plan_markdown(plan, title=title, calendar=calendar))
    append_output(outputs(plan))
    publish_problems((*plan.blocking, *plan.violations, *_warnings(plan)), root)


def _publish_drift(found: Sequence[Problem], root: Path, title: str = "") -> None:
    """In GitHub Actions: what changed outside in the step summary, how much as an output, and annotations."""
    if not in_github():
        return

    append_summary(drift_markdown(found, title=title))
    append_output(f"drift={differences(found)}\n")
    publish_problems(found, root)


def _warnings(plan: Plan) -> list[Problem]:
    return [n for n in plan.notices if n.severity is Severity.WARNING]
