"""`apply --all`: the plans of all accounts are judged together before the first of them is applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.app.side_by_side import not_begun
from afsync.commands.account_flags import AccountFlags, CommandResult
from afsync.commands.all_accounts import AccountsRun, begin, each, finish
from afsync.commands.apply_report import ApplyFlags
from afsync.commands.apply_screen import answer_of, apply_here
from afsync.commands.console import agreed, interactive, messages, report, stdout_paint
from afsync.commands.plan import plan_here
from afsync.commands.plan_report import PlanFlags
from afsync.core.account_results import AccountResult, Overall, over_limit
from afsync.core.text import count
from afsync.engine.interrupt import Stops, handling_signals
from afsync.errors import Exit, Interrupted
from afsync.output.account_results import overall_text

if TYPE_CHECKING:
    from afsync.config.workspace import Member


def apply_all(over: AccountFlags, flags: ApplyFlags) -> int:
    """Apply every account that was chosen. Returns the exit code."""
    run = begin("apply", over)
    members = run.chosen.members
    asks = not flags.auto_approve and interactive()
    with handling_signals(run.stops):
        if flags.request.due or not (asks or run.chosen.workspace.max_credits is not None):
            results = each(run, members, lambda _: apply_here(flags), reads_only=False)
            return finish(run, results)
        return _judged(run, flags, asks=asks)


def _judged(run: AccountsRun, flags: ApplyFlags, *, asks: bool) -> int:
    """Plan everywhere, and apply these very plans if all of them together are allowed."""
    prints: dict[str, str | None] = {}

    def planned(name: str, came: CommandResult) -> None:
        prints[name] = came.fingerprint

    members = run.chosen.members
    plans = each(
        run,
        members,
        lambda _: plan_here(flags.request.selection, PlanFlags()),
        reads_only=True,
        came=planned,
        shown=asks,
    )
    if run.stops.main.asked.is_set():
        return finish(run, [not_begun(m) for m in members])
    breach = over_limit(plans, run.chosen.workspace.max_credits)
    if breach is not None:
        for result in plans if not asks else ():
            run.show(result)
        breach = replace(breach, location=run.chosen.workspace.locate("limits", "max_credits"))
        return finish(replace(run, command="plan"), plans, [breach], Exit.REFUSED)
    if asks and not _agreed(plans, run.stops):
        messages()("Apply cancelled.\n")
        return finish(run, [not_begun(m) for m in members], (), Exit.ERROR)
    failed = {r.account: r for r in plans if prints.get(r.account) is None}
    if failed and run.flags.fail_fast:
        return finish(run, [failed.get(m.name) or not_begun(m) for m in members])
    return _apply(run, replace(flags, auto_approve=flags.auto_approve or asks), prints, failed)


def _apply(
    run: AccountsRun,
    flags: ApplyFlags,
    prints: dict[str, str | None],
    failed: dict[str, AccountResult],
) -> int:
    """What could not be planned was not judged, and is not applied."""

    def one(member: Member) -> CommandResult:
        return apply_here(replace(flags, request=replace(flags.request, expect=prints[member.name])))

    for result in failed.values():
        run.show(result)
    left = [m for m in run.chosen.members if m.name not in failed]
    return finish(run, [*failed.values(), *each(run, left, one, reads_only=False)])


def _agreed(plans: Sequence[AccountResult], stops: Stops) -> bool:
    """Show what all of it comes to, and ask once."""
    report()(overall_text(Overall("plan", tuple(plans)), stdout_paint()))
    changing = sum(r.changes for r in plans)
    if not changing:
        return True
    question = f"Do you want to perform these actions in {count(changing, 'account')}?"
    try:
        return agreed(question, lambda: answer_of(stops.main))
    except Interrupted as error:
        raise Interrupted("Interrupted. Nothing was done.", exit_code=error.exit_code) from None
