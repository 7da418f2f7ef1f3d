"""`afsync apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from afsync.app.preparation import ApplyRequest
from afsync.app.selection import Selection
from afsync.commands.account_flags import AccountFlags, account_flags, check_together
from afsync.commands.apply_report import ApplyFlags
from afsync.commands.apply_screen import apply_here
from afsync.commands.options import (
    FileName,
    auto_approve_flag,
    check_title,
    fail_fast_flag,
    lock_timeout_flag,
    selection_flags,
    title_flag,
)
from afsync.commands.report_flags import Reports, report_flags
from afsync.core.plan.facts import Options
from afsync.errors import UsageError


@click.command
@click.argument("planfile", required=False, type=FileName())
@selection_flags
@click.option("--expect", metavar="FINGERPRINT", help="Refuse any plan but the one that was reviewed.")
@click.option("--destroy", is_flag=True, help="Remove everything recorded.")
@click.option("--due", is_flag=True, help="Only publish `held` jobs whose time has come.")
@auto_approve_flag
@report_flags("apply", "Print one JSON object a line.")
@title_flag
@fail_fast_flag
@click.option(
    "--account",
    multiple=True,
    metavar="ID",
    help="Refuse any account but this one (the emulator and loopback are not checked); with --all: only accounts of "
    "these names, as globs.",
)
@lock_timeout_flag
@account_flags(own_account=True, own_fail_fast=True)
def command(
    over: AccountFlags,
    planfile: str | None,
    account: tuple[str, ...],
    auto_approve: bool,
    reports: Reports,
    **given: Any,
) -> int:
    """Make the account what the files say: shows the plan, asks, and does exactly that.

    What was done is on disk before it is printed, so it can be stopped at any moment and run again. Exits 0 when all
    was done, 1 when a change failed, 3 when a submission is unresolved, 4 when a limit or a guard held something back.

    With PLANFILE (from `afsync plan --out`) it does what was reviewed or refuses with 6; it does not ask then.
    """
    asked = {name: given.pop(name) for name in ("expect", "destroy", "due", "title", "fail_fast", "lock_timeout")}
    request = ApplyRequest(Selection(**given), **asked)
    flags = ApplyFlags(request, auto_approve, reports, planfile)
    check_title(request.title)
    _check_planfile(planfile)
    _check_together(flags)
    over = replace(over, account=account, fail_fast=request.fail_fast, title=request.title)
    if over.every:
        _check_over_all(flags)
        # Imported here: a single account needs neither threads nor reports.
        from afsync.commands.apply_all import apply_all

        # The title is that of the report on all of them; each account is notified of under its own name.
        return apply_all(over, replace(flags, request=replace(request, title="")))
    over.check_alone(account=True, fail_fast=True)
    if len(account) > 1:
        raise UsageError("--account names one account", "give it once; several go with --all")
    return apply_here(replace(flags, request=replace(request, account=account[0] if account else None))).code


def _check_together(flags: ApplyFlags) -> None:
    request, planned = flags.request, flags.plan_file is not None
    if planned and (request.destroy or request.selection.options() != Options()):
        raise UsageError("a saved plan has its own selection", "give --target and the like to `afsync plan --out`")
    if request.due and (planned or request.destroy or request.expect is not None):
        raise UsageError("--due does nothing else", "leave out the plan file, --destroy and --expect")


def _check_over_all(flags: ApplyFlags) -> None:
    check_together(
        "apply",
        expect=flags.request.expect,
        destroy=flags.request.destroy,
        replace=flags.request.selection.replace,
    )
    if flags.plan_file is not None:
        raise UsageError("a saved plan is of one account", "leave out the plan file, or --all")


def _check_planfile(name: str | None) -> None:
    """An address in its place is an easy slip."""
    if name is not None and name.startswith(("job.", "template.")) and not Path(name).exists():
        raise UsageError(f"there is no plan file {name}", f"to apply only that: `--target {name}`")
