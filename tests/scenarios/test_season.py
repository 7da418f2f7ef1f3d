"""A year of `examples/season`, planned and applied month by month, with time passed in."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.scenarios.conftest import MakeWorld

EXAMPLE = Path(__file__).parents[2] / "examples" / "season"
EXCEPTIONS = 1
"""A date that is skipped."""


def test_every_month_submits_what_is_new_and_nothing_twice_or_late(make_world: MakeWorld) -> None:
    world = make_world("documented", credits=1000)
    text = (EXAMPLE / "afsync.yaml").read_text(encoding="utf-8")
    lineage = world.state["lineage"]
    text = text.replace("0190f1c2-9a41-7c02-8d55-1f6f2b7c9e03", lineage)
    world.write(text, head=False)
    shutil.copyfile(EXAMPLE / "season.csv", world.root / "season.csv")
    world.pass_time(seconds=(datetime(2028, 12, 31, 6, tzinfo=UTC) - world.now()).total_seconds())
    submitted: list[str] = []
    for month in range(13):
        changes: list[dict[str, Any]] = [c for c in world.planned()["changes"] if c["kind"] == "job"]
        assert {c["action"] for c in changes} <= {"create"}
        assert {c["reason"] for c in changes} <= ({"new"} if month == 0 else {"horizon"})
        submitted += [c["address"] for c in changes]
        world.applied()
        assert len(world.state["resources"]) < 150
        world.pass_time(days=30)
        past = [j["id"] for a, j in world.state["resources"].items() if is_past(j, world.now())]
        if past:
            world.becomes("published", *past)
    assert len(submitted) == len(set(submitted)) == rows() - EXCEPTIONS
    assert world.planned()["changes"] == []
    assert len(world.control.jobs()) == len(submitted)


def test_before_it_begins_the_day_is_named(make_world: MakeWorld) -> None:
    world = make_world("documented")
    text = (EXAMPLE / "afsync.yaml").read_text(encoding="utf-8")
    world.write(text.replace("0190f1c2-9a41-7c02-8d55-1f6f2b7c9e03", world.state["lineage"]), head=False)
    shutil.copyfile(EXAMPLE / "season.csv", world.root / "season.csv")
    assert "3 series with 0 occurrences by now (the first begins on 2029-01-01)" in world.does("validate").out
    plan = world.does("plan").out
    assert "the first series begins on 2029-01-01" in plan
    assert "afsync plan --now 2029-01-01T00:00:00Z" in plan
    assert "begins on" not in world.does("plan", "--now", "2029-01-01T00:00:00Z").out


def is_past(resource: dict[str, Any], now: datetime) -> bool:
    schedule = resource["schedule"]
    over = resource["status"] == "published" or schedule is None
    return not over and datetime.fromisoformat(schedule["utc"]) <= now + timedelta(minutes=1)


def rows() -> int:
    return len((EXAMPLE / "season.csv").read_text(encoding="utf-8").splitlines()) - 1
