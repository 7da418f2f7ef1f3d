"""What becomes of a video where a plan takes its job out, or its publish time off: only what is known of it."""

from __future__ import annotations

from collections.abc import Iterator

from afsync.core.actions import Action, Reason, Retire
from afsync.core.plan import Change
from afsync.core.recorded import Publish, RecordedJob
from afsync.core.resources import Job

_LEFT = {
    Retire.CANCEL: (
        "the job is cancelled; if the service produces it anyway, it may be published; later plans report that"
    ),
    Retire.UNSCHEDULE: "stays in the account; it is published at its time unless the service takes that off",
    Retire.LEAVE: "stays in the account, and is published only if it is approved there",
}
_MAY_BE_OUT = "stays in the account, where it has no publish time any more; it may be published already"
_REFUND = "no refund is promised"


def waits(record: RecordedJob) -> bool:
    """Whether its video is published only after an approval that was not given yet."""
    return (record.staged or record.publish is Publish.HELD) and not record.approved


def video_lines(change: Change) -> Iterator[str]:
    """Of a job that is deleted, replaced, forgotten or unscheduled; nothing for any other change."""
    record = change.before
    if not isinstance(record, RecordedJob):
        return
    if change.action in (Action.DELETE, Action.REPLACE) and change.retire is not None:
        which = "old video" if change.action is Action.REPLACE else "video"
        left = _LEFT[change.retire] if change.retire is not Retire.LEAVE or waits(record) else _MAY_BE_OUT
        yield f"{which}: {left}{'' if record.credits == 0 else f'; {_REFUND}'}"
    elif change.action is Action.FORGET and change.reason is Reason.FINISHED:
        yield "video: stays as it is; one that was published stays published"
    elif change.action is Action.RESCHEDULE and isinstance(change.after, Job) and change.after.schedule is None:
        stops = change.held or (record.staged and not record.approved)
        later = "is published only after an approval" if stops else "whether it is published then is up to the service"
        yield f"video: {later}"
