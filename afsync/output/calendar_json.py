"""The calendar for programs and spreadsheets: JSON (schemas/calendar.schema.json) and CSV."""

from __future__ import annotations

import csv
import io
from typing import Any

from afsync.core.calendar import CalendarEntry, weeks
from afsync.output.budget import budget_json
from afsync.output.calendar_labels import Page, state_and_change
from afsync.output.json_text import json_text
from afsync.output.problems import problem_json
from afsync.output.values import iso, iso_or_none, spreadsheet_cell

FORMAT_VERSION = "1.0"
_COLUMNS = (
    *("date", "time", "zone", "instant", "address", "topic", "platforms", "template", "state", "change", "moves_from"),
    *("credits", "expected_credits", "link"),
)


def calendar_json(page: Page) -> str:
    """The document as text, ending in a newline."""
    window, found = page.window, page.found
    return json_text(
        {
            "format_version": FORMAT_VERSION,
            "as_of": iso(page.now),
            "live": page.live,
            "zone": page.zone,
            "from": window.first.isoformat(),
            "to": window.last.isoformat(),
            "entries": [_entry(e, page) for e in found.entries],
            "weeks": [
                {"monday": w.monday.isoformat(), "credits": w.credits[0], "expected_credits": w.credits[1]}
                for w in weeks(found.entries, window)
            ],
            "without_time": list(found.without_time),
            "notices": [problem_json(p) for p in found.notices],
            "budget": budget_json(found.budget),
        }
    )


def _entry(entry: CalendarEntry, page: Page) -> dict[str, Any]:
    return {
        "address": entry.address,
        "at": iso(entry.at),
        "local": entry.at.astimezone(page.window.zone).isoformat(timespec="seconds"),
        "zone": entry.zone,
        "before": iso_or_none(entry.before),
        "mark": entry.mark.value,
        "state": state_and_change(entry),
        "action": entry.change.action.value if entry.change else None,
        "reason": entry.change.reason.value if entry.change else None,
        "topic": entry.title or None,
        "series": entry.show,
        "template": entry.template,
        "platforms": list(entry.platforms),
        "credits": entry.credits,
        "expected_credits": entry.expected,
        "id": entry.status.id if entry.status else None,
        "link": entry.link,
        "notices": [problem_json(p) for p in entry.notices],
    }


def calendar_csv(page: Page) -> str:
    """A line for each entry below the names of the columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in page.found.entries:
        writer.writerow(map(spreadsheet_cell, _row(entry, page)))
    return out.getvalue()


def _row(entry: CalendarEntry, page: Page) -> list[str | int | None]:
    local = entry.at.astimezone(page.window.zone)
    before = entry.before.astimezone(page.window.zone) if entry.before else None
    return [
        f"{local:%Y-%m-%d}",
        f"{local:%H:%M}",
        page.zone,
        iso(entry.at),
        entry.address,
        entry.title,
        ",".join(entry.platforms),
        entry.template,
        state_and_change(entry),
        entry.change.action.value if entry.change else "",
        f"{before:%Y-%m-%d %H:%M}" if before else "",
        entry.credits,
        entry.expected,
        entry.link,
    ]
