"""The statuses of the service: the group that each belongs to, and what it means in words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from afsync.core.command_lines import APPROVE, PLAN, RESULT, STATUS

COMPLETE = "complete"
"""Produced. Whether it is published, or will be, depends on more: `group_of`."""

PUBLISHING = "publishing"

PUBLISHED = "published"

CANCELLED = "cancelled"

BEING_PUBLISHED = (PUBLISHING, PUBLISHED)
"""Statuses of a job that is published, or about to be: an approval that it waited for was given, here or elsewhere."""

PRODUCED = (COMPLETE, *BEING_PUBLISHED)
"""Statuses of a job that was produced."""

MEANINGS: Mapping[str, str] = {
    "pending": "The submission was received and is not in the queue yet; one that was refused can stay so for good.",
    "queued": "It waits for production and can be cancelled.",
    "running": "It is being produced.",
    "scheduled": "It has a publish time that is still ahead.",
    "processing": "It is being produced, or people at the service look at it; nothing is sent to it.",
    "passed": "A stage of production accepted it; the next one follows.",
    "sendback": "A stage of production sent it back to be done again.",
    "intervention": "Production stopped for people at the service to step in.",
    "hard_stop": "A stage of production stopped it; it may still go on, or fail.",
    "operator_review": "Its grade is low, and people at the service review it; lists can say `processing`.",
    "ready_to_publish": "It is produced and waits for a slot of the service; it may stay so.",
    "queued_scheduled": "It waits for its publish time at the service.",
    "publishing": "It is being published.",
    "complete": f"It is produced; a job that publishes immediately is published by then. {STATUS} calls it "
    "`produced` while it is still to be published, and `done` where nothing more happens by itself.",
    "published": "It is published, and done.",
    "failed": f"Nothing comes of it; {RESULT} can tell the reason.",
    "non-compliant": "The service refused its content; nothing comes of it.",
    "cancelled": "It was cancelled; a service that was producing it already may still finish it.",
}

AFSYNC_STATUSES: Mapping[str, str] = {
    "active": f"It is at the service and not finished. The summary of {STATUS} counts what is produced apart.",
    "produced": "There is a video, and it is still to be published: at its publish time, or right now.",
    "waiting_for_approval": "There is a video, and it is published only after an approval.",
    "done": "It is published, or produced where nothing more happens by itself.",
    "publish_failed": f"It was approved, and is not published, on one platform at least. {APPROVE} publishes it "
    "again, only where that failed.",
    "missing": "It was active when last seen, and is not in the account any more.",
    "unknown": "It was not submitted yet, or its submission or approval is unresolved.",
    "unresolved": f"It was submitted, and the answer was lost. {PLAN} says until when it is looked for.",
    "to_submit": "The next apply submits it.",
    "held_back": f"The plan does nothing to it until a person decides. {PLAN} says what is to be decided.",
    "upcoming": "It belongs to a series, and its publish time is beyond `horizon`. A later apply submits it.",
    "missed": "It belongs to a series, and its publish time passed before it was submitted. It is not made up for.",
    "passed_over": "It belongs to a series. Its date has passed, although its time, which was moved, has not. It is "
    "not submitted by itself.",
    "no_row": "It belongs to a series with a sheet, and the sheet has no row for it: there is nothing to submit.",
    "not_declared": "The account publishes it at that time, and nothing here declares it.",
}
"""The words of `afsync status` and `afsync calendar` that are not the service's."""


class Group(StrEnum):
    """The groups of statuses, by what can be done about a job (docs/planning.md)."""

    OPEN = "open"
    BUSY = "busy"
    PRODUCED = "produced"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MISSING = "missing"


ENDED = (Group.DONE, Group.FAILED, Group.CANCELLED)
"""Groups of jobs to which nothing happens any more."""

_GROUPS: Mapping[str, Group] = {
    "pending": Group.OPEN,
    "queued": Group.OPEN,
    "running": Group.OPEN,
    "scheduled": Group.OPEN,
    "processing": Group.BUSY,
    "passed": Group.BUSY,
    "sendback": Group.BUSY,
    "intervention": Group.BUSY,
    "hard_stop": Group.BUSY,
    "operator_review": Group.BUSY,
    "ready_to_publish": Group.BUSY,
    "publishing": Group.BUSY,
    "queued_scheduled": Group.BUSY,
    "published": Group.DONE,
    "failed": Group.FAILED,
    "non-compliant": Group.FAILED,
    "cancelled": Group.CANCELLED,
}


def is_known(status: str) -> bool:
    """Whether it is one of the known statuses of the service."""
    return status == COMPLETE or status in _GROUPS


def never_changes(status: str) -> bool:
    """Whether a job with this status is done in any case. The rest of its group depends on more: `group_of`."""
    return status == PUBLISHED


def ended_badly(status: str) -> bool:
    """Whether nothing comes of such a job any more."""
    return _GROUPS.get(status) in (Group.FAILED, Group.CANCELLED)


def is_open(status: str) -> bool:
    """Whether a job with such a status can still be cancelled."""
    return _GROUPS.get(status) is Group.OPEN


def group_of(status: str, *, waits: bool = False) -> Group:
    """The group of a status. An unknown status is busy: alive, but nothing is sent to it.

    `waits`: the job is not published before an approval, or before a publish time still ahead. It matters for
    `complete` only.
    """
    if status == COMPLETE:
        return Group.PRODUCED if waits else Group.DONE
    return _GROUPS.get(status, Group.BUSY)
