"""The order a plan is carried out in, how long that takes, and what then comes too late."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from afsync.core.clocks import skew_warning
from afsync.core.plan.actions import Action, Reason, Step
from afsync.core.plan.changes import Change
from afsync.core.plan.order import request_seconds, too_late, turns
from afsync.core.text import duration
from tests.builders import AHEAD, LATER, NOW, a_job, a_recorded_job, a_remote, a_remote_job, planned


def test_by_publish_time_then_by_address_and_each_time_right_after_its_submission() -> None:
    jobs = [a_job("b"), a_job("a"), a_job("late", schedule=LATER), a_job("soon", schedule=AHEAD)]
    changes = [Change(j.address, Action.CREATE, Reason.NEW, after=j) for j in jobs]

    done = [(turn.change.address, turn.steps) for turn in turns(changes)]

    both = (Step.SUBMIT_JOB, Step.SET_SCHEDULE)
    alone = (Step.SUBMIT_JOB,)
    assert done == [("job.soon", both), ("job.late", both), ("job.a", alone), ("job.b", alone)]


def test_a_missing_publish_time_of_what_is_paid_for_comes_before_new_submissions() -> None:
    paid = replace(a_recorded_job(a_job("paid", schedule=LATER)), schedule=None, time_missing=True)
    moved = a_recorded_job(a_job("moved", url="https://m", schedule=AHEAD), id="job_2")
    jobs = [
        a_job("new", topic="n", url="https://n", schedule=AHEAD),
        a_job("paid", schedule=LATER),
        a_job("moved", url="https://m", schedule=LATER),
    ]
    remote = a_remote(a_remote_job("job_1", "queued"), a_remote_job("job_2", "queued"))
    plan = planned(*jobs, recorded={"job.paid": paid, "job.moved": moved}, remote=remote)

    assert [c.address for c in plan.changes] == ["job.paid", "job.new", "job.moved"]
    assert [(t.change.address, t.steps) for t in turns(plan.changes)] == [
        ("job.paid", (Step.SET_SCHEDULE,)),
        ("job.new", (Step.SUBMIT_JOB, Step.SET_SCHEDULE)),
        ("job.moved", (Step.SET_SCHEDULE,)),
    ]


def test_the_plan_shows_the_same_order() -> None:
    plan = planned(a_job("b", topic="b"), a_job("a", topic="a", schedule=LATER), a_job("c", topic="c", schedule=AHEAD))

    assert [c.address for c in plan.changes] == ["job.c", "job.a", "job.b"]


@pytest.mark.parametrize(
    ("requests", "per_minute", "already", "expected"),
    [(3, 60, 0, 1.5), (60, 60, 0, 30), (77, 60, 0, 68.5), (60, 60, 4, 62), (28, 20, 4, 66), (1000, 300, 0, 500)],
)
def test_the_estimate_respects_the_window(requests: int, per_minute: int, already: int, expected: float) -> None:
    assert request_seconds(requests, per_minute, already) == expected


def test_what_cannot_make_it_is_warned_of() -> None:
    due = NOW + timedelta(seconds=40)
    jobs = [a_job(f"j{n:02}", topic=f"t{n}", schedule=due) for n in range(14)]
    plan = replace(planned(*jobs), per_minute=20, reads=4)

    late = [p.address for p in too_late(plan)]

    assert late == [f"job.j{n:02}" for n in range(8, 14)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.04, "0 s"),
        (0.4, "0.4 s"),
        (9.96, "10 s"),
        (38, "38 s"),
        (77, "1 min 17 s"),
        (19920, "5 h 32 min"),
        (120, "2 min"),
    ],
)
def test_durations_are_said_in_one_way(value: float, text: str) -> None:
    assert duration(value) == text


def test_clocks_that_differ_are_said() -> None:
    assert skew_warning(50) == ()
    assert "the service's clock is 2 min ahead of" in skew_warning(120)[0].message
    assert "decided by the service's" in skew_warning(-10_800)[0].message
