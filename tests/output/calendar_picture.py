"""The picture of the page in the documentation: `python -m tests.output.calendar_picture [CHROMIUM]` draws it anew."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import afsync.output.calendar_page as page_module
from tests.output.calendar_sample import NOW, sample_page

PICTURE = Path(__file__).parents[2] / "docs/calendar.png"
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--virtual-time-budget=2000"),
)
SIZE = "1240,800"


def sample_html() -> str:
    """The page of the sample, in a browser whose day is that of the sample."""
    own = page_module._own
    today = f'new Date("{NOW.isoformat()}")'
    with mock.patch.object(page_module, "_own", lambda name: own(name).replace("new Date()", today)):
        return page_module.calendar_page(sample_page())


def draw(chromium: str = "chromium") -> None:
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "calendar.html"
        page.write_text(sample_html(), encoding="utf-8")
        where = (f"--user-data-dir={folder}/profile", f"--screenshot={PICTURE}", f"--window-size={SIZE}")
        subprocess.run([chromium, *QUIET, *where, page.as_uri()], check=True, timeout=120, capture_output=True)


if __name__ == "__main__":
    draw(*sys.argv[1:])
