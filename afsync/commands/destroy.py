"""`afsync destroy`."""

from __future__ import annotations

from typing import Any

import click

from afsync.app.preparation import ApplyRequest
from afsync.app.selection import Selection
from afsync.commands.apply_report import ApplyFlags
from afsync.commands.apply_screen import apply_here
from afsync.commands.options import account_flag, auto_approve_flag, choice_flags, fail_fast_flag, lock_timeout_flag
from afsync.commands.report_flags import Reports, report_flags


@click.command
@choice_flags
@auto_approve_flag
@report_flags("destroy", "Print one JSON object a line.")
@fail_fast_flag
@account_flag
@lock_timeout_flag
def command(
    auto_approve: bool, reports: Reports, fail_fast: bool, lock_timeout: float, account: str | None, **selection: Any
) -> int:
    """Plan and apply the removal of everything recorded.

    The same as `afsync apply --destroy`. `lifecycle.prevent_destroy` holds; the limit on deletes does not.
    """
    request = ApplyRequest(
        Selection(**selection), destroy=True, account=account, fail_fast=fail_fast, lock_timeout=lock_timeout
    )
    return apply_here(ApplyFlags(request, auto_approve, reports)).code
