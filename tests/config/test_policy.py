"""`policy`: what it becomes, and how it says no."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from afsync.core.policy.rules import Budget, Exemption, Policy, TimeWindow
from tests.config.support import loaded, problems

ALL = """\
version: 1
timezone: Europe/Berlin
policy:
  allowed_platforms: [tiktok, youtube]
  require_staging: true
  min_lead: 2h
  max_per_day: {tiktok: 3, youtube: 1}
  blackouts:
    - {days: [sat, sun], reason: Nobody is there}
    - {hours: 22:00 to 06:00}
    - {dates: 2026-12-24 to 2026-12-26, hours: 18:00 to 24:00}
    - dates: 2026-12-31
  publish_windows:
    - {days: [mon], hours: 09:00 to 17:00}
  spacing: {tiktok: 90m}
  max_gap: {youtube: 7d}
  budget: {credits: 60, per: week, zone: America/New_York, then: warn}
  exceptions:
    - {job: new-year, rule: spacing, until: 2027-01-01, reason: Both count down, by: Anna}
"""


def test_a_whole_policy(tmp_path: Path) -> None:
    assert loaded(tmp_path, ALL).policy == Policy(
        allowed_platforms=("tiktok", "youtube"),
        require_staging=True,
        min_lead=timedelta(hours=2),
        max_per_day={"tiktok": 3, "youtube": 1},
        blackouts=(
            TimeWindow(days=frozenset({5, 6}), reason="Nobody is there"),
            TimeWindow(hours=(time(22), time(6))),
            TimeWindow(dates=(date(2026, 12, 24), date(2026, 12, 26)), hours=(time(18), time())),
            TimeWindow(dates=(date(2026, 12, 31), date(2026, 12, 31))),
        ),
        publish_windows=(TimeWindow(days=frozenset({0}), hours=(time(9), time(17))),),
        spacing={"tiktok": timedelta(minutes=90)},
        max_gap={"youtube": timedelta(days=7)},
        budget=Budget(60, "week", ZoneInfo("America/New_York"), warn=True),
        exceptions=(Exemption("new-year", "spacing", date(2027, 1, 1), "Both count down", "Anna"),),
        zone=ZoneInfo("Europe/Berlin"),
    )


@pytest.mark.parametrize("text", ["version: 1\n", "version: 1\npolicy:\n", "version: 1\npolicy: {}\n"])
def test_no_policy(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text).policy == Policy()


@pytest.mark.parametrize("written", ["30m", "2h", "1d", "365d"])
def test_a_lead_needs_no_zone(tmp_path: Path, written: str) -> None:
    assert loaded(tmp_path, f"version: 1\npolicy: {{min_lead: {written}}}\n").policy.min_lead


WRONG = {
    "allowed_platforms: [twitter]": ("unknown_value", "3:23"),
    "allowed_platforms: []": ("no_value", "3:22"),
    "require_staging: yes": ("wrong_type", "3:20"),
    "min_lead: 2": ("bad_form", "3:13"),
    "min_lead: 90s": ("bad_form", "3:13"),
    "min_lead: 366d": ("out_of_range", "3:13"),
    "max_per_day: 3": ("wrong_type", "3:16"),
    "max_per_day: {tiktok: -1}": ("out_of_range", "3:25"),
    "max_per_day: {twitter: 1}": ("unknown_value", "3:17"),
    "blackouts: [{}]": ("missing", "3:15"),
    "blackouts: [{reason: x}]": ("missing", "3:15"),
    "blackouts: [{days: [monday]}]": ("unknown_value", "3:23"),
    "blackouts: [{hours: 9 to 17}]": ("bad_form", "3:23"),
    "blackouts: [{hours: 09:00 to 25:00}]": ("bad_form", "3:23"),
    "blackouts: [{hours: 09:00 to 09:00}]": ("bad_form", "3:23"),
    "blackouts: [{dates: 2026-02-30}]": ("bad_form", "3:23"),
    "blackouts: [{dates: 2026-12-26 to 2026-12-24}]": ("bad_form", "3:23"),
    "blackout: []": ("unknown_key", "3:3"),
    "budget: 60": ("wrong_type", "3:11"),
    "budget: {per: month}": ("missing", "3:3"),
    "budget: {credits: -1}": ("out_of_range", "3:21"),
    "budget: {credits: 60, per: year}": ("unknown_value", "3:30"),
    "budget: {credits: 60, zone: Berlin}": ("unknown_timezone", "3:31"),
    "budget: {credits: 60, then: stop}": ("unknown_value", "3:31"),
    "publish_windows: []": ("no_value", "3:20"),
    "publish_windows: [{}]": ("missing", "3:21"),
    "spacing: 2h": ("wrong_type", "3:12"),
    "spacing: {tiktok: 2}": ("bad_form", "3:21"),
    "spacing: {twitter: 2h}": ("unknown_value", "3:13"),
    "max_gap: {youtube: weekly}": ("bad_form", "3:22"),
    "exceptions: [{job: a, rule: spacing, until: 2026-12-24}]": ("missing", "3:3"),
    "exceptions: [{job: a, rule: blackout, until: 2026-12-24, reason: x}]": ("unknown_value", "3:31"),
    "exceptions: [{job: a, rule: spacing, until: tomorrow, reason: x}]": ("bad_form", "3:47"),
    "exceptions: [{job: a, rule: spacing, until: 2026-12-24 to 2026-12-26, reason: x}]": ("bad_form", "3:47"),
    "min_lead: ${var.lead}": ("bad_interpolation", "3:13"),
}


@pytest.mark.parametrize("line", WRONG)
def test_what_is_wrong_is_told_where_it_is(tmp_path: Path, line: str) -> None:
    code, place = WRONG[line]
    found = problems(tmp_path, f"timezone: UTC\npolicy:\n  {line}\nversion: 1\n")
    assert (found[0].code, str(found[0].location)) == (code, f"afsync.yaml:{place}")
    assert found[0].hint


@pytest.mark.parametrize(
    "line",
    [
        "blackouts: [{days: [sat]}]",
        "max_per_day: {tiktok: 1}",
        "publish_windows: [{days: [sat]}]",
        "budget: {credits: 60}",
        "exceptions: [{job: a, rule: spacing, until: 2026-12-24, reason: x}]",
    ],
)
def test_days_are_those_of_some_place(tmp_path: Path, line: str) -> None:
    (found,) = problems(tmp_path, f"version: 1\npolicy:\n  {line}\n")
    assert found.code == "no_timezone" and str(found.location) == "afsync.yaml:3:3"


def test_an_exception_is_known_by_its_line(tmp_path: Path) -> None:
    project = loaded(tmp_path, ALL)
    assert str(project.locate("policy", "exceptions/0")) == "afsync.yaml:19:7"
    assert str(project.locate("policy", "max_gap/youtube")) == "afsync.yaml:16:13"
