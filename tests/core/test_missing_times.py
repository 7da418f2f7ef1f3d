"""A declared publish time that was never set: the job is not done while it is missing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.decisions.notices import everything_matches
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.facts import Options
from afsync.core.plan.lookups import lookups, result_lookups
from afsync.core.plan.plan import Plan
from afsync.core.records import RecordedJob
from afsync.core.remote_account import JobResult
from tests.builders import (
    AHEAD,
    BEFORE,
    NOW,
    PAST,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    an_intent,
    desired,
    echoes,
    planned,
)

OUT = JobResult("job_1", "complete", ready=True, platforms=({"platform": "tiktok", "status": "published"},))
WAITS = JobResult(
    "job_1", "complete", ready=True, platforms=({"platform": "tiktok", "status": "pending", "url": None},)
)


def plan(status: str, declared: datetime | None, result: JobResult | None = None, **record: Any) -> Plan:
    remote = a_remote(a_remote_job(status=status))
    return planned(
        a_job(schedule=declared),
        recorded={"job.best": recorded(status=status, **record)},
        remote=replace(remote, results={"job_1": result} if result else {}),
    )


def recorded(**record: Any) -> RecordedJob:
    return a_recorded_job(a_job(), **record)


@pytest.mark.parametrize("status", ["queued", "running", "scheduled", "complete"])
@pytest.mark.parametrize("result", [None, WAITS])
def test_a_time_ahead_is_set_while_the_job_is_open_or_produced(status: str, result: JobResult | None) -> None:
    (change,) = plan(status, AHEAD, result).changes

    assert (change.action, change.reason, change.id) == (Action.RESCHEDULE, Reason.UNSET, "job_1")


def test_what_was_published_already_is_done_and_that_is_said() -> None:
    seen = plan("complete", AHEAD, OUT)

    assert (seen.changes, [v.code for v in seen.violations]) == ((), ["schedule_not_kept"])
    assert "it was published (tiktok) before its publish time was set" in seen.violations[0].message


@pytest.mark.parametrize("status", ["processing", "publishing", "weird"])
def test_it_is_named_while_nothing_can_be_sent(status: str) -> None:
    seen = plan(status, AHEAD)

    assert (seen.changes, [v.code for v in seen.violations]) == ((), ["unset"])


@pytest.mark.parametrize(("status", "result"), [("queued", None), ("complete", WAITS), ("processing", None)])
def test_a_time_that_passed_unset_is_named(status: str, result: JobResult | None) -> None:
    seen = plan(status, PAST, result)

    assert [v.code for v in seen.violations] == ["past_schedule"] and not everything_matches(seen)


def test_a_time_that_passed_unset_is_named_where_it_is_not_reported_what_was_published() -> None:
    seen = plan("complete", PAST, None)

    (problem,) = seen.violations
    assert problem.code == "past_schedule" and "does not report whether it was published" in problem.message


def test_a_submission_that_is_found_now_is_asked_for_its_result() -> None:
    """Its answer was lost, it was produced meanwhile, and the same plan decides about its publish time."""
    state = a_recorded(intents=(an_intent(a_job()),))
    remote = a_remote(a_remote_job("job_7", "complete", created_at=BEFORE, **echoes(a_job())))
    alone = Options(exclusive=True)

    assert list(result_lookups(desired(a_job(schedule=PAST)), state, remote, NOW, alone)) == ["job_7"]
    assert not list(result_lookups(desired(a_job(schedule=PAST)), a_recorded(), remote, NOW, alone))


@pytest.mark.parametrize(("status", "result"), [("published", None), ("complete", OUT), ("failed", None)])
def test_a_time_that_passed_says_nothing_of_what_is_over(status: str, result: JobResult | None) -> None:
    assert plan(status, PAST, result).violations == ()


def test_an_approval_overtakes_the_time() -> None:
    assert plan("publishing", AHEAD, staged=True).violations == ()
    assert plan("complete", AHEAD, staged=True, approved=True).violations == ()


def test_without_a_declared_time_nothing_is_missing() -> None:
    assert everything_matches(plan("complete", None))


def test_a_finished_job_without_its_time_is_looked_up() -> None:
    state = a_recorded({"job.best": recorded(status="complete")})

    assert "job_1" in lookups(desired(a_job(schedule=AHEAD)), state, NOW).jobs
    assert "job_1" not in lookups(desired(a_job()), state, NOW).jobs


def test_the_clock_of_the_service_decides_when_they_are_far_apart() -> None:
    due = NOW + timedelta(hours=2)
    remote = replace(a_remote(), server_time=NOW + timedelta(hours=3))

    far = planned(a_job(schedule=due), remote=remote)
    near = planned(a_job(schedule=due), remote=replace(remote, server_time=NOW + timedelta(minutes=4)))

    assert ([v.code for v in far.violations], far.spend) == (["past_schedule"], 0)
    assert (near.violations, near.spend) == ((), 1)


@pytest.mark.parametrize("options", [{"exclude": ("job.best",)}, {"target": ("job.other",)}])
@pytest.mark.parametrize("status", ["queued", "processing"])
def test_no_selection_hides_it(options: dict[str, Any], status: str) -> None:
    made = planned(
        a_job(schedule=AHEAD),
        recorded={"job.best": recorded(status=status)},
        remote=a_remote(a_remote_job(status=status)),
        **options,
    )
    assert made.changes == () and not everything_matches(made)
    (problem,) = made.violations
    assert (problem.code, problem.address) == ("unset", "job.best")
