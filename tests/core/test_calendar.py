"""The entries of the calendar: what each job is called and where it stands, and what the window leaves out."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from afsync.core.calendar import CalendarEntry, EntryState, Known, Window, entries, entry_without_links, weeks
from afsync.core.records import Record
from afsync.core.remote_account import Preview, Remote
from afsync.core.resources import Job, Template
from afsync.core.state import Recorded
from afsync.errors import Problem, Severity
from tests.builders import (
    AHEAD,
    LATER,
    NOW,
    PAST,
    a_job,
    a_recorded,
    a_recorded_job,
    a_remote,
    a_remote_job,
    a_template,
    desired,
    planned,
    read_of,
)

WINDOW = Window(date(2026, 11, 1), date(2026, 12, 31), UTC)


def known(
    *declared: Job | Template,
    recorded: dict[str, Record] | None = None,
    remote: Remote | None = None,
    now: datetime = NOW,
) -> Known:
    state = a_recorded(recorded)
    plan = planned(*declared, recorded=state, remote=remote or a_remote(), now=now)
    jobs = remote.jobs if remote else {}
    return Known(desired(*declared), state, plan, now, seen=read_of(jobs))


def only(found: Known, window: Window = WINDOW) -> CalendarEntry:
    (entry,) = entries(found, window).entries
    return entry


def a_record(status: str, when: datetime = AHEAD, **more: object) -> dict[str, Record]:
    return {"job.best": a_recorded_job(a_job(schedule=when), status=status, **more)}  # type: ignore[arg-type]


def test_what_is_not_submitted_yet_has_an_expected_price_and_no_other() -> None:
    entry = only(known(a_job(schedule=AHEAD, format="long")))
    assert (entry.mark, entry.at, entry.before) == (EntryState.PLANNED, AHEAD, None)
    assert (entry.credits, entry.expected) == (None, 2)


@pytest.mark.parametrize(
    ("status", "when", "mark"),
    [
        ("queued", AHEAD, EntryState.ACTIVE),
        ("complete", AHEAD, EntryState.PRODUCED),
        ("published", PAST, EntryState.DONE),
        ("failed", AHEAD, EntryState.FAILED),
        ("cancelled", PAST, EntryState.CANCELLED),
    ],
)
def test_what_is_recorded_stands_where_status_says(status: str, when: datetime, mark: EntryState) -> None:
    job = a_job(schedule=when)
    entry = only(known(job, recorded=a_record(status, when), remote=a_remote(a_remote_job(status=status))))
    assert (entry.mark, entry.at, entry.credits) == (mark, when, 1)
    assert entry.status is not None and entry.status.id == "job_1"


def test_what_was_never_reported_is_no_price() -> None:
    assert only(known(a_job(schedule=AHEAD), recorded=a_record("queued", credits=None))).credits is None


def test_a_move_has_both_times_and_is_seen_from_either_side_of_the_window() -> None:
    found = known(
        a_job(schedule=LATER),
        recorded=a_record("queued"),
        remote=a_remote(a_remote_job(), publish_times={"job_1": AHEAD}),
    )
    entry = only(found)
    assert (entry.at, entry.before) == (LATER, AHEAD)
    for day in (AHEAD, LATER):
        assert only(found, Window(day.date(), day.date(), UTC)) == entry
    between = (AHEAD + timedelta(days=1)).date()
    assert entries(found, Window(between, between, UTC)).entries == ()


def test_what_is_no_longer_declared_stays_where_it_is_until_the_plan_is_applied() -> None:
    entry = only(
        known(a_job("other", url="https://a.b/c"), recorded=a_record("queued"), remote=a_remote(a_remote_job()))
    )
    assert (entry.address, entry.at, entry.change and entry.change.action) == ("job.best", AHEAD, "delete")


def test_a_renamed_job_is_one_entry_under_its_new_address() -> None:
    job = a_job("renamed", schedule=AHEAD)
    entry = only(known(job, recorded=a_record("queued"), remote=a_remote(a_remote_job())))
    assert (entry.address, entry.mark, entry.credits) == ("job.renamed", EntryState.ACTIVE, 1)


def test_what_is_withheld_is_said_to_be_and_why() -> None:
    entry = only(known(a_job(schedule=PAST)))
    assert (entry.mark, [n.code for n in entry.notices]) == (EntryState.HELD_BACK, ["past_schedule"])


def test_platforms_come_from_the_template_where_the_job_says_none() -> None:
    job = a_job(schedule=AHEAD, template="weekly")
    found = known(a_template(platforms=["youtube", "tiktok"]), job)
    assert only(found).platforms == ("tiktok", "youtube")
    assert entries(found, WINDOW, platforms=("instagram",)).entries == ()
    assert len(entries(found, WINDOW, ("job.b*",), ("youtube",)).entries) == 1
    assert entries(found, WINDOW, ("job.x*",)).entries == ()


def test_links_for_reviewers_can_be_left_out() -> None:
    job = a_job(schedule=AHEAD, staging=True)
    record: dict[str, Record] = {"job.best": a_recorded_job(job, status="complete", staged=True)}
    seen = a_remote_job(status="complete")
    found = known(job, recorded=record, remote=a_remote(seen))
    link = "https://cdn.example/video.mp4"
    entry = only(replace(found, seen=read_of({"job_1": seen}, previews={"job_1": Preview(link)})))
    assert (entry.mark, entry.link) == (EntryState.WAITING, link)
    bare = entry_without_links(entry)
    assert bare.link is None and bare.status is not None and bare.status.preview is None
    assert entry_without_links(replace(entry, status=None)).link == link


def test_jobs_without_a_time_are_named() -> None:
    found = entries(known(a_job("zzz"), a_job("aaa", url="https://a.b/c")), WINDOW)
    assert (found.entries, found.without_time) == ((), ("job.aaa", "job.zzz"))


def test_what_the_account_publishes_besides_is_shown_where_it_was_looked_at() -> None:
    remote = a_remote(a_remote_job("job_9", topic="By hand"), publish_times={"job_9": AHEAD})
    found = replace(known(remote=remote), publish_times={"job_9": AHEAD})
    entry = only(found)
    assert (entry.address, entry.title, entry.mark) == ("job_9", "By hand", EntryState.UNDECLARED)


def test_what_is_said_of_no_entry_is_kept_and_notes_are_not() -> None:
    found = known(a_job(schedule=AHEAD))
    said = [Problem("max_gap", "nothing on youtube", severity=s) for s in (Severity.WARNING, Severity.NOTE)]
    found = replace(found, plan=replace(found.plan, notices=tuple(said)))
    assert entries(found, WINDOW).notices == (said[0],)


def test_a_week_begins_on_a_monday_and_counts_its_credits_by_the_clock_that_is_shown() -> None:
    late = datetime(2026, 11, 29, 23, 30, tzinfo=UTC)  # Sunday in UTC, Monday in Berlin
    found = entries(known(a_job(schedule=late)), WINDOW)
    for zone, number in ((UTC, 0), (ZoneInfo("Europe/Berlin"), 1)):
        rows = weeks(found.entries, Window(date(2026, 11, 23), date(2026, 12, 6), zone))
        assert [len(list(w.entries)) for w in rows] == [1 - number, number]
        assert [w.monday for w in rows] == [date(2026, 11, 23), date(2026, 11, 30)]
        assert [w.credits for w in rows][number] == (0, 1)


@pytest.mark.parametrize(
    ("before", "after", "serial"),
    [
        (None, AHEAD, 3),
        (AHEAD, AHEAD, 3),
        (AHEAD, LATER, 8),
        (AHEAD, None, 8),
    ],
)
def test_the_serial_of_a_time_is_that_of_its_last_change(
    before: datetime | None, after: datetime | None, serial: int
) -> None:
    state: Recorded = a_recorded(serial=2).with_resource("job.best", a_recorded_job(a_job(schedule=before)))
    state = replace(state, serial=7).with_resource("job.best", a_recorded_job(a_job(schedule=after)))
    assert state.jobs["job.best"].time_serial == serial
    again = replace(state, serial=20).with_resource("job.best", replace(state.jobs["job.best"], status="running"))
    assert again.jobs["job.best"].time_serial == serial
    other = again.with_resource("job.best", a_recorded_job(a_job(schedule=after), id="job_2"))
    assert other.jobs["job.best"].time_serial == 21
