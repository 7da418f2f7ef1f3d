"""The calendar as one page for browsers: everything is in it, nothing is loaded, and no text can leave its place."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from afsync.output.budget import budget_text
from afsync.output.calendar_labels import Page, credits_words, long_day, signs_used, window_title
from afsync.output.calendar_page_entries import HUES, Facets
from afsync.output.calendar_page_views import by_day, months, the_list, week_views
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
