"""Approval as code, and by hand: exactly one submission is published, or it is said why none is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.approvals import only_approvals
from afsync.core.plan.actions import Action, Reason, Step
from afsync.core.plan.changes import Change, Credits
from afsync.core.plan.plan import Plan, Waiting
from afsync.core.records import RecordedJob
from afsync.core.remote_account import Preview, Remote
from afsync.core.resources import Job
from afsync.errors import AfsyncError, Severity
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    PAST,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    desired,
    planned,
)

STAGED = a_job(staging=True, platforms=["tiktok"])
OPEN = ("queued", "running", "scheduled")
BUSY = ("processing", "ready_to_publish", "rendering")


def approved(job: Job = STAGED, as_: str = "job_1") -> Job:
    return replace(job, approve=as_)


def plan_of(job: Job, status: str = "complete", *, record: RecordedJob | None = None, missing: bool = False) -> Plan:
    record = record or a_recorded_job(STAGED, status="queued", staged=True)
    remote = a_remote(missing=["job_1"]) if missing else a_remote(a_remote_job(record.id, status))
    return planned(job, recorded={"job.best": record}, remote=remote)


def test_what_waits_is_published() -> None:
    plan = plan_of(approved())
    record = a_recorded_job(STAGED, status="queued", staged=True)
    assert plan.changes == (
        Change(
            "job.best", Action.APPROVE, Reason.REQUESTED, record, approved(), id="job_1", credits=Credits(0, 1)
        ),
    )  # fmt: skip
    assert plan.changes[0].steps == (Step.APPROVE,)
    assert (plan.summary.approve, plan.spend, plan.requests) == (1, 0, 1)
    assert (plan.notices, plan.violations, plan.withheld) == ((), (), ())


@pytest.mark.parametrize("when", [None, PAST, AHEAD])
def test_whatever_its_publish_time(when: object) -> None:
    job = replace(approved(), schedule=a_job(schedule=when).schedule)  # type: ignore[arg-type]
    plan = plan_of(job, record=a_recorded_job(job, status="queued", staged=True))
    assert [c.action for c in plan.changes] == [Action.APPROVE]


@pytest.mark.parametrize("status", [*OPEN, *BUSY])
def test_what_is_not_produced_is_noted(status: str) -> None:
    plan = plan_of(approved(), status)
    assert (plan.changes, plan.withheld, plan.violations) == ((), (), ())
    unread = [(Severity.WARNING, "not_known")] if status == "rendering" else []
    assert [(n.severity, n.code) for n in plan.notices] == [(Severity.NOTE, "approve_waits"), *unread]


@pytest.mark.parametrize("status", ["publishing", "published"])
def test_what_is_on_its_way_is_left_alone(status: str) -> None:
    plan = plan_of(approved(), status)
    assert (plan.changes, plan.notices, plan.violations) == ((), (), ())
    refreshed = plan.refreshed["job.best"]
    assert isinstance(refreshed, RecordedJob) and refreshed.approved and refreshed.status == status


def test_what_was_approved_is_left_alone_although_it_still_says_complete() -> None:
    record = a_recorded_job(STAGED, status="complete", staged=True, approved=True)
    plan = plan_of(approved(), record=record)
    assert (plan.changes, plan.notices, plan.violations) == ((), (), ())


@pytest.mark.parametrize("status", [*OPEN, *BUSY, "complete", "publishing", "published"])
@pytest.mark.parametrize("staged", [True, False])
def test_another_submission_is_never_published(status: str, staged: bool) -> None:
    plan = plan_of(approved(as_="job_0"), status, record=a_recorded_job(STAGED, status="queued", staged=staged))
    assert plan.changes == ()
    assert [(c.action, c.reason) for c in plan.withheld] == [(Action.APPROVE, Reason.APPROVE_MISMATCH)]
    (problem,) = plan.violations
    assert (problem.code, problem.severity, problem.address) == ("approve_mismatch", Severity.ERROR, "job.best")
    assert "job_0" in problem.message and "job_1" in problem.message
    assert problem.hint and "approve: job_1" in problem.hint


@pytest.mark.parametrize("status", [*OPEN, "complete"])
def test_what_is_submitted_again_is_not_published_first(status: str) -> None:
    again = replace(approved(), rerun="2")
    plan = plan_of(again, status)
    assert [c.action for c in plan.changes] == [Action.REPLACE]
    assert [v.code for v in plan.violations] == ["approve_mismatch"]
    assert "replaces" in plan.violations[0].message


def test_what_only_a_protection_keeps_from_being_submitted_again_is_not_published() -> None:
    again = replace(approved(), rerun="2", prevent_destroy=True)
    plan = plan_of(again)
    assert plan.changes == ()
    assert [v.code for v in plan.violations] == ["approve_mismatch", "prevent_destroy"]


def test_an_edit_that_replaces_it_takes_the_approval_away() -> None:
    plan = plan_of(approved(a_job(staging=True, tone="calm")), "queued")
    assert [c.action for c in plan.changes] == [Action.REPLACE]
    assert [v.code for v in plan.violations] == ["approve_mismatch"]


@pytest.mark.parametrize("status", [*OPEN, *BUSY, "complete"])
def test_without_staging_there_is_nothing_to_approve(status: str) -> None:
    plan = plan_of(approved(a_job()), status, record=a_recorded_job(a_job(), status="queued"))
    assert plan.changes == ()
    assert [v.code for v in plan.violations] == ["approve_not_staged"]


@pytest.mark.parametrize(("status", "notice"), [("failed", "failed"), ("cancelled", "cancelled")])
def test_what_ended_is_told_as_ever(status: str, notice: str) -> None:
    plan = plan_of(approved(), status)
    assert (plan.changes, plan.violations) == ((), ())
    assert [n.code for n in plan.notices] == [notice]


def test_what_is_gone_is_told_as_ever() -> None:
    assert [n.code for n in plan_of(approved(), missing=True).notices] == ["missing"]


def test_what_was_never_submitted_is_not_paid_for() -> None:
    plan = planned(approved(as_="job_9"))
    assert plan.changes == ()
    assert [(c.action, c.reason) for c in plan.withheld] == [(Action.CREATE, Reason.APPROVE_NOT_SUBMITTED)]
    (problem,) = plan.violations
    assert problem.code == "approve_not_submitted" and problem.hint and "import job.best job_9" in problem.hint


def test_a_renamed_job_keeps_its_approval() -> None:
    record = a_recorded_job(STAGED, status="queued", staged=True)
    job = replace(a_job("other", staging=True, platforms=["tiktok"]), approve="job_1")
    plan = planned(job, recorded={"job.best": record}, remote=a_remote(a_remote_job("job_1", "complete")))
    assert [(c.action, c.address) for c in plan.changes] == [
        (Action.MOVE, "job.other"),
        (Action.APPROVE, "job.other"),
    ]


def test_it_comes_after_the_publish_time_and_before_templates_go() -> None:
    job = replace(a_job(staging=True, platforms=["tiktok"], schedule=LATER), approve="job_1")
    record = a_recorded_job(a_job(staging=True, platforms=["tiktok"], schedule=AHEAD), status="queued", staged=True)
    plan = plan_of(job, record=record)
    assert [c.action for c in plan.changes] == [Action.RESCHEDULE, Action.APPROVE]


# --- what waits ---


def remote_of(status: str = "complete", **previews: Preview) -> Remote:
    return replace(a_remote(a_remote_job("job_1", status, platforms=["tiktok"])), previews=previews)


def test_what_waits_is_in_the_plan_with_its_links() -> None:
    preview = Preview("https://media.example/v.mp4", expires_at=NOW + timedelta(minutes=5))
    record = a_recorded_job(STAGED, status="queued", staged=True)
    plan = planned(STAGED, recorded={"job.best": record}, remote=remote_of(job_1=preview))
    assert plan.waiting == (Waiting("job.best", "job_1", preview, ("tiktok",)),)
    assert (plan.changes, plan.notices) == ((), ())


@pytest.mark.parametrize("options", [{"exclude": ("job.best",)}, {"target": ("job.other",)}, {"destroy": True}])
def test_only_what_is_selected_and_declared(options: dict[str, Any]) -> None:
    record = a_recorded_job(STAGED, status="queued", staged=True)
    plan = planned(STAGED, recorded={"job.best": record}, remote=remote_of(), **options)
    assert plan.waiting == ()


@pytest.mark.parametrize(
    ("preview", "valid"),
    [
        (Preview("https://a.example/v.mp4"), True),
        (Preview(None, "https://a.example/t.png", NOW + timedelta(seconds=1)), True),
        (Preview("https://a.example/v.mp4", expires_at=NOW), False),
        (Preview("https://a.example/v.mp4", expires_at=PAST), False),
        (Preview(expires_at=AHEAD), False),
    ],
)
def test_links_hold_until_they_expire(preview: Preview, valid: bool) -> None:
    assert preview.valid(NOW) is valid


# --- by hand ---

REFUSED = {
    "running": (a_recorded_job(STAGED, staged=True), "running", "not produced yet; it is running"),
    "busy": (a_recorded_job(STAGED, staged=True), "processing", "not produced yet; it is processing"),
    "failed": (a_recorded_job(STAGED, staged=True), "failed", "is failed"),
    "cancelled": (a_recorded_job(STAGED, staged=True), "cancelled", "is cancelled"),
    "not staged": (a_recorded_job(a_job()), "complete", "waits for no approval"),
    "published": (a_recorded_job(STAGED, staged=True), "published", "approved already"),
    "approved": (a_recorded_job(STAGED, staged=True, approved=True), "complete", "approved already"),
    "gone": (a_recorded_job(STAGED, staged=True), None, "not in the account any more"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_by_hand_it_is_all_or_none(name: str) -> None:
    record, status, why = REFUSED[name]
    fine = a_recorded_job(STAGED, id="job_2", staged=True)
    recorded = a_recorded({"job.best": record, "job.fine": fine})
    jobs = [a_remote_job("job_2", "complete"), *([a_remote_job("job_1", status)] if status else [])]
    remote = a_remote(*jobs, missing=[] if status else ["job_1"])
    plan = planned(recorded=recorded, remote=remote)
    with pytest.raises(AfsyncError, match="Nothing was published") as caught:
        only_approvals(plan, recorded, remote, ["job.best", "job.fine"], desired())
    assert why in caught.value.message and "job.best (job_1)" in caught.value.message
    assert "job.fine" not in caught.value.message


def test_by_hand_nothing_else_is_done() -> None:
    recorded = a_recorded({"job.best": a_recorded_job(STAGED, staged=True)})
    remote = a_remote(a_remote_job("job_1", "complete"))
    plan = planned(a_job("new"), recorded=recorded, remote=remote, allow_empty=True)
    assert len(plan.changes) == 2
    only = only_approvals(plan, recorded, remote, ["job.best", "job.best"], desired())
    assert [(c.action, c.id) for c in only.changes] == [(Action.APPROVE, "job_1")]
    assert (only.withheld, only.violations, only.notices, only.blocking) == ((), (), (), ())
