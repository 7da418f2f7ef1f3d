"""Which occurrences a series has at a moment, and that none is ever submitted twice or under another key."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

import pytest
from msgspec.structs import replace

from afsync.core.addresses import instance_of, occurrence_of, parse_instance
from afsync.core.records import Publish, RecordedJob
from afsync.core.recurrence import Listed, Rule
from afsync.core.resources import Schedule
from afsync.core.series import DaysOff, Deviation, Occurrence, Series, considered, series_state
from afsync.core.state import Considered
from tests.scale import scaled, seeds

SEEDS = seeds(40)
BERLIN, NEW_YORK, LONDON = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Europe/London")
NOW = datetime(2026, 12, 10, 12, tzinfo=UTC)
MONDAYS = Rule("week", 1, date(2026, 11, 2), (0,))
NINE = {"main": time(9)}


def a_series(dates: Any = MONDAYS, zone: Any = BERLIN, **over: Any) -> Series:
    over = {"horizon": timedelta(days=14), "keep": timedelta(days=90), "times": NINE, **over}
    return Series("show", dates, zone, **over)


def a_record(at: datetime, status: str = "scheduled") -> RecordedJob:
    return RecordedJob("job_1", "print", {"topic": "x"}, Schedule(at.isoformat(), at), status)


def instances(occurrences: Any) -> list[str]:
    return [o.instance for o in occurrences]


def known(*, days: float = 1, since: str = "2026-11-01") -> Considered:
    return Considered(NOW - timedelta(days=days), since)


# --- keys ---


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("2026-12-07", (date(2026, 12, 7), "main")),
        ("2026-12-07/late", (date(2026, 12, 7), "late")),
        ("2026-12-07/main", None),
        ("2026-13-07", None),
        ("2026-12-7", None),
        ("2026-12-07/", None),
        ("2026-12-07/a b", None),
    ],
)
def test_a_key_is_a_date_and_the_name_of_a_time(text: str, parts: Any) -> None:
    assert parse_instance(text) == parts
    assert parts is None or instance_of(*parts) == text


def test_an_address_names_the_series_and_the_occurrence() -> None:
    assert occurrence_of('job.show["2026-12-07/late"]') == ("show", "2026-12-07/late")
    assert occurrence_of("job.show") is None


# --- the horizon, the past, and what is recorded ---


def test_what_is_within_the_horizon_is_declared() -> None:
    found = series_state(a_series(), NOW, None, {})
    assert instances(found.declared) == ["2026-12-14", "2026-12-21"]
    assert found.entered == frozenset() and found.missed == ()


def test_what_entered_since_is_told_from_what_was_edited() -> None:
    found = series_state(a_series(), NOW, known(days=7), {})
    assert found.entered == {"2026-12-21"}, "the 14th was within the horizon a week ago, so an edit brings it"


def test_what_passed_unsubmitted_is_missed_once() -> None:
    found = series_state(a_series(), NOW, known(days=7), {})
    assert instances(found.missed) == ["2026-12-07"]
    assert series_state(a_series(), NOW, known(days=2), {}).missed == ()


def test_a_new_series_has_missed_nothing() -> None:
    assert series_state(a_series(), NOW, None, {}).missed == ()


def test_a_date_that_was_considered_is_not_submitted_although_it_is_moved_ahead() -> None:
    moved = a_series(deviations={"2026-12-07": Deviation(on=date(2026, 12, 12))})
    found = series_state(moved, NOW, known(), {})
    assert instances(found.passed_over) == ["2026-12-07"]
    assert "2026-12-07" not in instances(found.declared)
    again = a_series(deviations={"2026-12-07": Deviation(on=date(2026, 12, 12), rerun=True)})
    assert "2026-12-07" in instances(series_state(again, NOW, known(), {}, ["2026-12-07"]).declared)


class Holidays:
    def has(self, day: date) -> bool:
        return date(2026, 12, 21) <= day <= date(2027, 1, 3)


@pytest.mark.parametrize(
    "moved",
    [
        a_series(deviations={"2026-12-21": Deviation(on=date(2027, 2, 16))}),
        a_series(off=DaysOff(Holidays(), "next")),
    ],
    ids=["by an exception", "by holidays"],
)
def test_a_date_that_is_moved_behind_the_horizon_is_submitted_with_its_own(moved: Series) -> None:
    assert "2026-12-21" in instances(series_state(moved, NOW, known(), {}).declared)
    assert "2026-12-28" not in instances(series_state(moved, NOW, known(), {}).declared)
    assert series_state(moved, NOW, known(days=7), {}).entered == {"2026-12-21"}


def test_what_is_over_stays_although_the_rule_has_its_date_no_more() -> None:
    tuesdays = a_series(replace(MONDAYS, weekdays=(1,)), horizon=timedelta())
    monday = {"2026-12-07": a_record(datetime(2026, 12, 7, 8, tzinfo=UTC), "published")}
    assert instances(series_state(tuesdays, NOW, known(), monday).declared) == ["2026-12-07"]
    assert series_state(replace(tuesdays, keep=timedelta(days=2)), NOW, known(), monday).left == ("2026-12-07",)
    queued = {"2026-12-07": a_record(datetime(2026, 12, 7, 8, tzinfo=UTC), "queued")}
    assert series_state(tuesdays, NOW, known(), queued).declared == ()


@pytest.mark.parametrize("waits", [{"staged": True}, {"publish": Publish.HELD}], ids=["a review", "its time"])
def test_what_still_waits_to_be_published_neither_stays_nor_is_forgotten(waits: dict[str, Any]) -> None:
    tuesdays = a_series(replace(MONDAYS, weekdays=(1,)), horizon=timedelta(), keep=timedelta(days=2))
    ready = replace(a_record(datetime(2026, 12, 7, 8, tzinfo=UTC), "complete"), **waits)
    assert series_state(tuesdays, NOW, known(), {"2026-12-07": ready}).declared == ()
    assert series_state(replace(tuesdays, dates=MONDAYS), NOW, known(), {"2026-12-07": ready}).left == ()
    approved = {"2026-12-07": replace(ready, approved=True)}
    assert series_state(tuesdays, NOW, known(), approved).left == ("2026-12-07",)


def test_a_time_of_another_name_on_the_same_day_takes_the_place_of_what_is_over() -> None:
    days = Rule("day", 1, date(2026, 12, 1))
    renamed = a_series(days, times={"evening": time(20)}, horizon=timedelta(hours=12))
    record = {"2026-12-10": a_record(datetime(2026, 12, 10, 8, tzinfo=UTC), "published")}
    assert instances(series_state(renamed, NOW, known(), record).declared) == ["2026-12-10/evening"]


def test_what_is_recorded_stays_declared_whatever_the_horizon() -> None:
    far = datetime(2027, 3, 1, 8, tzinfo=UTC)
    found = series_state(a_series(horizon=timedelta()), NOW, known(), {"2027-03-01": a_record(far)})
    assert instances(found.declared) == ["2027-03-01"]


def test_what_the_rule_does_not_have_any_more_is_not_declared() -> None:
    tuesdays = a_series(replace(MONDAYS, weekdays=(1,)), horizon=timedelta())
    assert series_state(tuesdays, NOW, known(), {"2026-12-14": a_record(NOW)}).declared == ()


def test_what_ended_long_ago_leaves() -> None:
    records = {
        "2026-11-02": a_record(datetime(2026, 11, 2, 8, tzinfo=UTC), "published"),
        "2026-11-09": a_record(datetime(2026, 11, 9, 8, tzinfo=UTC), "processing"),
        "2026-12-07": a_record(datetime(2026, 12, 7, 8, tzinfo=UTC), "published"),
    }
    found = series_state(a_series(keep=timedelta(days=30)), NOW, known(), records)
    assert found.left == ("2026-11-02",)
    assert set(records) <= set(instances(found.declared)), "until the state forgets it, nothing is done about it"


def test_what_an_exception_submits_again_does_not_leave() -> None:
    ended = {"2026-11-02": a_record(datetime(2026, 11, 2, 8, tzinfo=UTC), "published")}
    series = a_series(keep=timedelta(days=30))
    assert series_state(series, NOW, known(), ended, ["2026-11-02"]).left == ()
    assert series_state(series, NOW, known(), ended, ["2026-11-09"]).left == ("2026-11-02",)


def test_looking_is_remembered_once_a_day_where_nothing_passed() -> None:
    before = Considered(NOW - timedelta(hours=3), "2026-11-01")
    assert considered(a_series(), NOW, before) is before
    assert considered(a_series(), NOW + timedelta(days=1), before).until == NOW + timedelta(days=1)
    monday = datetime(2026, 12, 14, 8, 30, tzinfo=UTC)
    assert considered(a_series(), monday, Considered(monday - timedelta(hours=1), "2026-11-01")).until == monday
    assert considered(a_series(), NOW, None) == Considered(NOW, "2026-12-10")


def test_exceptions_move_and_skip() -> None:
    series = a_series(
        deviations={
            "2026-12-14": Deviation(skip=True),
            "2026-12-21": Deviation(at=time(11)),
            "2027-05-03": Deviation(on=date(2026, 12, 23)),
        }
    )
    found = series.between(NOW, NOW + timedelta(days=14))
    assert [(o.instance, f"{o.local:%d %H:%M}") for o in found] == [
        ("2026-12-21", "21 11:00"),
        ("2027-05-03", "23 09:00"),
    ]
    assert series.find("2026-12-14") is None and series.knows("2026-12-14")


def test_days_may_bring_their_own_time() -> None:
    series = a_series(Listed((date(2026, 12, 12), date(2026, 12, 13))), own={date(2026, 12, 12): time(20, 15)})
    found = series.between(NOW, NOW + timedelta(days=14))
    assert [f"{o.local:%d %H:%M}" for o in found] == ["12 20:15", "13 09:00"]


# --- clocks ---

Trouble = Literal["", "missing", "repeated"]


def there(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Every instant at which a clock of the zone shows that time: found by looking, not by the offsets of `fold`."""
    near = {(wall.replace(tzinfo=UTC) + timedelta(hours=h)).astimezone(zone).utcoffset() for h in range(-30, 31)}
    tried = {wall.replace(tzinfo=UTC) - offset for offset in near if offset is not None}
    return sorted(t for t in tried if t.astimezone(zone).replace(tzinfo=None) == wall)


def changing_zones() -> list[str]:
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    return [z for z in sorted(available_timezones()) if len({d.astimezone(ZoneInfo(z)).utcoffset() for d in days}) > 1]


def change_days(zone: ZoneInfo) -> list[date]:
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(800)]
    return [b.date() for a, b in pairwise(days) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]


def test_every_instant_is_what_the_clocks_of_the_zone_show() -> None:
    choose, zones, checked = random.Random("zones"), changing_zones(), 0
    for _ in range(scaled(60)):
        zone = ZoneInfo(choose.choice(zones))
        start = choose.choice(change_days(zone)) - timedelta(days=choose.randrange(0, 4))
        at = time(choose.randrange(0, 4), choose.choice([0, 15, 30, 59]))
        rule = Rule("day", choose.choice([1, 1, 2]), start, count=6)
        for missing, repeated in (("later", "first"), ("earlier", "second"), ("skip", "first"), ("error", "error")):
            series = a_series(rule, zone, times={"main": at}, missing=missing, repeated=repeated)
            for day in rule.between(start, start + timedelta(days=20)):
                agrees(series.find(day.isoformat()), datetime.combine(day, at), zone, missing, repeated)
                checked += 1
    assert checked > 1000


def agrees(found: Occurrence | None, wall: datetime, zone: ZoneInfo, missing: str, repeated: str) -> None:
    possible = there(wall, zone)
    if not possible and missing == "skip":
        assert found is None
        return
    assert found is not None
    trouble: Trouble = "" if len(possible) == 1 else "repeated" if possible else "missing"
    assert trouble in get_args(Trouble)
    assert found.trouble == (trouble if "error" in (missing, repeated) else "")
    if len(possible) == 1:
        assert found.utc == possible[0] and found.local == wall
    elif possible:
        assert found.utc == possible[-1 if repeated == "second" else 0]
    else:
        assert (found.local < wall) is (missing == "earlier")


# --- nothing is paid for twice ---


class Ledger:
    """A series that is applied again and again, with what a person edits in between."""

    def __init__(self, choose: random.Random) -> None:
        self.choose, self.now = choose, datetime(2026, 10, 1, 6, tzinfo=UTC)
        start = date(2026, 9, 1)
        unit = choose.choice(["day", "week", "month"])
        weekdays = () if unit == "month" else tuple(sorted(choose.sample(range(7), 2)))
        self.series = a_series(Rule(unit, 1, start, weekdays), times={"main": time(9), "late": time(18)})  # type: ignore[arg-type]
        self.records: dict[str, RecordedJob] = {}
        self.paid: set[str] = set()
        self.ever: dict[str, date] = {}
        self.seen: Considered | None = None

    def apply(self) -> None:
        found = series_state(self.series, self.now, self.seen, self.records)
        declared = {o.instance: o for o in found.declared}
        for instance, record in list(self.records.items()):
            if instance not in declared:
                assert not self.series.knows(instance), "a date of the rule keeps its key, whatever is edited"
                assert record.schedule is not None
                if record.schedule.utc > self.now:
                    self.paid.discard(instance)  # it was cancelled: it comes as a new one, if it comes back
                del self.records[instance]
        for instance, occurrence in declared.items():
            if instance not in self.records and occurrence.utc > self.now:
                assert instance not in self.paid, f"{instance} is paid for twice"
                self.paid.add(instance)
                self.records[instance] = a_record(occurrence.utc)
            elif instance in self.records:
                self.records[instance] = a_record(occurrence.utc, self.records[instance].status)
        for instance in found.left:
            del self.records[instance]
        self.seen = considered(self.series, self.now, self.seen)

    def pass_time(self) -> None:
        self.now += timedelta(hours=self.choose.choice([1, 7, 24, 24, 24, 200]))
        for instance, record in self.records.items():
            if record.schedule is not None and record.schedule.utc <= self.now:
                self.records[instance] = a_record(record.schedule.utc, "published")

    def edit(self) -> None:
        choose, today = self.choose, self.now.date()
        rule = self.series.dates
        assert isinstance(rule, Rule)
        hours = {"main": time(choose.randrange(24)), "late": time(choose.randrange(24), 30)}
        changes: list[dict[str, Any]] = [
            {"times": hours},
            {"zone": choose.choice([BERLIN, LONDON])},
            {"horizon": timedelta(days=choose.choice([0, 3, 14, 40]))},
            {"keep": timedelta(days=choose.choice([0, 3, 90]))},
            {"dates": replace(rule, until=choose.choice([None, today + timedelta(days=choose.randrange(1, 40))]))},
            {"dates": replace(rule, start=today - timedelta(days=choose.randrange(2, 90)))},
            {"missing": "later", "repeated": "second"},
        ]
        self.series = replace(self.series, **choose.choice(changes))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_edit_pays_for_a_date_again(seed: int) -> None:
    world = Ledger(random.Random(f"series {seed}"))
    for _ in range(60):
        world.apply()
        before = dict(world.records)
        world.edit()
        world.apply()
        assert {i for i in before if world.series.knows(i)} - world.records.keys() <= {
            i for i, r in before.items() if r.status == "published"
        }, "nothing but what ended long ago leaves while the rule has it"
        world.pass_time()
