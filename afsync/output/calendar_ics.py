"""The calendar as a feed that calendar apps subscribe to: RFC 5545, in UTC.

An event keeps its UID whatever is edited. Its time is the one that the service has; what was not submitted yet is
tentative. What is removed leaves the feed with the apply that removes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

from afsync.core.calendar import CalendarEntry, EntryState
from afsync.core.plan.actions import Action
from afsync.output.calendar_labels import Page, entry_credits, own_time, short_day, state_and_change
from afsync.output.values import harmless

_LONGEST = 75
"""Octets of a line, its end not counted."""
_TENTATIVE = (EntryState.PLANNED, EntryState.HELD_BACK, EntryState.UPCOMING, EntryState.NO_ROW)
_CANCELLED = (EntryState.CANCELLED, EntryState.FAILED, EntryState.MISSING, EntryState.MISSED)


def ics(page: Page) -> str:
    """The feed as text, with CRLF line ends."""
    name = f"{page.name} (videos)"
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//afsync//calendar//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        f"X-WR-TIMEZONE:{_text(page.zone)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for entry in page.found.entries:
        lines += _event(entry, page)
    return "".join(f"{_folded(line)}\r\n" for line in (*lines, "END:VCALENDAR"))


def uid(lineage: str, address: str) -> str:
    """The id of an event: it never changes, and shows nothing of the address that others need not know."""
    return hashlib.sha256(f"{lineage}\n{address}".encode()).hexdigest()[:32] + "@afsync"


def _event(entry: CalendarEntry, page: Page) -> Iterator[str]:
    status = "CANCELLED" if entry.mark in _CANCELLED else "TENTATIVE" if entry.mark in _TENTATIVE else "CONFIRMED"
    yield "BEGIN:VEVENT"
    yield f"UID:{uid(page.lineage, entry.address)}"
    yield f"DTSTAMP:{_utc(page.now)}"
    yield f"DTSTART:{_utc(entry.before or entry.at)}"
    yield f"SEQUENCE:{entry.sequence}"
    yield f"SUMMARY:{_text(entry.title or entry.key)}"
    yield f"DESCRIPTION:{_text(chr(10).join(_described(entry, page)))}"
    yield f"STATUS:{status}"
    yield "TRANSP:TRANSPARENT"
    categories = [c for c in (entry.show or entry.template, *entry.platforms) if c]
    if categories:
        yield f"CATEGORIES:{','.join(map(_text, categories))}"
    if entry.link and entry.link.isascii() and entry.link.startswith(("https://", "http://")):
        yield f"URL:{_uri(entry.link)}"
    yield "END:VEVENT"


def _described(entry: CalendarEntry, page: Page) -> Iterator[str]:
    yield entry.address
    yield state_and_change(entry)
    if entry.before is not None:
        local = entry.at.astimezone(page.window.zone)
        yield f"the plan moves it to {short_day(local.date())} {local:%H:%M %Z}"
    elif entry.change is not None and entry.change.action is Action.DELETE:
        yield "it is no longer declared"
    if clock := own_time(entry, page.zone):
        yield f"{clock} ({entry.zone})"
    if entry.platforms:
        yield f"on {', '.join(entry.platforms)}"
    if entry.template:
        yield f"template {entry.template}"
    if credits := entry_credits(entry):
        yield f"credits: {credits}"
    yield from (f"{p.severity.value}: {p.message}" for p in entry.notices)


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """A TEXT value; what moves a cursor or hides is left out."""
    shown = "".join(c for c in text if c == "\n" or harmless(c))
    return shown.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _uri(link: str) -> str:
    return "".join(c for c in link if c.isprintable() and c != " ")


def _folded(line: str) -> str:
    """The line in pieces of at most 75 octets, cut between characters."""
    if len(line.encode()) <= _LONGEST:
        return line
    pieces, piece, room = [], "", _LONGEST
    for char in line:
        size = len(char.encode())
        if size > room:
            pieces.append(piece)
            piece, room = "", _LONGEST - 1
        piece += char
        room -= size
    return "\r\n ".join([*pieces, piece])
