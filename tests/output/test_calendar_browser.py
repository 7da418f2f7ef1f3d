"""The page in a real browser, where there is one: views, keys, sizes, schemes, paper, and what it may never do.

Runs where `AFSYNC_NODE_MODULES` names a folder in which playwright-core and axe-core are installed, and Chromium is
there (`chromium`, or what `AFSYNC_CHROMIUM` names). CONTRIBUTING.md says how.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from afsync.output.calendar_page import calendar_page
from tests.output.calendar_pages import a_page, an_entry, hostile_entries
from tests.output.calendar_picture import sample_html

MODULES = os.environ.get("AFSYNC_NODE_MODULES", "")
CHROMIUM = os.environ.get("AFSYNC_CHROMIUM") or shutil.which("chromium") or ""
ENTRIES = 2000
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (MODULES and CHROMIUM and shutil.which("node")), reason="no browser to drive"),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("pages")
    many = [
        an_entry(f"k{n}", n % 200, 6 + n % 15, show=f"show-{n % 12}", platforms=("tiktok", "youtube"))
        for n in range(ENTRIES)
    ]
    texts = [sample_html(), calendar_page(a_page(*hostile_entries())), calendar_page(a_page(*many, weeks=30))]
    files = [folder / f"{n}.html" for n in range(3)]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    script = Path(__file__).with_name("calendar_browser.mjs")
    environ = {**os.environ, "AFSYNC_NODE_MODULES": MODULES, "AFSYNC_CHROMIUM": CHROMIUM}
    done = subprocess.run(
        ["node", str(script), *map(str, files)], env=environ, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("what", ["console", "requests", "dialogs", "overflow"])
def test_it_says_asks_and_loads_nothing_and_fits(seen: Any, what: str) -> None:
    assert seen[what] == []


def test_axe_finds_nothing(seen: Any) -> None:
    assert seen["axe"] == []


def test_keys(seen: Any) -> None:
    assert seen["keys"] == {
        "first": ["month", "December 2026"],
        "next": "January 2027",
        "week": ["week", "30 Nov to 6 Dec 2026"],
        "list": "list",
        "focused": "2026-11-30",
        "right": "2026-12-01",
        "opened": True,
        "closed": True,
        "back": True,
        "day": 6,
        "changes": 6,
    }


def test_paper_has_all_videos_and_no_buttons(seen: Any) -> None:
    assert seen["print"] == {"chips": True, "chrome": False}


def test_two_thousand_entries_are_shown_within_a_second(seen: Any, record_property: Any) -> None:
    record_property("figure", f"calendar page, {ENTRIES} entries: seconds of processor {seen['busy']}")
    assert max(seen["busy"].values()) < 1
