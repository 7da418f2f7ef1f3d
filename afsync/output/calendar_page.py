"""The calendar as one page for browsers: everything is in it, nothing is loaded, and no text can leave its place.

It has three views: months, weeks and the list. A browser shows one; a printer and a reader that runs no script get all.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

from afsync.core.calendar import Week, weeks
from afsync.core.text import MONTHS
from afsync.output.budget import budget_text
from afsync.output.calendar_labels import (
    WEEKDAYS,
    Page,
    credits_words,
    long_day,
    short_day,
    signs_used,
    window_title,
)
from afsync.output.calendar_page_entries import HUES, Facets, Placed, card, chip, day_id, placed, row
from afsync.output.html import Element, raw_text, tag
from afsync.output.values import count

_KEYS = (
    ("t", "today"),
    ("j or →", "next"),
    ("k or ←", "previous"),
    ("m, w, l", "month, week, list"),
    ("↑ ↓", "from video to video"),
    ("Enter", "open"),
    ("Esc", "close"),
)


def calendar_page(page: Page) -> str:
    """The document. Style and script are named by their hashes; nothing else is let through by the browser."""
    style, script = _own("calendar.css"), _own("calendar.js")
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{page.name}: videos, {window_title(page.window)}"),
        raw_text("style", style),
    )
    return f"<!doctype html>\n{tag('html', head, _body(page, script), lang='en')}\n"


def _own(name: str) -> str:
    return (Path(__file__).parent / "page" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _body(page: Page, script: str) -> Element:
    facets, days = Facets.of(page), by_day(page)
    views = [*months(page, facets, days), *week_views(page, facets, days), the_list(page, facets)]
    return tag(
        "body",
        tag("a", "To the calendar", href="#main", class_="skip"),
        _bar(page),
        tag("div", _side(page, facets), tag("main", *views, id="main", tabindex="0"), class_="layout"),
        tag("dialog", _close(), tag("div", class_="card-body"), id="card", aria_label="Details"),
        raw_text("script", script),
        data_zone=page.zone,
        data_today=page.today.isoformat(),
    )


def _close() -> Element:
    return tag("button", "×", type="button", class_="round close", aria_label="Close")


def _bar(page: Page) -> Element:
    views = [
        tag("button", name, type="button", data_show=view, aria_pressed="false")
        for view, name in (("month", "Month"), ("week", "Week"), ("list", "List"))
    ]
    return tag(
        "header",
        tag("h1", tag("span", "", class_="logo", aria_hidden="true"), page.name, class_="brand"),
        tag(
            "div",
            tag("button", "Today", type="button", class_="button", data_go="today"),
            tag("button", "‹", type="button", class_="round", data_go="previous", aria_label="Previous"),
            tag("button", "›", type="button", class_="round", data_go="next", aria_label="Next"),
            class_="moves only-live",
        ),
        tag("h2", window_title(page.window), id="range", aria_live="polite"),
        tag("p", page.zone, class_="zone", title="All times are of this zone"),
        tag("div", *views, class_="switch only-live", role="group", aria_label="View"),
        class_="bar",
    )


def _side(page: Page, facets: Facets) -> Element:
    inside = tag(
        "details",
        tag("summary", "Filter and legend"),
        tag(
            "div",
            *_totals(page),
            *_boxes("Shows", "s", [name or "Single jobs" for name in facets.shows], hues=True),
            *_boxes("Platforms", "p", facets.platforms),
            *_boxes("Templates", "t", [name or "No template" for name in facets.templates]),
            _changes_only(),
            *_legend(page),
            *_said(page),
            _keys(),
            _as_of(page),
            class_="side-body",
        ),
        class_="side",
        open=True,
    )
    return tag("aside", inside, aria_label="Filter and legend")


def _totals(page: Page) -> Iterator[Element]:
    found = page.found.entries
    words = credits_words(sum(e.credits or 0 for e in found), sum(e.expected or 0 for e in found))
    yield tag("p", tag("strong", count(len(found), "video")), tag("br"), words, class_="totals")
    if page.found.budget is not None:
        yield tag("p", f"Budget: {budget_text(page.found.budget)}.", class_="budget")


def _boxes(title: str, facet: str, names: Iterable[str], *, hues: bool = False) -> Iterator[Element]:
    listed = list(names)
    if len(listed) < 2:
        return
    boxes = [
        tag(
            "label",
            tag("input", type="checkbox", checked=True, data_facet=facet, value=str(n), class_="box"),
            tag("span", name),
            class_=f"choice h{n % HUES}" if hues else "choice",
        )
        for n, name in enumerate(listed)
    ]
    yield tag("fieldset", tag("legend", title), *boxes, class_="only-live")


def _changes_only() -> Element:
    box = tag("input", type="checkbox", id="changes", class_="box")
    return tag("fieldset", tag("legend", "Plan"), tag("label", box, tag("span", "Only what changes"), class_="choice"))


def _legend(page: Page) -> Iterator[Element]:
    used = signs_used(page.found.entries)
    if not used:
        return
    rows = [tag("li", tag("span", s.symbol, class_="mark", aria_hidden="true"), tag("span", s.word)) for s in used]
    yield tag("h3", "Signs")
    yield tag("ul", *rows, class_="legend")


def _said(page: Page) -> Iterator[Element]:
    found = page.found
    if found.notices:
        said = [tag("li", p.message, f". {p.hint}" if p.hint else None) for p in found.notices]
        yield tag("h3", "Worth knowing")
        yield tag("ul", *said, class_="said")
    if found.without_time:
        yield tag("h3", "Without a publish time")
        yield tag("ul", *(tag("li", address) for address in found.without_time), class_="said")


def _keys() -> Element:
    rows = [tag("li", tag("kbd", key), " ", tag("span", does)) for key, does in _KEYS]
    return tag("div", tag("h3", "Keys"), tag("ul", *rows, class_="keys"), class_="only-live keys-part")


def _as_of(page: Page) -> Element:
    local = page.now.astimezone(page.window.zone)
    source = "with a look at the account" if page.live else "from the state; the account was not looked at"
    return tag("p", f"As of {long_day(local.date())}, {local:%H:%M}, {source}.", class_="as-of")


SHOWN = 3
"""Chips of a day before `+2 more`."""

Days = Mapping[date, Sequence[Placed]]


def by_day(page: Page) -> Days:
    found: dict[date, list[Placed]] = defaultdict(list)
    for one in placed(page):
        found[one.at.astimezone(page.window.zone).date()].append(one)
    return {day: sorted(ones, key=lambda one: (one.at, one.number)) for day, ones in found.items()}


def months(page: Page, facets: Facets, days: Days) -> Iterator[Element]:
    """A table for each month of the window."""
    costs = {w.monday: w for w in weeks(page.found.entries, page.window)}
    first = page.window.first.replace(day=1)
    while first <= page.window.last:
        yield _month(first, page, facets, days, costs)
        first = (first + timedelta(days=31)).replace(day=1)


def _month(first: date, page: Page, facets: Facets, days: Days, costs: Mapping[date, Week]) -> Element:
    name = f"{MONTHS[first.month - 1]} {first.year}"
    heads = [tag("th", tag("span", "Week", class_="only-heard"), scope="col", class_="wk")]
    heads += [tag("th", tag("abbr", day, title=_LONG[day]), scope="col") for day in WEEKDAYS]
    monday = first - timedelta(days=first.weekday())
    rows = []
    while monday < (first + timedelta(days=31)).replace(day=1):
        cells = [_day(monday + timedelta(days=n), first, page, facets, days) for n in range(7)]
        rows.append(tag("tr", _week_head(monday, costs), *cells))
        monday += timedelta(days=7)
    return tag(
        "section",
        tag("h3", name, class_="title"),
        tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows), aria_label=name),
        class_="view month",
        data_view="month",
        data_at=first.isoformat(),
        data_name=name,
    )


_LONG = dict(zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))


def _week_head(monday: date, costs: Mapping[date, Week]) -> Element:
    cost = costs[monday].credits if monday in costs else (0, 0)
    total, words = sum(cost), credits_words(*cost)
    number = f"W{monday.isocalendar().week}"
    spent = tag("span", f"{total} cr", class_="cr", title=words, aria_label=words, role="img") if words else None
    return tag("th", tag("span", number, class_="nr"), spent, scope="row", class_="wk")


def _day(day: date, month: date, page: Page, facets: Facets, days: Days) -> Element:
    ones = days.get(day, ())
    inside = page.window.first <= day <= page.window.last
    classes = ["day", "other" * (day.month != month.month), "beyond" * (not inside), "today" * (day == page.today)]
    label = short_day(day)[4:] if day.day == 1 else str(day.day)
    number = tag("time", label, datetime=day.isoformat())
    chips = [chip(one, page, facets, extra=n >= SHOWN) for n, one in enumerate(ones)]
    more = len(ones) - SHOWN
    said = f"{short_day(day)}: {len(ones)} videos"
    return tag(
        "td",
        tag("a", number, href=f"#{day_id(day)}", class_="num", aria_label=said)
        if ones
        else tag("span", number, class_="num"),
        tag("ul", *chips) if chips else None,
        tag("a", f"+{more} more", href=f"#{day_id(day)}", class_="more", hidden=more <= 0) if ones else None,
        class_=" ".join(filter(None, classes)),
        data_day=day.isoformat(),
    )


def week_views(page: Page, facets: Facets, days: Days) -> Iterator[Element]:
    """Seven columns for each week of the window."""
    for week in weeks(page.found.entries, page.window):
        sunday = week.monday + timedelta(days=6)
        name = f"{short_day(week.monday)[4:]} to {short_day(sunday)[4:]} {sunday.year}"
        cost = credits_words(*week.credits)
        columns = [_column(week.monday + timedelta(days=n), page, facets, days) for n in range(7)]
        yield tag(
            "section",
            tag("h3", f"Week {week.monday.isocalendar().week}, {name}", class_="title"),
            tag("p", cost, class_="week-cost") if cost else None,
            tag("div", *columns, class_="columns"),
            class_="view week",
            data_view="week",
            data_at=week.monday.isoformat(),
            data_name=name,
        )


def _column(day: date, page: Page, facets: Facets, days: Days) -> Element:
    cards = [card(one, page, facets) for one in days.get(day, ())]
    classes = "column" + " today" * (day == page.today)
    head = tag(
        "h4",
        tag("span", _LONG[WEEKDAYS[day.weekday()]][:3], class_="dow"),
        " ",
        tag("span", str(day.day), class_="num"),
    )
    return tag("div", head, tag("ul", *cards) if cards else None, class_=classes, data_day=day.isoformat())


def the_list(page: Page, facets: Facets) -> Element:
    """Every entry by day, with all its details."""
    found: dict[date, list[int]] = defaultdict(list)
    for number, entry in enumerate(page.found.entries):
        found[entry.at.astimezone(page.window.zone).date()].append(number)
    days = [_group(day, numbers, page, facets) for day, numbers in sorted(found.items())]
    empty = tag("p", "Nothing is published here.", class_="empty", hidden=bool(days))
    return tag("section", *days, empty, class_="view list", data_view="list", aria_label="List")


def _group(day: date, numbers: Sequence[int], page: Page, facets: Facets) -> Element:
    return tag(
        "section",
        tag(
            "h3",
            tag("span", str(day.day), class_="num"),
            tag("span", f"{WEEKDAYS[day.weekday()]}, {MONTHS[day.month - 1][:3]} {day.year}", class_="dow"),
            class_="date",
            aria_label=long_day(day),
        ),
        tag("ol", *(row(number, page, facets) for number in numbers)),
        id=day_id(day),
        class_="group" + " today" * (day == page.today),
        data_day=day.isoformat(),
    )
