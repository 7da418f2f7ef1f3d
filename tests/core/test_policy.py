"""A team's rules: what breaks which, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.facts import Facts, Options
from afsync.core.plan.plan import Plan
from afsync.core.policy.check import check_policy
from afsync.core.policy.rules import Policy, TimeWindow
from afsync.core.records import Record
from afsync.core.remote_account import Remote
from afsync.core.resources import Job, Template
from afsync.errors import Severity
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    RECENT,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    a_remote_template,
    a_template,
    at,
    desired,
    planned,
)

BERLIN = ZoneInfo("Europe/Berlin")
SOON = NOW + timedelta(hours=1)
# NOW is Friday 2026-11-20 12:00 UTC, 13:00 in Berlin.


def judged(
    *declared: Template | Job,
    policy: Policy,
    recorded: Mapping[str, Record] | None = None,
    remote: Remote | None = None,
    ignore_policy: bool = False,
) -> Plan:
    """The plan for what is declared, with the policy checked."""
    remote = remote or a_remote()
    plan = planned(*declared, recorded=recorded, remote=remote)
    facts = Facts(desired(*declared), a_recorded(recorded), remote, NOW, Options(ignore_policy=ignore_policy))
    return check_policy(plan, policy, facts)


def test_what_counts_for_a_day_that_is_not_over_is_not_forgotten() -> None:
    """Removed and published, and a new one in its place: the second apply would know of one only."""
    policy = Policy(max_per_day={"tiktok": 1}, zone=BERLIN)
    gone = a_recorded_job(a_job("gone", platforms=["tiktok"]), status="published", created_at=NOW)
    old = replace(gone, created_at=NOW - timedelta(days=1))
    new = a_job("new", topic="Another", url="https://clips.twitch.tv/two", platforms=["tiktok"])

    today = judged(new, policy=policy, recorded={"job.gone": gone})
    later = judged(new, policy=policy, recorded={"job.gone": old})

    assert (today.changes, codes(today)) == ((), ["policy_per_day"])
    assert [n.code for n in today.notices] == ["policy_remembered"]
    assert [(c.address, c.action) for c in later.changes] == [
        ("job.new", Action.CREATE),
        ("job.gone", Action.FORGET),
    ]


@pytest.mark.parametrize(
    ("status", "days", "room"),
    [("published", 0, False), ("published", 1, True), ("cancelled", 0, True), ("complete", 0, True)],
)
def test_what_the_account_tells_of_a_day_counts_although_nothing_is_recorded(
    status: str, days: int, *, room: bool
) -> None:
    """A publication whose job was replaced by another, or that another client made."""
    policy = Policy(max_per_day={"tiktok": 1}, zone=BERLIN)
    seen = a_remote_job("job_0", status, platforms=["tiktok"])
    remote = a_remote(replace(seen, created_at=NOW - timedelta(days=7), updated_at=NOW - timedelta(days=days)))
    new = a_job("new", topic="New", platforms=["tiktok"])
    plan = judged(new, policy=policy, remote=remote)
    assert codes(plan) == ([] if room else ["policy_per_day"])


def test_approvals_count_on_their_day() -> None:
    policy = Policy(max_per_day={"tiktok": 1}, zone=BERLIN)
    jobs = [a_job(k, topic=k, staging=True, platforms=["tiktok"]) for k in ("a", "b")]
    records = {j.address: a_recorded_job(j, id=f"job_{j.key}", status="complete", staged=True) for j in jobs}
    remote = a_remote(*(a_remote_job(f"job_{j.key}", "complete") for j in jobs))
    approved = [replace(j, approve=f"job_{j.key}") for j in jobs]
    published = {**records, "job.a": replace(records["job.a"], status="published", approved=True)}
    seen = a_remote(replace(a_remote_job("job_a", "published"), updated_at=NOW), a_remote_job("job_b", "complete"))

    both = judged(*approved, policy=policy, recorded=records, remote=remote)
    second = judged(jobs[0], approved[1], policy=policy, recorded=published, remote=seen)

    assert ([c.address for c in both.changes], codes(both)) == (["job.a"], ["policy_per_day"])
    assert (second.changes, codes(second)) == ((), ["policy_per_day"])


def test_one_set_of_facts_for_the_plan_and_its_policy() -> None:
    """A job cancelled outside whose key is renamed counts by what the plan sees of it, under its new key."""
    policy = Policy(max_per_day={"tiktok": 1}, zone=BERLIN)
    record = a_recorded_job(a_job("old", platforms=["tiktok"], schedule=SOON), status="queued")
    renamed = a_job("renamed", platforms=["tiktok"], schedule=SOON)
    other = a_job("other", topic="Another", platforms=["tiktok"], schedule=SOON)
    remote = a_remote(a_remote_job(record.id, "cancelled"))

    plan = judged(renamed, other, policy=policy, recorded={"job.old": record}, remote=remote)

    assert codes(plan) == []
    assert ("job.other", Action.CREATE) in [(c.address, c.action) for c in plan.changes]


def codes(plan: Plan) -> list[str]:
    return [v.code for v in plan.violations]


ONLY_TIKTOK = Policy(allowed_platforms=("tiktok",))
STAGED = Policy(require_staging=True)
NOTICE = Policy(min_lead=timedelta(hours=2))
WEEKENDS = Policy(blackouts=(TimeWindow(days=frozenset({5, 6}), reason="Nobody is there"),), zone=BERLIN)
NIGHTS = Policy(blackouts=(TimeWindow(hours=(time(22), time(6))),), zone=BERLIN)
RIGHT_NOW = Policy(blackouts=(TimeWindow(hours=(time(12), time(14))),), zone=BERLIN)

BREACHES: dict[str, tuple[Policy, list[Template | Job], list[str]]] = {
    "an allowed platform": (ONLY_TIKTOK, [a_job(platforms=["tiktok"])], []),
    "another platform": (ONLY_TIKTOK, [a_job(platforms=["tiktok", "instagram"])], ["policy_platforms"]),
    "the template's platform": (ONLY_TIKTOK, [a_template(), a_job(template="weekly")], []),
    "the template's other platform": (
        ONLY_TIKTOK,
        [a_template(platforms=["youtube"]), a_job(template="weekly")],
        ["policy_platforms"],
    ),
    "the job wins over its template": (
        ONLY_TIKTOK,
        [a_template(platforms=["youtube"]), a_job(template="weekly", platforms=["tiktok"])],
        [],
    ),
    "nobody says where": (ONLY_TIKTOK, [a_job()], ["policy_platforms"]),
    "staged": (STAGED, [a_job(staging=True)], []),
    "staged by its template": (STAGED, [a_template(staging=True), a_job(template="weekly")], []),
    "not staged": (STAGED, [a_job()], ["policy_staging"]),
    "not staged, against its template": (
        STAGED,
        [a_template(staging=True), a_job(template="weekly", staging=False)],
        ["policy_staging"],
    ),
    "a week ahead": (NOTICE, [a_job(schedule=AHEAD)], []),
    "two hours ahead": (NOTICE, [a_job(schedule=NOW + timedelta(hours=2))], []),
    "one hour ahead": (NOTICE, [a_job(schedule=SOON)], ["policy_lead"]),
    "at once": (NOTICE, [a_job()], ["policy_lead"]),
    "by hand": (NOTICE, [a_job(publishMode="manual")], []),
    "by hand, says the template": (NOTICE, [a_template(publishMode="manual"), a_job(template="weekly")], []),
    "after a review": (NOTICE, [a_job(staging=True)], []),
    "on a Friday": (WEEKENDS, [a_job(schedule=AHEAD)], []),
    "on a Sunday": (WEEKENDS, [a_job(schedule=AHEAD + timedelta(days=2))], ["policy_blackout"]),
    "on a Sunday there, a Saturday here": (
        WEEKENDS,
        [a_job(schedule=datetime(2026, 11, 27, 23, 30, tzinfo=NOW.tzinfo))],
        ["policy_blackout"],
    ),
    "at once, at the wrong time": (RIGHT_NOW, [a_job()], ["policy_blackout"]),
    "at night": (NIGHTS, [a_job(schedule=datetime(2026, 12, 1, 21, 0, tzinfo=NOW.tzinfo))], ["policy_blackout"]),
    "in the morning": (NIGHTS, [a_job(schedule=datetime(2026, 12, 1, 5, 0, tzinfo=NOW.tzinfo))], []),
    "everything at once": (
        replace(ONLY_TIKTOK, require_staging=True, min_lead=timedelta(hours=2), blackouts=RIGHT_NOW.blackouts),
        [a_job(platforms=["instagram"])],
        ["policy_platforms", "policy_staging", "policy_lead", "policy_blackout"],
    ),
}


@pytest.mark.parametrize("case", BREACHES)
def test_a_new_job(case: str) -> None:
    policy, declared, expected = BREACHES[case]
    plan = judged(*declared, policy=policy)
    assert codes(plan) == expected
    held = {c.address: c.reason for c in plan.withheld}
    assert held == ({"job.best": Reason.POLICY} if expected else {})
    assert ("job.best" in {c.address for c in plan.changes}) is not bool(expected)
    for problem in plan.violations:
        assert problem.address == "job.best" and problem.severity is Severity.ERROR
        assert problem.hint and "--ignore-policy" in problem.hint


def test_messages_say_when_where_and_why() -> None:
    plan = judged(a_job(schedule=AHEAD + timedelta(days=1)), policy=WEEKENDS)
    assert plan.violations[0].message == (
        "job.best would be published at Sat 2026-11-28 13:00 CET, in a blackout of the policy "
        "(sat and sun; Nobody is there)"
    )
    plan = judged(a_job(platforms=["youtube", "instagram"]), policy=ONLY_TIKTOK)
    assert plan.violations[0].message == (
        "job.best would be published on youtube and instagram, and the policy allows tiktok only"
    )
    plan = judged(a_job(), policy=NOTICE)
    assert plan.violations[0].message == (
        "job.best would be published as soon as it is produced, and the policy wants 2 hours of notice"
    )


def test_what_breaks_no_rule_is_not_held_up() -> None:
    plan = judged(a_job("good", platforms=["tiktok"]), a_job("bad", platforms=["youtube"]), policy=ONLY_TIKTOK)
    assert [c.address for c in plan.changes] == ["job.good"]
    assert [c.address for c in plan.withheld] == ["job.bad"]
    assert plan.spend == 1


def test_ignoring_it_warns() -> None:
    plan = judged(a_job(platforms=["youtube"]), policy=ONLY_TIKTOK, ignore_policy=True)
    assert [c.address for c in plan.changes] == ["job.best"]
    assert not plan.violations and not plan.withheld
    assert [(n.code, n.severity) for n in plan.notices] == [("policy_platforms", Severity.WARNING)]


def test_no_policy_changes_nothing() -> None:
    plan = planned(a_job())
    assert check_policy(plan, Policy(), Facts(desired(), a_recorded(), a_remote(), NOW)) is plan


# --- what was submitted before ---


def moved(to: datetime, policy: Policy, **declared: Any) -> Plan:
    job = a_job(schedule=to, **declared)
    return judged(
        job,
        policy=policy,
        recorded={"job.best": a_recorded_job(job, schedule=at(AHEAD))},
        remote=a_remote(a_remote_job()),
    )


def test_a_move_is_judged_by_its_time_only() -> None:
    assert codes(moved(SOON, NOTICE)) == ["policy_lead"]
    assert codes(moved(LATER, replace(ONLY_TIKTOK, require_staging=True), platforms=["youtube"])) == []
    assert [c.action for c in moved(LATER, NOTICE).changes] == [Action.RESCHEDULE]


def test_drift_is_set_back_without_notice() -> None:
    job = a_job(schedule=SOON)
    plan = judged(
        job,
        policy=NOTICE,
        recorded={"job.best": a_recorded_job(job)},
        remote=a_remote(a_remote_job(), publish_times={"job_1": LATER}),
    )
    assert [(c.action, c.reason) for c in plan.changes] == [(Action.RESCHEDULE, Reason.DRIFT)]


def test_what_is_only_recorded_is_left_alone() -> None:
    job = a_job(platforms=["instagram"])
    plan = judged(job, policy=ONLY_TIKTOK, recorded={"job.best": a_recorded_job(job)}, remote=a_remote(a_remote_job()))
    assert not plan.changes and not plan.violations


def test_a_replacement_held_back_leaves_the_old_one() -> None:
    plan = judged(
        a_job(platforms=["instagram"]),
        policy=ONLY_TIKTOK,
        recorded={"job.best": a_recorded_job(a_job(platforms=["tiktok"]))},
        remote=a_remote(a_remote_job()),
    )
    assert not plan.changes
    assert [(c.action, c.reason) for c in plan.withheld] == [(Action.REPLACE, Reason.POLICY)]


def test_removing_and_making_templates_is_free() -> None:
    plan = judged(
        a_template(platforms=["instagram"]),
        policy=replace(ONLY_TIKTOK, blackouts=RIGHT_NOW.blackouts, zone=BERLIN),
        recorded={"job.gone": a_recorded_job(a_job("gone", platforms=["instagram"]))},
        remote=a_remote(a_remote_job()),
    )
    assert [c.action for c in plan.changes] == [Action.CREATE, Action.DELETE] and not plan.violations


def test_an_approval_needs_no_notice_and_is_held_to_the_blackouts() -> None:
    job = replace(a_job(staging=True, platforms=["tiktok"]), approve="job_1")
    record = a_recorded_job(job, status="complete", staged=True)
    policy = replace(ONLY_TIKTOK, min_lead=timedelta(hours=2), zone=BERLIN)
    remote = a_remote(a_remote_job(status="complete"))
    plan = judged(job, policy=policy, recorded={"job.best": record}, remote=remote)
    assert [c.action for c in plan.changes] == [Action.APPROVE] and not plan.violations
    plan = judged(job, policy=RIGHT_NOW, recorded={"job.best": record}, remote=remote)
    assert codes(plan) == ["policy_blackout"] and not plan.changes


def test_the_platforms_of_a_raw_template_count_as_far_as_they_are_told() -> None:
    job = a_job(fromTemplateId="tpl_9")
    told = a_remote(a_remote_template("tpl_9", platforms=["tiktok"]))
    assert codes(judged(job, policy=ONLY_TIKTOK, remote=told)) == []
    assert codes(judged(job, policy=ONLY_TIKTOK, remote=a_remote(a_remote_template("tpl_9")))) == ["policy_platforms"]


# --- how much on one day ---

TWO = Policy(max_per_day={"tiktok": 2}, zone=BERLIN)


def of_the_day(key: str, hours: int = 0, **fields: Any) -> Job:
    fields = {"platforms": ["tiktok"], "topic": key, **fields}
    return a_job(key, schedule=AHEAD + timedelta(hours=hours), **fields)


def test_the_latest_of_a_day_has_no_room() -> None:
    plan = judged(*(of_the_day(f"j{i}", 3 - i) for i in range(3)), policy=TWO)
    assert [c.address for c in plan.changes] == ["job.j2", "job.j1"]
    assert codes(plan) == ["policy_per_day"]
    assert plan.violations[0].message == (
        "job.j0 would be one more on tiktok on Fri 2026-11-27, and the policy allows 2 a day"
    )


def test_other_days_and_platforms_do_not_count() -> None:
    jobs = [of_the_day("a"), of_the_day("b"), of_the_day("c", 24), of_the_day("d", platforms=["youtube"])]
    assert codes(judged(*jobs, policy=TWO)) == []


def test_a_day_is_a_local_one() -> None:
    late = [of_the_day("a"), of_the_day("b"), of_the_day("c", 11)]  # 23:00 UTC is 00:00 in Berlin
    assert codes(judged(*late, policy=TWO)) == []
    assert codes(judged(*late, policy=replace(TWO, zone=ZoneInfo("UTC")))) == ["policy_per_day"]


def test_what_is_recorded_counts_first() -> None:
    old = [of_the_day("old1", 5), of_the_day("old2", 6)]
    recorded = {j.address: a_recorded_job(j, id=f"job_{j.key}") for j in old}
    remote = a_remote(*(a_remote_job(f"job_{j.key}") for j in old))
    assert codes(judged(*old, of_the_day("new"), policy=TWO, recorded=recorded, remote=remote)) == ["policy_per_day"]
    # One of them goes, one was cancelled, one is moved away: each makes room.
    assert codes(judged(old[0], of_the_day("new"), policy=TWO, recorded=recorded, remote=remote)) == []
    cancelled = a_remote(a_remote_job("job_old1", "cancelled"), a_remote_job("job_old2"))
    assert codes(judged(*old, of_the_day("new"), policy=TWO, recorded=recorded, remote=cancelled)) == []
    away = [replace(old[0], schedule=at(LATER)), old[1]]
    assert codes(judged(*away, of_the_day("new"), policy=TWO, recorded=recorded, remote=remote)) == []


def test_a_replacement_takes_the_place_of_the_old_one() -> None:
    old = [of_the_day("a"), of_the_day("b")]
    recorded = {j.address: a_recorded_job(j, id=f"job_{j.key}") for j in old}
    remote = a_remote(*(a_remote_job(f"job_{j.key}") for j in old))
    edited = replace(old[0], values={**old[0].values, "topic": "other"})
    plan = judged(edited, old[1], policy=TWO, recorded=recorded, remote=remote)
    assert [c.action for c in plan.changes] == [Action.REPLACE] and not plan.violations


def test_what_was_published_at_once_counts_for_its_day() -> None:
    jobs = [a_job(f"j{i}", platforms=["tiktok"], topic=f"t{i}") for i in range(2)]
    recorded = {j.address: a_recorded_job(j, id=f"job_{j.key}", status="published", created_at=RECENT) for j in jobs}
    new = a_job("new", platforms=["tiktok"], topic="new")
    assert codes(judged(*jobs, new, policy=TWO, recorded=recorded)) == ["policy_per_day"]


# --- windows ---

D = date(2026, 12, 24)
WINDOWS: dict[str, tuple[TimeWindow, list[str], list[str]]] = {
    "days": (TimeWindow(days=frozenset({4})), ["2026-12-25 00:00", "2026-12-25 23:59"], ["2026-12-26 00:00"]),
    "dates": (
        TimeWindow(dates=(D, date(2026, 12, 26))),
        ["2026-12-24 00:00", "2026-12-26 23:59"],
        ["2026-12-23 23:59", "2026-12-27 00:00"],
    ),
    "hours": (TimeWindow(hours=(time(9), time(17))), ["2026-12-24 09:00", "2026-12-24 16:59"], ["2026-12-24 17:00"]),
    "overnight": (
        TimeWindow(hours=(time(22), time(6))),
        ["2026-12-24 22:00", "2026-12-25 05:59"],
        ["2026-12-24 21:59", "2026-12-25 06:00"],
    ),
    "overnight from one day": (
        TimeWindow(days=frozenset({3}), hours=(time(22), time(6))),
        ["2026-12-24 22:00", "2026-12-25 05:59"],
        ["2026-12-24 05:59", "2026-12-25 22:00"],
    ),
    "until midnight": (TimeWindow(hours=(time(18), time())), ["2026-12-24 23:59"], ["2026-12-25 00:00"]),
    "all of it": (
        TimeWindow(days=frozenset({3}), dates=(D, D), hours=(time(9), time(10))),
        ["2026-12-24 09:30"],
        ["2026-12-31 09:30", "2026-12-24 10:00"],
    ),
}


@pytest.mark.parametrize("case", WINDOWS)
def test_a_window(case: str) -> None:
    window, inside, outside = WINDOWS[case]
    assert [t for t in inside if not window.covers(datetime.fromisoformat(t))] == []
    assert [t for t in outside if window.covers(datetime.fromisoformat(t))] == []
