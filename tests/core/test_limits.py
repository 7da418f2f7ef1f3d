"""What a run may do at the most."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change, Credits
from afsync.core.plan.limits import check_plan, deletes_allowed
from afsync.core.plan.plan import Plan
from afsync.core.resources import Limits
from afsync.errors import Problem
from tests.builders import a_job, a_recorded_job, a_remote, a_remote_job, planned

NONE = Limits()


def a_plan(*, creates: int = 0, replaces: int = 0, deletes: int = 0, balance: int | None = 100, cost: int = 1) -> Plan:
    """A plan of so many changes; what is submitted costs `cost` each."""
    submitted = Credits(cost, 0)
    return replace(
        planned(a_job("x"), remote=a_remote(balance=balance)),
        changes=(
            *(Change(f"job.c{n}", Action.CREATE, Reason.NEW, credits=submitted) for n in range(creates)),
            *(Change(f"job.r{n}", Action.REPLACE, Reason.BODY_CHANGED, credits=submitted) for n in range(replaces)),
            *(Change(f"job.d{n}", Action.DELETE, Reason.REMOVED) for n in range(deletes)),
        ),
    )


def codes(plan: Plan) -> list[str]:
    return [p.code for p in plan.blocking]


def test_nothing_declared_holds_nothing() -> None:
    plan = a_plan(creates=60, replaces=5)

    assert check_plan(plan, NONE, recorded=10).blocking == ()


# --- credits ---


@pytest.mark.parametrize(
    ("limit", "held"), [(None, False), (0, True), (5, True), (6, False), (7, False)], ids=lambda v: str(v)
)
def test_credits(limit: int | None, held: bool) -> None:
    checked = check_plan(a_plan(creates=2, replaces=1, cost=2), Limits(max_credits=limit), recorded=1)

    assert codes(checked) == (["max_credits"] if held else [])


def test_credits_in_words() -> None:
    (problem,) = check_plan(a_plan(creates=1), Limits(max_credits=0), recorded=0).blocking

    assert problem == Problem(
        "max_credits", "the plan spends 1 credit, and the limit is 0", "raise it for this run with --max-credits 1"
    )


@pytest.mark.parametrize(("balance", "held"), [(None, False), (0, True), (2, True), (3, False)])
def test_balance(balance: int | None, held: bool) -> None:
    checked = check_plan(a_plan(creates=3, balance=balance), NONE, recorded=0)

    assert codes(checked) == (["insufficient_credits"] if held else [])


def test_an_overdrawn_account_may_still_do_what_is_free() -> None:
    assert codes(check_plan(a_plan(deletes=1, balance=-1), NONE, recorded=1)) == []


def test_what_is_withheld_costs_nothing() -> None:
    plan = planned(a_job(), remote=a_remote(a_remote_job("job_9", topic="Best CS2 plays this week"), balance=0))

    assert len(plan.withheld) == 1
    assert codes(check_plan(plan, Limits(max_credits=0, max_creates=0), recorded=0)) == []


# --- creates ---


@pytest.mark.parametrize(("limit", "held"), [(None, False), (0, True), (2, True), (3, False)])
def test_creates_count_replacements(limit: int | None, held: bool) -> None:
    checked = check_plan(a_plan(creates=2, replaces=1), Limits(max_creates=limit), recorded=10)

    assert codes(checked) == (["max_creates"] if held else [])


# --- deletes ---

ALLOWED = {
    "default, nothing recorded": (NONE, 0, 5),
    "default, five always": (NONE, 6, 5),
    "default, half": (NONE, 11, 5),
    "default, half of twelve": (NONE, 12, 6),
    "default, half of a thousand": (NONE, 1000, 500),
    "a number": (Limits(max_deletes=2), 1000, 2),
    "none": (Limits(max_deletes=0), 1000, 0),
    "30% of ten": (Limits(max_deletes_percent=30), 10, 3),
    "30% of nine": (Limits(max_deletes_percent=30), 9, 2),
    "30% of one still allows one": (Limits(max_deletes_percent=30), 1, 1),
    "30% of none": (Limits(max_deletes_percent=30), 0, 1),
    "0% allows none": (Limits(max_deletes_percent=0), 1000, 0),
    "100%": (Limits(max_deletes_percent=100), 7, 7),
    "a fraction": (Limits(max_deletes_percent=12.5), 16, 2),
    "both: the number, which the command line gives": (Limits(max_deletes=1, max_deletes_percent=90), 10, 1),
}


@pytest.mark.parametrize(("limits", "recorded", "allowed"), ALLOWED.values(), ids=ALLOWED)
def test_deletes_allowed(limits: Limits, recorded: int, allowed: int) -> None:
    assert deletes_allowed(limits, recorded) == allowed


def test_a_per_cent_is_exact() -> None:
    """Not one too few because of how a computer writes 32.3."""
    tenths = range(1, 1001)

    assert [deletes_allowed(Limits(max_deletes_percent=t / 10), 1000) for t in tenths] == list(tenths)


@pytest.mark.parametrize(("deletes", "replaces", "held"), [(5, 0, False), (3, 2, False), (3, 3, True), (6, 0, True)])
def test_deletes_count_replacements(deletes: int, replaces: int, held: bool) -> None:
    checked = check_plan(a_plan(deletes=deletes, replaces=replaces), NONE, recorded=8)

    assert codes(checked) == (["max_deletes"] if held else [])


def test_deletes_in_words() -> None:
    (problem,) = check_plan(a_plan(deletes=2), Limits(max_deletes=1), recorded=8).blocking

    assert problem == Problem(
        "max_deletes",
        "the plan destroys 2 of 8 resources, and the limit is 1",
        "raise it for this run with --max-deletes 2",
    )


def test_destroy_is_not_held_by_the_limit_on_deletes() -> None:
    plan = replace(a_plan(deletes=100), declared=0)

    assert codes(check_plan(plan, Limits(max_deletes=0), recorded=100, destroy=True)) == []


def test_destroy_is_held_by_the_other_limits() -> None:
    plan = a_plan(creates=2)

    assert codes(check_plan(plan, Limits(max_credits=1, max_creates=1), recorded=1, destroy=True)) == [
        "max_credits",
        "max_creates",
    ]


# --- nothing declared ---


def test_nothing_declared_while_something_is_recorded_is_refused() -> None:
    plan = planned(recorded={"job.best": a_recorded_job()}, remote=a_remote(a_remote_job()))

    (problem,) = check_plan(plan, NONE, recorded=1).blocking

    assert problem == Problem(
        "nothing_declared",
        "nothing is declared, but 1 resource is recorded",
        "if everything is meant to go, say so with --allow-empty",
    )
    assert check_plan(plan, NONE, recorded=1, allow_empty=True).blocking == ()
    assert check_plan(plan, NONE, recorded=1, destroy=True).blocking == ()


def test_nothing_declared_and_nothing_recorded_is_fine() -> None:
    assert check_plan(planned(), NONE, recorded=0).blocking == ()


def test_all_breaches_are_told_at_once() -> None:
    plan = a_plan(creates=3, deletes=9, balance=1)

    assert codes(check_plan(plan, Limits(max_credits=2, max_creates=1), recorded=9)) == [
        "max_credits",
        "insufficient_credits",
        "max_creates",
        "max_deletes",
    ]


def test_what_was_blocking_before_stays() -> None:
    plan = replace(a_plan(creates=1), blocking=(Problem("earlier", "x"),))

    assert codes(check_plan(plan, Limits(max_creates=0), recorded=0)) == ["earlier", "max_creates"]
