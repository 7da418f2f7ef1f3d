"""Submissions and approvals whose outcome is unknown: what can be said of them now, and what a person says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from afsync.api.previews import previews
from afsync.app.account_reads import read_for_intents
from afsync.app.checked_plan import resolve_with, timed
from afsync.app.connection import connect
from afsync.app.project import load_project
from afsync.app.project_state import check_lineage, locked, open_store, read_state, who
from afsync.core.addresses import Kind
from afsync.core.plan.facts import Options
from afsync.core.recovery.manual_resolution import ManualAdopt, ManualDecision, apply_manual_resolution
from afsync.core.recovery.resolution import not_asked
from afsync.core.state import Purpose
from afsync.core.trust.reviews import asks_for_review, judged_reviews
from afsync.engine.interrupt import Stop
from afsync.errors import ApiError, UsageError

if TYPE_CHECKING:
    from afsync.app.context import Context
    from afsync.core.recovery.resolution import Resolution


def open_intents(context: Context) -> tuple[tuple[Resolution, ...], ApiError | None]:
    """What can be said of each now, with the account as it is; and why the account could not be read, if it could not.
    Nothing is written."""
    project = load_project(context)
    recorded, _ = read_state(context, project)
    if not recorded.intents:
        return (), None
    try:
        return resolve_with(context, project, recorded, read_for_intents(context, project, recorded)), None
    except ApiError as error:
        return not_asked(recorded), error


def resolve_manually(context: Context, address: str, saying: ManualDecision, why: str, lock_timeout: float) -> Purpose:
    """Record what a person says of an open submission or approval; returns which of both it was. UsageError where
    nothing is open under the address, or where the account contradicts."""
    project = load_project(context)
    store = open_store(context, project)
    with locked(context, store, lock_timeout, Stop()):
        recorded, version = store.read()
        check_lineage(project, recorded)
        if recorded.intent_for(address) is None:
            raise UsageError(
                f"{address} has no unresolved submission or approval", "`afsync intents` shows what is open"
            )
        remote = read_for_intents(context, project, recorded)
        found = resolve_with(context, project, recorded, remote)
        resolution = next(r for r in found if r.intent.address == address)
        if isinstance(saying, ManualAdopt) and resolution.intent.kind is Kind.JOB and saying.id not in remote.jobs:
            # It may be older than what was listed.
            job = connect(context, project, writes=False).reader.job(saying.id)
            if job is not None:
                remote = replace(remote, jobs={**remote.jobs, job.id: job})
        now = context.now()
        decided = apply_manual_resolution(recorded, resolution, saying, remote, who=who(), why=why, now=now)
        if isinstance(saying, ManualAdopt) and asks_for_review(resolution.intent):
            shown = previews(connect(context, project, writes=False).reader, [saying.id])
            remote = replace(remote, previews=shown)
            decided = judged_reviews(decided, remote, now, timed(context, Options(), project))
        store.write(replace(decided, serial=recorded.serial + 1), version)
        store.fold()
    return resolution.intent.purpose
