"""The calendar in a terminal, as a list, as Markdown, as CSV and as JSON; and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from afsync.core.calendar import EntryState
from afsync.output.calendar_json import calendar_csv, calendar_json
from afsync.output.calendar_markdown import calendar_markdown
from afsync.output.calendar_text import calendar_grid, calendar_list
from afsync.output.tables import width
from afsync.output.values import ansi_paint
from tests.harness import Sandbox
from tests.output.calendar_pages import HOSTILE, a_move, a_page, an_entry, hostile_entries
from tests.scenarios.world import valid

SOME = (
    an_entry("show", 1, 9, mark=EntryState.DONE, credits=1, platforms=("tiktok", "youtube")),
    a_move(),
    an_entry("late", 4, 18, expected=2, zone="America/New_York"),
    an_entry("next", 7, 9, expected=1),
)


@pytest.mark.parametrize("columns", [80, 84, 100, 132, 300])
def test_a_grid_fits_its_terminal_and_marks_today(columns: int) -> None:
    text = calendar_grid(a_page(*SOME, *hostile_entries()), columns)
    weeks = text.partition("\n\n")[2].split("\n\n")[:4]
    assert max(width(line) for week in weeks for line in week.splitlines()[1:]) <= columns
    assert "[Fri 20]" in text
    assert text.count("Week ") >= 4
    assert ("09:00→11:00" in text) == (columns >= 100) and "11:00 ~" in text


def test_a_grid_names_the_rows_of_a_sheet_and_the_series_of_a_date() -> None:
    found = (
        an_entry('episodes["The final"]', 1, 9, show="episodes"),
        an_entry('recap["2026-11-18"]', 2, 9, show="recap"),
    )
    text = calendar_grid(a_page(*found), 120)
    assert "The final" in text and "episodes" not in text
    assert "recap" in text and "2026-11-18" not in text


def test_colour_is_never_all_that_tells_something() -> None:
    page = a_page(*SOME)
    for text in (calendar_grid(page, 120, ansi_paint), calendar_list(page, ansi_paint)):
        assert "\x1b[" in text
    plain = calendar_grid(page, 120)
    assert re.sub(r"\x1b\[\d+m", "", calendar_grid(page, 120, ansi_paint)) == plain
    assert "~ moves" in plain and "✓ done" in plain and "· upcoming" in plain


def test_a_list_has_a_line_for_each_below_its_week() -> None:
    lines = calendar_list(a_page(*SOME, without_time=("job.soon",))).splitlines()
    assert lines[0] == "16 Nov to 13 Dec 2026  Europe/Berlin, from the state"
    assert lines[3] == "Week 47, 16 Nov to 22 Nov  2 credits taken, 2 expected"
    assert re.sub(" +", " ", lines[4]) == "Tue 17 Nov 09:00 ✓ show done tiktok youtube 1 Recap of show"
    assert re.sub(" +", " ", lines[5]) == "Fri 20 Nov 09:00→11:00 ~ moved queued; moves tiktok 1 Recap of moved"
    assert re.sub(" +", " ", lines[6]) == " 18:00 · late 12:00 EST upcoming tiktok ≈2 Recap of late"
    assert lines[-1] == "1 job without a publish time: job.soon."
    assert "Nothing is published" in calendar_list(a_page())


def test_markdown_has_both_times_of_what_moves() -> None:
    text = calendar_markdown(a_page(*SOME))
    moved = [line for line in text.splitlines() if "moved" in line]
    assert [line[:18] for line in moved] == ["- Fri 20 Nov 09:00", "+ Fri 20 Nov 11:00"]
    assert "**Week 47** (2 credits taken, 2 expected)" in text


def test_nothing_leaves_its_place() -> None:
    page = a_page(*hostile_entries())
    for text in (calendar_grid(page, 200), calendar_list(page), calendar_markdown(page), calendar_csv(page)):
        assert not set("\x1b\x00\x07\u202e\r") & set(text)
    fence = re.compile(r"^(`{3,})(diff)?$", re.MULTILINE)
    outside = "\n".join(part for n, part in enumerate(_by_fences(calendar_markdown(page), fence)) if n % 2 == 0)
    assert not any(word in outside for word in ("script", "everyone", "evil", "tracker", "heading"))
    assert json.loads(calendar_json(page))["entries"][0]["topic"] in HOSTILE


def _by_fences(text: str, fence: re.Pattern[str]) -> list[str]:
    """The parts outside and inside of code blocks, in turn, as CommonMark reads them."""
    parts, open_fence = [""], ""
    for line in text.splitlines():
        found = fence.match(line)
        if found and (not open_fence or (len(found[1]) >= len(open_fence) and not found[2])):
            open_fence = "" if open_fence else found[1]
            parts.append("")
        else:
            parts[-1] += line + "\n"
    return parts


def test_a_spreadsheet_reads_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(calendar_csv(a_page(*SOME, *hostile_entries())))))
    assert len(rows) == len(SOME) + len(HOSTILE)
    assert not [cell for row in rows for cell in row.values() if cell and cell[0] in "=+-@"]
    moved = next(r for r in rows if r["address"] == "job.moved")
    assert (moved["date"], moved["time"], moved["moves_from"]) == ("2026-11-20", "11:00", "2026-11-20 09:00")
    assert (moved["instant"], moved["credits"], moved["change"]) == ("2026-11-20T10:00:00Z", "1", "reschedule")


def test_json_is_what_its_schema_says() -> None:
    valid("calendar", json.loads(calendar_json(a_page(*SOME, *hostile_entries()))))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--month", "2026-13"), "--month 2026-13: not a month"),
        (("--month", "2026-12", "--weeks", "2"), "--month does not go with"),
        (("--from", "12/07/2026"), "--from 12/07/2026: not a day"),
        (("--zone", "Europe/Berlln"), "Europe/Berlin"),
        (("--only", "job.nope"), "no job has the address job.nope"),
        (("--json", "--csv"), "--json and --csv exclude each other"),
        (("--json", "--ics", "-"), "--json and --ics - exclude each other"),
        (("--ics", "/dev/null/x"), "could not be written"),
        (("--agenda", "--report", "csv=-"), "--report csv=- and --agenda exclude each other"),
        (("--report", "gitlab=x"), "is not a report"),
        (("--now", "today"), "--now today"),
    ],
)
def test_what_makes_no_sense_is_said(args: tuple[str, ...], says: str, sandbox: Sandbox) -> None:
    done = sandbox.does("calendar", *args, code=1)
    assert says in done.err and done.out == ""


def test_it_needs_no_key_and_writes_nothing_but_the_file_that_is_asked_for(sandbox: Sandbox) -> None:
    before = sandbox.files()
    none = {"AURAFLUX_API_KEY": None, "AURAFLUX_BASE_URL": None}
    text = sandbox.does("calendar", "--month", "2031-12", env=none).out
    assert "December 2031" in text and "job.other" in text and "best" in text
    assert sandbox.files() == before
    path = sandbox.root / "feeds/videos.ics"
    done = sandbox.does("calendar", "--month", "2031-12", "--ics", str(path), env=none)
    assert (done.out, done.err) == ("", f"Wrote {path}.\n")
    assert {*sandbox.files()} - {*before} == {"feeds/videos.ics"}
    assert "SUMMARY:Best plays" in path.read_text()


def test_the_zone_the_platform_and_the_address_choose(sandbox: Sandbox) -> None:
    def found(*args: str) -> list[str]:
        entries = sandbox.does("calendar", "--json", "--month", "2031-12", *args).json["entries"]
        return [e["local"] for e in entries]

    assert found() == ["2031-12-01T09:00:00+01:00"]
    assert found("--zone", "Asia/Tokyo", "--only", "job.b*", "--platform", "tiktok") == ["2031-12-01T17:00:00+09:00"]
    assert found("--platform", "youtube") == []
    assert found("--zone", "Pacific/Apia") == ["2031-12-01T21:00:00+13:00"]
