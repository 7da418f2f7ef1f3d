"""Series, applied as time passes, against the service: what enters, what is missed, what an edit costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.scenarios.conftest import MakeWorld
from tests.scenarios.world import URL, World


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """At noon of a Tuesday, by the clocks of both."""
    world = make_world("documented")
    now = world.now()
    noon = now.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=(1 - now.weekday()) % 7 + 7)
    world.pass_time(seconds=(noon - now).total_seconds())
    return world


def show(
    world: World,
    *,
    rule: dict[str, Any] | None = None,
    horizon: str = "14d",
    exceptions: dict[str, Any] | None = None,
    **job: Any,
) -> None:
    start = (world.now() - timedelta(days=1)).date().isoformat()
    repeat = {"every": "week", "days": ["mon"], "at": "09:00", "zone": "UTC", "from": start, **(rule or {})}
    fields = {"url": URL, "topic": "Recap", "platforms": ["tiktok"], "allow_duplicate": True, **job}
    if exceptions:
        fields["except"] = exceptions
    world.declare(jobs={"show": {**fields, "repeat": repeat}}, horizon=horizon)


def changes(world: World, *args: str) -> list[tuple[str, str, str]]:
    """Action, reason and the date, of each change of a plan."""
    found = world.planned(*args)["changes"]
    return [(c["action"], c["reason"], c["address"].partition('"')[2][:10].partition('"')[0]) for c in found]


def monday(world: World, number: int) -> str:
    """The date of a Monday, counted from the next one."""
    now = world.now()
    return (now + timedelta(days=7 - now.weekday() + 7 * number)).date().isoformat()


def test_dates_enter_as_time_passes_and_none_is_paid_for_twice(world: World) -> None:
    show(world)
    first, second, third = (monday(world, n) for n in range(3))
    assert changes(world) == [("create", "new", first), ("create", "new", second)]
    balance = world.balance
    world.applied()
    world.is_settled()
    world.pass_time(days=7)
    assert changes(world) == [("create", "horizon", third)]
    ignored = world.planned("--ignore-horizon")
    assert ignored["changes"] == []
    assert [w["message"] for w in ignored["warnings"] if w["code"] == "horizon_ignored"] == [
        "1 occurrence that the horizon lets in is left out: 1 credit"
    ]
    world.applied("--ignore-horizon")
    assert changes(world) == [("create", "horizon", third)], "what was left out is still to come"
    world.applied()
    world.is_settled()
    assert balance - world.balance == 3


def test_free_edits(world: World) -> None:
    show(world)
    first, second = monday(world, 0), monday(world, 1)
    world.applied()
    balance, ids = world.balance, world.ids()
    edits: list[dict[str, Any]] = [{"at": "11:00"}, {"zone": "America/New_York"}, {"at": {"main": "12:00"}}]
    for edit in edits:
        show(world, rule=edit)
        assert [(c[0], c[2]) for c in changes(world)] == [("reschedule", first), ("reschedule", second)]
        world.applied()
        world.is_settled()
    for horizon in ("1d", "14d"):
        show(world, rule=edits[-1], horizon=horizon)
        world.is_settled()
    assert (world.balance, world.ids()) == (balance, ids)


def test_another_day_of_the_week_is_a_free_move(world: World) -> None:
    show(world)
    world.applied()
    balance, ids = world.balance, [*world.ids().values()]
    show(world, rule={"days": ["sun"]})
    assert [c[0] for c in changes(world)] == ["move", "move", "reschedule", "reschedule"]
    world.applied()
    world.is_settled()
    assert world.balance == balance and sorted(world.ids().values()) == sorted(ids)


def with_a_history(world: World, dates: int) -> dict[str, str]:
    """A series of which some dates are published; what is recorded."""
    start = monday(world, 0)
    show(world, rule={"from": start})
    for _ in range(dates):
        world.applied()
        due = f'job.show["{monday(world, 0)}"]'
        world.pass_time(days=7)
        world.becomes("published", world.ids()[due])
    world.applied()
    return world.ids()


def test_another_day_of_the_week_is_a_free_move_after_many_dates_too(world: World) -> None:
    ids, balance = with_a_history(world, 3), world.balance
    show(world, rule={"days": ["tue"], "from": monday(world, -3)})
    assert [c[0] for c in changes(world)] == ["move", "move", "reschedule", "reschedule"]
    world.applied()
    world.is_settled()
    assert world.balance == balance and sorted(world.ids().values()) == sorted(ids.values())


def test_another_day_of_the_week_is_a_free_move_behind_the_horizon_too(world: World) -> None:
    show(world, horizon="28d")
    world.applied()
    ids, balance = world.ids(), world.balance
    show(world, horizon="7d", rule={"days": ["tue"]})
    assert [c[0] for c in changes(world)] == ["move"] * len(ids) + ["reschedule"] * len(ids)
    world.applied()
    world.is_settled()
    assert world.balance == balance and sorted(world.ids().values()) == sorted(ids.values())
    show(world, horizon="7d", rule={"days": ["wed"]}, topic="On ${occurrence.date}")
    assert sorted({c[0] for c in changes(world)}) == ["create", "delete"], "they ask for something else"


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_what_came_to_nothing_takes_no_date_behind_the_horizon(world: World, status: str) -> None:
    show(world, rule={"from": monday(world, 0)})
    second, third = monday(world, 1), monday(world, 2)
    world.applied()
    world.becomes(status, world.ids()[f'job.show["{second}"]'])
    world.applied()
    show(world, rule={"from": monday(world, 0)}, exceptions={second: "skip"})
    assert changes(world) == [("forget", "finished", second)]
    world.applied()
    world.pass_time(days=7)
    assert ("create", "horizon", third) in changes(world), "it would not be published then"


@pytest.mark.parametrize("seen", [True, False], ids=["as recorded", "as the account says"])
def test_what_came_to_nothing_takes_no_date_from_what_can_still_be_published(world: World, seen: bool) -> None:
    start = monday(world, 0)
    show(world, rule={"from": start})
    world.applied()
    ids, second = world.ids(), monday(world, 1)
    world.becomes("cancelled", ids[f'job.show["{second}"]'])
    if seen:
        world.applied()
    show(world, rule={"from": start, "days": ["wed"], "count": 1})
    assert [c[:2] for c in changes(world)] == [
        ("move", "renamed"),
        ("reschedule", "schedule_changed"),
        ("forget", "finished"),
    ]
    world.applied()
    assert [*world.ids().values()] == [ids[f'job.show["{start}"]']]


def test_no_more_dates_enter_than_move(world: World) -> None:
    start, second, third = (monday(world, n) for n in range(3))
    show(world, horizon="21d", rule={"from": start}, exceptions={second: {"topic": "Another"}})
    world.applied()
    show(world, horizon="21d", rule={"from": start}, exceptions={second: "skip", third: "skip"})
    found = changes(world)
    assert sorted(c[0] for c in found) == ["delete", "move", "reschedule"]
    assert ("delete", "removed", second) in found, "no date asks for the same"


def test_a_series_can_be_divided(world: World) -> None:
    rule = {"every": "week", "at": "09:00", "zone": "UTC", "from": monday(world, 0)}
    show(world, rule={**rule, "days": ["mon", "thu"]})
    world.applied()
    ids, balance = world.ids(), world.balance
    fields = {"url": URL, "topic": "Recap", "platforms": ["tiktok"], "allow_duplicate": True}
    series = {"show": {**rule, "days": ["mon"]}, "other": {**rule, "days": ["thu"]}}
    world.declare(jobs={key: {**fields, "repeat": repeat} for key, repeat in series.items()})
    assert {c[:2] for c in changes(world)} == {("move", "renamed")}
    world.applied()
    world.is_settled()
    assert (sorted(world.ids().values()), world.balance) == (sorted(ids.values()), balance)


def test_what_was_published_since_the_last_apply_takes_no_new_date(world: World) -> None:
    with_a_history(world, 1)
    due = f'job.show["{monday(world, 0)}"]'
    world.pass_time(days=6)
    world.applied()
    world.pass_time(days=1)
    world.becomes("published", world.ids()[due])
    show(world, rule={"days": ["fri"], "from": monday(world, -2)})
    assert [c[0] for c in changes(world)] == ["move", "move", "reschedule", "reschedule", "forget"]


def test_another_name_of_a_series_moves_what_is_published_as_well(world: World) -> None:
    ids, start = with_a_history(world, 2), monday(world, -2)
    world.pass_time(days=7)
    repeat = {"every": "week", "days": ["mon"], "at": "09:00", "zone": "UTC", "from": start}
    fields = {"url": URL, "topic": "Recap", "platforms": ["tiktok"], "allow_duplicate": True, "repeat": repeat}
    world.declare(jobs={"renamed": fields})
    found = changes(world)
    assert [c[0] for c in found] == ["move"] * len(ids) + ["create"]
    assert found[-1] == ("create", "new", monday(world, 1))
    world.applied()
    world.is_settled()


def test_a_held_date_that_is_skipped_once_its_time_has_come_is_not_published(world: World) -> None:
    first = monday(world, 0)
    show(world, publish="held", rule={"from": first})
    world.applied()
    world.pass_time(days=5, hours=21, minutes=5)
    world.becomes("complete", world.ids()[f'job.show["{first}"]'])
    show(world, publish="held", rule={"from": first}, exceptions={first: "skip"})
    ids = world.ids()
    assert "not attempted" not in world.applied("--due").text, "it moves to a later date by an apply of everything"
    assert world.ids() == ids
    world.applied()
    assert all(world.by_hand("GET", f"/jobs/{i}").get("status") != "published" for i in ids.values())


def test_a_job_that_was_put_off_to_the_end_of_the_calendar_can_be_removed(world: World) -> None:
    job = {"url": URL, "platforms": ["tiktok"], "schedule": "9999-12-31T00:00:00Z"}
    world.declare(jobs={"off": job})
    world.applied()
    for command in ("status", "calendar", "plan"):
        world.does(command)
    world.is_settled()
    show(world, rule={"zone": "Pacific/Kiritimati"}, horizon="0d")
    assert [c[0] for c in changes(world)] == ["delete"]


def test_a_job_written_by_hand_becomes_a_date_of_a_series(world: World) -> None:
    first, third = monday(world, 0), monday(world, 2)
    job = {"url": URL, "topic": "Recap", "platforms": ["tiktok"], "allow_duplicate": True}
    world.declare(jobs={"one": {**job, "schedule": f"{first}T09:00Z"}, "far": {**job, "schedule": f"{third}T09:00Z"}})
    world.applied()
    balance = world.balance
    show(world, horizon="7d")
    assert sorted(changes(world)) == [("move", "renamed", first), ("move", "renamed", third)]
    world.applied()
    world.is_settled()
    assert world.balance == balance


def test_a_date_that_is_skipped_is_removed_and_one_that_leaves_the_rule_too(world: World) -> None:
    show(world, topic="Recap ${occurrence.date}")
    first, second = monday(world, 0), monday(world, 1)
    world.applied()
    show(world, topic="Recap ${occurrence.date}", exceptions={first: "skip"})
    assert changes(world) == [("delete", "removed", first)]
    world.applied()
    show(world, topic="Recap ${occurrence.date}", rule={"until": first})
    assert sorted(changes(world)) == [("create", "new", first), ("delete", "removed", second)]
    world.applied()
    world.is_settled()


def test_what_passed_unsubmitted_is_named_once(world: World) -> None:
    show(world, horizon="0d")
    world.applied()
    first = monday(world, 0)
    world.pass_time(days=7)
    document = world.planned()
    assert [v["code"] for v in document["violations"]] == ["missed"]
    assert document["violations"][0]["address"] == f'job.show["{first}"]'
    assert document["violations"][0]["line"] is not None
    done = world.applied(code=4)
    assert first in done.text
    assert world.applied().code == 0, "then it is past"


def test_a_partial_apply_remembers_nothing(world: World) -> None:
    show(world, horizon="0d")
    world.applied()
    before = world.state["series"]
    world.pass_time(days=7)
    world.call("apply", "--auto-approve", "--exclude", "template.*", "--target", "job.*")
    assert world.state["series"] == before
    world.applied(code=4)


def test_what_ended_long_ago_leaves_by_itself_and_never_comes_back(world: World) -> None:
    show(world, keep="10d")
    world.applied()
    ids = world.ids()
    first, second = monday(world, 0), monday(world, 1)
    world.pass_time(days=7)
    world.becomes("published", ids[f'job.show["{first}"]'])
    world.applied()
    world.pass_time(days=7)
    world.becomes("published", ids[f'job.show["{second}"]'])
    world.applied()
    assert f'job.show["{first}"]' in world.ids()
    world.pass_time(days=7)
    assert all(c[2] not in (first, second) for c in changes(world))
    world.applied()
    assert f'job.show["{first}"]' not in world.ids()
    balance = world.balance
    show(world, rule={"from": first, "at": "23:00"}, keep="90d")
    assert ("create", "new", first) not in changes(world)
    world.applied()
    assert f'job.show["{first}"]' not in world.ids() and world.balance == balance


def test_one_occurrence_is_submitted_again(world: World) -> None:
    show(world)
    world.applied()
    first = monday(world, 0)
    world.pass_time(days=7)
    world.becomes("published", world.ids()[f'job.show["{first}"]'])
    world.applied()
    soon = (world.now() + timedelta(days=2)).date().isoformat()
    show(world, rule={"from": first}, exceptions={first: {"on": soon, "rerun": 1}})
    assert ("create", "rerun", first) in changes(world)


def test_other_commands_know_the_occurrences(world: World) -> None:
    show(world)
    address = f'job.show["{monday(world, 0)}"]'
    assert "0 templates, 0 jobs and 1 series with 2 occurrences by now in 1 file" in world.does("validate").out
    world.applied()
    assert address in world.does("status", address).out
    renamed = f'job.show["{monday(world, 5)}"]'
    assert "is not declared" not in world.does("state", "mv", address, renamed).out


def test_rows_are_jobs_wherever_they_stand(world: World) -> None:
    def sheet(*rows: str) -> None:
        world.write("\n".join(["key,url,topic,schedule", *rows]), "s.csv")

    times = [(world.now() + timedelta(days=n)).strftime("%Y-%m-%d 10:00") for n in (2, 3, 4)]
    one, two, three = (f"ep-{n},{URL}{n},Episode {n},{at}" for n, at in enumerate(times))
    sheet(one, two)
    world.declare(jobs={"show": {"rows": "s.csv", "platforms": ["tiktok"]}})
    world.applied()
    balance = world.balance
    sheet(two, one)
    world.is_settled()
    sheet(two.replace(times[1], times[2]), three, one)
    assert sorted(changes(world)) == [("create", "new", "ep-2"), ("reschedule", "schedule_changed", "ep-1")]
    world.applied()
    world.is_settled()
    assert balance - world.balance == 1
    sheet(three, one.replace("ep-0", "ep-9"), two.replace(times[1], times[2]))
    assert changes(world) == [("move", "renamed", "ep-9")]
    world.applied()
    assert balance - world.balance == 1


def test_rows_behind_the_horizon_take_what_was_submitted_under_another_name(world: World) -> None:
    far = (world.now() + timedelta(days=60)).strftime("%Y-%m-%d 10:00")
    job = {"url": URL, "topic": "The final", "platforms": ["tiktok"]}
    world.declare(jobs={"one": {**job, "schedule": far}})
    world.applied()
    ids, balance = [*world.ids().values()], world.balance
    world.declare(jobs={"other": {**job, "schedule": far, "horizon": "7d"}})
    assert [c[:2] for c in changes(world)] == [("move", "renamed")]
    world.applied()
    for key in ("final", "grand-final"):
        world.write(f"key,url,topic,schedule\n{key},{URL},The final,{far}\n", "s.csv")
        world.declare(jobs={"show": {"rows": "s.csv", "platforms": ["tiktok"]}})
        assert changes(world) == [("move", "renamed", key[:10])]
        world.applied()
        world.is_settled()
    assert ([*world.ids().values()], world.balance) == (ids, balance)


@pytest.mark.parametrize("days", [2, 20], ids=["passed", "ahead"])
def test_of_two_rows_that_ask_for_the_same_one_takes_what_was_submitted(world: World, days: int) -> None:
    at = (world.now() + timedelta(days=days)).strftime("%Y-%m-%d 10:00")
    job = {"rows": "s.csv", "platforms": ["tiktok"], "allow_duplicate": True}
    world.write(f"key,url,schedule\nold,{URL},{at}\n", "s.csv")
    world.declare(jobs={"show": {**job, "horizon": "30d"}})
    world.applied()
    world.pass_time(days=5)
    world.becomes("published" if days < 5 else "complete", *world.ids().values())
    world.applied()
    ids = [*world.ids().values()]
    world.write(f"key,url,schedule\na,{URL},{at}\nb,{URL},{at}\n", "s.csv")
    world.declare(jobs={"show": {**job, "horizon": "1d"}})
    assert changes(world) == [("move", "renamed", "a")]
    world.applied()
    assert [*world.ids().values()] == ids


def test_a_row_of_a_rule_may_go_or_get_another_date(world: World) -> None:
    def dated(**links: str) -> None:
        rows = [f"{monday(world, n)},{URL}{link}" for n, link in enumerate(links.values()) if link]
        world.write("\n".join(["date,link", *rows]), "s.csv")

    repeat = {"every": "week", "days": ["mon"], "at": "09:00", "zone": "UTC", "from": monday(world, 0)}
    rows = {"rows": {"file": "s.csv", "key": "date"}, "url": "${row.link}", "platforms": ["tiktok"]}
    world.declare(jobs={"show": {**rows, "repeat": repeat}}, horizon="21d")
    dated(first="a", second="b", third="")
    world.applied()
    ids, balance = world.ids(), world.balance
    dated(first="", second="b", third="a")
    assert sorted(changes(world)) == [
        ("move", "renamed", monday(world, 2)),
        ("reschedule", "schedule_changed", monday(world, 2)),
    ]
    world.applied()
    assert (sorted(world.ids().values()), world.balance) == (sorted(ids.values()), balance)
    world.pass_time(days=14)
    world.becomes("published", world.ids()[f'job.show["{monday(world, -1)}"]'])
    world.applied()
    world.write("date,link\n2027-01-11,https://clips.twitch.tv/x\n", "s.csv")
    assert ("delete", "removed", monday(world, 0)) in changes(world)
    assert all(change[2] != monday(world, -1) for change in changes(world)), "what is over stays"


def test_a_row_that_passed_unsubmitted_is_named_once(world: World) -> None:
    def sheet(*hours: int) -> None:
        times = [(world.now() + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%MZ") for n in hours]
        rows = [f"ep-{n},{URL}{n},{at}" for n, at in enumerate(times)]
        world.write("\n".join(["key,url,schedule", *rows]), "s.csv")

    world.declare(jobs={"show": {"rows": "s.csv", "topic": "Recap", "allow_duplicate": True}})
    sheet(48)
    world.applied()
    world.pass_time(hours=3)
    sheet(45, -1)
    assert "ep-1" in world.applied(code=4).text
    assert world.applied().code == 0, "on the same day, too"


def test_an_export_beside_a_series_records_what_it_writes(world: World) -> None:
    show(world)
    world.applied()
    world.by_hand("POST", "/jobs", {"url": f"{URL}other", "topic": "Another", "entry": "fetch"})
    assert "1 job" in world.does("export", "--jobs", "all").out
    world.is_settled()
