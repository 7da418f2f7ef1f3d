"""Jobs that somebody approved outside afsync, and that came back."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.plan import Plan
from afsync.core.records import Finding, RecordedJob
from afsync.core.remote_account import Preview, Remote
from afsync.core.trust.publications import staging_needed
from tests.builders import a_job, a_recorded, a_recorded_job, a_remote, a_remote_job, planned

LOST = Finding.LOST
# the record, its status now, whether the service calls it staged; whether it is asked for that, and what is found
TABLE: dict[str, tuple[dict[str, Any], str, bool | None, bool, Finding | None]] = {
    "it waits again": ({}, "complete", True, True, LOST),
    "it does not": ({}, "complete", False, True, None),
    "the service does not report it": ({}, "complete", None, True, None),
    "on its way": ({}, "publishing", None, False, None),
    "it was seen so before": ({"status": "complete"}, "complete", True, False, None),
    "it was published, and approved again": ({"status": "published"}, "complete", True, False, None),
    "it waits again, as is known": ({"status": "complete", "publish_finding": LOST}, "complete", True, False, LOST),
    "it was published after that": ({"status": "complete", "publish_finding": LOST}, "published", None, False, None),
}


@pytest.mark.parametrize(("over", "status", "staging", "asked", "found"), TABLE.values(), ids=TABLE)
def test_coming_back(over: dict[str, Any], status: str, staging: bool | None, asked: bool, found: Any) -> None:
    plan, record = look(over, status, staging)

    assert list(staging_needed(a_recorded({"job.best": record}), remote_of(status, staging))) == ["job_1"] * asked
    seen = plan.refreshed.get("job.best", record)
    assert isinstance(seen, RecordedJob) and seen.approved and seen.publish_finding is found
    assert plan.changes == (), "nothing is published again by itself"


@pytest.mark.parametrize("before", [{}, {"status": "complete", "publish_finding": LOST}], ids=["seen now", "known"])
def test_the_plan_names_it(before: dict[str, Any]) -> None:
    """As long as it waits again, since nothing publishes it by itself."""
    plan, _ = look(before, "complete", True)

    (held,) = plan.withheld
    assert (held.action, held.reason, held.address) == (Action.APPROVE, Reason.PUBLISH_FAILED, "job.best")
    assert "was approved, and publishing failed" in plan.violations[0].message
    assert "`afsync approve job.best --platform NAME`" in (plan.violations[0].hint or "")


def test_what_was_seen_published_stays_published() -> None:
    """Another approval of a person may fail, and the first one published it."""
    plan, _ = look({"status": "published"}, "publishing", None)

    assert "job.best" not in plan.refreshed


JOB = a_job(staging=True, approve="job_1")


def look(over: dict[str, Any], status: str, staging: bool | None) -> tuple[Plan, RecordedJob]:
    record = a_recorded_job(JOB, **{"status": "publishing", "staged": True, "approved": True, **over})
    return planned(JOB, recorded={"job.best": record}, remote=remote_of(status, staging)), record


def remote_of(status: str, staging: bool | None) -> Remote:
    previews = {} if staging is None else {"job_1": Preview(staging=staging)}
    return replace(a_remote(a_remote_job(status=status)), previews=previews)
