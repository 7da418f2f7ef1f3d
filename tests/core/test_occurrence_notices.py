"""What the occurrences of series mean for a plan: its reasons, what it says, and what apply remembers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from afsync.core.occurrence_notices import Occurrences, with_considered, with_occurrences, zones_changed
from afsync.core.plan.actions import Reason
from afsync.core.plan.facts import Options
from afsync.core.plan.planner import make_plan
from afsync.core.remote_account import Remote, RemoteAccount
from afsync.core.resources import Desired, Job, Schedule
from afsync.core.state import Considered, Recorded
from tests.builders import AHEAD, LINEAGE, NOW, a_job, a_recorded_job

REMOTE = Remote(RemoteAccount("user"))
ONE, TWO = 'job.show["2026-11-23"]', 'job.show["2026-11-30"]'


def desired(*keys: str) -> Desired:
    jobs = [a_job(key.removeprefix("job."), schedule=AHEAD, topic=key) for key in keys]
    return Desired(jobs={job.address: job for job in jobs})


CONSIDERED = {"show": Considered(NOW, "2026-11-01")}
FOUND = Occurrences(1, 2, frozenset({TWO}), considered=CONSIDERED, left=("job.old",))


def test_what_the_horizon_lets_in_has_a_reason_of_its_own() -> None:
    plan = with_occurrences(make_plan(desired(ONE, TWO), Recorded(LINEAGE), REMOTE, NOW), FOUND, Options())
    assert {c.address: c.reason for c in plan.changes} == {ONE: Reason.NEW, TWO: Reason.HORIZON}
    assert plan.considered == CONSIDERED and plan.left == ("job.old",)
    assert plan.declared == 3, "a series counts as something declared, also while none of its dates is"


def test_a_plan_that_ignores_the_horizon_stays_the_same_while_time_passes() -> None:
    options = Options(ignore_horizon=True)
    before = with_occurrences(make_plan(desired(ONE), Recorded(LINEAGE), REMOTE, NOW), FOUND, options)
    after = with_occurrences(make_plan(desired(ONE, TWO), Recorded(LINEAGE), REMOTE, NOW), FOUND, options)
    assert after.fingerprint == before.fingerprint
    assert [n.message for n in after.notices if n.code == "horizon_ignored"] == [
        "1 occurrence that the horizon lets in is left out: 1 credit"
    ]


@pytest.mark.parametrize(
    "options",
    [Options(ignore_horizon=True), Options(target=("job.*",)), Options(exclude=("job.a",)), Options(destroy=True)],
)
def test_a_part_of_a_plan_remembers_nothing(options: Options) -> None:
    plan = with_occurrences(make_plan(desired(ONE), Recorded(LINEAGE), REMOTE, NOW), FOUND, options)
    assert plan.considered == {} and plan.left == ()


def test_what_is_remembered() -> None:
    recorded = Recorded(LINEAGE, resources={"job.old": a_recorded_job(), "job.new": a_recorded_job(id="job_2")})
    after = with_considered(recorded, CONSIDERED, ("job.old", "job.gone"))
    assert after.series == CONSIDERED and [*after.resources] == ["job.new"]
    assert with_considered(after, CONSIDERED, ()) is after, "an apply with nothing to do writes nothing"


ZONE = "Europe/Berlin"


@pytest.mark.parametrize(
    ("written", "zone", "reason"),
    [
        ("2026-11-27 12:00", ZONE, Reason.TIMEZONE_CHANGED),
        ("2026-11-27 13:00", ZONE, Reason.SCHEDULE_CHANGED),
        ("2026-11-27 12:00", "Europe/Paris", Reason.SCHEDULE_CHANGED),
        ("2026-11-27 12:00", None, Reason.SCHEDULE_CHANGED),
    ],
)
def test_a_country_that_changes_its_clocks_is_named(written: str, zone: str | None, reason: Reason) -> None:
    declared = a_job(schedule=Schedule("2026-11-27 12:00", AHEAD + timedelta(hours=1), ZONE))
    record = a_recorded_job(replace(declared, schedule=Schedule(written, AHEAD, zone)), status="scheduled")
    recorded = Recorded(LINEAGE, resources={declared.address: record})
    plan = zones_changed(make_plan(only(declared), recorded, REMOTE, NOW), recorded, lambda _: "2026b")
    assert [c.reason for c in plan.changes] == [reason]
    said = [n.message for n in plan.notices if n.code == "timezone_changed"]
    named = (
        f"the time zone rules of {ZONE} differ from those that {declared.address} was submitted with: zone data 2026b"
    )
    assert said == ([named] if reason is Reason.TIMEZONE_CHANGED else [])


def test_the_zone_data_that_was_recorded_is_named() -> None:
    declared = a_job('show["2026-11-27"]', schedule=Schedule("2026-11-27 12:00", AHEAD + timedelta(hours=1), ZONE))
    record = a_recorded_job(replace(declared, schedule=Schedule("2026-11-27 12:00", AHEAD, ZONE)), status="scheduled")
    series = {"show": Considered(NOW, "2026-11-01", "2026a")}
    recorded = Recorded(LINEAGE, resources={declared.address: record}, series=series)
    plan = zones_changed(make_plan(only(declared), recorded, REMOTE, NOW), recorded, lambda _: "2026b")
    assert plan.notices[-1].message.endswith(": zone data 2026b (recorded: 2026a)")


def only(job: Job) -> Desired:
    return Desired(jobs={job.address: job})
