"""The step that publishes a staged job. It cannot be undone, so it is sent once."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.outcome import NotAttempted
from afsync.core.plan import Change
from afsync.core.recorded import RecordedJob
from afsync.engine.run import Next, Over, Progress, Run, Verdict


def approve(change: Change, progress: Progress, run: Run) -> Verdict:
    """Approve exactly the submission that the plan names, and have that on disk before it is told."""
    record = run.ledger.recorded.resources.get(change.address)
    if not isinstance(record, RecordedJob) or record.id != change.id:
        return Over(NotAttempted(change, f"{change.id} is not its submission any more"))
    status = run.world.writer.approve(record.id)
    progress.id, progress.touched = record.id, "it was published"
    # Where the service does not say how far it is, it is on its way; the next plan looks again.
    approved = replace(record, approved=True, status=status or "publishing")
    run.ledger.write(run.ledger.recorded.with_resource(change.address, approved))
    return Next()
