"""The pieces of the calendar page: an entry as a chip in a day, and as a row with all its details."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from msgspec import Struct

from afsync.core.calendar import CalendarEntry, EntryState
from afsync.output.calendar_labels import (
    Page,
    change_sign,
    clock,
    long_day,
    own_time,
    short_day,
    sign,
    state_label,
    time_label,
)
from afsync.output.html import Element, tag
from afsync.output.values import count

HUES = 10
_OPEN = (EntryState.UPCOMING, EntryState.PLANNED, EntryState.HELD_BACK, EntryState.NO_ROW, EntryState.UNDECLARED)
_BAD = (EntryState.FAILED, EntryState.CANCELLED, EntryState.MISSING, EntryState.MISSED)
_ASKS = (
    EntryState.WAITING,
    EntryState.HELD_BACK,
    EntryState.UNRESOLVED,
    EntryState.NO_ROW,
    EntryState.UNDECLARED,
    EntryState.PASSED_OVER,
)


class Facets(Struct, frozen=True):
    """What entries are chosen by: the names of shows, templates and platforms, each known by its place in the list."""

    shows: tuple[str, ...]
    templates: tuple[str, ...]
    platforms: tuple[str, ...]

    @classmethod
    def of(cls, page: Page) -> Facets:
        found = page.found.entries
        return cls(
            tuple(sorted({group(e) for e in found}, key=lambda name: (not name, name))),
            tuple(sorted({e.template or "" for e in found})),
            tuple(sorted({p for e in found for p in e.platforms})),
        )

    def numbers(self, entry: CalendarEntry) -> dict[str, str]:
        return {
            "data_s": str(self.shows.index(group(entry))),
            "data_t": str(self.templates.index(entry.template or "")),
            "data_p": " ".join(str(self.platforms.index(p)) for p in entry.platforms),
        }

    def hue(self, entry: CalendarEntry) -> str:
        return f"h{self.shows.index(group(entry)) % HUES}"


class Placed(Struct, frozen=True):
    """An entry at one of its times: `ghost` where it is the one that it moves away from. `number` is its row's."""

    entry: CalendarEntry
    number: int
    at: datetime
    ghost: bool = False


def group(entry: CalendarEntry) -> str:
    """The name of the entry's series; empty for a single job."""
    return entry.show or ""


def placed(page: Page) -> Iterator[Placed]:
    """The entries at their times; those that move to another day also at the old one."""
    zone = page.window.zone
    for number, entry in enumerate(page.found.entries):
        if entry.before is not None and entry.before.astimezone(zone).date() != entry.at.astimezone(zone).date():
            yield Placed(entry, number, entry.before, ghost=True)
        yield Placed(entry, number, entry.at)


def name_of(entry: CalendarEntry) -> str:
    return entry.title or entry.key


def look(entry: CalendarEntry) -> str:
    """The CSS classes for the state of an entry and for what the plan does to it."""
    kinds = [("open", entry.mark in _OPEN), ("bad", entry.mark in _BAD), ("asks", entry.mark in _ASKS)]
    kinds += [("done", entry.mark is EntryState.DONE), ("changed", _changed(entry))]
    kinds += [("fresh", entry.mark is EntryState.PLANNED), ("gone", sign(entry).symbol == "-")]
    return " ".join(name for name, holds in kinds if holds)


def _changed(entry: CalendarEntry) -> bool:
    return change_sign(entry) is not None or entry.mark in (EntryState.PLANNED, EntryState.HELD_BACK)


def chip(one: Placed, page: Page, facets: Facets, *, extra: bool = False) -> Element:
    """One line of a day: a link to its row."""
    entry, zone = one.entry, page.window.zone
    time = clock(one.at, zone) if one.ghost or _days_apart(one, page) else time_label(entry, zone)
    classes = f"chip {facets.hue(entry)} {look(entry)}" + " ghost" * one.ghost + " extra" * extra
    mark = "→" if one.ghost else sign(entry).symbol
    return tag(
        "li",
        tag(
            "a",
            tag("span", mark, class_="mark", aria_hidden="true"),
            tag("span", time, class_="time"),
            " ",
            tag("span", name_of(entry), class_="name"),
            tag("span", f", {_told(one, page)}", class_="only-heard"),
            href=f"#e{one.number}",
            title=f"{time} {name_of(entry)}: {_told(one, page)}",
        ),
        class_=classes.strip(),
        **facets.numbers(entry),
    )


def _days_apart(one: Placed, page: Page) -> bool:
    before, zone = one.entry.before, page.window.zone
    return before is not None and before.astimezone(zone).date() != one.entry.at.astimezone(zone).date()


def _told(one: Placed, page: Page) -> str:
    if one.ghost:
        return f"moves to {_moment(one.entry.at, page)}"
    doing = change_sign(one.entry)
    return ", ".join(
        filter(None, (state_label(one.entry), doing.word if doing else "", ", ".join(one.entry.platforms)))
    )


def _moment(moment: datetime, page: Page) -> str:
    local = moment.astimezone(page.window.zone)
    return f"{short_day(local.date())}, {local:%H:%M}"


def card(one: Placed, page: Page, facets: Facets) -> Element:
    """An entry in a week: with room for a title of two lines, platforms and the state."""
    entry, zone = one.entry, page.window.zone
    time = clock(one.at, zone) if one.ghost or _days_apart(one, page) else time_label(entry, zone)
    return tag(
        "li",
        tag(
            "a",
            tag("span", time, class_="time"),
            " ",
            tag("span", name_of(entry), class_="name"),
            " ",
            tag("span", " · ".join(entry.platforms), class_="where") if entry.platforms else None,
            " ",
            tag("span", _state(entry) if not one.ghost else _told(one, page), class_="state"),
            href=f"#e{one.number}",
        ),
        class_=f"card {facets.hue(entry)} {look(entry)}{' ghost' * one.ghost}".strip(),
        **facets.numbers(entry),
    )


def _state(entry: CalendarEntry) -> Element:
    doing = change_sign(entry)
    mark = sign(entry).symbol
    told = f" {state_label(entry)}" + (f", {doing.word}" if doing else "")
    return Element(tag("span", mark, class_="mark", aria_hidden="true") + tag("span", told))


def row(number: int, page: Page, facets: Facets) -> Element:
    """The list item with all details of an entry."""
    entry, zone = page.found.entries[number], page.window.zone
    local = entry.at.astimezone(zone)
    return tag(
        "li",
        tag("time", clock(entry.at, zone), class_="time", datetime=local.isoformat(timespec="minutes")),
        tag(
            "div",
            tag("h4", name_of(entry)),
            _picture(entry, page),
            tag("p", *_facts(entry, page), class_="facts"),
            *(_notice(p.message, p.hint, p.severity.value) for p in entry.notices),
            class_="what",
        ),
        tag("p", _state(entry), class_="state"),
        tag("p", _credits(entry), class_="cost"),
        id=f"e{number}",
        class_=f"row {facets.hue(entry)} {look(entry)}".strip(),
        data_day=long_day(local.date()),
        **facets.numbers(entry),
    )


def _picture(entry: CalendarEntry, page: Page) -> Element | None:
    data = page.pictures.get(entry.status.id or "") if entry.status else None
    return tag("img", src=data, alt="", class_="thumb", loading="lazy") if data else None


def _notice(message: str, hint: str | None, severity: str) -> Element:
    return tag("p", f"{severity.capitalize()}: {message}", f". {hint}" if hint else None, class_="notice")


def _facts(entry: CalendarEntry, page: Page) -> Iterator[Element]:
    yield tag("span", entry.address, class_="address")
    if entry.before is not None:
        yield tag("span", f"now {_moment(entry.before, page)}", class_="was")
    if own := own_time(entry, page.zone):
        yield tag("span", f"{own} ({entry.zone})")
    if entry.platforms:
        yield tag("span", " · ".join(entry.platforms))
    if entry.template:
        yield tag("span", f"template {entry.template}")
    if entry.link and entry.link.startswith(("https://", "http://")):
        yield tag("a", "video", href=entry.link, rel="noopener noreferrer", target="_blank")


def _credits(entry: CalendarEntry) -> str:
    parts = [count(entry.credits, "credit")] if entry.credits is not None else []
    if entry.expected:
        parts.append(f"≈ {count(entry.expected, 'credit')}")
    return " + ".join(parts)


def day_id(day: date) -> str:
    return f"d{day.isoformat()}"
