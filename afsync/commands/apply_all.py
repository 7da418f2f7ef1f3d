"""`apply --all`: the plans of all accounts are judged together before the first of them is applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.commands.account_flags import AccountFlags
from afsync.commands.all_accounts import Chosen, begin, each, finish
from afsync.commands.applying import answer_of, apply_here
from afsync.commands.block import Shared, not_begun
from afsync.commands.command_result import CommandResult
from afsync.commands.plan import Wanted, plan_here
from afsync.commands.preparing import Apply
from afsync.commands.screen import agreed, interactive, messages, report, stdout_paint
from afsync.core.workspace import AccountResult, Overall, over_limit
from afsync.engine.interrupt import Stops, handling_signals
from afsync.errors import Exit, Interrupted
from afsync.output.overall_text import overall_text
from afsync.output.values import count

if TYPE_CHECKING:
    from afsync.config.workspace import Member

PLAN = Wanted(
    form="text",
    destroy=False,
    offline=False,
    refresh_only=False,
    detailed_exitcode=False,
    out=None,
    json_into=None,
    markdown_into=None,
    with_links=False,
    title="",
    gitlab_report=None,
    notify=False,
    max_bytes=60_000,
    at=None,
)


def apply_all(over: AccountFlags, wanted: Apply) -> int:
    """Apply every account that was chosen. Returns the exit code."""
    chosen, shared = begin("apply", over)
    asks = not wanted.auto_approve and interactive()
    with handling_signals(shared.stops):
        if wanted.due or not (asks or chosen.workspace.max_credits is not None):
            results = each(shared, chosen, chosen.members, lambda _: apply_here(wanted), reads_only=False)
            return finish(shared, chosen, results)
        return _judged(shared, chosen, wanted, asks=asks)


def _judged(shared: Shared, chosen: Chosen, wanted: Apply, *, asks: bool) -> int:
    """Plan everywhere, and apply these very plans if all of them together are allowed."""
    prints: dict[str, str | None] = {}

    def planned(name: str, came: CommandResult) -> None:
        prints[name] = came.fingerprint

    plans = each(
        shared,
        chosen,
        chosen.members,
        lambda _: plan_here(wanted.selection, PLAN),
        reads_only=True,
        came=planned,
        shown=asks,
    )
    if shared.stops.main.asked.is_set():
        return finish(shared, chosen, [not_begun(m) for m in chosen.members])
    breach = over_limit(plans, chosen.workspace.max_credits)
    if breach is not None:
        for result in plans if not asks else ():
            chosen.show(result)
        breach = replace(breach, location=chosen.workspace.locate("limits", "max_credits"))
        return finish(replace(shared, command="plan"), chosen, plans, [breach], Exit.REFUSED)
    if asks and not _agreed(plans, shared.stops):
        messages()("Apply cancelled.\n")
        return finish(shared, chosen, [not_begun(m) for m in chosen.members], (), Exit.ERROR)
    failed = {r.account: r for r in plans if prints.get(r.account) is None}
    if failed and chosen.over.fail_fast:
        return finish(shared, chosen, [failed.get(m.name) or not_begun(m) for m in chosen.members])
    return _apply(shared, chosen, replace(wanted, auto_approve=wanted.auto_approve or asks), prints, failed)


def _apply(
    shared: Shared,
    chosen: Chosen,
    wanted: Apply,
    prints: dict[str, str | None],
    failed: dict[str, AccountResult],
) -> int:
    """What could not be planned was not judged, and is not applied."""

    def one(member: Member) -> CommandResult:
        return apply_here(replace(wanted, expect=prints[member.name]))

    for result in failed.values():
        chosen.show(result)
    left = [m for m in chosen.members if m.name not in failed]
    return finish(shared, chosen, [*failed.values(), *each(shared, chosen, left, one, reads_only=False)])


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
