"""`afsync plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from afsync.app.context import Context
from afsync.app.files import write_private
from afsync.app.plan import Planned, PlanRequest, drift, plan, saved_plan
from afsync.app.project import load_project
from afsync.app.selection import Selection
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags, check_together
from afsync.commands.account_run import run
from afsync.commands.ci import in_github
from afsync.commands.console import links_shown
from afsync.commands.context import here, keep_until_exit
from afsync.commands.options import (
    FileName,
    check_title,
    moment,
    now_flag,
    selection_flags,
    title_flag,
    with_links_flag,
)
from afsync.commands.plan_report import PlanFlags, errors_reported, report_drift, report_plan
from afsync.commands.report_flags import TEXT, check_apart, report_flags
from afsync.config.project import LoadedProject
from afsync.errors import UsageError
from afsync.output.plan_file import encode_plan_file


@click.command
@selection_flags
@click.option("--destroy", is_flag=True, help="Plan the removal of everything recorded.")
@click.option("--refresh-only", is_flag=True, help="Only say what changed outside of afsync.")
@click.option("--offline", is_flag=True, help="Plan against the recorded state: no key, no network.")
@report_flags("plan")
@click.option("--max-bytes", default=60_000, type=click.IntRange(2_000), metavar="N", help="Size limit of Markdown.")
@title_flag
@with_links_flag
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes.")
@click.option("--out", metavar="FILE", type=FileName(dir_okay=False), help="Save the plan for `apply FILE`.")
@click.option("--notify", is_flag=True, help="Tell the channels of `notify` when there are changes.")
@now_flag("Plan")
@account_flags()
def command(over: AccountFlags, **given: Any) -> int:
    """Show what would change, and what it costs in credits.

    Reads the files, the state and the account; takes no lock, and writes nothing but the files that are asked for.
    Exits 0 whether there are changes or not, unless --detailed-exitcode is given.
    """
    names = PlanFlags.__struct_fields__
    flags = PlanFlags(**{k: v for k, v in given.items() if k in names})
    chosen = Selection(**{k: v for k, v in given.items() if k not in names})
    check_title(flags.title)
    _check_flags(flags, chosen)
    if over.every:
        check_together("plan", out=flags.out, replace=chosen.replace)
    over = replace(over, title=flags.title)
    return run("plan", over, lambda: plan_here(chosen, flags), reads_only=not flags.notify)


def _check_flags(flags: PlanFlags, chosen: Selection) -> None:
    given = {"--out": flags.out, "--destroy": flags.destroy, **dict.fromkeys(flags.reports.flags_of("gitlab"), True)}
    if flags.refresh_only and (wrong := [flag for flag, value in given.items() if value]):
        raise UsageError("--refresh-only plans nothing", f"leave out {' and '.join(wrong)}")
    if flags.out:
        check_apart([flags.out, *(file for _, file in flags.reports.files)])
    if flags.refresh_only and chosen != Selection(chosen.target, chosen.exclude):
        raise UsageError(
            "--refresh-only plans nothing", "leave out --replace, --allow-empty, --ignore-policy and the limits"
        )
    if flags.out and flags.at is not None:
        raise UsageError("--out does not go with --now", "a plan that is to be applied is made now")
    if flags.notify and (flags.offline or flags.refresh_only or flags.at is not None):
        raise UsageError(
            "--notify does not go with --offline, --refresh-only or --now",
            "channels are notified of plans that can be applied",
        )
    if flags.offline and (flags.out or flags.refresh_only):
        raise UsageError("--offline does not go with --out or --refresh-only", "both need to look into the account")
    if flags.with_links and (flags.offline or flags.refresh_only):
        raise UsageError("--with-links does not go with --offline or --refresh-only", "neither asks for any link")


def plan_here(chosen: Selection, flags: PlanFlags) -> CommandResult:
    """Plan the project in this directory, and print the plan."""
    context = here()
    with errors_reported(flags):
        project = load_project(context)
        at = moment(flags.at) if flags.at is not None else None
        quiet = flags.reports.printed == "json"
        if flags.refresh_only:
            return report_drift(drift(context, project, chosen, at=at, quiet=quiet), project.root, flags)
        request = PlanRequest(
            chosen,
            destroy=flags.destroy,
            offline=flags.offline,
            at=at,
            links=links_shown(flags.with_links, machine=flags.reports.printed != TEXT),
            quiet=quiet,
        )
        planned = plan(context, project, request)
        keep_until_exit(planned)
        calendar = _calendar(planned, flags)
        if flags.notify:
            planned = _notified(context, project, planned, flags)
        if flags.out is not None:
            write_private(Path(flags.out), encode_plan_file(saved_plan(planned)))
        return report_plan(planned.plan, project.root, flags, calendar)


def _notified(context: Context, project: LoadedProject, planned: Planned, flags: PlanFlags) -> Planned:
    title = flags.title if context.workspace is None else ""  # that of many is not the name of one
    # Imported here: most plans notify no channel.
    from afsync.app.notifications import notify_plan

    return replace(planned, plan=notify_plan(context, project, planned.plan, title))


def _calendar(planned: Planned, flags: PlanFlags) -> tuple[str, ...]:
    """The weeks of what the plan moves, where a comment is written."""
    if not flags.reports.wants("markdown") and not in_github():
        return ()
    # Imported here: most plans are shown without it.
    from afsync.app.calendar import moved_weeks

    return moved_weeks(planned.project, planned.recorded, planned.plan)
