"""`afsync apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from afsync.app.selection import Selection
from afsync.commands.account_flags import AccountFlags, account_flags, check_together
from afsync.commands.applying import apply
from afsync.commands.options import auto_approve_flag, check_title, lock_timeout_flag, selection_flags, title_flag
from afsync.commands.preparing import Apply
from afsync.core.plan.decision import Options
from afsync.errors import UsageError


@click.command
@click.argument("planfile", required=False, type=click.Path())
@selection_flags
@click.option("--expect", metavar="FINGERPRINT", help="Refuse any plan but the one that was reviewed.")
@click.option("--destroy", is_flag=True, help="Remove everything recorded.")
@click.option("--due", is_flag=True, help="Only publish `held` jobs whose time has come.")
@auto_approve_flag
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--json-into", metavar="FILE", type=click.Path(dir_okay=False), help="Write these into FILE as well.")
@click.option("--markdown-into", metavar="FILE", type=click.Path(dir_okay=False), help="Write what came of it there.")
@title_flag
@click.option("--fail-fast", is_flag=True, help="Stop at the first change that fails.")
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
    planfile: str | None,
    expect: str | None,
    destroy: bool,
    due: bool,
    auto_approve: bool,
    as_json: bool,
    json_into: str | None,
    markdown_into: str | None,
    title: str,
    fail_fast: bool,
    account: tuple[str, ...],
    lock_timeout: float,
    over: AccountFlags,
    **selection: Any,
) -> int:
    """Make the account what the files say: shows the plan, asks, and does exactly that.

    What was done is on disk before it is printed, so it can be stopped at any moment and run again. Exits 0 when all
    was done, 1 when a change failed, 3 when a submission is unresolved, 4 when a limit or a guard held something back.

    With PLANFILE (from `afsync plan --out`) it does what was reviewed or refuses with 6; it does not ask then.
    """
    check_title(title)
    _check_planfile(planfile)
    chosen = Selection(**selection)
    if planfile is not None and (destroy or chosen.options() != Options()):
        raise UsageError("a saved plan has its own selection", "give --target and the like to `afsync plan --out`")
    if due and (planfile is not None or destroy or expect is not None):
        raise UsageError("--due does nothing else", "leave the plan file, --destroy and --expect away")
    over = replace(over, account=account, fail_fast=fail_fast, title=title)
    if not over.every:
        over.check_alone(account=True, fail_fast=True)
    if len(account) > 1 and not over.every:
        raise UsageError("--account names one account", "give it once; several go with --all")
    if over.every:
        check_together(
            json=as_json,
            json_into=json_into,
            markdown_into=markdown_into,
            expect=expect,
            destroy=destroy,
            replace=chosen.replace,
        )
        if planfile is not None:
            raise UsageError("a saved plan is of one account", "leave it away, or leave --all away")
        from afsync.commands.apply_all import apply_all

        return apply_all(
            over, Apply(chosen, due=due, auto_approve=auto_approve, fail_fast=fail_fast, lock_timeout=lock_timeout)
        )
    return apply(
        Apply(
            chosen,
            destroy=destroy,
            due=due,
            auto_approve=auto_approve,
            as_json=as_json,
            json_into=json_into,
            markdown_into=markdown_into,
            title=title,
            fail_fast=fail_fast,
            lock_timeout=lock_timeout,
            account=account[0] if account else None,
            plan_file=planfile,
            expect=expect,
        )
    )


def _check_planfile(name: str | None) -> None:
    """An address in its place is an easy slip."""
    if name is not None and name.startswith(("job.", "template.")) and not Path(name).exists():
        raise UsageError(f"there is no plan file {name}", f"to apply only that: `--target {name}`")
