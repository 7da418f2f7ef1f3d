"""When it is looked at what becomes due during a run, and what that costs while nothing does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from msgspec.structs import replace

from afsync.core.plan.only_due import only_due
from afsync.core.plan.plan import Plan
from afsync.core.records import Publish, Why
from afsync.core.remote_account import Preview, Remote
from afsync.core.resources import Job
from afsync.core.state import Recorded
from afsync.engine.current_state import CurrentState, with_seen
from afsync.engine.dependencies import Dependencies, Due
from afsync.engine.due_watch import DueWatch, watch_for_due
from afsync.engine.interrupt import Stop
from afsync.engine.run import Run
from afsync.errors import ApiError, AuthError, Interrupted
from tests.builders import NOW, a_job, a_recorded, a_recorded_job, a_remote, a_remote_job, desired, planned
from tests.test_costs import calls


def held(key: str, minutes: float) -> Job:
    """To be published so many minutes after the run began."""
    at = NOW + timedelta(minutes=minutes)
    return replace(a_job(key, schedule=at, topic=key, platforms=["tiktok"]), held=True)


@dataclass
class Small:
    """A run whose plan changes nothing; `behind` is by how many seconds the service's clock is."""

    jobs: list[Job]
    status: str = "complete"
    fails: Exception | None = None
    behind: float = 0.0
    now: datetime = NOW
    looks: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        records = {j.address: a_recorded_job(j, id=f"job_{j.key}", publish=Publish.HELD) for j in self.jobs}
        recorded, remote = a_recorded(records), self._remote()
        unused: Any = None
        world = Dependencies(
            writer=unused, look=unused, open_file=unused, clock=lambda: self.now, monotonic=float, new_id=str,
            stop=Stop(), tell=lambda _: None, due=Due(desired(*self.jobs), self._judge),
        )  # fmt: skip
        plan = planned(*self.jobs, recorded=recorded, remote=remote)
        self.run = Run(plan, remote, CurrentState(unused, recorded, "0"), world)
        self.meanwhile = cast(DueWatch, watch_for_due(self.run))

    def _remote(self) -> Remote:
        shown = a_remote(*(a_remote_job(f"job_{j.key}", self.status) for j in self.jobs))
        return replace(shown, server_time=self.now - timedelta(seconds=self.behind))

    def _judge(self, recorded: Recorded) -> Plan:
        self.looks.append((self.now - NOW).total_seconds() / 60)
        if self.fails is not None:
            raise self.fails
        return only_due(planned(*self.jobs, recorded=recorded, remote=self._remote(), now=self.now), recorded.jobs)

    def found(self, minutes: float, seconds: float = 0) -> list[str]:
        """What is published, so long after the run began."""
        self.now = NOW + timedelta(minutes=minutes, seconds=seconds)
        plan = self.meanwhile.look(self.run)
        return [c.address for c in plan.changes] if plan else []


def test_one_is_published_when_its_time_has_come_and_once() -> None:
    world = Small([held("a", 30), held("b", 40)])
    assert [world.found(m) for m in (1, 29, 31, 32, 39, 41, 42, 60)] == [
        [], [], ["job.a"], [], [], ["job.b"], [], [],
    ]  # fmt: skip
    assert world.looks == [31, 41]


@pytest.mark.parametrize(("behind", "seconds"), [(0, 2), (20, 22), (-20, 2)])
def test_a_time_is_past_by_both_clocks(behind: float, seconds: float) -> None:
    """And by two seconds, since the service tells its own in whole ones: it would else be looked at too early."""
    world = Small([held("a", 30)], behind=behind)
    assert world.found(30, seconds - 1) == []
    assert world.looks == []
    assert world.found(30, seconds) == ["job.a"]


def test_what_is_not_produced_is_looked_at_every_ten_minutes() -> None:
    world = Small([held("a", 5), held("past", -5)], status="processing")
    for minute in range(40):
        assert world.found(minute, 3) == []
    assert [round(look) for look in world.looks] == [5, 15, 25, 35]
    world.status = "complete"
    assert sorted(world.found(60)) == ["job.a", "job.past"]


def test_what_the_plan_has_decided_on_is_left_to_it() -> None:
    world = Small([held("a", -5), held("late", -600)])
    assert [(c.address, c.reason) for c in world.run.plan.changes] == [("job.a", "due")]
    assert [c.reason for c in world.run.plan.withheld] == ["late"]
    assert [world.found(m) for m in (1, 30)] == [[], []]
    assert world.looks == []


def test_what_cannot_be_read_is_tried_again_after_a_minute_and_is_named() -> None:
    world = Small([held("a", 5)], fails=ApiError("connection refused"))
    assert [world.found(m) for m in (5, 5.1, 5.2, 5.5, 6.2, 6.3)] == [[]] * 6
    assert len(world.looks) == 2
    (left,) = world.meanwhile.left()
    assert (left.change.address, left.change.reason) == ("job.a", "due")
    assert left.why == "its time has come, but the account could not be read: connection refused"
    world.fails = AuthError("forbidden")
    assert world.found(8) == []
    world.fails = None
    assert world.found(10) == ["job.a"]
    assert world.meanwhile.left() == []


def test_a_signal_ends_the_look() -> None:
    world = Small([held("a", 5)], fails=Interrupted("Interrupted."))
    with pytest.raises(Interrupted):
        world.found(6)


def test_before_the_next_time_a_look_costs_nothing() -> None:
    """However many jobs there are: this happens before every submission."""
    world = Small([held(f"j{n}", 30 + n) for n in range(300)])
    _, count = calls(lambda: [world.found(n / 10) for n in range(100)])
    assert count < 1500, count
    assert world.looks == []


def test_what_a_look_finds_out_is_written_whole() -> None:
    """A job that turns out not to stop for its review is watched from then on, not only recorded."""
    job = held("a", 5)
    recorded = a_recorded({job.address: a_recorded_job(job, id="job_a", staged=True, publish=Publish.HELD)})
    preview = Preview(staging=False, status="complete")
    remote = replace(a_remote(a_remote_job("job_a", "complete")), previews={"job_a": preview})
    plan = planned(job, recorded=recorded, remote=remote, now=NOW + timedelta(minutes=6))

    after = with_seen(recorded, only_due(plan, recorded.jobs))

    assert after.jobs[job.address].publish is Publish.UNKNOWN
    assert after.watched["job_a"].why is Why.UNREVIEWED
