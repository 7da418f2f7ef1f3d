"""Rows of .xlsx and .ods files: real dates, numbers, and what people break in them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.config.test_rows import LISTED, jobs, wrong
from tests.config.workbooks import Day, Failed, Formula, archive, ods, xlsx

HEAD = ["key", "url", "schedule", "durationMins", "staging"]
URL = "https://a.b/c"
NAMED = LISTED.replace("s.csv", "{file: s.xlsx, sheet: Plan}")
MORNING = 46361.416666666664
"""2026-12-05 10:00, in days since 1900."""


@pytest.mark.parametrize(("since_1904", "number"), [(False, MORNING), (True, MORNING - 1462)])
def test_cells_are_what_the_spreadsheet_shows(tmp_path: Path, since_1904: bool, number: float) -> None:
    book = xlsx([HEAD, [], [7, URL, Day(number), 2.5, True]], since_1904=since_1904)
    (job,) = jobs(tmp_path, book, NAMED, name="s.xlsx").values()
    assert job.key == 'show["7"]' and job.schedule is not None
    assert job.schedule.written == "2026-12-05 10:00"
    assert (job.values["durationMins"], job.values["staging"]) == (2.5, True)


def test_an_ods_file(tmp_path: Path) -> None:
    found = jobs(tmp_path, ods([["key", "url"], ["ep-1", URL]]), LISTED.replace("s.csv", "s.ods"), name="s.ods")
    assert [*found] == ['["ep-1"]']


def test_a_text_of_a_formula_may_be_empty_and_times_are_those_that_are_shown(tmp_path: Path) -> None:
    empty = Formula(kind=' t="str"')
    book = xlsx([HEAD, ["a", URL, Day(MORNING - 1e-7), empty], ["b", URL, Formula(f"<v>{MORNING}</v>")]])
    found = jobs(tmp_path, book, NAMED, name="s.xlsx").values()
    assert [job.schedule and job.schedule.written for job in found] == ["2026-12-05 10:00"] * 2


MISTAKES: dict[str, tuple[list[list[Any]], str]] = {
    "a formula that failed": ([["key", "url", "topic"], ["a", URL, Failed("#REF!")]], "2 bad_form"),
    "a time that was not computed": ([HEAD, ["a", URL, Formula()]], "2 bad_form"),
    "enabled, not computed": ([[*HEAD, "enabled"], ["a", URL, None, None, None, Formula("<v/>")]], "2 bad_form"),
    "a key that failed": ([["key", "url"], ["a", URL], [Failed("#N/A"), URL]], "3 bad_form"),
    "merged keys": ([["key", "url"], ["a", URL], [None, URL]], "3 no_value"),
    "a merged header": ([["key", None, "url"], ["a", "x", URL]], "1 no_value"),
    "a title above": ([["My videos"], ["key", "url"], ["a", URL]], "1 missing"),
    "a day without a time": ([HEAD, ["a", URL, Day(46361)]], "2 bad_time"),
    "a date that is text": ([HEAD, ["a", URL, "05/12/2026 10:00"]], "2 bad_time"),
    "a number for a date": ([HEAD, ["a", URL, 46361.4]], "2 bad_time"),
    "a date for a number": ([HEAD, ["a", URL, None, Day(MORNING)]], "2 wrong_type"),
    "the same number twice": ([["key", "url"], [1, URL], [1.0, URL]], "3 duplicate_key"),
    "nothing in it": ([], "1 empty_file"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_where_it_is(tmp_path: Path, name: str) -> None:
    rows, expected = MISTAKES[name]
    line, code = expected.split()
    (problem, *_) = [p for p in wrong(tmp_path, xlsx(rows), NAMED, name="s.xlsx") if p.code == code]
    assert problem.location is not None and problem.hint
    assert (problem.location.file, problem.location.line) == ("s.xlsx", int(line))


def test_a_failed_formula_in_an_ods_file(tmp_path: Path) -> None:
    book = ods([["key", "url", "topic"], ["a", URL, "Err:502"], ["b", URL, "#REF!"]])
    found = wrong(tmp_path, book, LISTED.replace("s.csv", "s.ods"), name="s.ods")
    assert [(p.code, p.location and p.location.line) for p in found] == [("bad_form", 2), ("bad_form", 3)]


DAMAGED = {
    "a CSV that was renamed": (b"key,url\na,https://a.b/c\n", NAMED, "bad_form"),
    "half of it": (xlsx([HEAD, ["a", URL]])[:600], NAMED, "bad_form"),
    "an archive of something else": (archive({"a.txt": "key"}), NAMED, "bad_form"),
    "no sheet of that name": (xlsx([HEAD]), NAMED.replace("Plan", "Plans"), "missing"),
    "an empty first sheet": (xlsx([HEAD]), LISTED.replace("s.csv", "s.xlsx"), "empty_file"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_workbook_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    data, main, code = DAMAGED[name]
    (problem, *_) = wrong(tmp_path, data, main, name="s.xlsx")
    assert problem.code == code and problem.hint


def test_without_the_library_it_says_how_to_get_it(tmp_path: Path) -> None:
    with mock.patch.dict(sys.modules, {"python_calamine": None}):
        (problem,) = wrong(tmp_path, xlsx([HEAD, ["a", URL]]), NAMED, name="s.xlsx")
    assert problem.code == "file_type" and "afsync[sheets]" in str(problem.hint)
