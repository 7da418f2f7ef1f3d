"""How far apart what is published is, when it may be, and what an exception allows."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from afsync.core.policy.frequency import span
from afsync.core.policy.rules import Exemption, Policy, TimeWindow
from afsync.core.resources import Job
from afsync.errors import Severity
from tests.builders import AHEAD, NOW, RECENT, a_job, a_recorded_job, a_remote, a_remote_job, at
from tests.core.test_policy import codes, judged

BERLIN = ZoneInfo("Europe/Berlin")
APART = Policy(spacing={"tiktok": timedelta(hours=2)}, zone=BERLIN)
WEEKLY = Policy(max_gap={"tiktok": timedelta(days=7)}, zone=BERLIN)


def on(key: str, moment: datetime, **fields: Any) -> Job:
    return a_job(key, **{"platforms": ["tiktok"], "topic": key, "schedule": moment, **fields})


@pytest.mark.parametrize(
    ("apart", "held"),
    [
        (timedelta(0), ["job.b"]),
        (timedelta(minutes=119), ["job.b"]),
        (timedelta(hours=2), []),
        (-timedelta(minutes=30), ["job.a"]),
    ],
)
def test_the_later_of_two_that_are_too_close_waits(apart: timedelta, held: list[str]) -> None:
    plan = judged(on("a", AHEAD), on("b", AHEAD + apart), policy=APART)
    assert [c.address for c in plan.withheld] == held
    assert codes(plan) == ["policy_spacing"] * len(held)


def test_it_says_from_what_and_how_far() -> None:
    plan = judged(on("a", AHEAD), on("b", AHEAD + timedelta(minutes=90)), policy=APART)
    assert plan.violations[0].message == (
        "job.b would be published on tiktok at Fri 2026-11-27 14:30 CET, 90 minutes from job.a, and the policy wants "
        "2 hours in between"
    )
    same = judged(on("a", AHEAD), on("b", AHEAD), policy=APART)
    assert "at the same time as job.a" in same.violations[0].message


def test_one_that_waits_takes_no_place() -> None:
    """a and c are two hours apart; b, in between, is the only one that waits."""
    jobs = [on(k, AHEAD + timedelta(hours=h)) for h, k in enumerate("abc")]
    assert [c.address for c in judged(*jobs, policy=APART).withheld] == ["job.b"]


def test_other_platforms_are_no_neighbours() -> None:
    assert codes(judged(on("a", AHEAD), on("b", AHEAD, platforms=["youtube"]), policy=APART)) == []


def test_what_is_recorded_stays_and_counts() -> None:
    old = on("old", AHEAD)
    recorded, remote = {"job.old": a_recorded_job(old)}, a_remote(a_remote_job())
    new = on("new", AHEAD - timedelta(hours=1))
    plan = judged(old, new, policy=APART, recorded=recorded, remote=remote)
    assert [c.address for c in plan.withheld] == ["job.new"]
    # Moved away in the same plan, it makes room; with its move held back, it does not.
    away = replace(old, schedule=at(AHEAD + timedelta(hours=3)))
    assert codes(judged(away, new, policy=APART, recorded=recorded, remote=remote)) == []
    weekend = replace(APART, blackouts=(TimeWindow(days=frozenset({5})),))
    away = replace(old, schedule=at(AHEAD + timedelta(days=1)))
    both = judged(away, new, policy=weekend, recorded=recorded, remote=remote)
    assert sorted(codes(both)) == ["policy_blackout", "policy_spacing"]


def test_what_is_published_now_is_near_what_just_was() -> None:
    old = on("old", NOW, schedule=None)
    record = a_recorded_job(old, status="published", created_at=RECENT)
    new = on("new", NOW, schedule=None)
    close = replace(APART, spacing={"tiktok": timedelta(hours=3)})
    plan = judged(old, new, policy=close, recorded={"job.old": record})
    assert codes(plan) == ["policy_spacing"] and " now, 2 hours from job.old" in plan.violations[0].message


def test_what_the_account_tells_of_others_counts() -> None:
    seen = replace(a_remote_job("job_9", "published", platforms=["tiktok"]), updated_at=NOW - timedelta(hours=1))
    plan = judged(on("new", NOW, schedule=None), policy=APART, remote=a_remote(seen))
    assert "from a job that is not recorded" in plan.violations[0].message


def test_windows_are_when_only() -> None:
    office = TimeWindow(days=frozenset(range(5)), hours=(time(9), time(17)))
    policy = Policy(publish_windows=(office, TimeWindow(days=frozenset({5}))), zone=BERLIN)
    times = {"in": AHEAD, "late": AHEAD + timedelta(hours=6), "saturday": AHEAD + timedelta(days=1, hours=9)}
    plan = judged(*(on(key, moment) for key, moment in times.items()), policy=policy)
    assert [(v.address, v.code) for v in plan.violations] == [("job.late", "policy_window")]
    assert plan.violations[0].message == (
        "job.late would be published at Fri 2026-11-27 19:00 CET, outside of the publish windows of the policy "
        "(mon and tue and wed and thu and fri, 09:00 to 17:00; sat)"
    )


# --- gaps ---


def gaps(*jobs: Job, policy: Policy = WEEKLY, **more: Any) -> list[str]:
    found = judged(*jobs, policy=policy, **more).notices
    assert all(n.severity is Severity.WARNING and n.hint for n in found)
    return [n.message for n in found if n.code == "policy_gap"]


def test_a_gap_is_warned_of_and_holds_nothing_back() -> None:
    jobs = [on("a", NOW + timedelta(days=2)), on("b", NOW + timedelta(days=11))]
    (gap,) = gaps(*jobs)
    assert gap == (
        "nothing is published on tiktok from Sun 2026-11-22 13:00 (job.a) to Tue 2026-12-01 13:00 (job.b), and the "
        "policy wants at most 7 days in between"
    )
    assert len(judged(*jobs, policy=WEEKLY).changes) == 2


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ((), ["to Fri 2026-12-04 13:00, where the horizon ends"]),
        ((7,), []),  # exactly as long as allowed, twice
        ((6, 13), []),
        ((5,), ["from Wed 2026-11-25 13:00 (job.j5)"]),
        ((8,), ["to Sat 2026-11-28 13:00 (job.j8)"]),
        ((3, 40), ["from Mon 2026-11-23 13:00 (job.j3) to Fri 2026-12-04 13:00, where the horizon ends"]),
    ],
)
def test_gaps_are_looked_for_within_the_horizon(days: tuple[int, ...], expected: list[str]) -> None:
    found = gaps(*(on(f"j{d}", NOW + timedelta(days=d)) for d in days))
    assert len(found) == len(expected) and all(e in f for e, f in zip(expected, found, strict=True))


def test_a_gap_began_with_the_last_that_was_published() -> None:
    old = on("old", NOW - timedelta(days=5))
    record = a_recorded_job(old, status="published")
    jobs = [on("a", NOW + timedelta(days=3)), on("b", NOW + timedelta(days=9))]
    (gap,) = gaps(old, *jobs, recorded={"job.old": record})
    assert "from Sun 2026-11-15 13:00 (job.old) to Mon 2026-11-23 13:00 (job.a)" in gap


def test_what_is_left_out_of_a_plan_or_withheld() -> None:
    """What `--target` leaves out is still declared; what a rule holds back is not published."""
    jobs = [on("a", NOW + timedelta(days=6)), on("b", NOW + timedelta(days=12))]
    assert gaps(*jobs) == []
    nowhere = replace(WEEKLY, blackouts=(TimeWindow(dates=(date(2026, 11, 26), date(2026, 11, 26))),))
    assert len(gaps(*jobs, policy=nowhere)) == 1


# --- exceptions ---


def exempt(rule: str, job: str = "b", until: date = date(2026, 11, 27)) -> Exemption:
    return Exemption(job, rule, until, "the final", "Anna")


BROKEN: dict[str, Policy] = {
    "spacing": APART,
    "max_per_day": Policy(max_per_day={"tiktok": 1}),
    "blackouts": Policy(blackouts=(TimeWindow(hours=(time(13), time(14))),)),
    "publish_windows": Policy(publish_windows=(TimeWindow(hours=(time(8), time(13))),)),
    "min_lead": Policy(min_lead=timedelta(days=7, minutes=1)),
    "allowed_platforms": Policy(allowed_platforms=("tiktok",)),
    "require_staging": Policy(require_staging=True),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_can_be_set_aside(rule: str) -> None:
    more = {"platforms": ["youtube"]} if rule == "allowed_platforms" else {}
    first = [on("a", AHEAD - timedelta(minutes=1))] if rule in ("spacing", "max_per_day") else []
    policy, declared = BROKEN[rule], [*first, on("b", AHEAD, **more)]
    policy = replace(policy, zone=BERLIN)
    assert [v.address for v in judged(*declared, policy=policy).violations] == ["job.b"]

    plan = judged(*declared, policy=replace(policy, exceptions=(exempt(rule),)))

    assert plan.violations == () and plan.withheld == () and len(plan.changes) == len(declared)
    (said,) = (n for n in plan.notices if n.code.startswith("policy_"))
    assert (said.code, said.severity, said.address) == ("policy_exception", Severity.NOTE, "job.b")
    assert said.message.endswith("; allowed by Anna until 2026-11-27: the final")


@pytest.mark.parametrize(
    ("exemption", "held"),
    [
        (exempt("spacing", "job.b"), False),
        (exempt("spacing", "job.*"), False),
        (exempt("spacing", "b*"), False),
        (exempt("spacing", "c"), True),
        (exempt("max_per_day"), True),
        (exempt("spacing", until=date(2026, 11, 26)), True),
    ],
)
def test_an_exception_is_for_its_jobs_its_rule_and_its_time(exemption: Exemption, *, held: bool) -> None:
    policy = replace(APART, exceptions=(exemption,))
    plan = judged(on("a", AHEAD), on("b", AHEAD), policy=policy)
    assert bool(plan.withheld) is held


def test_an_exception_for_a_series_is_for_its_occurrences() -> None:
    policy = replace(APART, exceptions=(exempt("spacing", "show"),))
    declared = on("a", AHEAD), on('show["2026-11-27"]', AHEAD + timedelta(minutes=5))
    assert judged(*declared, policy=policy).withheld == ()


def test_of_two_that_are_close_either_can_be_allowed() -> None:
    policy = replace(APART, exceptions=(exempt("spacing"),))
    jobs = [on(k, AHEAD + timedelta(minutes=m)) for m, k in ((0, "b"), (30, "c"), (60, "a"))]
    plan = judged(*jobs, policy=policy)
    assert [c.address for c in plan.withheld] == ["job.a"]
    assert "30 minutes from job.c" in plan.violations[0].message


def test_what_is_allowed_takes_its_place() -> None:
    """Two may be published on that day, and b is one of them."""
    policy = replace(BROKEN["max_per_day"], exceptions=(exempt("max_per_day"),), zone=BERLIN)
    jobs = on("a", AHEAD), on("b", AHEAD + timedelta(hours=1)), on("c", AHEAD + timedelta(hours=2))
    assert [c.address for c in judged(*jobs, policy=policy).withheld] == ["job.c"]


def test_a_gap_can_be_allowed() -> None:
    policy = replace(WEEKLY, exceptions=(exempt("max_gap", "*"),))
    jobs = on("a", NOW + timedelta(days=2)), on("b", NOW + timedelta(days=11))
    said = next(n for n in judged(*jobs, policy=policy).notices if "gap" in n.code or "exception" in n.code)
    assert said.code == "policy_exception" and "nothing is published on tiktok" in said.message


def test_one_that_has_ended_is_named() -> None:
    policy = replace(APART, exceptions=(exempt("spacing"), exempt("spacing", until=date(2026, 11, 19))))
    (said,) = (n for n in judged(on("a", AHEAD), policy=policy).notices if n.code.startswith("policy_"))
    assert said.message == "the exception from `spacing` for `b` ended on 2026-11-19"
    assert (said.code, said.field) == ("policy_exception_ended", "exceptions/1")


def test_spans_are_said_as_people_do() -> None:
    minutes = [1, 90, 120, 1440, 2 * 1440, 1500]
    assert [span(timedelta(minutes=m)) for m in minutes] == [
        "1 minute",
        "90 minutes",
        "2 hours",
        "1 day",
        "2 days",
        "25 hours",
    ]
    assert span(timedelta(seconds=20)) == "20 seconds"
