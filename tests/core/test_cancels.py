"""Jobs that afsync cancelled: how long they are watched, what is found out, and what it holds back."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.decisions.imports import taken_over
from afsync.core.decisions.notices import everything_matches
from afsync.core.plan.actions import Action, Reason, Retire
from afsync.core.plan.lookups import lookups
from afsync.core.plan.plan import Plan
from afsync.core.records import UNSEEN, Effect, Finding, Publish, Trust, Watched, Why
from afsync.core.state import Recorded
from afsync.store.recoveries import Recovery, merged
from tests.builders import (
    NOW,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    ago,
    an_intent,
    desired,
    planned,
)

KEPT, LOST = Finding.KEPT, Finding.LOST
DAY = timedelta(days=1)
BEFORE = ago(hours=1)


def a_watch(*, cancelled: datetime = BEFORE, until: datetime = NOW + DAY, **over: Any) -> Watched:
    record = a_recorded_job(id="job_9", status=over.pop("status", "running"), credits=2)
    return Watched("job.gone", record, cancelled, until, over.pop("finding", None))


def watching(entry: Watched, **state: Any) -> Recorded:
    return replace(a_recorded(**state), watched={"job_9": entry})


def look(entry: Watched, status: str | None, **state: Any) -> Plan:
    """None: it is not in the account any more."""
    remote = a_remote(*([a_remote_job("job_9", status)] if status else []), missing=[] if status else ["job_9"])
    return planned(recorded=watching(entry, **state), remote=remote, allow_empty=True)


ENDED = {"until": ago(minutes=1)}
JUST = {"cancelled": NOW - timedelta(seconds=119)}
# the watch, the status now, the finding that the state keeps (or "dropped"), what is counted
TABLE: dict[str, tuple[dict[str, Any], str | None, Any, Finding | None]] = {
    "cancelled": ({}, "cancelled", None, None),
    "not there any more": ({}, None, None, None),
    "failed": ({}, "failed", None, None),
    "alive, in a list that may lag": (JUST, "running", None, None),
    "alive": ({}, "running", LOST, LOST),
    "finished again": ({}, "complete", LOST, LOST),
    "published": ({}, "published", LOST, LOST),
    "of a status that is not known": ({}, "weird", None, None),
    "alive again, as is known": ({"finding": LOST}, "complete", LOST, None),
    "cancelled until the end": (ENDED, "cancelled", "dropped", KEPT),
    "gone at the end": (ENDED, None, "dropped", KEPT),
    "failed at the end": (ENDED, "failed", "dropped", None),
    "found alive at the end": (ENDED, "complete", LOST, LOST),
    "known to be alive, and over": ({**ENDED, "finding": LOST}, "complete", "dropped", None),
}


@pytest.mark.parametrize(("over", "status", "kept", "counted"), TABLE.values(), ids=TABLE)
def test_watch(over: dict[str, Any], status: str | None, kept: Any, counted: Finding | None) -> None:
    plan = look(a_watch(**over), status)

    entry = plan.watched.get("job_9")
    assert (entry.finding if entry else "dropped") == kept
    if kept is LOST and over == ENDED:
        assert entry is not None and entry.until == NOW + DAY, "it is named for a while"
    assert plan.trust.get(Effect.CANCEL, UNSEEN) == _counted(counted)
    lagging = over == JUST and status == "running"
    assert [n.code for n in plan.notices] == (
        ["cancel_not_kept"] if kept is LOST else ["cancel_unseen"] if lagging else []
    )


def _counted(found: Finding | None) -> Trust:
    return UNSEEN if found is None else UNSEEN.with_finding(found, NOW)


def test_what_is_not_settled_yet_is_named() -> None:
    """An address that was replaced has two submissions until the cancel is seen, and no plan says `No changes` then."""
    plan = look(a_watch(**JUST), "complete")

    (notice,) = plan.notices
    assert notice.message == "job.gone (job_9) was cancelled, and is still complete"
    assert not everything_matches(plan)


def test_what_was_not_looked_at_stays_as_it_is() -> None:
    entry = a_watch(**ENDED)

    assert planned(recorded=watching(entry), remote=a_remote(), allow_empty=True).watched == {"job_9": entry}


def test_the_warning_names_id_status_link_and_both_ways_on() -> None:
    remote = a_remote(replace(a_remote_job("job_9", "complete"), output_url="https://media/1.mp4"))
    (notice,) = planned(recorded=watching(a_watch()), remote=remote, allow_empty=True).notices

    assert notice.address == "job.gone"
    assert "job.gone (job_9): afsync cancelled it on 2026-11-20 11:00 UTC" in notice.message
    assert "but the service still reports it as complete: https://media/1.mp4" in notice.message
    assert notice.hint is not None
    assert "afsync import job.gone job_9" in notice.hint and "afsync state rm job_9" in notice.hint


HELD = {
    "the same again": (a_job("again"), Reason.CANCEL_NOT_KEPT),
    "another": (a_job("again", url="https://other"), None),
}


@pytest.mark.parametrize(("job", "reason"), HELD.values(), ids=HELD)
def test_a_new_submission_of_the_same_is_withheld(job: Any, reason: Reason | None) -> None:
    remote = a_remote(a_remote_job("job_9", "complete"))

    plan = planned(job, recorded=watching(a_watch()), remote=remote)

    assert [c.reason for c in plan.withheld] == ([reason] if reason else [])
    assert [c.action for c in plan.changes] == ([] if reason else [Action.CREATE])


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        *((s, Reason.CANCEL_UNSEEN) for s in ("queued", "running", "complete", "published", "weird")),
        *((s, None) for s in ("cancelled", "failed", None)),
    ],
)
def test_it_is_withheld_before_the_cancellation_is_judged_too(status: str | None, reason: Reason | None) -> None:
    remote = a_remote(*([a_remote_job("job_9", status)] if status else []), missing=[] if status else ["job_9"])

    plan = planned(a_job("again"), recorded=watching(a_watch(**JUST)), remote=remote)

    assert [c.reason for c in plan.withheld] == ([reason] if reason else [])
    if status == "queued":
        assert [v.message for v in plan.violations] == [
            "job.again asks for what job_9 was submitted for, which was cancelled and is still queued"
        ]
        assert "afsync import job.again job_9" in (plan.violations[0].hint or "")


def test_a_rerun_with_the_body_of_a_cancelled_job_is_withheld_too() -> None:
    failed = a_recorded_job(id="job_8", status="failed")
    remote = a_remote(a_remote_job("job_8", "failed"), a_remote_job("job_9", "running"))
    state = replace(a_recorded({"job.again": failed}), watched={"job_9": a_watch(**JUST)})

    plan = planned(a_job("again", rerun="2"), recorded=state, remote=remote)

    assert [c.reason for c in plan.withheld] == [Reason.CANCEL_UNSEEN]
    assert plan.changes == ()


def test_taken_over_it_is_what_it_was_and_watched_no_longer() -> None:
    state = watching(a_watch(finding=LOST))
    record = a_recorded_job(id="job_9", status="complete", credits=None)

    after = taken_over(state, "job.again", record)

    assert after.watched == {}
    expected = replace(a_watch().record, status="complete", time_serial=after.jobs["job.again"].time_serial)
    assert after.jobs["job.again"] == expected


def test_it_is_looked_up_as_long_as_it_is_watched() -> None:
    entry = a_watch(**ENDED)

    assert lookups(desired(), watching(entry), NOW).jobs == {"job_9": entry.record.created_at}


@pytest.mark.parametrize(
    ("status", "warned"), [("queued", False), ("pending", False), ("running", True), ("scheduled", True)]
)
@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize("asked", [False, True])
def test_a_replacement_past_the_queue_says_what_it_may_come_to(
    status: str, warned: bool, lost: int, asked: bool
) -> None:
    state = a_recorded({"job.best": a_recorded_job(status=status)})
    state = replace(state, trust={Effect.CANCEL: Trust(5, lost, NOW, NOW if lost else None)})
    named = frozenset({"job.best"}) if asked else frozenset()

    plan = planned(a_job(tone="calm"), recorded=state, remote=a_remote(a_remote_job(status=status)), replace=named)

    held = warned and lost and not asked
    (change,) = plan.withheld if held else plan.changes
    assert change.action is Action.REPLACE
    assert (change.reason is Reason.CANCEL_UNPROVEN) == bool(held)
    assert (change.warning is not None) == warned
    if change.warning:
        assert "two videos are made, for 1 credit already spent and 1 more" in change.warning


def test_what_the_old_one_cost_is_not_made_up() -> None:
    state = {"job.best": a_recorded_job(status="running", credits=None)}

    plan = planned(a_job(tone="calm"), recorded=state, remote=a_remote(a_remote_job(status="running")))

    assert "an unknown number of credits already spent" in str(plan.changes[0].warning)


def test_a_recovery_file_of_a_job_that_does_not_stop_has_it_cancelled() -> None:
    """The disk failed after the submission, so its record went beside the state, and no cancel was sent."""
    job = a_job(staging=True)
    record = a_recorded_job(job, staged=False, publish=Publish.UNKNOWN)
    state = a_recorded(intents=(an_intent(job, staged=True),))

    after = merged(state, Recovery(Path("recovery"), "job.best", record, "no space left"))

    assert (after.watched["job_1"].why, after.watched["job_1"].accepted) == (Why.UNREVIEWED, False)
    (change,) = planned(job, recorded=after, remote=a_remote(a_remote_job())).changes
    assert (change.action, change.reason, change.retire) == (Action.DELETE, Reason.STAGING_IGNORED, Retire.CANCEL)
