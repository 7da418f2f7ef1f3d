"""A saved plan: how long it holds, and why it does not hold any more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from afsync.core.plan.facts import Options
from afsync.core.plan.plan import Plan
from afsync.core.plan.saved_plan import (
    SavedPlan,
    configuration_hash,
    different_plan_reason,
    expiry,
    other_account_reason,
    stale_reason,
)
from afsync.core.state import Account, Recorded
from tests.builders import AHEAD, NOW, a_job, a_recorded, a_recorded_job, a_remote, a_remote_job, planned

SOON = NOW + timedelta(hours=3)
PLAN = planned(a_job())
SAVED = SavedPlan("id-1", PLAN, PLAN.fingerprint, Options(), "hash", NOW, NOW + timedelta(hours=24))


def test_it_holds_for_a_day() -> None:
    assert expiry(planned(a_job(schedule=AHEAD))) == NOW + timedelta(hours=24)
    assert expiry(planned()) == NOW + timedelta(hours=24)


def test_it_holds_until_a_publish_time_passes() -> None:
    assert expiry(planned(a_job(schedule=SOON), a_job("later", schedule=AHEAD))) == SOON


def stale(recorded: Recorded | None = None, configuration: str = "hash", **now: float) -> str | None:
    return stale_reason(SAVED, recorded or a_recorded(), configuration, NOW + timedelta(**now))


def test_it_holds() -> None:
    assert stale() is None
    assert stale(hours=23.9) is None
    assert stale(minutes=-4) is None


STALE: dict[str, tuple[dict[str, Any], str]] = {
    "applied": ({"recorded": replace(a_recorded(), applied_plans=("id-1",))}, "it was applied already"),
    "another project": (
        {"recorded": replace(a_recorded(), lineage="other")},
        f"it was made for another project (lineage {PLAN.lineage})",
    ),
    "other files": ({"configuration": "x"}, "the configuration, or a file to be uploaded, has changed since"),
    "another apply": (
        {"recorded": a_recorded(serial=8)},
        "the state has changed since, as by another apply (serial 8, it was 7)",
    ),
    "too old": ({"hours": 24}, "it expired at 2026-11-21 12:00:00 UTC"),
    "from the future": (
        {"minutes": -6},
        "it was made in the future, at 2026-11-20 12:00:00 UTC; a clock is wrong",
    ),
}


@pytest.mark.parametrize(("facts", "why"), STALE.values(), ids=STALE)
def test_it_is_stale(facts: dict[str, Any], why: str) -> None:
    assert stale(**facts) == why


def test_the_same_plan_made_again_is_not_different() -> None:
    assert different_plan_reason(SAVED, planned(a_job(), now=NOW + timedelta(hours=1))) is None


DIFFERENT: dict[str, tuple[Plan, str]] = {
    "dearer": (planned(a_job(format="long")), "it would now spend 2 credits, not 1"),
    "otherwise": (planned(), "so that other changes are needed now, beginning with job.best"),
}


@pytest.mark.parametrize(("plan", "why"), DIFFERENT.values(), ids=DIFFERENT)
def test_it_is_different(plan: Plan, why: str) -> None:
    assert why in (different_plan_reason(SAVED, plan) or "it is the same")


def test_it_belongs_to_one_account() -> None:
    assert other_account_reason(SAVED, PLAN.account) is None
    assert other_account_reason(SAVED, Account("user_2", PLAN.account.base_url)) == (
        f"it was made for account user_1 at {PLAN.account.base_url}"
    )


def test_a_job_that_moved_on_is_taken_out_otherwise_than_was_reviewed() -> None:
    """Cancelled when the plan was saved, left unapproved now: both are a delete, but not the same."""
    record = a_recorded_job(staged=True)
    before = planned(recorded={"job.best": record}, remote=a_remote(a_remote_job()))
    after = planned(recorded={"job.best": record}, remote=a_remote(a_remote_job(status="complete")))
    saved = replace(SAVED, plan=before, fingerprint=before.fingerprint)

    assert "other changes are needed now" in (different_plan_reason(saved, after) or "it is the same")


def test_the_configuration_is_all_its_files_whatever_their_order() -> None:
    files = [("afsync.yaml", "aa"), ("media/intro.mp4", "bb")]

    assert configuration_hash(files) == configuration_hash(reversed(files))
    assert configuration_hash(files) != configuration_hash([("afsync.yaml", "bb"), ("media/intro.mp4", "aa")])
    assert configuration_hash(files) != configuration_hash(files[:1])
