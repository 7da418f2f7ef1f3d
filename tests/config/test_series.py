"""Series as they are declared: what they come to, and what is wrong with them, by line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from afsync.config import occurrences
from afsync.config.occurrences import expand
from afsync.config.series_values import weekday_meant
from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.records import RecordedJob
from afsync.core.resources import Job, Schedule
from afsync.core.state import Considered, Recorded
from afsync.errors import ConfigError, Problem
from tests.builders import LINEAGE
from tests.config.support import loaded

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
HEAD = "version: 1\ntimezone: Europe/Berlin\nhorizon: 30d\njobs:\n  show:\n    url: https://a.b/c\n"
WEEKLY = 'repeat: {every: week, days: [mon], at: "09:00", from: 2026-12-07}'


def project(*lines: str, head: str = HEAD) -> str:
    return head + "".join(f"    {line}\n" for line in lines)


def jobs(root: Path, *lines: str, recorded: Recorded | None = None, now: datetime = NOW) -> dict[str, Job]:
    found = expand(loaded(root, project(*lines)), recorded or Recorded(LINEAGE), now)
    return {job.key.removeprefix("show"): job for job in found.desired.jobs.values()}


def wrong(root: Path, *lines: str, recorded: Recorded | None = None) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        jobs(root, *lines, recorded=recorded)
    return list(caught.value.problems)


def times(found: dict[str, Job]) -> dict[str, str]:
    return {key: job.schedule.written for key, job in found.items() if job.schedule}


def test_each_date_is_a_job(tmp_path: Path) -> None:
    found = jobs(tmp_path, WEEKLY, 'topic: "Week ${occurrence.week}, ${occurrence.date:%-d %b}"', "tone: hype")
    assert [*found] == ['["2026-12-07"]', '["2026-12-14"]', '["2026-12-21"]', '["2026-12-28"]']
    first = found['["2026-12-07"]']
    assert first.address == 'job.show["2026-12-07"]'
    assert first.values == {"url": "https://a.b/c", "topic": "Week 50, 7 Dec", "tone": "hype"}
    assert first.schedule == Schedule("2026-12-07 09:00", datetime(2026, 12, 7, 8, tzinfo=UTC))


RULES: dict[str, tuple[str, list[str]]] = {
    "every other week": ('{every: 2 weeks, days: [mon, wed], at: "09:00", from: 2026-12-07}', ["07", "09", "21", "23"]),
    "months": ('{every: month, days: [first tue, last fri, 15], at: "09:00", from: 2026-12-01}', ["01", "15", "25"]),
    "an end": ('{every: day, at: "09:00", from: 2026-12-03, until: 2026-12-05}', ["03", "04", "05"]),
    "a count": ('{every: week, at: "09:00", from: 2026-12-03, count: 2}', ["03", "10"]),
    "a list": ("{dates: [2026-12-19 20:15, 2026-12-05 20:15]}", ["05", "19"]),
    "RFC 5545": (
        '{rrule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;COUNT=3", at: "09:00", from: 2026-12-01}',
        ["01", "03", "15"],
    ),
    "RFC 5545 until": ('{rrule: "FREQ=DAILY;UNTIL=20261203", at: "09:00", from: 2026-12-02}', ["02", "03"]),
    "no beginning": ('{every: week, days: [fri], at: "09:00", count: 2}', ["04", "11"]),
}


@pytest.mark.parametrize("name", RULES)
def test_rules(tmp_path: Path, name: str) -> None:
    rule, days = RULES[name]
    assert [key[-4:-2] for key in jobs(tmp_path, f"repeat: {rule}")] == days


def test_several_times_a_day_have_names(tmp_path: Path) -> None:
    found = jobs(tmp_path, 'repeat: {dates: [2026-12-05], at: {main: "09:00", late: "18:00"}}')
    assert times(found) == {'["2026-12-05"]': "2026-12-05 09:00", '["2026-12-05/late"]': "2026-12-05 18:00"}


def test_exceptions(tmp_path: Path) -> None:
    found = jobs(
        tmp_path,
        WEEKLY,
        "topic: Recap",
        "except:",
        "  2026-12-14: skip",
        '  2026-12-21: {at: "11:00", topic: "Special ${occurrence.number}", urls: [https://a.b/d]}',
        "  2026-12-28: {on: 2026-12-29, rerun: 1}",
    )
    assert times(found) == {
        '["2026-12-07"]': "2026-12-07 09:00",
        '["2026-12-21"]': "2026-12-21 11:00",
        '["2026-12-28"]': "2026-12-29 09:00",
    }
    assert found['["2026-12-21"]'].values == {"urls": ["https://a.b/d"], "topic": "Special 3"}
    assert found['["2026-12-28"]'].rerun == "1"


def test_the_zone_of_a_rule_wins_over_the_others(tmp_path: Path) -> None:
    found = jobs(tmp_path, "zone: America/New_York", WEEKLY)
    assert found['["2026-12-07"]'].schedule == Schedule("2026-12-07 09:00", datetime(2026, 12, 7, 14, tzinfo=UTC))


def test_a_single_job_has_a_zone_and_a_horizon_too(tmp_path: Path) -> None:
    lines = ("zone: Asia/Tokyo", "horizon: 3d", "schedule: 2026-12-10 09:00")
    assert jobs(tmp_path, *lines) == {}
    (job,) = jobs(tmp_path, *lines, now=NOW + timedelta(days=7)).values()
    assert job.schedule == Schedule("2026-12-10 09:00", datetime(2026, 12, 10, 0, tzinfo=UTC))


def test_a_default_zone_counts_for_every_job(tmp_path: Path) -> None:
    head = "version: 1\ndefaults: {job: {zone: Asia/Tokyo}}\njobs:\n"
    text = f"{head}  a: {{url: https://a.b/c, schedule: 2026-12-10 09:00}}\n"
    (job,) = loaded(tmp_path, text).desired.jobs.values()
    assert job.schedule is not None and job.schedule.utc == datetime(2026, 12, 10, 0, tzinfo=UTC)


# --- what was submitted ---


def submitted(found: dict[str, Job], status: str = "scheduled") -> Recorded:
    records: dict[str, Any] = {
        job.address: RecordedJob(f"job_{n}", fingerprint(Kind.JOB, job.values), job.values, job.schedule, status)
        for n, job in enumerate(found.values())
    }
    return Recorded(LINEAGE, resources=records, series={"show": Considered(NOW, "2026-12-01")})


NAMED = 'topic: "No ${occurrence.number} at ${occurrence.time:%-I %p}, ${occurrence.date}"'


def test_what_the_time_and_the_number_made_stays_as_it_was_submitted(tmp_path: Path) -> None:
    before = jobs(tmp_path, WEEKLY, NAMED)
    edited = 'repeat: {every: week, days: [mon], at: "18:00", from: 2026-11-02}'
    after = jobs(tmp_path, edited, NAMED, recorded=submitted(before))
    assert after['["2026-12-07"]'].values == before['["2026-12-07"]'].values
    assert times(after)['["2026-12-07"]'] == "2026-12-07 18:00"
    later = jobs(tmp_path, edited, NAMED, recorded=submitted(before), now=NOW + timedelta(days=7))
    assert later['["2027-01-04"]'].values["topic"] == "No 10 at 6 PM, 2027-01-04", "not submitted yet"


def test_an_edit_of_the_words_around_it_counts(tmp_path: Path) -> None:
    before = jobs(tmp_path, WEEKLY, NAMED)
    after = jobs(tmp_path, WEEKLY, NAMED.replace("No ", "Number "), recorded=submitted(before))
    assert after['["2026-12-07"]'].values["topic"] == "Number 1 at 9 AM, 2026-12-07"


def test_what_is_over_stays_as_it_was_submitted(tmp_path: Path) -> None:
    recorded = submitted(jobs(tmp_path, WEEKLY, "topic: Old"), "published")
    after = jobs(tmp_path, WEEKLY, "topic: New", recorded=recorded, now=NOW + timedelta(days=10))
    assert [job.values["topic"] for job in after.values()] == ["Old", "New", "New", "New", "New"]


def test_jobs_behind_the_horizon_that_are_there_already_are_declared_for_the_move(tmp_path: Path) -> None:
    lines = (WEEKLY, "topic: Recap", "horizon: 1d")
    by_hand = RecordedJob(
        "job_1",
        fingerprint(Kind.JOB, {"url": "https://a.b/c", "topic": "Recap"}),
        {"url": "https://a.b/c", "topic": "Recap"},
        Schedule("2026-12-21 09:00", datetime(2026, 12, 21, 8, tzinfo=UTC)),
        "scheduled",
    )
    recorded = Recorded(LINEAGE, resources={"job.third": by_hand})
    assert [*jobs(tmp_path, *lines, recorded=recorded)] == ['["2026-12-21"]']


# --- what is wrong ---

BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no days": (('repeat: {at: "09:00"}',), "7:5 missing"),
    "two kinds": (('repeat: {every: day, dates: [2026-12-05], at: "09:00"}',), "7:5 conflict"),
    "no time": (("repeat: {every: day}",), "7:5 missing"),
    "some dates without a time": (("repeat: {dates: [2026-12-05, 2026-12-06 10:00]}",), "7:5 missing"),
    "often": (('repeat: {every: fortnight, at: "09:00"}',), "7:21 bad_form"),
    "a day of the month in a week": (('repeat: {every: week, days: [15], at: "09:00"}',), "7:34 conflict"),
    "a day there is not": (('repeat: {every: week, days: [monday], at: "09:00"}',), "7:34 unknown_value"),
    "a time with an offset": (('repeat: {every: day, at: "09:00Z"}',), "7:30 bad_time"),
    "no date": (('repeat: {every: day, at: "09:00", from: 7.12.2026}',), "7:45 bad_time"),
    "the end before the beginning": (
        ('repeat: {every: day, at: "09:00", from: 2026-12-07, until: 2026-12-01}',),
        "7:64 conflict",
    ),
    "two ends": (('repeat: {every: day, at: "09:00", until: 2026-12-07, count: 3}',), "7:65 conflict"),
    "a date twice": (("repeat: {dates: [2026-12-05 10:00, 2026-12-05 20:00]}",), "7:21 declared_twice"),
    "hours in a rule": (('repeat: {rrule: "FREQ=HOURLY", at: "09:00"}',), "7:21 bad_form"),
    "nonsense in a rule": (('repeat: {rrule: "FREQ=WEEKLY;BYDAY=XX", at: "09:00"}',), "7:21 bad_form"),
    "every zeroth day": (('repeat: {rrule: "FREQ=DAILY;INTERVAL=0", at: "09:00"}',), "7:21 out_of_range"),
    "back in time": (('repeat: {rrule: "FREQ=WEEKLY;INTERVAL=-1", at: "09:00"}',), "7:21 out_of_range"),
    "no such day": (('repeat: {rrule: "FREQ=DAILY;BYMONTHDAY=0", at: "09:00"}',), "7:21 out_of_range"),
    "no such month": (('repeat: {rrule: "FREQ=YEARLY;BYMONTH=1,13", at: "09:00"}',), "7:21 out_of_range"),
    "no number": (('repeat: {rrule: "FREQ=DAILY;COUNT=ten", at: "09:00"}',), "7:21 out_of_range"),
    "two lists of days": (('repeat: {rrule: "FREQ=WEEKLY;BYDAY=MO;BYDAY=TU", at: "09:00"}',), "7:21 conflict"),
    "two ends in a rule": (('repeat: {rrule: "FREQ=DAILY;COUNT=3;UNTIL=20270101", at: "09:00"}',), "7:21 conflict"),
    "the first Monday of a week": (('repeat: {rrule: "FREQ=WEEKLY;BYDAY=1MO", at: "09:00"}',), "7:21 conflict"),
    "the 15th of a week": (('repeat: {rrule: "BYMONTHDAY=15;FREQ=WEEKLY", at: "09:00"}',), "7:21 conflict"),
    "a schedule too": ((WEEKLY, "schedule: 2026-12-01 09:00"), "8:5 conflict"),
    "what belongs to one": ((WEEKLY, "rerun: 1"), "8:5 conflict"),
    "an exception without a series": (("except: {2026-12-28: skip}",), "7:5 conflict"),
    "a horizon without a time": (("horizon: 3d",), "7:5 missing_schedule"),
    "an exception that says nothing": ((WEEKLY, "except: {2026-12-28: no}"), "8:5 unknown_value"),
    "an exception with another rule": (
        (WEEKLY, "except: {2026-12-14: {schedule: 2026-12-15 10:00}}"),
        "8:28 unknown_key",
    ),
    "a date that the rule does not have": ((WEEKLY, "except: {2026-12-29: skip}"), "8:14 not_allowed_here"),
    "a field of the date that is none": ((WEEKLY, 'topic: "${occurrence.hour}"'), "8:5 bad_interpolation"),
    "a form that is none": ((WEEKLY, 'topic: "${occurrence.date:%Q}"'), "8:5 bad_interpolation"),
    "a name of a date without a series": (('topic: "${occurrence.date}"',), "7:12 bad_interpolation"),
    "a rule that names its date": (('repeat: {every: day, at: "${occurrence.time}"}',), "7:5 bad_interpolation"),
    "a url that is none for a date": ((WEEKLY, 'urls: ["${occurrence.date}"]'), "8:5 bad_url"),
    "a zone that is none": (('repeat: {every: day, at: "09:00", zone: Mars/Olympus}',), "7:45 unknown_timezone"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_wrong_is_found_where_it_is(tmp_path: Path, name: str) -> None:
    lines, expected = BAD[name]
    found = wrong(tmp_path, *lines)
    place, code = expected.split()
    assert code in [p.code for p in found], found
    (problem,) = [p for p in found if p.code == code][:1]
    assert problem.location is not None and problem.hint
    line = int(place.split(":")[0])
    assert (problem.location.file, problem.location.line) == ("afsync.yaml", line), problem


def test_the_nearest_dates_are_named(tmp_path: Path) -> None:
    (problem,) = wrong(tmp_path, WEEKLY, "except: {2026-12-29: skip}")
    assert problem.message == "the rule has no `2026-12-29`"
    assert problem.hint == "the nearest it has: 2026-12-28 and 2027-01-04"


def test_the_times_of_a_day_are_named(tmp_path: Path) -> None:
    (problem,) = wrong(tmp_path, WEEKLY, "except: {2026-12-14/late: skip}")
    assert problem.hint == "that day has 2026-12-14"


def test_times_at_a_change_of_the_clocks_are_named_long_before(tmp_path: Path) -> None:
    (gap,) = wrong(tmp_path, 'repeat: {every: day, at: "02:30", from: 2026-12-01, until: 2027-05-01}')
    assert gap.code == "dst_gap" and "2027-03-28" in gap.message and "missing_time" in str(gap.hint)
    (overlap,) = wrong(
        tmp_path, 'repeat: {every: day, at: "02:30", from: 2026-12-01, until: 2027-12-01, missing_time: skip}'
    )
    assert overlap.code == "dst_overlap" and "2027-10-31" in overlap.message
    rule = 'repeat: {every: day, at: "02:30", from: 2026-12-01, missing_time: later, repeated_time: second}'
    october = datetime(2027, 10, 30, 12, tzinfo=UTC)
    found = jobs(tmp_path, rule, "horizon: 1d", now=october)
    assert found['["2027-10-31"]'].schedule == Schedule(
        "2027-10-31 02:30+01:00", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    )
    march = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert times(jobs(tmp_path, rule, "horizon: 1d", now=march)) == {'["2027-03-28"]': "2027-03-28 03:30"}


# --- size ---


def test_series_have_a_bound_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a short file asks for is not made first and counted then."""
    daily = '    repeat: {every: day, at: "09:00", from: 2026-01-01}\n'
    text = HEAD + daily + "".join(f"  s{n}:\n    url: https://a.b/{n}\n{daily}" for n in range(5))
    monkeypatch.setattr(occurrences, "MOST", 100)
    with pytest.raises(ConfigError) as caught:
        expand(loaded(tmp_path, text), Recorded(LINEAGE), NOW)
    (problem,) = caught.value.problems
    assert (str(problem.code), f"{problem.location}") == ("too_large", "afsync.yaml:19:5")
    monkeypatch.setattr(occurrences, "MOST", 180)
    assert len(expand(loaded(tmp_path, text), Recorded(LINEAGE), NOW).desired.jobs) == 180


def test_a_day_has_a_bound_of_times(tmp_path: Path) -> None:
    def at(count: int) -> str:
        return ", ".join(f't{n}: "{n // 60:02}:{n % 60:02}"' for n in range(count))

    assert len(jobs(tmp_path, f"repeat: {{dates: [2026-12-07], at: {{{at(48)}}}}}")) == 48
    (problem,) = wrong(tmp_path, f"repeat: {{dates: [2026-12-07], at: {{{at(49)}}}}}")
    assert str(problem.code) == "too_large" and "48 are allowed" in problem.message


def test_a_weekday_in_full_is_understood_as_what_was_meant() -> None:
    for written, meant in {
        "Monday": "mon",
        "first Friday": "first fri",
        "TUES": "tue",
        "third sun": "third sun",
    }.items():
        assert weekday_meant(written) == meant
    assert [weekday_meant(word) for word in ("mondy", "month", "next monday", "")] == [None] * 4
