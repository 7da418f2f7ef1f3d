"""Seeded days in every dialect: nothing is claimed that is not so, published twice, or public without its review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from afsync.core.decisions import jobs
from afsync.core.plan import planner
from afsync.core.remote_account import ReadBack
from tests.scale import seeds
from tests.simulation.days import Days, walk
from tests.simulation.effects import Effects
from tests.simulation.test_simulation import Recorder

SEEDS = seeds(100)
PARTS = 2


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("dialect", ["documented", "deployed", "router"])
def test_what_is_said_is_so(dialect: str, part: int, record_property: Recorder) -> None:
    """A failing seed replays with `Days(SEED, DIALECT).days()`."""
    size = SEEDS // PARTS
    bad, claims = walk(dialect, range(part * size, (part + 1) * size))
    record_property(
        "figure", f"days, {dialect}, part {part}: {size} seeds, {sum(claims.values())} claims, {len(bad)} bad"
    )
    assert not bad, f"failing seeds: {bad}"


@pytest.mark.parametrize(
    ("dialect", "seed"),
    [("documented", 1781), ("deployed", 1540), ("documented", 1125), ("documented", 1563), ("documented", 1836)],
)
def test_a_publish_time_that_was_sent_and_not_written_down(dialect: str, seed: int) -> None:
    """Set and taken off again around a run that was killed; the job is produced, and not public."""
    assert Days(seed, dialect).days() == []


@pytest.mark.parametrize("seed", [418, 1252, 3801])
def test_a_replaced_job_that_lives_is_named_at_once(seed: int) -> None:
    """Before `api.settle` has passed it is a note: the list may lag."""
    assert Days(seed, "router").days() == []


@pytest.mark.parametrize("seed", [810, 3015, 4913])
def test_an_approval_of_a_person_that_came_to_nothing(seed: int) -> None:
    """Not called published; and afsync does not publish it by itself, since it may be out on some platforms."""
    assert Days(seed, "router").days() == []


@pytest.mark.parametrize("seed", [743, 1163, 6170, 9866])
def test_a_publish_time_that_passed_between_two_looks(seed: int) -> None:
    """Broken before its time, which no plan could see, and published by a person after it: nothing tells."""
    assert Days(seed, "router").days() == []


@pytest.mark.parametrize(("dialect", "seed"), [("router", 315), ("deployed", 421)])
def test_an_unreviewed_job_in_a_recovery_file(dialect: str, seed: int) -> None:
    """Its record could not be written into the state; the next run reads that the service does not stop it."""
    assert Days(seed, dialect).days() == []


def test_an_unreviewed_job_that_a_person_approved_before_any_plan() -> None:
    """The answer to its submission was lost; approved, it looks like one that stopped for its review."""
    assert Days(3151, "router").days() == []


def test_an_unreviewed_job_that_left_the_files() -> None:
    """Its cancel was not kept; it is named by a warning until its watch ends."""
    assert Days(819, "router").days() == []


@pytest.mark.parametrize(
    ("name", "instead", "false"),
    [
        ("set_schedule", lambda *args: None, {"publish time sent"}),
        ("cancel", lambda *args: None, {"cancelled: cancelled", "replaced: cancelled"}),
        ("read_back", lambda self, **wanted: ReadBack(), {"does not show it yet"}),
    ],
)
def test_the_audit_can_fail(
    name: str, instead: Callable[..., Any], false: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service that is not what it says makes false claims, and the audit sees them."""
    monkeypatch.setattr(Effects, name, instead)
    found = (p.split(": job")[0] for seed in range(60) for p in Days(seed, "deployed").days())
    assert any(kind in false for kind in found)


@pytest.mark.parametrize(
    ("where", "name", "instead", "dialect", "seed", "found"),
    [
        (planner, "unreviewed", lambda facts, changes: (), "router", 9, "public without review"),
        (planner, "unreviewed", lambda facts, changes: (), "deployed", 8, "no changes"),
        (jobs, "decide_unreviewed", lambda *args: None, "deployed", 43, "public without review"),
    ],
)
def test_the_search_sees_a_review_that_is_ignored(
    where: Any, name: str, instead: Any, dialect: str, seed: int, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In accounts that stop nothing for a review: what goes out is named, or cancelled again."""
    assert Days(seed, dialect).days() == []
    monkeypatch.setattr(where, name, instead)
    assert any(p.startswith(found) for p in Days(seed, dialect).days())
