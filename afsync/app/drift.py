"""Drift: what changed in the account outside of afsync."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.app.checked_plan import timed
from afsync.app.connection import connect
from afsync.app.project import at_moment
from afsync.app.project_state import check_account, read_state
from afsync.app.remote import read_remote
from afsync.app.selection import Selection, check_addresses
from afsync.config.times import parse_zone
from afsync.core.decisions.new_submissions import LOOKALIKE_AGE
from afsync.core.drift import find_drift, find_undeclared
from afsync.core.plan.selection import selected
from afsync.errors import Problem

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject


def drift(
    context: Context, project: LoadedProject, selection: Selection, *, at: datetime | None = None, quiet: bool = False
) -> tuple[Problem, ...]:
    """What differs from the state, of the selected addresses. The files only say which account is meant, and what of it
    they declare. Raises as `app.plan.plan` does."""
    now = at if at is not None else context.now()
    recorded, _ = read_state(context, project)
    project = at_moment(context, project, recorded, now)
    check_addresses(context, selection, project.desired, recorded)
    service = connect(context, project, writes=False, silent=quiet)
    options = timed(context, selection.options(), project)
    since = None if options.exclusive is False or options.target else now - LOOKALIKE_AGE
    remote = read_remote(context, project, recorded, service, now, since=since)
    check_account(project, recorded, remote)
    written = project.settings.timezone
    found = find_drift(recorded, remote, now, parse_zone(written) if written else UTC)
    if since is not None:
        found += find_undeclared(project.desired, recorded, remote, now, options)
    chosen = (p for p in found if selected(options, p.address or ""))
    return tuple(replace(p, location=project.locate(p.address or "")) for p in chosen)
