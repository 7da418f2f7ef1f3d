"""The page: nothing in it leaves its place, nothing is loaded, everything leads somewhere; fast checks without a
browser (`test_browser.py` has those with one)."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import afsync.output.calendar_page as page_module
from afsync.core.calendar import EntryState
from afsync.output.calendar_page import calendar_page
from afsync.output.html import raw_text, tag
from afsync.output.values import harmless
from tests.harness import Sandbox
from tests.output.calendar_pages import HOSTILE, a_move, a_page, an_entry, hostile_entries
from tests.output.calendar_sample import sample_page
from tests.test_costs import calls

OWN = Path(page_module.__file__).parent / "page"
VOID = {"meta", "br", "input"}
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "script",
        "header",
        "aside",
        "main",
        "section",
        "div",
        "dialog",
    ),
    *(
        "details",
        "summary",
        "fieldset",
        "legend",
        "label",
        "input",
        "button",
        "a",
        "time",
        "abbr",
        "kbd",
        "span",
        "strong",
    ),
    *("h1", "h2", "h3", "h4", "p", "br", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
}


class Document(HTMLParser):
    """What a browser makes of the page: its elements, their attributes and texts. Insists that they are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((name, dict(attributes)))
        if name not in VOID:
            self._open.append(name)
            self.texts.append((name, ""))

    def handle_endtag(self, name: str) -> None:
        assert self._open.pop() == name

    def handle_data(self, data: str) -> None:
        if self._open:
            last, text = self.texts[-1]
            self.texts[-1] = (last, text + data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def attributes(self, name: str) -> list[str]:
        return [str(a[name]) for _, a in self.elements if name in a]


@pytest.fixture(scope="module", params=["hostile", "sample", "empty"])
def document(request: pytest.FixtureRequest) -> Document:
    pages = {"hostile": a_page(*hostile_entries()), "sample": sample_page(), "empty": a_page()}
    return Document(calendar_page(pages[request.param]))


def test_there_is_nothing_but_known_elements_without_handlers_or_styles(document: Document) -> None:
    assert {name for name, _ in document.elements} <= TAGS
    names = {attribute for _, attributes in document.elements for attribute in attributes}
    loading = ("style", "src", "srcset", "srcdoc", "action", "formaction")
    assert not [n for n in names if n.startswith("on") or n in loading]
    assert document.comments == []


def test_links_stay_in_the_page_or_lead_to_websites(document: Document) -> None:
    links = document.attributes("href")
    assert all(link == "#" or re.match(r"#[\w-]+$|https?://", link) for link in links)
    ids = document.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link[:1] == "#"} <= {*ids}
    outside = [a for name, a in document.elements if name == "a" and str(a.get("href", "")).startswith("http")]
    assert all(a["rel"] == "noopener noreferrer" for a in outside)


def test_the_browser_lets_nothing_through_but_the_one_style_and_the_one_script(document: Document) -> None:
    (policy,) = (a["content"] for name, a in document.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy and "http" not in policy
    for name, file in (("style", "calendar.css"), ("script", "calendar.js")):
        (text,) = (text for element, text in document.texts if element == name)
        assert text == (OWN / file).read_text(encoding="utf-8")
        hash_ = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{hash_}'" in policy


def test_style_and_script_load_nothing_and_make_no_markup() -> None:
    style, script = ((OWN / name).read_text(encoding="utf-8") for name in ("calendar.css", "calendar.js"))
    for word in ("url(", "@import", "@font-face", "http:", "https:"):
        assert word not in style
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "fetch", "http"):
        assert word not in script


def test_every_text_is_shown_as_it_is() -> None:
    document = Document(calendar_page(a_page(*hostile_entries())))
    shown = [text for name, text in document.texts if name == "h4"]
    for text in HOSTILE:
        assert "".join(c for c in text if harmless(c)) in shown
    assert not [text for name, text in document.texts if name in ("title", "style") and "alert" in text]


@given(st.text())
def test_any_text_stays_a_text(text: str) -> None:
    made = Document(tag("p", text, title=text))
    kept = "".join(c for c in text if harmless(c))
    assert [(n, {**a}) for n, a in made.elements] == [("p", {"title": kept})]
    assert made.texts == [("p", kept)]


def test_scripts_and_styles_are_never_made_of_texts() -> None:
    for name in ("script", "style"):
        with pytest.raises(AssertionError):
            tag(name, "x")
        with pytest.raises(AssertionError):
            raw_text(name, f"x</{name.upper()}>")


def test_a_full_day_says_how_many_more_there_are() -> None:
    text = calendar_page(a_page(*(an_entry(f"k{n}", 4, 8 + n) for n in range(6)), an_entry("one", 7)))
    assert text.count(">+3 more<") == 1
    assert text.count('class="chip h0 open extra"') == 3


def test_a_move_to_another_day_leaves_a_trace_where_it_was() -> None:
    moved = a_move(day=4, hour=11)
    for before, traces in ((moved.before, 0), (moved.at.replace(day=18), 1)):
        text = calendar_page(
            a_page(an_entry("moved", 4, 11, before=before, change=moved.change, mark=EntryState.ACTIVE))
        )
        chips = re.findall(r'<li class="chip [^"]*"', text)
        assert sum("ghost" in chip for chip in chips) == traces
        assert ("09:00→11:00" in text) != bool(traces)


def test_today_and_the_days_beyond_are_marked_by_the_clock_that_is_shown() -> None:
    text = calendar_page(a_page(an_entry()))
    assert re.search(r'<td class="day today" data-day="2026-11-20">', text)
    assert '<td class="day beyond" data-day="2026-11-09">' in text
    assert 'data-zone="Europe/Berlin"' in text


def test_two_thousand_entries_are_written_in_proportion() -> None:
    def some(number: int) -> int:
        found = [an_entry(f"k{n}", n % 100, 6 + n % 12, show=f"show-{n % 9}") for n in range(number)]
        return calls(lambda: calendar_page(a_page(*found, weeks=15)))[1]

    assert (some(600) - some(200)) / 400 < 900


def test_the_command_writes_the_page(sandbox: Sandbox) -> None:
    path = sandbox.root / "public/calendar.html"
    done = sandbox.does("calendar", "--month", "2031-12", "--html", str(path))
    assert (done.out, done.err) == ("", f"Wrote {path}.\n")
    document = Document(path.read_text(encoding="utf-8"))
    assert ("h4", "Best plays") in document.texts
    assert sandbox.does("calendar", "--month", "2031-12", "--html", "-").out.startswith("<!doctype html>\n<html")
