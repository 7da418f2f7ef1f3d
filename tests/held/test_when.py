"""When the time of a held job has come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from afsync.core.decisions.due_jobs import DueStatus, due_status
from afsync.core.records import Approval, Publish
from tests.builders import NOW, a_job, a_recorded_job, ago

HELD, UNKNOWN, LATE = Publish.HELD, Publish.UNKNOWN, 6 * 3600


@pytest.mark.parametrize(
    ("publish", "hours", "service", "staging", "approved", "expected"),
    [
        (HELD, -1, 0, None, None, DueStatus.AHEAD),
        (HELD, 0, 0, None, None, DueStatus.DUE),
        (HELD, 1, 0, None, None, DueStatus.DUE),
        (HELD, 1, -2, None, None, DueStatus.AHEAD),  # not past by the service's clock
        (HELD, 1, None, None, None, DueStatus.DUE),  # which it does not tell
        (HELD, -1, 2, None, None, DueStatus.AHEAD),  # not past by ours
        (HELD, 6, 0, None, None, DueStatus.DUE),
        (HELD, 7, 0, None, None, DueStatus.LATE),
        (HELD, 7, 0, None, 1, DueStatus.DUE),  # approved after its time
        (HELD, 7, 0, None, 8, DueStatus.LATE),
        (UNKNOWN, 1, 0, True, None, DueStatus.DUE),
        (UNKNOWN, 1, 0, False, None, DueStatus.UNKNOWN),
        (UNKNOWN, 1, 0, None, None, DueStatus.UNKNOWN),
        (UNKNOWN, -1, 0, None, None, DueStatus.AHEAD),
        (UNKNOWN, 7, 0, True, None, DueStatus.LATE),
    ],
)
def test_when(
    publish: Publish, hours: int, service: int | None, staging: bool | None, approved: int | None, expected: DueStatus
) -> None:
    """`hours` and `approved` are ago, `service` is how far its clock is ahead of ours."""
    approval = Approval(ago(hours=approved), "me") if approved else None
    record = a_recorded_job(a_job(schedule=ago(hours=hours)), publish=publish, approval=approval)
    clock = None if service is None else NOW + timedelta(hours=service)
    assert due_status(record, staging=staging, now=NOW, service=clock, late=LATE) is expected
