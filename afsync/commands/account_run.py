"""One command over one account, or over all of a workspace."""

from __future__ import annotations

from collections.abc import Callable

from afsync.commands.account_flags import AccountFlags, CommandResult


def run(command: str, over: AccountFlags, one: Callable[[], CommandResult], *, reads_only: bool = True) -> int:
    """Run it here, or in every account that was chosen. Returns the exit code. What `reads_only` is left alone after a
    signal."""
    if not over.every:
        over.check_alone()
        return int(one().code)
    # Imported here: a single account needs neither threads nor reports.
    from afsync.commands.all_accounts import run_everywhere

    return run_everywhere(command, over, one, reads_only=reads_only)
