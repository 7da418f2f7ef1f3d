"""The feed, read back by icalendar: what was written is what is read, in lines that any reader takes."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from msgspec.structs import replace

from afsync.core.calendar import EntryState
from afsync.output.calendar_ics import ics, uid
from afsync.output.values import harmless
from tests.builders import LINEAGE, NOW
from tests.output.calendar_pages import HOSTILE, a_move, a_page, an_entry, at, hostile_entries


def events(text: str) -> list[Any]:
    calendar = Calendar.from_ical(text)
    assert not calendar.errors and not [e for e in calendar.walk() if e.errors]
    return list(calendar.walk("VEVENT"))


def test_instants_are_the_same_whatever_the_zone_that_is_shown() -> None:
    (event,) = events(ics(a_page(an_entry(day=4, hour=9))))
    assert event["DTSTART"].dt == at(4, 9) and event["DTSTART"].dt.tzinfo is not None
    assert event["DTSTART"].dt.utcoffset() == timedelta(0)
    assert event["DTSTAMP"].dt == NOW.astimezone(UTC)


def test_a_move_is_where_the_service_has_it_until_it_is_applied() -> None:
    (event,) = events(ics(a_page(replace(a_move(day=4, hour=11), sequence=5))))
    assert event["DTSTART"].dt == at(4, 9)
    assert "the plan moves it to Fri 20 Nov 11:00 CET" in event["DESCRIPTION"]
    assert (event["STATUS"], event["SEQUENCE"]) == ("CONFIRMED", 5)


@pytest.mark.parametrize(
    ("mark", "status"),
    [
        (EntryState.UPCOMING, "TENTATIVE"),
        (EntryState.PLANNED, "TENTATIVE"),
        (EntryState.DONE, "CONFIRMED"),
        (EntryState.CANCELLED, "CANCELLED"),
    ],
)
def test_what_was_not_submitted_is_tentative(mark: EntryState, status: str) -> None:
    (event,) = events(ics(a_page(an_entry(mark=mark))))
    assert event["STATUS"] == status


def test_lines_are_folded_between_characters_and_end_as_they_should() -> None:
    data = ics(a_page(*hostile_entries())).encode()
    lines = data.split(b"\r\n")
    assert lines.pop() == b"" and b"\n" not in b"".join(lines) and b"\r" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    for line in lines:
        line.decode()


def test_texts_stay_in_their_place() -> None:
    found = events(ics(a_page(*hostile_entries())))
    assert len(found) == len(HOSTILE)
    assert {str(e["SUMMARY"]) for e in found} == {_kept(text) for text in HOSTILE}
    assert not any("URL" in e and "javascript" in e["URL"] for e in found)


@given(st.text(min_size=1, max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_text_comes_back(text: str) -> None:
    (event,) = events(ics(a_page(an_entry(title=text, show="a"))))
    assert str(event["SUMMARY"]) == (_kept(text) if text else "show")


def _kept(text: str) -> str:
    return "".join(c for c in text if c == "\n" or harmless(c))


def test_a_uid_is_that_of_the_address_and_the_project() -> None:
    assert uid(LINEAGE, "job.a") == uid(LINEAGE, "job.a")
    assert len({uid(LINEAGE, "job.a"), uid(LINEAGE, "job.b"), uid("other", "job.a")}) == 3
