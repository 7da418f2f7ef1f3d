"""What an apply is asked for, and everything it needs before anything is sent or written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from afsync.app.addresses import check_submitted
from afsync.app.checked_plan import checked_plan
from afsync.app.connection import Service, connect
from afsync.app.files import read_text
from afsync.app.first_account import refuse_unknown_account, unknown_account
from afsync.app.planned_files import configuration
from afsync.app.project import at_moment
from afsync.app.project_state import check_account, check_lineage
from afsync.app.remote import read_due, read_remote
from afsync.app.selection import Selection, check_addresses
from afsync.commands.context import here
from afsync.commands.screen import links_shown, messages
from afsync.core.approval.approvals import only_approvals
from afsync.core.plan.limits import beyond
from afsync.core.plan.plan import Plan
from afsync.core.plan.saved_plan import SavedPlan, different_plan_reason, other_account_reason, stale_reason
from afsync.core.resources import Bounds
from afsync.core.state.recorded import Account
from afsync.engine.interrupt import Stop
from afsync.engine.ledger import Ledger
from afsync.errors import PlanStale
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.config.project import Project
    from afsync.core.remote import Remote
    from afsync.store.interface import Store


class Apply(Struct, frozen=True):
    """What the command line asks for. `plan_file` is the name of a saved plan, `saved` what is in it; `expect` the
    fingerprint that was reviewed; `approve` the addresses of jobs to publish, and nothing else (`at_once`: before
    their time; `platforms`: on these); `due` those whose time has come, and nothing else; `account` the
    only one that may be changed; `bounds` what the files allow without a terminal."""

    selection: Selection
    destroy: bool = False
    auto_approve: bool = False
    as_json: bool = False
    fail_fast: bool = False
    lock_timeout: float = 0.0
    plan_file: str | None = None
    saved: SavedPlan | None = None
    expect: str | None = None
    json_into: str | None = None
    markdown_into: str | None = None
    title: str = ""
    approve: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    account: str | None = None
    at_once: bool = False
    due: bool = False
    bounds: Bounds | None = None

    @property
    def unattended(self) -> bool:
        """Whether no question is asked: that was said, a plan was reviewed, or the files allow it within bounds."""
        return self.auto_approve or self.plan_file is not None or self.bounds is not None


class Ready(Struct, frozen=True):
    """Everything an apply needs, read and decided; nothing has been sent or written."""

    project: Project
    service: Service
    remote: Remote
    plan: Plan
    ledger: Ledger
    max_credits: int | None


def read_saved(plan_file: str | None) -> SavedPlan | None:
    """What was saved. PlanStale when it is not what `plan --out` wrote."""
    if plan_file is None:
        return None
    from afsync.output.plan_file import decode_plan_file

    return decode_plan_file(read_text(Path(plan_file)), plan_file)


def prepare(wanted: Apply, project: Project, store: Store, stop: Stop) -> Ready:
    """Read the state and the account, plan, and check that it is what was reviewed."""
    for recovery in store.merge():
        messages()(f"{visible(f'Merged {recovery.path}: {recovery.address} is {recovery.record.id}.')}\n")
    recorded, version = store.read()
    check_lineage(project, recorded)
    project = at_moment(here(), project, recorded, here().now())
    check_addresses(here(), wanted.selection, project.desired, recorded)
    check_submitted(wanted.approve, recorded, project.desired.jobs)
    now, saved = here().now(), wanted.saved
    if saved is not None:
        _insist(stale_reason(saved, recorded, configuration(project), now))
    service = connect(here(), project, writes=True, sleep=stop.wait, silent=wanted.as_json)
    if wanted.due:
        remote = read_due(here(), project, recorded, service, now)
    else:
        links = links_shown(False, machine=wanted.as_json)
        remote = read_remote(here(), project, recorded, service, now, links=links, approving=wanted.approve)
    if saved is not None:
        _insist(other_account_reason(saved, Account(remote.account.id, remote.base_url)))
    check_account(project, recorded, remote, wanted.account)
    limits = wanted.selection.limits(project.desired.limits)
    options = saved.options if saved is not None else wanted.selection.options(destroy=wanted.destroy)
    plan = checked_plan(here(), project, recorded, remote, now, options, limits, due=wanted.due)
    unattended = wanted.unattended and wanted.account is None
    if plan.changes and unattended and unknown_account(project, recorded, plan.account):
        refuse_unknown_account(plan.account)
    if wanted.approve:
        plan = only_approvals(
            plan,
            recorded,
            remote,
            wanted.approve,
            project.desired,
            at_once=wanted.at_once,
            platforms=wanted.platforms,
        )
    most = limits.max_credits
    if wanted.bounds is not None:
        plan = replace(plan, blocking=(*plan.blocking, *beyond(plan, wanted.bounds)))
        most = wanted.bounds.max_credits if most is None else min(most, wanted.bounds.max_credits)
    if saved is not None:
        _insist(different_plan_reason(saved, plan))
        most = saved.plan.spend if most is None else min(most, saved.plan.spend)
    if wanted.expect is not None:
        if wanted.expect != plan.fingerprint:
            _insist(f"its fingerprint is {plan.fingerprint}, not {wanted.expect}")
        most = plan.spend if most is None else min(most, plan.spend)
    return Ready(project, service, remote, plan, Ledger(store, recorded, version, far=store.far), most)


def _insist(why: str | None) -> None:
    if why is not None:
        raise PlanStale(f"This is not the plan that was reviewed: {why}.", "plan again, and have that reviewed")
