"""Jobs that somebody approved outside afsync, and that came back."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.others_approvals import staging_needed
from afsync.core.recorded import RecordedJob
from afsync.core.remote import Preview
from tests.builders import NOW, a_job, a_recorded, a_recorded_job, a_remote, a_remote_job, planned

# the record, its status now, whether the service calls it staged; whether it is asked for that, and approved then
TABLE: dict[str, tuple[dict[str, Any], str, bool | None, bool, bool]] = {
    "it waits again": ({}, "complete", True, True, False),
    "it does not": ({}, "complete", False, True, True),
    "the service does not report it": ({}, "complete", None, True, True),
    "on its way": ({}, "publishing", None, False, True),
    "afsync approved it": ({"approved_at": NOW}, "complete", True, False, True),
    "it was seen so before": ({"status": "complete"}, "complete", True, False, True),
}


@pytest.mark.parametrize(("over", "status", "staging", "asked", "approved"), TABLE.values(), ids=TABLE)
def test_coming_back(over: dict[str, Any], status: str, staging: bool | None, asked: bool, approved: bool) -> None:
    job = a_job(staging=True)
    record = a_recorded_job(job, **{"status": "publishing", "staged": True, "approved": True, **over})
    previews = {} if staging is None else {"job_1": Preview(staging=staging)}
    remote = replace(a_remote(a_remote_job(status=status)), previews=previews)

    assert list(staging_needed(a_recorded({"job.best": record}), remote)) == (["job_1"] if asked else [])
    plan = planned(job, recorded={"job.best": record}, remote=remote)

    seen = plan.refreshed.get("job.best", record)
    assert isinstance(seen, RecordedJob) and seen.approved is approved
    assert [w.id for w in plan.waiting] == ([] if approved else ["job_1"])
