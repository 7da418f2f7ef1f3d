"""Rows of sheets as occurrences, and the mistakes people make in sheets: each at its line, in words, none silent."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from afsync.config.occurrences import expand
from afsync.config.project import LoadedProject
from afsync.core.addresses import Kind
from afsync.core.fingerprints import fingerprint
from afsync.core.records import Publish, RecordedJob
from afsync.core.resources import Job, Schedule
from afsync.core.state import Considered, Recorded
from afsync.errors import ConfigError, Problem
from tests.builders import LINEAGE
from tests.config.support import loaded, write

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
HEAD = "version: 1\ntimezone: Europe/Berlin\nhorizon: 30d\njobs:\n  show:\n"
LISTED = f"{HEAD}    rows: s.csv\n"
DATED = f'{HEAD}    url: ${{row.link}}\n    rows: {{file: s.csv, key: date}}\n    repeat: {{dates: [2026-12-05, 2026-12-06], at: "09:00"}}\n'  # noqa: E501


def expanded(
    root: Path, sheet: str | bytes, main: str = LISTED, *, name: str = "s.csv", recorded: Recorded | None = None
) -> LoadedProject:
    write(root, {name: sheet})
    return expand(loaded(root, main), recorded or Recorded(LINEAGE), NOW)


def jobs(root: Path, sheet: str | bytes, main: str = LISTED, *, name: str = "s.csv") -> dict[str, Job]:
    return {job.key.removeprefix("show"): job for job in expanded(root, sheet, main, name=name).desired.jobs.values()}


def wrong(root: Path, sheet: str | bytes, main: str = LISTED, *, name: str = "s.csv") -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        expanded(root, sheet, main, name=name)
    return caught.value.problems


# --- what a sheet says ---

ONE = 'key,url,topic\nep-1,https://a.b/c,"One, two"\n'
SAME = {
    "commas": ONE,
    "semicolons": "key;url;topic\nep-1;https://a.b/c;One, two\n",
    "tabs": "key\turl\ttopic\nep-1\thttps://a.b/c\tOne, two\n",
    "semicolons, and commas in the name of a column": 'key;url;topic;"who, when, why"\nep-1;https://a.b/c;One, two;\n',
    "the separator as Excel is told it": "sep=,\r\n" + ONE,
    "another one": "\ufeffsep=;\nkey;url;topic\nep-1;https://a.b/c;One, two\n",
    "a BOM": "\ufeff" + ONE,
    "Windows line ends": ONE.replace("\n", "\r\n"),
    "no line end": ONE.rstrip("\n"),
    "spaces around cells": 'key , url,topic\n ep-1 ,https://a.b/c\u00a0,"One, two "\n',
    "empty rows": ONE.replace("\nep", "\n,,\n\nep"),
    "empty columns behind": 'key,url,topic,,\nep-1,https://a.b/c,"One, two",,\n',
    "other columns": 'key,owner,url,topic\nep-1,Ann,https://a.b/c,"One, two"\n',
    "columns in another order": 'topic,key,url\n"One, two",ep-1,https://a.b/c\n',
}


@pytest.mark.parametrize("form", SAME)
def test_sheets_that_say_the_same(tmp_path: Path, form: str) -> None:
    (job,) = jobs(tmp_path, SAME[form]).values()
    assert job.address == 'job.show["ep-1"]'
    assert job.values == {"url": "https://a.b/c", "topic": "One, two"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.tsv", "key\turl\ttopic\nep-1\thttps://a.b/c\tOne, two\n"),
        ("s.json", '[{"key": "ep-1", "url": "https://a.b/c", "topic": "One, two", "tone": ""}]'),
        ("s.yaml", "- key: ep-1\n  url: https://a.b/c\n  topic: One, two\n"),
    ],
)
def test_other_kinds_of_file(tmp_path: Path, name: str, text: str) -> None:
    found = jobs(tmp_path, text, LISTED.replace("s.csv", name), name=name)
    assert found['["ep-1"]'].values == {"url": "https://a.b/c", "topic": "One, two"}


def test_cells_are_of_the_type_of_their_field(tmp_path: Path) -> None:
    header = "key;url;platforms;durationMins;staging;schedule;rerun\n"
    sheet = header + "007;https://a.b/c;tiktok, youtube;2.5;Yes;2026-12-05 10:00;2\n"
    (job,) = jobs(tmp_path, sheet).values()
    assert job.key == 'show["007"]' and job.rerun == "2"
    assert {k: job.values[k] for k in ("platforms", "durationMins", "staging")} == {
        "platforms": ["tiktok", "youtube"],
        "durationMins": 2.5,
        "staging": True,
    }
    assert job.schedule == Schedule("2026-12-05 10:00", datetime(2026, 12, 5, 9, tzinfo=UTC))


def test_a_row_says_what_the_job_leaves_open_and_names_its_cells(tmp_path: Path) -> None:
    main = f'{HEAD}    url: https://a.b/c\n    topic: "${{row.who}}: ${{row.what}}"\n    rows: s.csv\n    tone: calm\n'
    found = jobs(tmp_path, "key,who,what,tone,urls\na,Ann,one,,\nb,Bob,two,hype,https://a.b/d\n", main)
    assert found['["a"]'].values == {"url": "https://a.b/c", "topic": "Ann: one", "tone": "calm"}
    assert found['["b"]'].values == {"urls": ["https://a.b/d"], "topic": "Bob: two", "tone": "hype"}


@pytest.mark.parametrize("main", [LISTED + "    url: https://a.b/c\n", DATED.replace("${row.link}", "https://a.b/c")])
def test_a_field_that_names_the_row_is_not_replaced_by_its_cell(tmp_path: Path, main: str) -> None:
    text = main + '    topic: "Recap ${row.topic}"\n    tone: "${row.tone}"\n'
    sheet = "key,date,topic,tone\n2026-12-05,2026-12-05,one,calm\n2026-12-06,2026-12-06,two,\n"
    one, two = jobs(tmp_path, sheet, text).values()
    assert (one.values["topic"], one.values["tone"]) == ("Recap one", "calm")
    assert two.values["topic"] == "Recap two" and "tone" not in two.values


def test_rows_that_are_not_enabled_or_meant_are_left_out(tmp_path: Path) -> None:
    main = LISTED.replace("s.csv", "{file: s.csv, where: {show: one}}")
    sheet = "key,url,enabled,show\na,https://a.b/c,yes,one\nb,https://a.b/c,no,one\nc,https://a.b/c,,two\n"
    assert [*jobs(tmp_path, sheet, main)] == ['["a"]']


@pytest.mark.parametrize(("wanted", "keys"), [("true", "ac"), ("false", "b"), ("Caf\u00e9", "d"), ("2", "e")])
def test_the_rows_that_are_meant(tmp_path: Path, wanted: str, keys: str) -> None:
    cells = {"a": "TRUE", "b": "no", "c": "yes", "d": "Cafe\u0301", "e": "2"}
    sheet = "key,url,live\n" + "".join(f"{key},https://a.b/c,{cell}\n" for key, cell in cells.items())
    found = jobs(tmp_path, sheet, LISTED.replace("s.csv", f"{{file: s.csv, where: {{live: {wanted}}}}}"))
    assert [key[2] for key in found] == [*keys]


def test_a_row_may_have_a_zone_of_its_own(tmp_path: Path) -> None:
    sheet = (
        "key,url,schedule,zone\na,https://a.b/1,2026-12-05 10:00,America/New_York\nb,https://a.b/2,2026-12-05 10:00,\n"
    )
    found = jobs(tmp_path, sheet, f"{LISTED}    zone: Asia/Tokyo\n").values()
    assert [job.schedule and job.schedule.utc.hour for job in found] == [15, 1]
    (problem,) = wrong(tmp_path, "date,link,zone\n2026-12-05,https://a.b/1,Asia/Tokyo\n", DATED)
    assert problem.code == "conflict"


def test_a_row_is_submitted_within_the_horizon_and_not_when_its_time_has_passed(tmp_path: Path) -> None:
    months = {"a": "2026-11", "b": "2026-12", "c": "2027-12"}
    sheet = "key,url,schedule\n" + "".join(f"{k},https://a.b/c,{month}-05 10:00\n" for k, month in months.items())
    assert [*jobs(tmp_path, sheet)] == ['["b"]']
    seen = Recorded(LINEAGE, series={"show": Considered(datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01")})
    found = expanded(tmp_path, sheet, recorded=seen).occurrences
    assert found is not None
    assert [m.address for m in found.missed] == ['job.show["a"]']


def test_a_series_shares_the_links_that_it_names_itself(tmp_path: Path) -> None:
    found = expanded(tmp_path, "key,topic\nep-1,One\n", f"{LISTED}    url: https://a.b/channel\n")
    assert found.desired.shared == {"show": frozenset({"https://a.b/channel"})}
    assert expanded(tmp_path, ONE).desired.shared == {}


def said(project: LoadedProject) -> list[tuple[str, str, str, int | None]]:
    return [(p.code, p.severity.value, p.message, p.location.line if p.location else None) for p in project.warnings]


def test_a_row_whose_time_has_passed_is_named_and_old_ones_are_counted(tmp_path: Path) -> None:
    old = "".join(f"old-{n},https://a.b/c,2025-11-{n:02} 10:00\n" for n in range(1, 6))
    sheet = f"key,url,schedule\n{old}ep-99,https://a.b/c,2026-11-29 10:00\nep-1,https://a.b/c,2026-12-05 10:00\n"
    expected = [
        (
            "row_passed",
            "warning",
            "1 row has a time that has passed, and is not submitted now: ep-99 (s.csv:7)",
            7,
        ),
        (
            "row_passed",
            "note",
            "5 rows have a time that has passed, and are not submitted now: old-5 (s.csv:6), old-4 (s.csv:5), "
            "old-3 (s.csv:4) and 2 more",
            6,
        ),
    ]
    assert said(expanded(tmp_path, sheet)) == expected, "before the first apply"
    known = Considered(NOW, "2026-11-15")
    seen = Recorded(LINEAGE, series={"show": known})
    found = expanded(tmp_path, sheet, recorded=seen)
    assert said(found) == expected, "added after the last apply"
    assert found.occurrences is not None
    assert [r.address for r in found.occurrences.passed] == ['job.show["ep-99"]']
    assert found.occurrences.missed == ()


def test_a_row_that_was_submitted_or_is_left_out_is_not_said_to_have_passed(tmp_path: Path) -> None:
    values = {"url": "https://a.b/c"}
    at = Schedule("2026-11-29 10:00", datetime(2026, 11, 29, 9, tzinfo=UTC))
    record = RecordedJob("job_1", fingerprint(Kind.JOB, values), values, at, "published")
    sheet = "key,url,schedule,enabled\nep-1,https://a.b/c,2026-11-29 10:00,\nep-2,https://a.b/c,2026-11-29 10:00,no\n"
    found = expanded(tmp_path, sheet, recorded=Recorded(LINEAGE, resources={'job.show["ep-1"]': record}))
    assert said(found) == []


def test_a_missed_row_is_at_its_line(tmp_path: Path) -> None:
    sheet = "key,url,schedule\nep-1,https://a.b/c,2026-12-05 10:00\nep-2,https://a.b/c,2026-11-29 10:00\n"
    seen = Recorded(LINEAGE, series={"show": Considered(datetime(2026, 11, 1, tzinfo=UTC), "2026-11-01")})
    place = expanded(tmp_path, sheet, recorded=seen).locate('job.show["ep-2"]')
    assert place is not None
    assert (place.file, place.line) == ("s.csv", 3)


UNTIMED = "key,url,schedule,staging,publishMode\nep-1,https://a.b/1,2026-12-05 10:00,,\nep-2,https://a.b/2,"


@pytest.mark.parametrize(
    ("cells", "main", "warned"),
    [
        (",,", LISTED, True),
        ("2026-12-06 10:00,,", LISTED, False),
        (",yes,", LISTED, False),
        (",,immediate", LISTED, False),
        (",,", f"{LISTED}    template: t\ntemplates:\n  t: {{name: T, staging: true}}\n", False),
    ],
)
def test_a_row_without_a_time_among_others_is_warned_of(tmp_path: Path, cells: str, main: str, warned: bool) -> None:
    found = expanded(tmp_path, f"{UNTIMED}{cells}\n", main)
    text = "1 row has no `schedule`, and other rows have one: without a time it is published as soon as it is produced"
    assert said(found) == ([("row_untimed", "warning", f"{text}: ep-2 (s.csv:3)", 3)] if warned else [])
    assert len(found.desired.jobs) == 2, "an empty cell is not set, and nothing else"


@pytest.mark.parametrize("column", ["date", "on", "key"])
def test_a_column_of_times_that_fills_no_field_is_warned_of(tmp_path: Path, column: str) -> None:
    rows = f"key,url,{column}\na,https://a.b/1,2026-12-05\nb,https://a.b/2,05.12.2026 10:00\n"
    text = rows if column != "key" else "key,url\n2026-12-05,https://a.b/1\n2026-12-06,https://a.b/2\n"
    ((code, _, message, _),) = said(expanded(tmp_path, text))
    assert code == "row_untimed" and f"the column `{column}` fills no field" in message
    assert said(expanded(tmp_path, text, f"{LISTED}    publishMode: immediate\n")) == []


def test_a_time_that_the_job_takes_from_the_row_is_a_time_of_other_rows(tmp_path: Path) -> None:
    sheet = "key,url,when\na,https://a.b/1,2026-12-05 10:00\nb,https://a.b/2,\n"
    assert [w[0] for w in said(expanded(tmp_path, sheet, f"{LISTED}    schedule: ${{row.when}}\n"))] == ["row_untimed"]


def test_no_row_with_a_time_or_one_submitted_without_is_no_warning(tmp_path: Path) -> None:
    assert said(expanded(tmp_path, "key,url,schedule\nep-1,https://a.b/1,\n")) == []
    values = {"url": "https://a.b/2"}
    for at, code in ((None, []), (Schedule("2026-12-06 10:00", datetime(2026, 12, 6, 9, tzinfo=UTC)), ["row_untimed"])):
        record = RecordedJob("job_1", fingerprint(Kind.JOB, values), values, at, "queued")
        found = expanded(tmp_path, f"{UNTIMED},,\n", recorded=Recorded(LINEAGE, resources={'job.show["ep-2"]': record}))
        assert [p.code for p in found.warnings] == code


def test_dates_of_a_rule_take_their_rows(tmp_path: Path) -> None:
    sheet = "date,link,at,topic\n2026-12-05,https://a.b/5,11:00,Five\n"
    project = expanded(tmp_path, sheet, DATED)
    (job,) = project.desired.jobs.values()
    assert job.values == {"url": "https://a.b/5", "topic": "Five"} and job.schedule is not None
    assert job.schedule.written == "2026-12-05 11:00"
    assert project.occurrences is not None
    assert [o.instance for o in project.occurrences.without_row] == ["2026-12-06"]


def test_the_order_of_rows_means_nothing(tmp_path: Path) -> None:
    rows = [f"ep-{n},https://a.b/{n},2026-12-{n % 28 + 1:02} 10:00" for n in range(60)]
    before = expanded(tmp_path, "\n".join(["key,url,schedule", *rows]))
    random.Random(7).shuffle(rows)
    after = expanded(tmp_path, "\n".join(["key,url,schedule", *rows[:30], "new,https://a.b/new,", *rows[30:]]))
    assert [*before.desired.jobs.items()] == [(a, j) for a, j in after.desired.jobs.items() if a != 'job.show["new"]']


@pytest.mark.parametrize("sheet", ["key,url\nep-1,https://a.b/new\n", "key,url,enabled\nep-1,https://a.b/new,no\n"])
def test_what_is_over_stays_while_its_row_is_there(tmp_path: Path, sheet: str) -> None:
    values = {"url": "https://a.b/old"}
    record = RecordedJob("job_1", fingerprint(Kind.JOB, values), values, None, "published")
    found = expanded(tmp_path, sheet, recorded=Recorded(LINEAGE, resources={'job.show["ep-1"]': record}))
    assert [job.values for job in found.desired.jobs.values()] == [values]


@pytest.mark.parametrize(
    ("main", "sheet"),
    [
        (LISTED, "key,url,enabled\na,https://a.b/c,no\nb,https://a.b/d,\n"),
        (DATED.replace("[2026-12-05,", "[2026-12-01 01:00, 2026-12-05,"), "date,link\n2026-12-05,https://a.b/d\n"),
    ],
    ids=["not enabled", "removed"],
)
def test_a_row_that_waits_to_be_published_from_here_is_not_once_it_is_taken_out(
    tmp_path: Path, main: str, sheet: str
) -> None:
    at, values = datetime(2026, 12, 1, 0, tzinfo=UTC), {"url": "https://a.b/c"}
    ready = RecordedJob("job_1", fingerprint(Kind.JOB, values), values, Schedule("x", at), "complete")
    address = 'job.show["a"]' if main == LISTED else 'job.show["2026-12-01"]'
    for publish, stays in ((Publish.HELD, False), (Publish.SERVICE, True)):
        record = {address: replace(ready, publish=publish)}
        found = expanded(tmp_path, sheet, main, recorded=Recorded(LINEAGE, resources=record)).desired.jobs
        assert (address in found) is stays


def test_a_sheet_that_lost_all_its_rows_is_an_error(tmp_path: Path) -> None:
    record = RecordedJob("job_1", "print", {"url": "https://a.b/c"})
    with pytest.raises(ConfigError) as caught:
        expanded(tmp_path, "key,url\n", recorded=Recorded(LINEAGE, resources={'job.show["ep-1"]': record}))
    assert caught.value.problems[0].code == "empty_file"


def test_a_sheet_is_part_of_what_a_saved_plan_is_bound_to(tmp_path: Path) -> None:
    assert [f.path for f in expanded(tmp_path, ONE).files] == ["afsync.yaml", "s.csv"]


# --- what people do to sheets ---

K = "key,url\n"
OK = "ep-1,https://a.b/c\n"
MISTAKES: dict[str, tuple[str | bytes, str]] = {
    "nothing in it": ("", "1 empty_file"),
    "white space only": (" \n \n", "1 empty_file"),
    "a merge that is not finished": (
        K + "<<<<<<< HEAD\n" + OK + "=======\nep-1,https://a.b/d\n>>>>>>> x\n",
        "2 merge_conflict",
    ),
    "the same, saved by a spreadsheet": (K + OK + "<<<<<<< HEAD,\n=======,\n>>>>>>> x,\n", "3 merge_conflict"),
    "its middle line only": (K + OK + "=======\n", "3 merge_conflict"),
    "the base of a merge": (K + OK + "||||||| 1a2b3c\n", "3 merge_conflict"),
    "UTF-16": (ONE.encode("utf-16"), "- not_utf8"),
    "Latin-1": ((K + "ep-1,https://a.b/c\nep-2,Fu\xdf\n").encode("latin-1"), "3 not_utf8"),
    "a spreadsheet that was renamed": (b"PK\x03\x04\x00\x00\x00\x00", "- not_utf8"),
    "no header": (OK, "1 missing"),
    "a title above the header": ("My videos,\n" + K + OK, "1 missing"),
    "a separator that is none": ("key|url\nep-1|https://a.b/c\n", "1 missing"),
    "another name for the key": ("Key,url\n" + OK, "1 missing"),
    "id for key": ("id,url\n" + OK, "1 missing"),
    "no key in a row": (K + ",https://a.b/c\n", "2 no_value"),
    "a key of spaces": (K + "  ,https://a.b/c\n", "2 no_value"),
    "a key twice": (K + OK + "ep-2,https://a.b/d\n" + OK, "4 duplicate_key"),
    "a key twice but for spaces": (K + OK + " ep-1 ,https://a.b/d\n", "3 duplicate_key"),
    "a key twice but for how it is written": (
        K + "caf\u00e9,https://a.b/c\ncafe\u0301,https://a.b/c\n",
        "3 duplicate_key",
    ),
    "a key with quotes": (K + '"ep ""1""",https://a.b/c\n', "2 bad_key"),
    "a key with brackets": (K + "ep[1],https://a.b/c\n", "2 bad_key"),
    "a key over two lines": (K + '"ep\n1",https://a.b/c\n', "2 bad_key"),
    "a key that is too long": (K + "x" * 101 + ",https://a.b/c\n", "2 bad_key"),
    "a key that a formula lost": (K + "#REF!,https://a.b/c\n", "2 bad_form"),
    "a cell that a formula lost": (K + "ep-1,#N/A\n", "2 bad_form"),
    "a name that a formula lost": ("key,url,topic\nep-1,https://a.b/c,#NAME?\n", "2 bad_form"),
    "a division by zero": ("key,url,topic\nep-1,https://a.b/c,#DIV/0!\n", "2 bad_form"),
    "a formula": ("key,url,topic\nep-1,https://a.b/c,=VLOOKUP(A2)\n", "2 bad_form"),
    "a reference": ("key,url,topic\nep-1,https://a.b/c,=B2\n", "2 bad_form"),
    "a column twice": ("key,url,url\nep-1,https://a.b/c,https://a.b/d\n", "1 duplicate_key"),
    "a column without a name": ("key,,url\nep-1,x,https://a.b/c\n", "1 no_value"),
    "a field in other letters": ("key,URL\nep-1,https://a.b/c\n", "1 unknown_key"),
    "a field misspelt": ("key,url,plattforms\nep-1,https://a.b/c,tiktok\n", "1 unknown_key"),
    "a field with a space": ("key,url,duration Mins\nep-1,https://a.b/c,2\n", "1 unknown_key"),
    "schedule misspelt": ("key,url,Shedule\nep-1,https://a.b/c,2026-12-05 10:00\n", "1 unknown_key"),
    "a separator in a cell": ("key,url,topic\nep-1,https://a.b/c,One, two\n", "2 bad_form"),
    "a decimal comma": ('key,url,durationMins\nep-1,https://a.b/c,"1,5"\n', "2 wrong_type"),
    "a unit": ("key,url,durationMins\nep-1,https://a.b/c,2 min\n", "2 wrong_type"),
    "too long": ("key,url,durationMins\nep-1,https://a.b/c,500\n", "2 out_of_range"),
    "a quote that is not closed": (K + 'ep-1,"https://a.b/c\n', "2 syntax"),
    "a quote inside of a cell": (K + 'ep-1,"https://a.b/c"x\n', "2 syntax"),
    "a date that may be turned round": ("key,url,schedule\nep-1,https://a.b/c,03/04/2026 10:00\n", "2 bad_time"),
    "a date the American way": ("key,url,schedule\nep-1,https://a.b/c,12/24/2026 10:00\n", "2 bad_time"),
    "a date the German way": ("key,url,schedule\nep-1,https://a.b/c,24.12.2026 10:00\n", "2 bad_time"),
    "a date of two digits": ("key,url,schedule\nep-1,https://a.b/c,24-12-26\n", "2 bad_time"),
    "a date with a month in words": ("key,url,schedule\nep-1,https://a.b/c,24-Dec-26 10:00\n", "2 bad_time"),
    "a day without a time": ("key,url,schedule\nep-1,https://a.b/c,2026-12-24\n", "2 bad_time"),
    "the number that Excel counts days by": ("key,url,schedule\nep-1,https://a.b/c,46380.375\n", "2 bad_time"),
    "an hour of one digit": ("key,url,schedule\nep-1,https://a.b/c,2026-12-24 9:00\n", "2 bad_time"),
    "an afternoon": ("key,url,schedule\nep-1,https://a.b/c,2026-12-24 9:00 PM\n", "2 bad_time"),
    "a day there is not": ("key,url,schedule\nep-1,https://a.b/c,2026-11-31 10:00\n", "2 bad_time"),
    "a time that the clocks leave out": ("key,url,schedule\nep-1,https://a.b/c,2027-03-28 02:30\n", "2 dst_gap"),
    "a platform there is not": ('key,url,platforms\nep-1,https://a.b/c,"tiktok,twitter"\n', "2 unknown_value"),
    "platforms with another separator": ("key,url,platforms\nep-1,https://a.b/c,tiktok/youtube\n", "2 unknown_value"),
    "perhaps": ("key,url,enabled\nep-1,https://a.b/c,maybe\n", "2 unknown_value"),
    "a cross for staging": ("key,url,staging\nep-1,https://a.b/c,done\n", "2 unknown_value"),
    "no scheme": (K + "ep-1,www.a.b/c\n", "2 bad_url"),
    "a title in place of a link": (K + "ep-1,Click here\n", "2 bad_url"),
    "a line below the separator that is named": ("sep=,\n" + K + "ep-1,a.b\n", "3 bad_url"),
    "no source": (K + "ep-1,\n", "2 missing_source"),
    "a template there is not": ("key,url,template\nep-1,https://a.b/c,weekly\n", "2 unknown_template"),
    "a file that is not there": ("key,entry,file\nep-1,upload,media/x.mp4\n", "2 not_found"),
    "a text that is too long": ("key,url,topic\nep-1,https://a.b/c," + "x" * 501 + "\n", "2 out_of_range"),
    "columns that moved": ("key,topic,url\nep-1,https://a.b/c,One\n", "2 bad_url"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_found_where_it_is(tmp_path: Path, name: str) -> None:
    sheet, expected = MISTAKES[name]
    line, code = expected.split()
    found = wrong(tmp_path, sheet)
    (problem, *_) = [p for p in found if p.code == code] or [pytest.fail(f"not {code}: {found}")]
    assert problem.location is not None and problem.hint
    if line == "-":
        assert problem.location.file == "afsync.yaml", "nothing of the sheet can be read"
    else:
        assert (problem.location.file, problem.location.line) == ("s.csv", int(line)), problem


TIMES = {
    "25:00": "write it as 2026-12-01 09:00",
    "2026-12-32 10:00": "use a day and a time that exist",
    "2026-12-14 10am": "write it as 2026-12-01 09:00",
    "2026-12-16  9:00": "write it as 2026-12-16 09:00, with two digits for the hour",
    "14.12.2026 9:00": "write it as 2026-12-14 09:00",
    "12/14/2026": "write it as 2026-12-14 09:00",
    "2026/12/14 18:30": "write it as 2026-12-14 18:30",
    "12.12.2026 10:00": "write it as 2026-12-12 10:00",
    "03/04/2026 10:00": "write it as 2026-04-03 10:00 or as 2026-03-04 10:00",
    "14.12.2026 25:00": "write it as 2026-12-01 09:00",
}


def test_all_times_that_are_none_are_reported_at_once_with_how_to_write_them(tmp_path: Path) -> None:
    sheet = "key,url,schedule\n" + "".join(f"ep-{n},https://a.b/c,{at}\n" for n, at in enumerate(TIMES))
    found = wrong(tmp_path, f"{sheet}last,a.b,\n")
    assert [p.location and p.location.line for p in found] == [*range(2, 3 + len(TIMES))]
    assert {at: p.hint for at, p in zip(TIMES, found, strict=False)} == TIMES
    assert [n for n, p in enumerate(found) if "can be two days" in p.message] == [8]


def test_times_are_reported_together_with_other_mistakes(tmp_path: Path) -> None:
    rows = ["a,https://a.b/1,05.12.2026 10:00,two", "b,https://a.b/2,soon,1", "b,https://a.b/3,2026-12-05 10:00,1"]
    found = wrong(tmp_path, "\n".join(["key,url,schedule,durationMins", *rows]))
    assert sorted((p.location and p.location.line, p.code) for p in found) == [
        (2, "bad_time"),
        (2, "wrong_type"),
        (3, "bad_time"),
        (4, "duplicate_key"),
    ]


def test_the_time_of_a_row_may_be_a_part_of_the_schedule(tmp_path: Path) -> None:
    main = f'{HEAD}    url: https://a.b/c\n    schedule: "2026-12-${{row.schedule}}"\n    rows: s.csv\n'
    (job,) = jobs(tmp_path, "key,schedule\nep-1,05 10:00\n", main).values()
    assert job.schedule is not None and job.schedule.written == "2026-12-05 10:00"


DATED_MISTAKES = {
    "a date turned round": ("date,link\n05.12.2026,https://a.b/c\n", "2 bad_time"),
    "a date that the rule does not have": ("date,link\n2026-12-07,https://a.b/c\n", "2 not_allowed_here"),
    "a publish time": ("date,link,schedule\n2026-12-05,https://a.b/c,2026-12-05 10:00\n", "2 conflict"),
    "a time of day that is none": ("date,link,at\n2026-12-05,https://a.b/c,9 Uhr\n", "2 bad_time"),
    "another day that is none": ("date,link,on\n2026-12-05,https://a.b/c,tomorrow\n", "2 bad_time"),
    "a link that is none": ("date,url\n2026-12-05,a.b\n", "2 bad_url"),
}


@pytest.mark.parametrize("name", DATED_MISTAKES)
def test_mistakes_in_the_rows_of_a_rule(tmp_path: Path, name: str) -> None:
    sheet, expected = DATED_MISTAKES[name]
    line, code = expected.split()
    main = DATED if "link" in sheet else DATED.replace("    url: ${row.link}\n", "")
    (problem, *_) = [p for p in wrong(tmp_path, sheet, main) if p.code == code]
    assert problem.location is not None
    assert (problem.location.file, problem.location.line) == ("s.csv", int(line))


RULE = f'{HEAD}    repeat: {{every: day, at: "09:00", from: 2026-12-01}}\n'


@pytest.mark.parametrize(
    ("main", "code"),
    [
        (f"{LISTED}    template: huose\n", "unknown_template"),
        (f"{LISTED}    topic: ${{row.who}}\n", "bad_interpolation"),
        (f"{RULE}    url: https://a.b/c\n    template: huose\n", "unknown_template"),
        (f"{RULE}    url: https://a.b/c\n    topic: ${{occurrence.weak}}\n", "bad_interpolation"),
        (f"{RULE}    topic: One\n", "missing_source"),
    ],
)
def test_one_mistake_of_a_job_is_reported_once(tmp_path: Path, main: str, code: str) -> None:
    sheet = "key,url\n" + "".join(f"ep-{n},https://a.b/{n}\n" for n in range(150))
    found = wrong(tmp_path, sheet, main)
    assert [(p.code, p.location and p.location.file) for p in found] == [(code, "afsync.yaml")]


OTHERS = {
    "no such sheet": ("no.csv", "not_found"),
    "outside": ("../s.csv", "outside_project"),
    "a folder": (".", "file_type"),
    "a kind that is not known": ("s.numbers", "file_type"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_sheet_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    file, code = OTHERS[name]
    (problem, *_) = wrong(tmp_path, K + OK, LISTED.replace("s.csv", file))
    assert (problem.code, str(problem.location)) == (code, "afsync.yaml:6:11")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("s.json", '[{"key": "a"', "1 syntax"),
        ("s.json", '{"key": "a"}', "1 wrong_type"),
        ("s.json", '[{"url": "https://a.b/c"}]', "1 missing"),
        ("s.json", '\n [\n\n{"key": "a", "url": "https://a.b/c"},\n {"key": "b",\n "key": "b"}]', "5 duplicate_key"),
        ("s.json", '[{"key": "b",\n"url": "https://a.b/c"},\n\n[1, 2]\n]', "4 wrong_type"),
        ("s.yaml", "- key: a\n  url: [\n", "2 syntax"),
        ("s.yaml", "- key: a\n  url: https://a.b/c\n- text\n", "3 wrong_type"),
        ("s.yaml", "- key: a\n  url: https://a.b/c\n  durationMins: two\n", "1 wrong_type"),
    ],
)
def test_mistakes_in_json_and_yaml(tmp_path: Path, name: str, text: str, expected: str) -> None:
    line, code = expected.split()
    (problem, *_) = [p for p in wrong(tmp_path, text, LISTED.replace("s.csv", name), name=name) if p.code == code]
    assert problem.location is not None
    assert (problem.location.file, problem.location.line) == (name, int(line))


def test_a_cell_that_was_emptied_after_its_occurrence_was_submitted_is_not_set(tmp_path: Path) -> None:
    main = DATED.replace("    url:", "    topic: At ${occurrence.time}\n    tone: ${row.tone}\n    url:")
    values = {"url": "https://a.b/c", "topic": "At 08:00", "tone": "calm"}
    record = RecordedJob("job_1", fingerprint(Kind.JOB, values), values, None, "produced")
    recorded = Recorded(LINEAGE, 1, 0, None, {'job.show["2026-12-05"]': record})
    sheet = "date,link,tone\n2026-12-05,https://a.b/c,\n2026-12-06,https://a.b/d,calm\n"
    found = expanded(tmp_path, sheet, main, recorded=recorded).desired.jobs
    assert found['job.show["2026-12-05"]'].values == {"url": "https://a.b/c", "topic": "At 08:00"}
    assert found['job.show["2026-12-06"]'].values["tone"] == "calm"


def test_a_row_without_a_usable_key_is_checked_like_the_others(tmp_path: Path) -> None:
    sheet = "ID,url,schedule\n1,https://a.b,2026-12-10 10:00\n1,www.x,03/04/2026\n,www.y,2026-12-11\n2,www.z,\n"
    found = wrong(tmp_path, sheet, LISTED.replace("s.csv", "{file: s.csv, key: ID}"))
    places = {(p.location.line, p.message.partition(":")[0]) for p in found if p.location}
    of_each_row = {(n, f"column `{c}`") for n, c in ((3, "ID"), (4, "ID"), (3, "schedule"), (4, "schedule"))}
    assert places == of_each_row | {(n, "column `url`") for n in (3, 4, 5)}


def test_a_sheet_without_the_column_key_is_told_how_to_name_its_own(tmp_path: Path) -> None:
    first, *others = wrong(tmp_path, "ID,url\n1,https://a.b\n2,www.x\n")
    assert first.hint is not None and "`rows: {file: s.csv, key: ID}`" in first.hint
    assert [p.message.partition(":")[0] for p in others] == ["column `url`"]
