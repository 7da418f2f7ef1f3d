"""What an apply is asked for, and everything it needs before anything is sent: read, planned, and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from afsync.app.account_reads import read_due, read_remote
from afsync.app.checked_plan import checked_plan, configuration
from afsync.app.connection import Service, connect
from afsync.app.project import at_moment
from afsync.app.project_state import check_account, check_lineage, refuse_unknown_account, unknown_account
from afsync.app.selection import Selection, check_addresses, check_submitted
from afsync.core.approvals import only_approvals
from afsync.core.plan.facts import Options
from afsync.core.plan.limits import beyond_bounds
from afsync.core.plan.plan import Plan
from afsync.core.plan.saved_plan import SavedPlan, different_plan_reason, other_account_reason, stale_reason
from afsync.core.remote_account import Remote
from afsync.core.resources import Bounds, Limits
from afsync.core.state import Account
from afsync.engine.current_state import CurrentState
from afsync.engine.interrupt import Stop
from afsync.errors import PlanStale
from afsync.output.values import escape_control

if TYPE_CHECKING:
    from datetime import datetime

    from afsync.app.context import Context
    from afsync.config.project import LoadedProject
    from afsync.core.state import Recorded
    from afsync.store.interface import Store


class ApplyRequest(Struct, frozen=True):
    """What is to be applied, and what is allowed.

    `saved` is the plan that was reviewed, `expect` only its fingerprint; `approve` the addresses of jobs to publish,
    and nothing else (`at_once`: before their time; `platforms`: on these); `due` those whose time has come, and nothing
    else. `account` is the only one that may be changed. `bounds` are what the files allow without an answer;
    `unattended`: nothing is asked. `lock_timeout` is in seconds. `links`: also read links for reviewers; `quiet`: long
    waits for the rate limit are not said. `title` names the run in notifications.
    """

    selection: Selection = Selection()
    destroy: bool = False
    due: bool = False
    saved: SavedPlan | None = None
    expect: str | None = None
    approve: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    at_once: bool = False
    account: str | None = None
    bounds: Bounds | None = None
    unattended: bool = False
    fail_fast: bool = False
    lock_timeout: float = 0.0
    links: bool = False
    quiet: bool = False
    title: str = ""

    @property
    def options(self) -> Options:
        return self.saved.options if self.saved is not None else self.selection.options(destroy=self.destroy)


class Prepared(Struct, frozen=True):
    """Everything an apply needs, read and decided; nothing has been sent or written. `max_credits` is the most that may
    be spent; None where nothing limits it."""

    project: LoadedProject
    service: Service
    remote: Remote
    plan: Plan
    state: CurrentState
    max_credits: int | None

    @property
    def of_unknown_account(self) -> bool:
        """Whether only the key says whose account it is, so that it may be the wrong one."""
        return unknown_account(self.project, self.state.recorded, self.plan.account)


def prepare(context: Context, request: ApplyRequest, project: LoadedProject, store: Store, stop: Stop) -> Prepared:
    """Read the state and the account, plan, and check that it is what was reviewed. Raises PlanStale where it is not,
    UsageError where a person has to confirm the account, and what reading raises."""
    for recovery in store.merge():
        context.say(f"{escape_control(f'Merged {recovery.path}: {recovery.address} is {recovery.record.id}.')}\n")
    recorded, version = store.read()
    check_lineage(project, recorded)
    project = at_moment(context, project, recorded, context.now())
    check_addresses(context, request.selection, project.desired, recorded)
    check_submitted(request.approve, recorded, project.desired.jobs)
    now, saved = context.now(), request.saved
    if saved is not None:
        _insist(stale_reason(saved, recorded, configuration(project), now))
    service = connect(context, project, writes=True, sleep=stop.wait, silent=request.quiet)
    remote = _read(context, request, project, recorded, service, now)
    if saved is not None:
        _insist(other_account_reason(saved, Account(remote.account.id, remote.base_url)))
    check_account(project, recorded, remote, request.account)
    limits = request.selection.limits(project.desired.limits)
    plan = checked_plan(context, project, recorded, remote, now, request.options, limits, due=request.due)
    asks = not request.unattended or request.account is not None
    if plan.changes and not asks and unknown_account(project, recorded, plan.account):
        refuse_unknown_account(plan.account)
    if request.approve:
        plan = only_approvals(
            plan,
            recorded,
            remote,
            request.approve,
            project.desired,
            at_once=request.at_once,
            platforms=request.platforms,
        )
    if request.bounds is not None:
        plan = replace(plan, blocking=(*plan.blocking, *beyond_bounds(plan, request.bounds)))
    _check_reviewed(request, plan)
    return Prepared(
        project,
        service,
        remote,
        plan,
        CurrentState(store, recorded, version, far=store.far),
        _most(request, limits, plan),
    )


def _read(
    context: Context, request: ApplyRequest, project: LoadedProject, recorded: Recorded, service: Service, now: datetime
) -> Remote:
    if request.due:
        return read_due(context, project, recorded, service, now)
    return read_remote(context, project, recorded, service, now, links=request.links, approving=request.approve)


def _check_reviewed(request: ApplyRequest, plan: Plan) -> None:
    if request.saved is not None:
        _insist(different_plan_reason(request.saved, plan))
    if request.expect is not None and request.expect != plan.fingerprint:
        _insist(f"its fingerprint is {plan.fingerprint}, not {request.expect}")


def _most(request: ApplyRequest, limits: Limits, plan: Plan) -> int | None:
    """The most credits that may be spent: the least of what is declared, allowed and reviewed."""
    given = [
        limits.max_credits,
        request.bounds.max_credits if request.bounds is not None else None,
        request.saved.plan.spend if request.saved is not None else None,
        plan.spend if request.expect is not None else None,
    ]
    return min((most for most in given if most is not None), default=None)


def _insist(why: str | None) -> None:
    if why is not None:
        raise PlanStale(f"This is not the plan that was reviewed: {why}.", "plan again, and have that reviewed")
