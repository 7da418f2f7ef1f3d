"""A cancel on the wire: that it is wanted is in the state before, and what came of it afterwards."""

from __future__ import annotations

from afsync.core.cancels import answered
from afsync.engine.run import Run


def send_cancel(job_id: str, run: Run) -> str | None:
    """Cancel a job that the state says is to be cancelled. None once it is, else the status that made it too late."""
    too_late = run.world.writer.cancel(job_id)
    recorded = answered(run.ledger.recorded, job_id, too_late, run.world.clock(), run.plan.watch)
    run.ledger.write(recorded)
    return too_late
