"""Unknown jobs that are newer than the last one recorded: a sign that this state is older than the account."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.planner import make_plan
from afsync.core.remote_account import RemoteJob
from afsync.core.state import Recorded
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    RECENT,
    TOPIC,
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

KNOWN = a_job("known", topic="Another topic")
STATE = a_recorded({"job.known": a_recorded_job(KNOWN, id="job_1")})
LISTED = a_remote_job("job_1", created_at=RECENT)
NEWER = ago(hours=1)


def withheld(stranger: RemoteJob, job: Any = None, state: Recorded = STATE, **more: Any) -> str:
    """What is said of one new job (with a publish time): withheld, warned of, or nothing."""
    job = job or a_job(schedule=AHEAD)
    times = more.pop("publish_times", {})
    plan = planned(KNOWN, job, recorded=state, remote=a_remote(stranger, LISTED, publish_times=times), **more)
    if [c.reason for c in plan.withheld] == [Reason.OUTDATED_STATE]:
        text = plan.violations[0].message
        assert "either others submit with this account, or this state is older than the account" in text
        assert "import --none" in (plan.violations[0].hint or "")
        return "withheld"
    assert [c.action for c in plan.changes] == [Action.CREATE]
    return "warned" if any(n.code == "outdated_state" for n in plan.notices) else ""


SILENT: dict[str, Any] = {}
OTHER = {"topic": "Something else"}
APART = {"platforms": ["youtube"]}
CASES: dict[str, tuple[dict[str, Any], bool, tuple[str, str, str]]] = {
    "no topic is told": (SILENT, False, ("withheld", "withheld", "warned")),
    "another topic": (OTHER, False, ("withheld", "warned", "warned")),
    "the same instant": (SILENT, True, ("withheld", "withheld", "withheld")),
    "another topic at the same instant": (OTHER, True, ("withheld", "warned", "warned")),
    "other platforms": (APART, False, ("withheld", "warned", "warned")),
    "other platforms at the same instant": (APART, True, ("withheld", "warned", "warned")),
    "another entry": ({"entry": "upload"}, True, ("withheld", "warned", "warned")),
}


@pytest.mark.parametrize(("echo", "same_instant", "expected"), CASES.values(), ids=CASES)
def test_what_exclusive_makes_of_it(echo: dict[str, Any], same_instant: bool, expected: tuple[str, str, str]) -> None:
    stranger = a_remote_job("job_9", created_at=NEWER, **echo)
    times = {"job_9": AHEAD if same_instant else LATER}
    job = a_job(platforms=["tiktok"], schedule=AHEAD)

    said = tuple(withheld(stranger, job, publish_times=times, exclusive=e) for e in (True, None, False))
    assert said == expected


NOT_NEWER: dict[str, tuple[RemoteJob, Recorded]] = {
    "older": (a_remote_job("job_9", created_at=ago(hours=3)), STATE),
    "marked as foreign": (a_remote_job("job_9", created_at=NEWER), replace(STATE, foreign=("job_9",))),
    "cancelled": (a_remote_job("job_9", "cancelled", created_at=NEWER), STATE),
    "recorded once": (a_remote_job("job_9", created_at=NEWER), replace(STATE, newest=NEWER)),
    "forgotten at the same instant": (a_remote_job("job_9", created_at=RECENT), replace(STATE, newest=RECENT)),
}


@pytest.mark.parametrize(("stranger", "state"), NOT_NEWER.values(), ids=NOT_NEWER)
def test_does_not_count(stranger: RemoteJob, state: Recorded) -> None:
    assert withheld(stranger, state=state, exclusive=True) == ""


def test_counts_at_the_same_instant_and_by_its_place_in_the_list() -> None:
    assert withheld(a_remote_job("job_9", created_at=RECENT)) == "withheld"
    assert withheld(a_remote_job("job_9", created_at=None)) == "withheld"


def test_what_may_be_a_lost_answer_blocks_no_other_job() -> None:
    lost = an_intent(a_job("lost", topic="Lost"), when=ago(minutes=61), known=("job_1",))
    stranger = a_remote_job("job_9", created_at=NEWER)

    assert withheld(stranger, state=replace(STATE, intents=(lost,))) == ""


@pytest.mark.parametrize("echo", [{}, {"topic": TOPIC}], ids=["no topic is told", "the same topic"])
def test_a_second_video_that_is_meant_is_not_paid_for_again_either(echo: dict[str, Any]) -> None:
    stranger, older = (a_remote_job("job_9", created_at=at, **echo) for at in (NEWER, ago(hours=3)))

    assert withheld(stranger, a_job(allow_duplicate=True)) == "withheld"
    assert withheld(older, a_job(allow_duplicate=True)) == ""
    assert withheld(stranger, a_job(allow_duplicate=True), replace(STATE, foreign=("job_9",))) == ""


@pytest.mark.parametrize("status", ["queued", "published"])
def test_holds_back_what_is_submitted_again(status: str) -> None:
    edited = a_job("known", topic=TOPIC) if status == "queued" else replace(KNOWN, rerun="2")
    state = a_recorded({"job.known": a_recorded_job(KNOWN, id="job_1", status=status)})
    listed = a_remote_job("job_1", status, created_at=RECENT)

    plan = planned(edited, recorded=state, remote=a_remote(a_remote_job("job_9", created_at=NEWER), listed))

    assert plan.changes == () and [c.reason for c in plan.withheld] == [Reason.OUTDATED_STATE]


def test_says_nothing_where_nothing_is_submitted() -> None:
    plan = planned(KNOWN, recorded=STATE, remote=a_remote(a_remote_job("job_9", created_at=NEWER), LISTED))

    assert (plan.changes, plan.notices, plan.violations) == ((), (), ())


def test_a_job_that_is_forgotten_raises_the_mark_and_a_newer_one_replaces_it() -> None:
    left = STATE.without_resource("job.known")

    assert (left.newest, left.newest_known) == (RECENT, RECENT)
    after = left.with_resource("job.next", a_recorded_job(a_job("next"), id="job_2", created_at=NOW))
    assert (after.newest, after.newest_known) == (None, NOW)


def test_what_held_a_submission_back_stays_in_doubt_whatever_is_submitted_meanwhile() -> None:
    """Otherwise the next job that is recorded would be newer than the unknown one, and the guard would be gone."""
    state = replace(
        a_recorded({"job.old": a_recorded_job(a_job("old"), id="job_old", created_at=ago(days=2))}), counter=1
    )
    stranger = a_remote_job("job_7", status="queued", created_at=ago(hours=3))
    mine = a_remote_job("job_old", status="queued", created_at=ago(days=2))
    declared = desired(a_job("old"), a_job("new", topic="New"))
    plan = make_plan(declared, state, a_remote(stranger, mine), NOW)
    assert [c.reason for c in plan.withheld] == [Reason.OUTDATED_STATE]
    assert plan.suspected == ago(days=2)

    later = replace(
        state.with_resource("job.more", a_recorded_job(a_job("more"), id="job_more", created_at=ago(minutes=5))),
        suspected=plan.suspected,
    )
    declared = desired(a_job("old"), a_job("more"), a_job("new", topic="New"))
    more = a_remote_job("job_more", status="queued", created_at=ago(minutes=5))
    plan = make_plan(declared, later, a_remote(more, stranger, mine), NOW)
    assert [c.address for c in plan.withheld] == ["job.new"]

    told = replace(later, foreign=("job_7",))
    plan = make_plan(declared, told, a_remote(more, stranger, mine), NOW)
    assert plan.withheld == () and plan.suspected is None


def test_a_doubt_at_the_very_instant_of_the_newest_job_outlives_its_record() -> None:
    same_instant = a_remote_job("job_9", created_at=RECENT)
    first = planned(KNOWN, a_job(schedule=AHEAD), recorded=STATE, remote=a_remote(same_instant, LISTED))
    assert [c.reason for c in first.withheld] == [Reason.OUTDATED_STATE] and first.suspected == RECENT

    after = replace(STATE, suspected=first.suspected).without_resource("job.known")
    second = planned(a_job(schedule=AHEAD), recorded=after, remote=a_remote(same_instant))
    assert [c.reason for c in second.withheld] == [Reason.OUTDATED_STATE]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_our_own_job_that_ended_badly_and_left_the_state_is_no_stranger_while_others_are_in_doubt(status: str) -> None:
    """It is not remembered, as its video is not made; its time is the one from which on jobs are in doubt."""
    after = replace(STATE, suspected=RECENT).without_resource("job.known")
    mine = a_remote_job("job_1", status=status, created_at=RECENT.replace(microsecond=400_000))
    plan = planned(a_job(schedule=AHEAD), recorded=after, remote=a_remote(mine))
    assert plan.withheld == () and plan.suspected is None
    queued = planned(a_job(schedule=AHEAD), recorded=after, remote=a_remote(replace(mine, status="queued")))
    assert [c.reason for c in queued.withheld] == [Reason.OUTDATED_STATE]
