"""What a state becomes when a project is left."""

from __future__ import annotations

from msgspec.structs import replace

from afsync.core.forgotten import all_forgotten
from afsync.core.records import Finding
from afsync.core.resources import Desired
from afsync.core.state import Recorded
from tests.builders import NOW, a_recorded, a_recorded_job
from tests.core.test_cancels import a_watch


def watched(finding: Finding | None, status: str) -> Recorded:
    return replace(a_recorded(), watched={"job_9": a_watch(finding=finding, status=status)})


def test_a_job_that_was_made_against_its_cancel_is_remembered() -> None:
    after = all_forgotten(Desired({}, {}), watched(Finding.LOST, "complete"), NOW).recorded
    assert after.watched == {} and [f.record.id for f in after.forgotten.values()] == ["job_9"]


def test_one_whose_cancel_was_kept_is_not() -> None:
    after = all_forgotten(Desired({}, {}), watched(None, "cancelled"), NOW).recorded
    assert after.watched == {} and after.forgotten == {}


def test_what_is_recorded_and_watched_is_remembered_once() -> None:
    state = watched(Finding.LOST, "complete")
    state = replace(state, resources={"job.gone": a_recorded_job(id="job_9", status="complete")})
    after = all_forgotten(Desired({}, {}), state, NOW).recorded
    assert after.resources == {} and [f.record.id for f in after.forgotten.values()] == ["job_9"]
