"""A month of an ordinary studio, for pictures and for looking at the page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from afsync.core.calendar import CalendarEntry, Entries, EntryState, Window
from afsync.core.job_status import JobPhase, JobStatus
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.errors import Problem, Severity
from afsync.output.calendar_labels import Page
from tests.builders import LINEAGE
from tests.output.calendar_pages import BERLIN

NOW = datetime(2026, 12, 9, 10, 20, tzinfo=BERLIN)
_SHOWS = (
    ("monday-recap", (0,), 9, "Recap of week {w}", ("tiktok", "youtube"), "weekly"),
    ("patch-notes", (1, 3), 17, "Patch notes, explained", ("youtube",), "explainer"),
    ("match-night", (2, 5), 20, "Match night: best plays", ("tiktok", "instagram", "youtube"), "short"),
    ("creator-talk", (4,), 15, "Creator talk, episode {w}", ("youtube",), "long"),
    ("weekend-clips", (5, 6), 11, "Weekend clips", ("tiktok", "instagram"), "short"),
)
_GROUPS = {EntryState.DONE: ("published", JobPhase.DONE), EntryState.ACTIVE: ("scheduled", JobPhase.ACTIVE)}


def sample_page() -> Page:
    first = date(2026, 11, 30)
    window = Window(first, first + timedelta(days=6 * 7 - 1), BERLIN)
    found = sorted((*_shows(window), *_specials()), key=lambda e: (e.at, e.address))
    notice = Problem(
        "policy_gap", "nothing on instagram from 27 Dec to 5 Jan, which is more than 7d", None, Severity.WARNING
    )
    entries = Entries(tuple(found), ("job.channel-trailer",), (notice,))
    return Page(entries, window, "Europe/Berlin", NOW, "studio", LINEAGE, live=True)


def _shows(window: Window) -> Iterator[CalendarEntry]:
    day = window.first
    while day <= window.last:
        for key, days, hour, title, platforms, template in _SHOWS:
            if day.weekday() in days and (day.month, day.day) not in ((12, 24), (12, 25), (12, 26)):
                at = datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN)
                entry = CalendarEntry(
                    f'job.{key}["{day}"]',
                    at,
                    EntryState.UPCOMING,
                    title=title.format(w=day.isocalendar().week),
                    show=key,
                    template=template,
                    platforms=platforms,
                    expected=2 if template == "long" else 1,
                )
                yield _so_far(entry)
        day += timedelta(days=1)


def _so_far(entry: CalendarEntry) -> CalendarEntry:
    if entry.at > NOW + timedelta(days=14):
        return entry
    if entry.at > NOW + timedelta(days=13):
        return replace(entry, mark=EntryState.PLANNED, change=Change(entry.address, Action.CREATE, Reason.HORIZON))
    mark = EntryState.DONE if entry.at < NOW else EntryState.ACTIVE
    word, phase = _GROUPS[mark]
    status = JobStatus(entry.address, phase, id="job_1", status=word)
    known = replace(entry, mark=mark, status=status, credits=entry.expected, expected=None)
    moves = Change(entry.address, Action.RESCHEDULE, Reason.SCHEDULE_CHANGED)
    if entry.at.date() == date(2026, 12, 15):
        return replace(known, at=entry.at + timedelta(hours=2), before=entry.at, change=moves)
    if entry.at.date() == date(2026, 12, 19) and entry.show == "match-night":
        return replace(known, at=entry.at - timedelta(days=1), before=entry.at, change=moves)
    return known


def _specials() -> Iterator[CalendarEntry]:
    done, active = JobPhase.WAITING_FOR_APPROVAL, JobPhase.ACTIVE
    yield _special("world-final", _at(12, 18), "World final: the last map", EntryState.WAITING, "complete", done)
    yield _special("trailer", _at(4, 12), "Season trailer", EntryState.FAILED, "failed", JobPhase.FAILED)
    derby = _special("derby", _at(12, 21), "Derby, minute by minute", EntryState.ACTIVE, "scheduled", active)
    yield replace(derby, change=Change("job.derby", Action.DELETE, Reason.REMOVED))
    for number, hour in enumerate((10, 13), 1):
        yield _special(f"teaser-{number}", _at(12, hour), f"Teaser {number}", EntryState.ACTIVE, "queued", active)
    notice = Problem("policy_spacing", "less than 2h after job.creator-talk on youtube", "move one", Severity.WARNING)
    awards = _special(
        "awards", _at(18, 16), "The awards show, live from Berlin", EntryState.HELD_BACK, "", JobPhase.UNKNOWN
    )
    change = Change("job.awards", Action.CREATE, Reason.POLICY)
    yield replace(
        awards, status=None, credits=None, expected=2, notices=(notice,), zone="America/New_York", change=change
    )


def _at(day: int, hour: int) -> datetime:
    return datetime(2026, 12, day, hour, tzinfo=BERLIN)


def _special(key: str, at: datetime, title: str, mark: EntryState, word: str, phase: JobPhase) -> CalendarEntry:
    status = JobStatus(f"job.{key}", phase, id="job_2", status=word)
    return CalendarEntry(
        f"job.{key}", at, mark, title=title, template="long", status=status, platforms=("youtube",), credits=2
    )
