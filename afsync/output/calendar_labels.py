"""What every form of the calendar shows of an entry: signs, words, times, and days with English names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from afsync.core.calendar import CalendarEntry, Entries, EntryState, Window
from afsync.core.plan.actions import Action
from afsync.core.resources import Job
from afsync.core.text import MONTHS
from afsync.output.status import state
from afsync.output.values import count, escape_control

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Page(Struct, frozen=True):
    """What is shown: the entries of a window, at a moment. `zone` is the name of the window's zone, `name` what the
    calendar is called. `live`: the account was looked at. `pictures`: thumbnails as `data:` URLs, by job id."""

    found: Entries
    window: Window
    zone: str
    now: datetime
    name: str = "afsync"
    lineage: str = ""
    live: bool = False
    pictures: Mapping[str, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.window.zone).date()


class Sign(Struct, frozen=True):
    """A mark as a symbol of one column, the name of its colour, and in words."""

    symbol: str
    colour: str
    word: str


SIGNS: Mapping[EntryState, Sign] = {
    EntryState.DONE: Sign("✓", "green", "done"),
    EntryState.PRODUCED: Sign("●", "cyan", "produced"),
    EntryState.WAITING: Sign("?", "yellow", "waiting for approval"),
    EntryState.ACTIVE: Sign("◐", "cyan", "active"),
    EntryState.FAILED: Sign("✗", "red", "failed"),
    EntryState.CANCELLED: Sign("⊘", "red", "cancelled"),
    EntryState.MISSING: Sign("∅", "red", "missing"),
    EntryState.UNRESOLVED: Sign("◌", "yellow", "unresolved"),
    EntryState.PLANNED: Sign("+", "green", "to be submitted"),
    EntryState.HELD_BACK: Sign("‖", "yellow", "held back"),
    EntryState.UPCOMING: Sign("·", "dim", "upcoming"),
    EntryState.MISSED: Sign("×", "red", "missed"),
    EntryState.PASSED_OVER: Sign("»", "yellow", "passed over"),
    EntryState.NO_ROW: Sign("□", "yellow", "no row in its sheet"),
    EntryState.UNDECLARED: Sign("◇", "yellow", "not declared"),
}
_CHANGES: Mapping[Action, Sign] = {
    Action.RESCHEDULE: Sign("~", "yellow", "moves"),
    Action.REPLACE: Sign("±", "yellow", "will be replaced"),
    Action.DELETE: Sign("-", "red", "will be removed"),
    Action.ADOPT: Sign("<", "cyan", "will be taken over"),
    Action.APPROVE: Sign("!", "green", "will be published"),
}
_SHORT: Mapping[str, str] = {
    "tiktok": "TT",
    "youtube": "YT",
    "instagram": "IG",
    "facebook": "FB",
    "linkedin": "LI",
    "twitter": "X",
    "x": "X",
    "pinterest": "PI",
    "snapchat": "SC",
}


def change_sign(entry: CalendarEntry) -> Sign | None:
    """The sign of what the plan changes about an entry; None where its mark says so already."""
    change = entry.change
    if change is None or entry.mark in (EntryState.PLANNED, EntryState.HELD_BACK):
        return None
    sign = _CHANGES.get(change.action)
    unset = change.action is Action.RESCHEDULE and isinstance(change.after, Job) and change.after.schedule is None
    return Sign("-", "red", "loses its publish time") if unset else sign


def sign(entry: CalendarEntry) -> Sign:
    """The sign of an entry: that of its change, or else that of its mark."""
    return change_sign(entry) or SIGNS[entry.mark]


def state_label(entry: CalendarEntry) -> str:
    """The state of an entry, in the words of `afsync status`."""
    if entry.status is not None and entry.status.id is not None and entry.mark is not EntryState.UNRESOLVED:
        return state(entry.status) or SIGNS[entry.mark].word
    return SIGNS[entry.mark].word


def state_and_change(entry: CalendarEntry) -> str:
    """The state in words, with what the plan does to it."""
    doing = change_sign(entry)
    return f"{state_label(entry)}; {doing.word}" if doing else state_label(entry)


def clock(moment: datetime, zone: tzinfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%H:%M}"


def time_label(entry: CalendarEntry, zone: tzinfo) -> str:
    """`09:00`, `09:00→11:00`, and `Mon 7→09:00` where it comes from another day."""
    now = clock(entry.at, zone)
    if entry.before is None:
        return now
    then, local = entry.before.astimezone(zone), entry.at.astimezone(zone)
    same_day = then.date() == local.date()
    return f"{then:%H:%M}→{now}" if same_day else f"{short_day(then.date())} {then:%H:%M}→{now}"


def own_time(entry: CalendarEntry, zone: str) -> str:
    """Its time by its own clock, where that is another one: `09:00 EST`."""
    if entry.zone is None or entry.zone == zone:
        return ""
    local = entry.at.astimezone(ZoneInfo(entry.zone) if entry.zone else UTC)
    return f"{local:%H:%M %Z}"


def short_day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1][:3]}"


def long_day(day: date) -> str:
    return f"{WEEKDAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]} {day.year}"


def window_title(window: Window) -> str:
    """`December 2026`, or `30 Nov to 27 Dec 2026`."""
    first, last = window.first, window.last
    if first.day == 1 and (last + timedelta(days=1)).day == 1 and first.month == last.month and first.year == last.year:
        return f"{MONTHS[first.month - 1]} {first.year}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{first.day} {MONTHS[first.month - 1][:3]}{year} to {last.day} {MONTHS[last.month - 1][:3]} {last.year}"


def short_platform(name: str) -> str:
    return escape_control(_SHORT.get(name, name[:2].upper()))


def credits_words(taken: int, expected: int) -> str:
    """`2 credits taken, 3 expected`; empty where neither is known."""
    parts = [f"{count(taken, 'credit')} taken"] if taken else []
    if expected:
        parts.append(f"{expected} expected" if parts else f"{count(expected, 'credit')} expected")
    return ", ".join(parts)


def entry_credits(entry: CalendarEntry) -> str:
    """What it took; what it is expected to take, as `≈1`; both where it is submitted again."""
    parts = [str(entry.credits)] if entry.credits is not None else []
    parts += [f"≈{entry.expected}"] if entry.expected else []
    return "+".join(parts)


def signs_used(entries: Iterable[CalendarEntry]) -> list[Sign]:
    """The signs that the entries use, each once, for a legend."""
    order = [*SIGNS.values(), *_CHANGES.values()]
    used = {s for e in entries for s in (SIGNS[e.mark], change_sign(e)) if s is not None}
    return [s for s in order if s in used] + sorted((s for s in used if s not in order), key=lambda s: s.word)
