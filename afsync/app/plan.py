"""Plan: what would change, the plan as it is saved for an apply, and what changed outside of afsync."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from afsync.app.account_reads import read_remote
from afsync.app.checked_plan import checked_plan, configuration, timed
from afsync.app.connection import connect
from afsync.app.project import at_moment
from afsync.app.project_state import check_account, read_state, warn_of_another_run
from afsync.app.selection import Selection, check_addresses
from afsync.config.times import parse_zone
from afsync.core.decisions.new_submissions import LOOKALIKE_AGE
from afsync.core.drift import find_drift, find_undeclared
from afsync.core.plan.facts import Options
from afsync.core.plan.lookups import NOT_CHECKED, remote_as_recorded
from afsync.core.plan.plan import Plan
from afsync.core.plan.saved_plan import NO_NOTICE, SavedPlan, expiry
from afsync.core.plan.selection import selected
from afsync.core.state import Recorded
from afsync.errors import Problem

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.config.project import LoadedProject


class PlanRequest(Struct, frozen=True):
    """What to plan, and how. `at` is a moment (UTC) in place of now. `offline`: against the recorded state, without a
    key. `links`: also read links for reviewers; `quiet`: long waits for the rate limit are not said."""

    selection: Selection = Selection()
    destroy: bool = False
    offline: bool = False
    at: datetime | None = None
    links: bool = False
    quiet: bool = False


class Planned(Struct, frozen=True):
    """A plan, with the project (as of that moment) and the state that it was made from."""

    plan: Plan
    project: LoadedProject
    recorded: Recorded
    options: Options


def plan(context: Context, project: LoadedProject, request: PlanRequest) -> Planned:
    """Read the state and, unless `offline`, the account, and plan. Takes no lock and writes nothing.

    Raises ConfigError, UsageError, StateError, AuthError and ApiError.
    """
    options = request.selection.options(destroy=request.destroy)
    now = request.at if request.at is not None else context.now()
    recorded, _ = read_state(context, project)
    warn_of_another_run(context, project)
    project = at_moment(context, project, recorded, now)
    check_addresses(context, request.selection, project.desired, recorded)
    limits = request.selection.limits(project.desired.limits)
    if request.offline:
        remote = remote_as_recorded(recorded, project.desired)
        made = checked_plan(context, project, recorded, remote, now, options, limits)
        return Planned(replace(made, notices=(NOT_CHECKED, *made.notices)), project, recorded, options)
    service = connect(context, project, writes=False, silent=request.quiet)
    remote = read_remote(context, project, recorded, service, now, links=request.links)
    check_account(project, recorded, remote)
    made = checked_plan(context, project, recorded, remote, now, options, limits)
    return Planned(made, project, recorded, options)


def saved_plan(planned: Planned) -> SavedPlan:
    """The plan, bound to everything it was made from: an apply of it does exactly that, once, or raises PlanStale."""
    made, options = planned.plan, planned.options
    notice = None if options.ignore_policy else planned.project.policy.min_lead
    return SavedPlan(
        id=str(uuid.uuid4()),
        plan=made,
        fingerprint=made.fingerprint,
        options=options,
        configuration=configuration(planned.project),
        created_at=made.as_of,
        expires_at=expiry(made, notice or NO_NOTICE),
    )


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
