"""What may be spent in a month: what counts, what waits, and what is said of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from afsync.core.plan.facts import Facts
from afsync.core.plan.plan import Plan
from afsync.core.policy.check import check_policy
from afsync.core.policy.rules import Budget, Exemption, Policy
from afsync.core.records import Record
from afsync.core.remote_account import Remote
from afsync.core.resources import Job
from tests.builders import AHEAD, NOW, a_job, a_recorded, a_recorded_job, a_remote, a_remote_job, desired, planned

BERLIN = ZoneInfo("Europe/Berlin")
# NOW is Friday 2026-11-20 12:00 UTC.


def judged(
    *declared: Job,
    budget: Budget,
    recorded: dict[str, Record] | None = None,
    remote: Remote | None = None,
    later: tuple[Job, ...] | None = (),
    **policy: Any,
) -> Plan:
    remote = remote or a_remote()
    plan = planned(*declared, recorded=recorded, remote=remote)
    facts = Facts(desired(*declared), a_recorded(recorded), remote, NOW)
    return check_policy(plan, Policy(budget=budget, zone=BERLIN, **policy), facts, later)


def new(key: str, days: int = 0, **fields: Any) -> Job:
    return a_job(key, **{"topic": key, "schedule": AHEAD + timedelta(days=days), **fields})


def said(plan: Plan) -> list[str]:
    return [n.code for n in plan.notices if n.code.startswith("policy_")]


@pytest.mark.parametrize(
    ("per", "begins", "ends", "name"),
    [
        ("day", "2026-11-19T23:00", "2026-11-20T23:00", "2026-11-20"),
        ("week", "2026-11-15T23:00", "2026-11-22T23:00", "the week from 2026-11-16"),
        ("month", "2026-10-31T23:00", "2026-11-30T23:00", "November 2026"),
    ],
)
def test_a_period_is_a_local_one(per: Any, begins: str, ends: str, name: str) -> None:
    budget = Budget(10, per, BERLIN)
    assert budget.period(NOW) == tuple(datetime.fromisoformat(t).replace(tzinfo=UTC) for t in (begins, ends))
    assert budget.name(NOW) == name


def test_months_follow_each_other_without_a_gap() -> None:
    budget, at = Budget(10, "month", BERLIN), datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    for month in (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3):
        begins, at = budget.period(at)
        assert begins.astimezone(BERLIN).strftime("%-d %-m %H:%M") == f"1 {month} 00:00"


def test_what_is_published_first_is_paid_first() -> None:
    jobs = [new("c", 2), new("a", 3), new("b", 1)]
    plan = judged(*jobs, budget=Budget(2))
    assert [(v.address, v.code) for v in plan.violations] == [("job.a", "policy_budget")]
    assert plan.violations[0].message == (
        "job.a costs 1 credit, and of the budget for November 2026 (2 credits) 0 are left"
    )
    assert plan.budget and (plan.budget.spent, plan.budget.planned, plan.budget.allowed) == (0, 2, 2)


def test_a_cheaper_one_may_still_fit() -> None:
    plan = judged(new("a", 1, format="long"), new("b", 2), budget=Budget(1))
    assert [c.address for c in plan.withheld] == ["job.a"] and [c.address for c in plan.changes] == ["job.b"]


def test_what_was_submitted_in_the_period_counts() -> None:
    old = [a_job(k, topic=k) for k in ("old", "unpriced", "before")]
    created = {"old": NOW - timedelta(days=3), "unpriced": NOW - timedelta(days=2), "before": NOW - timedelta(days=30)}
    prices = {"old": 5, "unpriced": None, "before": 7}
    recorded: dict[str, Record] = {
        f"job.{j.key}": replace(
            a_recorded_job(j, id=f"job_{j.key}", status="published", created_at=created[j.key]), credits=prices[j.key]
        )
        for j in old
    }
    other = replace(a_remote_job("job_9", "published", format="long"), created_at=NOW - timedelta(days=1))
    plan = judged(*old, new("a"), budget=Budget(8), recorded=recorded, remote=a_remote(other))
    assert plan.budget and (plan.budget.spent, plan.budget.estimated) == (8, 3)
    assert [c.address for c in plan.withheld] == ["job.a"]


def test_free_changes_need_no_budget() -> None:
    job = new("a")
    moved = replace(job, schedule=new("a", 1).schedule)
    plan = judged(moved, budget=Budget(0), recorded={"job.a": a_recorded_job(job)}, remote=a_remote(a_remote_job()))
    assert len(plan.changes) == 1 and not plan.withheld


def test_it_may_only_warn() -> None:
    plan = judged(new("a"), new("b"), budget=Budget(1, warn=True))
    assert len(plan.changes) == 2 and not plan.violations and said(plan) == ["policy_budget"]
    notice = next(n for n in plan.notices if n.code == "policy_budget")
    assert notice.message == "with this plan 2 credits are spent in November 2026, and the budget is 1"
    assert notice.field == "budget" and notice.hint


def test_what_is_still_to_come_is_counted_ahead() -> None:
    enough = judged(new("a"), budget=Budget(3), later=(new("x"), new("y")))
    short = judged(new("a"), budget=Budget(2), later=(new("x"), new("y")))
    unknown = judged(new("a"), budget=Budget(2), later=None)
    assert said(enough) == [] and said(short) == ["policy_budget_ahead"] and said(unknown) == []
    assert enough.budget and enough.budget.later == 2 and unknown.budget and unknown.budget.later is None
    assert len(short.changes) == 1


def test_one_can_be_allowed_beyond_it() -> None:
    exemption = Exemption("b", "budget", AHEAD.date() + timedelta(days=3), "the sponsor pays")
    plan = judged(new("a"), new("b", 1), new("c", 2), budget=Budget(1), exceptions=(exemption,))
    assert [c.address for c in plan.withheld] == ["job.c"] and [c.address for c in plan.changes] == ["job.a", "job.b"]
    assert said(plan) == ["policy_exception", "policy_budget"]
