"""When the time of a held job has come."""

from __future__ import annotations

from datetime import timedelta

import pytest

from afsync.core.approval.held import When, when
from afsync.core.state.records import Approval, Publish
from tests.builders import NOW, a_job, a_recorded_job, ago

HELD, UNKNOWN, LATE = Publish.HELD, Publish.UNKNOWN, 6 * 3600


@pytest.mark.parametrize(
    ("publish", "hours", "service", "staging", "approved", "expected"),
    [
        (HELD, -1, 0, None, None, When.AHEAD),
        (HELD, 0, 0, None, None, When.DUE),
        (HELD, 1, 0, None, None, When.DUE),
        (HELD, 1, -2, None, None, When.AHEAD),  # not past by the service's clock
        (HELD, 1, None, None, None, When.DUE),  # which it does not tell
        (HELD, -1, 2, None, None, When.AHEAD),  # not past by ours
        (HELD, 6, 0, None, None, When.DUE),
        (HELD, 7, 0, None, None, When.LATE),
        (HELD, 7, 0, None, 1, When.DUE),  # approved after its time
        (HELD, 7, 0, None, 8, When.LATE),
        (UNKNOWN, 1, 0, True, None, When.DUE),
        (UNKNOWN, 1, 0, False, None, When.UNKNOWN),
        (UNKNOWN, 1, 0, None, None, When.UNKNOWN),
        (UNKNOWN, -1, 0, None, None, When.AHEAD),
        (UNKNOWN, 7, 0, True, None, When.LATE),
    ],
)
def test_when(
    publish: Publish, hours: int, service: int | None, staging: bool | None, approved: int | None, expected: When
) -> None:
    """`hours` and `approved` are ago, `service` is how far its clock is ahead of ours."""
    approval = Approval(ago(hours=approved), "me") if approved else None
    record = a_recorded_job(a_job(schedule=ago(hours=hours)), publish=publish, approval=approval)
    clock = None if service is None else NOW + timedelta(hours=service)
    assert when(record, staging=staging, now=NOW, service=clock, late=LATE) is expected
