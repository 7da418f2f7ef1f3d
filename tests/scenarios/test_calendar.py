"""The calendar of series over time: it shows what later applies submit, and its feed stays the same events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from tests.scenarios.conftest import MakeWorld
from tests.scenarios.test_series import show
from tests.scenarios.world import URL, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """At noon of a Tuesday, by the clocks of both."""
    world = make_world("deployed")
    now = world.now()
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=(1 - now.weekday()) % 7 + 7)
    world.pass_time(seconds=(noon - now).total_seconds())
    return world


def calendar(world: World, *args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.does("calendar", "--json", *args).json["entries"]
    return found


def feed(world: World, *args: str) -> dict[str, Any]:
    """The events by UID."""
    text = world.does("calendar", "--ics", "-", *args).out
    events: list[Any] = Calendar.from_ical(text).walk("VEVENT")
    found = {str(e["UID"]): e for e in events}
    assert len(found) == len(events)
    return found


def test_it_shows_what_later_applies_submit(world: World) -> None:
    show(world, horizon="7d")
    world.applied()
    ahead = [e for e in calendar(world, "--weeks", "5") if e["at"]]
    assert [e["mark"] for e in ahead] == ["active", "upcoming", "upcoming", "upcoming"]
    assert [(e["credits"], e["expected_credits"]) for e in ahead] == [(1, None), *[(None, 1)] * 3]
    submitted: dict[str, str] = {}
    for _ in range(4):
        submitted |= {a: r["schedule"]["utc"] for a, r in world.state["resources"].items()}
        world.pass_time(days=7)
        world.applied()
    assert {e["address"]: e["at"] for e in ahead} == submitted


def test_the_feed_keeps_its_events_over_edits_and_counts_the_changes_of_their_times(world: World) -> None:
    show(world)
    world.applied()
    first = feed(world)
    seen = {uid: (event["DTSTART"].dt, event["SEQUENCE"]) for uid, event in first.items()}
    recorded = {r["schedule"]["utc"] for r in world.state["resources"].values()}
    confirmed = [e for e in first.values() if e["STATUS"] == "CONFIRMED"]
    assert {f"{e['DTSTART'].dt:%Y-%m-%dT%H:%M:%SZ}" for e in confirmed} == recorded
    for number, at in enumerate(("11:00", "09:00", "13:15")):
        show(world, rule={"at": at}, topic=f"Recap {number}" if number == 1 else "Recap")
        before = feed(world)
        assert all(event["DTSTART"].dt == seen[uid][0] for uid, event in before.items() if uid in seen and _sent(event))
        world.applied()
        after = feed(world)
        assert after.keys() == first.keys()
        for uid, event in after.items():
            assert f"{event['DTSTART'].dt:%H:%M}" == at
            assert event["SEQUENCE"] > seen[uid][1] or not _sent(event)
            seen[uid] = (event["DTSTART"].dt, event["SEQUENCE"])
    again = {uid: (event["DTSTART"].dt, event["SEQUENCE"]) for uid, event in feed(world).items()}
    assert again == seen


def _sent(event: Any) -> bool:
    return bool(event["STATUS"] == "CONFIRMED")


def test_what_is_removed_leaves_the_feed_and_the_others_stay(world: World) -> None:
    show(world, topic="Recap ${occurrence.date}")
    world.applied()
    before = feed(world)
    day = next(a for a in sorted(world.state["resources"])).partition('"')[2].rstrip('"]')
    show(world, topic="Recap ${occurrence.date}", exceptions={day: "skip"})
    assert feed(world).keys() == before.keys(), "the service still has it"
    world.applied()
    left = before.keys() - feed(world).keys()
    assert [str(before[uid]["SUMMARY"]) for uid in left] == [f"Recap {day}"]


def test_a_move_is_shown_with_both_times(world: World) -> None:
    show(world)
    world.applied()
    show(world, rule={"at": "11:00"})
    moving = [e for e in calendar(world) if e["mark"] == "active"]
    assert {(e["before"][11:16], e["at"][11:16]) for e in moving} == {("09:00", "11:00")}
    text = world.does("calendar", "--agenda", "--zone", "UTC").out
    assert "09:00→11:00  ~  show[" in text and "active" not in text.split("STATE")[0]
    told = world.does("calendar", "--markdown", "--zone", "UTC").out
    assert told.count("\n- Mon") == told.count("\n+ Mon") == 2
    comment = world.does("plan", "--format", "markdown").out
    folded = comment.partition("<summary>Calendar: before and after</summary>")[2]
    assert folded.count("\n- Mon") == folded.count("\n+ Mon") == 2
    elsewhere = world.does("calendar", "--agenda", "--zone", "Asia/Tokyo").out
    assert "18:00→20:00" in elsewhere and "11:00 UTC" in elsewhere


def test_a_plan_that_moves_nothing_has_no_calendar_in_its_comment(world: World) -> None:
    show(world)
    assert "Calendar" not in world.does("plan", "--format", "markdown").out
    world.applied()
    assert "Calendar" not in world.does("plan", "--format", "markdown").out


def test_the_budget_is_said(world: World) -> None:
    show(world)
    text = (world.root / "afsync.yaml").read_text(encoding="utf-8")
    world.write(text + "policy: {budget: {credits: 9, per: month}}\n", head=False)
    assert "of 9 credits in " in world.does("calendar").out
    assert world.does("calendar", "--json").json["budget"]["allowed"] == 9
    assert "of 9 credits in " in world.does("calendar", "--html", "-").out


def test_a_look_at_the_account_shows_how_far_jobs_are_and_what_is_not_declared(world: World) -> None:
    show(world)
    world.applied()
    (one, two) = sorted(world.state["resources"])
    world.becomes("complete", world.ids()[one])
    other = world.by_hand("POST", "/jobs", {"entry": "fetch", "url": URL, "topic": "By hand", "format": "short"})
    when = (world.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:00Z")
    other_id = other.get("id") or other["jobId"]
    world.by_hand("PATCH", f"/jobs/{other_id}/schedule", {"scheduledPublishAt": when, "scheduledAt": when})
    assert "produced" not in {e["mark"] for e in calendar(world)}
    marks = {e["address"]: e["mark"] for e in calendar(world, "--live")}
    assert marks[one] == "produced" and marks[two] == "active"
    assert marks[other_id] == "not_declared"


def test_a_mistake_further_ahead_hides_no_other_date(world: World) -> None:
    """A sheet that is being filled in: the plan is not concerned yet, and the calendar says where."""
    monday = world.now() + timedelta(days=6)
    days = [f"{monday + timedelta(days=7 * n):%Y-%m-%d}" for n in range(4)]
    rows = [f"{day},{URL if n < 2 else ''},Topic {n}" for n, day in enumerate(days)]
    world.write("\n".join(["date,url,topic", *rows]) + "\n", "rows.csv", head=False)
    show(world, horizon="14d", url=None, rows={"file": "rows.csv", "key": "date"}, topic=None)
    fields = {"platforms": ["tiktok"], "allow_duplicate": True, "rows": {"file": "rows.csv", "key": "date"}}
    rule = {"every": "week", "days": ["mon"], "at": "09:00", "zone": "UTC", "from": days[0]}
    world.declare(jobs={"show": {**fields, "repeat": rule}, "one": {"url": URL, "schedule": f"{days[1]}T10:00Z"}})
    assert len(world.planned()["changes"]) == 3
    document = world.does("calendar", "--json", "--weeks", "5").json
    assert [(e["at"][:10], e["mark"]) for e in document["entries"] if e["series"]] == [
        *((day, "to_submit") for day in days[:2]),
        *((day, "upcoming") for day in days[2:]),
    ]
    said = {n["message"] for n in document["notices"] if n["code"] == "missing_source"}
    assert len(said) == 2 and all(any(day in text for text in said) for day in days[2:])
    assert [e["expected_credits"] for e in document["entries"] if e["mark"] == "upcoming"] == [None, None]


def test_missed_dates_and_rows_are_shown_as_such(world: World) -> None:
    show(world)
    world.applied()
    world.pass_time(days=8)
    show(world, rule={"days": ["mon", "wed"]})
    missed = [
        e["at"]
        for e in calendar(world, "--weeks", "6", "--from", f"{world.now() - timedelta(days=14):%Y-%m-%d}")
        if e["mark"] == "missed"
    ]
    assert len(missed) == 1 and datetime.fromisoformat(missed[0]) < world.now()
