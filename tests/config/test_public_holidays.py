"""Public holidays in a rule: what is left out, what moves, and what is wrong with it."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest

from afsync.config import public_holidays
from tests.config.test_series import jobs, times, wrong

DAILY = 'repeat: {every: day, at: "09:00", from: 2026-12-23, until: 2026-12-29, holidays: %s}'
# In Berlin the 25th and the 26th of December are holidays, a Friday and a Saturday.
CASES = {
    "{of: DE-BE}": {"23": "23", "24": "24", "27": "27", "28": "28", "29": "29"},
    "{of: DE-BE, then: next}": {
        "23": "23",
        "24": "24",
        "25": "27",
        "26": "27",
        "27": "27",
        "28": "28",
        "29": "29",
    },
    "{of: DE, then: previous}": {
        "23": "23",
        "24": "24",
        "25": "24",
        "26": "24",
        "27": "27",
        "28": "28",
        "29": "29",
    },
    "{of: US, then: skip}": {"23": "23", "24": "24", "26": "26", "27": "27", "28": "28", "29": "29"},
}


@pytest.mark.parametrize("written", CASES)
def test_dates_on_holidays(tmp_path: Path, written: str) -> None:
    found = times(jobs(tmp_path, DAILY % written))
    assert {key[10:12]: at[8:10] for key, at in found.items()} == CASES[written]


def test_an_exception_with_a_day_wins_and_one_without_does_not(tmp_path: Path) -> None:
    exceptions = "except: {2026-12-25: {on: 2026-12-25}, 2026-12-26: {topic: x}}"
    found = times(jobs(tmp_path, DAILY % "{of: DE-BE}", exceptions))
    assert found['["2026-12-25"]'] == "2026-12-25 09:00" and '["2026-12-26"]' not in found


def test_one_that_was_moved_far_ahead_is_found(tmp_path: Path) -> None:
    """The window that is looked at begins behind its own date."""
    long = frozenset(date(2026, 12, 20) + timedelta(days=n) for n in range(12))
    line = 'repeat: {dates: [2026-12-20], at: "09:00", holidays: {of: XX, then: next}}'
    with mock.patch.object(public_holidays, "known_days", lambda of, year: long):
        found = times(jobs(tmp_path, line, now=datetime(2026, 12, 31, tzinfo=UTC)))
    assert found == {'["2026-12-20"]': "2027-01-01 09:00"}


def test_where_no_day_is_free_it_is_left_out(tmp_path: Path) -> None:
    always = frozenset(date(2026, 12, 1) + timedelta(days=n) for n in range(60))
    line = 'repeat: {dates: [2026-12-20], at: "09:00", holidays: {of: XX, then: next}}'
    with mock.patch.object(public_holidays, "known_days", lambda of, year: always):
        assert jobs(tmp_path, line) == {}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("{of: XX}", "unknown_value"),
        ("{of: DE-QQ}", "unknown_value"),
        ("{of: Germany}", "bad_form"),
        ("{of: DE, then: never}", "unknown_value"),
        ("{then: skip}", "missing"),
        ("DE", "wrong_type"),
    ],
)
def test_what_is_wrong_is_told_where_it_is(tmp_path: Path, written: str, code: str) -> None:
    (problem, *_) = wrong(tmp_path, DAILY % written)
    assert problem.code == code and problem.location and problem.location.line == 7 and problem.hint


def test_without_the_library_it_says_how_to_get_it(tmp_path: Path) -> None:
    public_holidays.known_days.cache_clear()
    with mock.patch.dict(sys.modules, {"holidays": None}):
        (problem,) = wrong(tmp_path, DAILY % "{of: DE}")
    assert problem.code == "missing" and "afsync[holidays]" in str(problem.hint)


def test_it_is_imported_only_where_it_is_used(tmp_path: Path) -> None:
    with mock.patch.dict(sys.modules, {"holidays": None}):
        assert len(jobs(tmp_path, DAILY.replace(", holidays: %s", ""))) == 7
