"""The look at the end of a run: what the service shows of the changes that were made."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from afsync.core.apply_verification import (
    Observable,
    ReadBack,
    Verification,
    compare,
    expected_of,
    used_templates,
    with_times_seen,
)
from afsync.core.outcomes import Outcome
from afsync.core.plan.facts import Options
from afsync.core.remote_account import NOTHING_READ, RemoteJob
from afsync.core.trust.publications import MOST_RESULTS, judged_publications
from afsync.engine.run import Run
from afsync.errors import ApiError, Interrupted

_NOT_YET = 1e9
"""Seconds that a publication may stay unseen: so many that at the end of a run none is judged as failed."""


def verify(outcomes: Sequence[Outcome], run: Run) -> Verification | None:
    """Read what the service shows of the changes, and record what was seen. None where nothing was changed that it
    could show, or a signal came."""
    wanted = tuple(expected_of(outcomes))
    if not wanted or run.deps.read_back is None:
        return None
    used = used_templates(outcomes)
    shown = tuple(e for e in wanted if e.what is Observable.TEMPLATE and e.address in used)
    wanted = tuple(e for e in wanted if e not in shown)
    kinds = {e.what for e in wanted}
    try:
        found: ReadBack = run.deps.read_back(
            jobs=bool(kinds - {Observable.TEMPLATE}),
            times=Observable.PUBLISH_TIME in kinds,
            templates=Observable.TEMPLATE in kinds,
            balance=run.unknown_cost,
            results=tuple(e.id for e in wanted if e.what is Observable.APPROVAL)[:MOST_RESULTS],
        )
    except Interrupted:
        return None
    except ApiError as error:
        return Verification(failed=error.message)
    seen = compare(wanted, found)
    seen = replace(seen, seen=(*seen.seen, *shown))
    recorded = with_times_seen(run.ledger.recorded, seen, found)
    jobs = {i: RemoteJob(i, status) for i, status in found.jobs.items()}
    account = replace(NOTHING_READ, jobs=jobs, results=found.results)
    now = run.server_time() or run.deps.clock()
    run.ledger.write(judged_publications(recorded, account, now, Options(settle=_NOT_YET)))
    return Verification(seen, run.remote.account.balance, found.balance)
