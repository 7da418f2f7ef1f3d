"""Rules about the calendar, as the commands tell them: budget, gaps, spacing and exceptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.harness import Done
from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import World

SHOWS = """\
horizon: 14d
policy:
  budget: {credits: %d, per: month%s}
  spacing: {tiktok: 2h}
  max_gap: {youtube: 10d}
  exceptions:
    - {job: special, rule: spacing, until: 2028-12-10, reason: The final, by: Anna}
jobs:
  show:
    platforms: [tiktok, youtube]
    topic: Show of ${occurrence.date}
    url: https://kick.com/your-channel/show
    repeat: {every: week, days: [mon], at: "09:00", from: 2028-12-04}
  special:
    platforms: [tiktok]
    url: https://kick.com/your-channel/special
    schedule: 2028-12-04 10:00
"""


def world_with(make_world: MakeWorld, credits: int, more: str = "") -> World:
    """On Friday, the first of December."""
    world = make_world("documented", credits=100)
    world.pass_time(seconds=(datetime(2028, 12, 1, 6, tzinfo=UTC) - world.now()).total_seconds())
    world.write(SHOWS % (credits, more))
    return world


def told(document: dict[str, Any], code: str) -> list[str]:
    """Where what has that code stands."""
    found = (*document["warnings"], *document["violations"])
    return [f"{p['file']}:{p['line']}" for p in found if p["code"] == code]


def budget_line(done: Done) -> str:
    return next(line for line in done.out.splitlines() if line.startswith("Budget:"))


def test_the_budget_is_shown_as_it_is_spent(make_world: MakeWorld) -> None:
    world = world_with(make_world, 7)
    line = "Budget: 3 of 7 credits in December 2028: 0 spent, 3 by this plan; 4 still to come."
    saved = str(world.root / "saved.plan")
    plan = world.does("plan", "--out", saved)
    assert budget_line(plan) == line
    assert budget_line(world.does("show", saved)) == line
    assert line in world.does("plan", "--format", "markdown").out

    world.applied()

    assert budget_line(world.does("plan")) == (
        "Budget: 3 of 7 credits in December 2028: 3 spent, 0 by this plan; 4 still to come."
    )
    assert "budget:     3 of 7 credits in December 2028: 3 spent" in world.does("account").out
    assert world.does("account", "--json").json["budget"]["later"] == 4


def test_a_month_that_will_not_suffice_is_told_ahead(make_world: MakeWorld) -> None:
    world = world_with(make_world, 4)
    document = world.planned()
    assert told(document, "policy_budget_ahead") == ["afsync.yaml:6"]
    assert document["budget"]["later"] == 4 and not document["withheld"]
    # What enters the horizon later in the month is held back, and with the next month there is a new budget.
    world.applied()
    world.pass_time(days=14)
    held = world.does("apply", "--auto-approve", code=4)
    assert "and of the budget for December 2028 (4 credits) 0 are left" in held.text
    world.pass_time(days=17)
    assert world.planned()["withheld"] == []


def test_a_budget_may_only_warn(make_world: MakeWorld) -> None:
    world = world_with(make_world, 1, ", then: warn")
    assert told(world.planned(), "policy_budget") == ["afsync.yaml:6"]
    world.applied()
    assert len(world.control.jobs()) == 3


def test_exceptions_and_gaps_are_named_at_their_lines(make_world: MakeWorld) -> None:
    world = world_with(make_world, 50)
    document = world.planned()
    assert document["withheld"] == []
    (used,) = (w for w in document["warnings"] if w["code"] == "policy_exception")
    assert used["message"].endswith("; allowed by Anna until 2028-12-10: The final")
    assert told(document, "policy_gap") == []

    world.write((SHOWS % (50, "")).replace("days: [mon]", "days: [mon], until: 2028-12-04"))
    gap = "Warning: nothing is published on youtube from Mon 2028-12-04 09:00"
    text = world.does("plan").out
    assert gap in text and "  at afsync.yaml:8:13\n" in text
    world.pass_time(days=20)
    assert told(world.planned("--offline"), "policy_exception_ended") == ["afsync.yaml:10"]
