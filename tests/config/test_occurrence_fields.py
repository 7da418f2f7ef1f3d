"""What has to be known before there are occurrences and rows names none of them: each time a problem at its line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import fields

from afsync.config.keys.resources import EXCEPTION_KEYS, SERIES_KEYS, JobFields, JobPart
from afsync.config.keys.series import ExceptPart, HolidaysPart, RepeatPart
from afsync.config.occurrences import expand
from afsync.core.state import Recorded
from afsync.errors import ConfigError, Problem
from tests.builders import LINEAGE
from tests.config.support import loaded, write

HEAD = "version: 1\ntimezone: Europe/Berlin\nvars: {x: words}\njobs:\n  show:\n    url: https://a.b/c\n"
WEEKLY = 'repeat: {every: week, days: [mon], at: "09:00", from: 2026-12-07}'
REPEATS = {field.encode_name for field in fields(RepeatPart)}
HOLIDAYS = {field.encode_name for field in fields(HolidaysPart)}
SHEET = ("file", "key", "where", "sheet")
OF_ONE = (*sorted(EXCEPTION_KEYS), "rerun", "approve")
SHAPES = ("%s", "[%s]", "[mon, %s]", "{a: %s}")
LATER = ("${row.t}", "${occurrence.date}", "Week ${occurrence.week}")


def _repeat(key: str, value: str) -> str:
    rule = {"every": "week", "days": "[mon]", "at": '"09:00"', "from": "2026-12-07"}
    if key in ("dates", "rrule"):
        rule = {"at": '"09:00"'}
    return "repeat: {" + ", ".join(f"{name}: {given}" for name, given in {**rule, key: value}.items()) + "}"


def _rows(key: str, value: str) -> str:
    return "rows: {" + ", ".join(f"{name}: {given}" for name, given in {"file": "s.csv", key: value}.items()) + "}"


def _lines(key: str, value: str) -> list[list[str]]:
    """The last line of each job is the one with the `value`."""
    first, _, inner = key.partition(".")
    match first, inner.split("."):
        case "repeat", ["holidays", part] if part:
            return [
                [
                    "rows: s.csv",
                    _repeat("holidays", f"{{of: DE, {part}: {value}}}" if part != "of" else f"{{of: {value}}}"),
                ]
            ]
        case "repeat", [part] if part:
            return [[_repeat(part, value)], ["rows: {file: s.csv, key: date}", _repeat(part, value)]]
        case "rows", [part] if part:
            return [[_rows(part, value)], [WEEKLY, _rows(part, value)]]
        case "except", [part] if part:
            return [[WEEKLY, f"except: {{2026-12-14: {{{part}: {value}}}}}"]]
        case "rows", _:
            return [[f"rows: {value}"], [WEEKLY, f"rows: {value}"]]
        case ("repeat", _):
            return [[f"repeat: {value}"], ["rows: s.csv", f"repeat: {value}"]]
        case ("except" | "keep", _):
            return [[WEEKLY, f"{first}: {value}"]]
        case _:
            return [[WEEKLY, f"{first}: {value}"], ["rows: s.csv", f"{first}: {value}"]]


KEYS = (
    *sorted(SERIES_KEYS),
    "zone",
    *(f"repeat.{key}" for key in sorted(REPEATS)),
    *(f"repeat.holidays.{key}" for key in sorted(HOLIDAYS)),
    *(f"except.{key}" for key in OF_ONE),
    *(f"rows.{key}" for key in SHEET),
)


def _problems(root: Path, lines: list[str]) -> tuple[Problem, ...]:
    write(root, {"s.csv": "key,date,t\na,2026-12-07,x\n"})
    text = HEAD + "".join(f"    {line}\n" for line in lines)
    with pytest.raises(ConfigError) as caught:
        expand(loaded(root, text), Recorded(LINEAGE), datetime(2026, 12, 1, 6, tzinfo=UTC))
    return caught.value.problems


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("key", KEYS)
def test_it_names_no_occurrence(tmp_path: Path, key: str, shape: str) -> None:
    for later in LATER:
        for lines in _lines(key, shape % f'"{later}"'):
            found = _problems(tmp_path, lines)
            places = [p.location for p in found if p.code == "bad_interpolation" and "written out here" in p.message]
            assert places and all(p is not None for p in places), (lines, found)
            assert {(p.file, p.line) for p in places if p} == {("afsync.yaml", 6 + len(lines))}, (lines, found)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("key", KEYS)
def test_a_variable_is_as_good_as_what_it_says(tmp_path: Path, key: str, shape: str) -> None:
    """Here that is never of the right form, or right like any other word."""
    for lines in _lines(key, shape % '"${var.x}"'):
        try:
            found = _problems(tmp_path, lines)
        except pytest.fail.Exception:
            written = [line.replace("${var.x}", "words") for line in lines]
            with pytest.raises(pytest.fail.Exception):
                _problems(tmp_path, written)
            continue
        assert all(p.location is not None for p in found), (lines, found)


def test_one_problem_is_said_once(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, ["rows: s.csv", "horizon: ${row.t}"])
    assert str(problem.location) == "afsync.yaml:8:14"
    assert problem.message == "`horizon` has to be written out here, without `${occurrence.…}` or `${row.…}`"


def test_an_exception_has_the_fields_of_a_job_and_a_few_of_its_own() -> None:
    of_job, of_exception = ({f.encode_name for f in fields(part)} for part in (JobFields, ExceptPart))
    assert of_exception - of_job == EXCEPTION_KEYS


NOWHERE = {f.encode_name for f in fields(JobPart)} - {f.encode_name for f in fields(ExceptPart)}
"""What a job has and no exception of it."""
HINTS = {
    **dict.fromkeys(sorted(NOWHERE), "move it out of `except`: it is said of the whole series"),
    **dict.fromkeys(
        ("schedule", "time", "date", "publishAt"), "write `on` for another day, `at` for another time of day"
    ),
    "topik": "did you mean `topic`?",
}


@pytest.mark.parametrize("later", [*LATER, "words"])
@pytest.mark.parametrize("key", HINTS)
def test_a_key_that_means_nothing_in_an_exception(tmp_path: Path, key: str, later: str) -> None:
    """Whether its value names an occurrence or not: once, at the key."""
    (problem,) = _problems(
        tmp_path, [WEEKLY, f'except: {{2027-12-14: {{tone: "${{occurrence.date}}", {key}: "{later}"}}}}']
    )
    assert (problem.code, problem.message) == ("unknown_key", f"unknown key `{key}`")
    assert str(problem.location) == "afsync.yaml:8:55"
    assert problem.hint == HINTS[key]


def test_the_exceptions_of_an_exception(tmp_path: Path) -> None:
    inner = '{2026-12-14: {topic: "${occurrence.date}"}}'
    (problem,) = _problems(tmp_path, [WEEKLY, f"except: {{2026-12-14: {{except: {inner}}}}}"])
    assert (str(problem.location), problem.message) == ("afsync.yaml:8:27", "unknown key `except`")


@pytest.mark.parametrize("lines", [[WEEKLY], ["rows: s.csv"]])
def test_a_key_that_means_nothing_in_a_series(tmp_path: Path, lines: list[str]) -> None:
    """Also where none of its occurrences is within the horizon."""
    far = [line.replace("2026", "2036") for line in lines]
    (problem,) = _problems(tmp_path, [*far, 'topik: "${occurrence.date}"'])
    assert (str(problem.location), problem.hint) == ("afsync.yaml:8:5", "did you mean `topic`?")


def test_a_value_that_is_wrong_for_every_date_is_said_of_the_first(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, ["horizon: 60d", WEEKLY, 'lifecycle: {prevent_destroy: "${occurrence.date}"}'])
    assert str(problem.location) == "afsync.yaml:9:34"
    assert problem.message == (
        '`prevent_destroy` must be true or false, not the text "2026-12-07" (in the occurrence of 2026-12-07)'
    )
