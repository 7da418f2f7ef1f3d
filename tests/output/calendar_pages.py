"""Calendars made of values, for what shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from afsync.core.calendar import CalendarEntry, Entries, EntryState, Window
from afsync.core.job_status import JobPhase, JobStatus
from afsync.core.plan.actions import Action, Reason
from afsync.core.plan.changes import Change
from afsync.errors import Problem, Severity
from afsync.output.calendar_labels import Page
from tests.builders import LINEAGE, NOW

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = date(2026, 11, 16)
"""Of the week of NOW, which is a Friday."""

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!--",
    "-->",
    "]]>",
    "&lt;b&gt;&amp;",
    "<a href=javascript:alert(1)>x</a>",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "```\n# heading\n```",
    "| a | b |",
    "@everyone #1 ![x](https://tracker.example/x.png)",
    '=HYPERLINK("https://evil.example")',
    "+1+1",
    "@SUM(1)",
    "a;b,c\\d\\n\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:other",
    "\u202eevil\u202c \x1b[31mred\x07 \x00",
    "é" * 60,
    "日本語" * 40,
    "👩‍👩‍👧 family",
    "x" * 500,
)
LINKS = ("javascript:alert(1)", "data:text/html,<script>alert(1)</script>", 'https://a.b/"><script>', "vbscript:x")


def at(days: int, hour: int = 9, minute: int = 0) -> datetime:
    """By the clock of Berlin, counted from MONDAY."""
    return datetime(2026, 11, 16, hour, minute, tzinfo=BERLIN) + timedelta(days=days)


def an_entry(key: str = "show", day: int = 4, hour: int = 9, **more: Any) -> CalendarEntry:
    given = {"mark": EntryState.UPCOMING, "platforms": ("tiktok",), "title": f"Recap of {key}", **more}
    return CalendarEntry(f"job.{key}", given.pop("at", at(day, hour)), **given)


def a_move(key: str = "moved", day: int = 4, hour: int = 11, **more: Any) -> CalendarEntry:
    """One that is submitted, and that the plan moves by two hours."""
    change = Change(f"job.{key}", Action.RESCHEDULE, Reason.SCHEDULE_CHANGED)
    before = at(day, hour) - timedelta(hours=2)
    return an_entry(
        key, day, hour, mark=EntryState.ACTIVE, before=before, change=change, credits=1, status=a_status(key), **more
    )


def a_status(key: str, status: str = "queued") -> JobStatus:
    return JobStatus(f"job.{key}", JobPhase.ACTIVE, id=f"id-{key}", status=status)


def a_page(*found: CalendarEntry, weeks: int = 4, **more: Any) -> Page:
    window = Window(MONDAY, MONDAY + timedelta(days=7 * weeks - 1), BERLIN)
    entries = Entries(tuple(sorted(found, key=lambda e: (e.at, e.address))), more.pop("without_time", ()))
    return Page(entries, window, "Europe/Berlin", NOW, "studio", LINEAGE, **more)


def hostile_entries() -> Iterator[CalendarEntry]:
    for number, text in enumerate(HOSTILE):
        notice = Problem("spacing", f"too close: {text}", text, Severity.WARNING, f"job.k{number}")
        yield CalendarEntry(
            f'job.k{number}["{text}"]',
            at(number % 20),
            EntryState.UNDECLARED,
            title=text,
            show=text,
            template=text,
            platforms=(text,),
            link=LINKS[number % len(LINKS)],
            notices=(notice,),
        )
