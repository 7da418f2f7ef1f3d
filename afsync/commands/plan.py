"""`afsync plan`."""

from __future__ import annotations

import uuid
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct
from msgspec.structs import replace

from afsync.app.checked_plan import checked_plan, timed
from afsync.app.connection import connect
from afsync.app.files import write_private
from afsync.app.planned_files import configuration
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import check_account, read_state, warn_of_another_run
from afsync.app.remote import read_remote
from afsync.app.selection import Selection, check_addresses
from afsync.commands.account_flags import AccountFlags, account_flags, check_together, run
from afsync.commands.ci import in_github, publish_drift, publish_plan
from afsync.commands.command_result import CommandResult
from afsync.commands.context import here
from afsync.commands.options import check_title, moment, selection_flags, title_flag, with_links_flag
from afsync.commands.reports import errors_into
from afsync.commands.screen import in_block, links_shown, messages, report, stdout_paint, told
from afsync.core.plan.decision import Options
from afsync.core.plan.plan import Plan, plan_without_links
from afsync.core.workspace import Numbers
from afsync.errors import Exit, Problem, UsageError

if TYPE_CHECKING:
    from afsync.config.project import Project
    from afsync.core.state.recorded import Recorded

MOST_DETAILS = 20_000
"""Bytes of one plan in a comment on many."""
FORMATS = ("text", "json", "markdown")


class Wanted(Struct, frozen=True):
    """How to plan and where to put it. The format changes neither what is done nor the exit code."""

    form: str
    destroy: bool
    offline: bool
    refresh_only: bool
    detailed_exitcode: bool
    out: str | None
    json_into: str | None
    markdown_into: str | None
    with_links: bool
    title: str
    gitlab_report: str | None
    max_bytes: int
    at: str | None
    notify: bool


@click.command
@selection_flags
@click.option("--destroy", is_flag=True, help="Plan the removal of everything recorded.")
@click.option("--refresh-only", is_flag=True, help="Only say what changed outside of afsync.")
@click.option("--offline", is_flag=True, help="Plan against the recorded state: no key, no network.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="How to print the plan.")
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--max-bytes", default=60_000, type=click.IntRange(2_000), metavar="N", help="Size limit of Markdown.")
@title_flag
@click.option("--json-into", metavar="FILE", type=click.Path(dir_okay=False), help="Write the JSON there as well.")
@click.option("--markdown-into", metavar="FILE", type=click.Path(dir_okay=False), help="The same for Markdown.")
@with_links_flag
@click.option("--gitlab-report", metavar="FILE", type=click.Path(dir_okay=False), help="For GitLab's widget.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@click.option("--out", metavar="FILE", type=click.Path(dir_okay=False), help="Save the plan for `apply FILE`.")
@click.option("--notify", is_flag=True, help="Tell the channels of `notify` when there are changes.")
@click.option("--now", "at", metavar="TIME", help="Plan as if it were TIME (2026-12-01T09:00:00Z).")
@account_flags()
def command(as_json: bool, form: str, over: AccountFlags, **flags: Any) -> int:
    """Show what would change, and what it costs in credits.

    Reads the files, the state and the account; takes no lock, and writes nothing but the files that are asked for.
    Exits 0 whether there are changes or not, unless --detailed-exitcode is given.
    """
    names = Wanted.__struct_fields__
    wanted = Wanted(form="json" if as_json else form, **{k: v for k, v in flags.items() if k in names})
    chosen = Selection(**{k: v for k, v in flags.items() if k not in names})
    check_title(wanted.title)
    if as_json and form == "markdown":
        raise UsageError("--json and --format markdown exclude each other")
    if wanted.refresh_only and (wanted.out or wanted.destroy or wanted.gitlab_report):
        raise UsageError("--refresh-only plans nothing", "leave --out, --destroy and --gitlab-report away")
    if wanted.refresh_only and chosen != Selection(chosen.target, chosen.exclude):
        raise UsageError(
            "--refresh-only plans nothing", "leave --replace, --allow-empty, --ignore-policy and the limits away"
        )
    if wanted.out and wanted.at is not None:
        raise UsageError("--out does not go with --now", "a plan that is to be applied is made now")
    if wanted.notify and (wanted.offline or wanted.refresh_only or wanted.at is not None):
        raise UsageError(
            "--notify does not go with --offline, --refresh-only or --now",
            "channels are notified of plans that can be applied",
        )
    if wanted.offline and (wanted.out or wanted.refresh_only):
        raise UsageError("--offline does not go with --out or --refresh-only", "both need to look into the account")
    if wanted.with_links and (wanted.offline or wanted.refresh_only):
        raise UsageError("--with-links does not go with --offline or --refresh-only", "neither asks for any link")
    if over.every:
        check_together(
            json=as_json,
            format=form != "text",
            json_into=wanted.json_into,
            markdown_into=wanted.markdown_into,
            gitlab_report=wanted.gitlab_report,
            out=wanted.out,
            replace=chosen.replace,
        )
    over = replace(over, title=wanted.title)
    return run("plan", over, lambda: plan_here(chosen, wanted), reads_only=not wanted.notify)


def plan_here(chosen: Selection, wanted: Wanted) -> CommandResult:
    """Plan the project in this directory, and print the plan."""
    with errors_into(wanted.markdown_into, wanted.title, "plan", wanted.max_bytes):
        project = load_project(here())
        if wanted.refresh_only:
            return _refresh_only(project, wanted, chosen)
        plan, calendar = make(project, chosen, wanted)
        if wanted.notify:
            from afsync.app.notifications import notify_plan

            plan = notify_plan(here(), project, plan, wanted.title)
        if wanted.out is not None:
            save(plan, project, chosen.options(destroy=wanted.destroy), Path(wanted.out))
        return planned(plan, _tell(plan, project, wanted, calendar), calendar, with_links=wanted.with_links)


def planned(plan: Plan, code: int, calendar: tuple[str, ...] = (), *, with_links: bool = False) -> CommandResult:
    """The plan, for a report over many accounts."""
    if not in_block():
        return CommandResult(code)
    from afsync.output.plan_markdown import plan_markdown

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


def make(project: Project, chosen: Selection, wanted: Wanted) -> tuple[Plan, tuple[str, ...]]:
    """Read and plan; and the weeks of what it moves, where a comment is written. Nothing is written here."""
    options = chosen.options(destroy=wanted.destroy)
    now = moment(wanted.at) if wanted.at is not None else here().now()
    recorded, _ = read_state(here(), project)
    warn_of_another_run(here(), project)
    project = at_moment(here(), project, recorded, now)
    check_addresses(here(), chosen, project.desired, recorded)
    limits = chosen.limits(project.desired.limits)
    if wanted.offline:
        from afsync.core.plan.lookups import NOT_CHECKED, remote_as_recorded

        plan = checked_plan(
            here(), project, recorded, remote_as_recorded(recorded, project.desired), now, options, limits
        )
        plan = replace(plan, notices=(NOT_CHECKED, *plan.notices))
        return plan, _calendar(plan, project, recorded, wanted)
    service = connect(here(), project, writes=False, silent=wanted.form == "json")
    links = links_shown(wanted.with_links, machine=wanted.form != "text")
    remote = read_remote(here(), project, recorded, service, now, links=links)
    check_account(project, recorded, remote)
    plan = checked_plan(here(), project, recorded, remote, now, options, limits)
    return plan, _calendar(plan, project, recorded, wanted)


def _calendar(plan: Plan, project: Project, recorded: Recorded, wanted: Wanted) -> tuple[str, ...]:
    if wanted.form != "markdown" and not wanted.markdown_into and not in_github():
        return ()
    from afsync.commands.plan_calendar import moved_weeks

    return moved_weeks(project, recorded, plan)


def save(plan: Plan, project: Project, options: Options, file: Path) -> None:
    """Write the plan, bound to everything it was made from; 0600, the old file or the new one whatever happens."""
    from afsync.core.plan.saved_plan import NO_NOTICE, SavedPlan, expiry
    from afsync.output.plan_file import encode_plan_file

    notice = None if options.ignore_policy else project.policy.min_lead
    saved = SavedPlan(
        id=str(uuid.uuid4()),
        plan=plan,
        fingerprint=plan.fingerprint,
        options=options,
        configuration=configuration(project),
        created_at=plan.as_of,
        expires_at=expiry(plan, notice or NO_NOTICE),
    )
    write_private(file, encode_plan_file(saved))


def _tell(plan: Plan, project: Project, wanted: Wanted, calendar: tuple[str, ...]) -> int:
    from afsync.output.github import gitlab_report

    # What is written may be posted where others read it; what is on this screen is not.
    shared = plan if wanted.with_links else plan_without_links(plan)
    if wanted.json_into:
        write_private(Path(wanted.json_into), document(shared, "json", wanted))
    if wanted.markdown_into:
        write_private(Path(wanted.markdown_into), document(shared, "markdown", wanted, calendar))
    if wanted.gitlab_report:
        write_private(Path(wanted.gitlab_report), gitlab_report(plan))
    screen = report()
    screen(document(plan, wanted.form, wanted, calendar))
    if wanted.out and wanted.form == "text":
        messages()(f"\nSaved to {wanted.out}; it holds for a day at the most, and once: afsync apply {wanted.out}\n")
    publish_plan(shared, project.root, wanted.title, calendar)
    if told(screen):
        return Exit.ERROR
    return Exit.CHANGES if wanted.detailed_exitcode and plan.changes else Exit.OK


def document(plan: Plan, form: str, wanted: Wanted, calendar: tuple[str, ...] = ()) -> str:
    """The plan in one of the formats."""
    match form:
        case "json":
            from afsync.output.plan_json import plan_json

            return plan_json(plan)
        case "markdown":
            from afsync.output.plan_markdown import plan_markdown

            return plan_markdown(plan, wanted.max_bytes, wanted.title, calendar)
        case _:
            from afsync.output.plan_text import plan_text

            return plan_text(plan, stdout_paint())


def _refresh_only(project: Project, wanted: Wanted, chosen: Selection) -> CommandResult:
    """What changed outside; the files are not looked at beyond which account they mean."""
    from afsync.core.drift import differences

    found = _drift(project, wanted, chosen)
    if wanted.json_into:
        write_private(Path(wanted.json_into), _drift_document(found, "json", wanted))
    if wanted.markdown_into:
        write_private(Path(wanted.markdown_into), _drift_document(found, "markdown", wanted))
    screen = report()
    screen(_drift_document(found, wanted.form, wanted))
    publish_drift(found, project.root, wanted.title)
    drifted = bool(differences(found))
    code = Exit.CHANGES if wanted.detailed_exitcode and drifted else Exit.OK
    return CommandResult(Exit.ERROR if told(screen) else code, problems=found, changes=drifted)


def _drift(project: Project, wanted: Wanted, chosen: Selection) -> tuple[Problem, ...]:
    from afsync.config.times import parse_zone
    from afsync.core.decisions.new_submissions import LOOKALIKE_AGE
    from afsync.core.drift import find_drift, find_undeclared
    from afsync.core.plan.selection import selected

    now = moment(wanted.at) if wanted.at is not None else here().now()
    recorded, _ = read_state(here(), project)
    project = at_moment(here(), project, recorded, now)
    check_addresses(here(), chosen, project.desired, recorded)
    service = connect(here(), project, writes=False, silent=wanted.form == "json")
    options = timed(here(), chosen.options(), project)
    since = None if options.exclusive is False or options.target else now - LOOKALIKE_AGE
    remote = read_remote(here(), project, recorded, service, now, since=since)
    check_account(project, recorded, remote)
    written = project.settings.timezone
    found = find_drift(recorded, remote, now, parse_zone(written) if written else UTC)
    if since is not None:
        found += find_undeclared(project.desired, recorded, remote, now, options)
    chosen_ones = (p for p in found if selected(options, p.address or ""))
    return tuple(replace(p, location=project.locate(p.address or "")) for p in chosen_ones)


def _drift_document(found: tuple[Problem, ...], form: str, wanted: Wanted) -> str:
    match form:
        case "json":
            from afsync.output.problems import problems_json

            return problems_json(found)
        case "markdown":
            from afsync.output.drift import drift_markdown

            return drift_markdown(found, wanted.max_bytes, wanted.title)
        case _:
            from afsync.output.drift import drift_text

            return drift_text(found, stdout_paint())
