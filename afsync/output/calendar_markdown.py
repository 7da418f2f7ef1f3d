"""The calendar for a pull request: a line for each video by week, before and after, in fences nothing can leave."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from afsync.core.calendar import CalendarEntry, EntryState, Week, weeks
from afsync.core.plan.actions import Action
from afsync.output.calendar_labels import Page, credits_words, short_day, sign, state_and_change, window_title
from afsync.output.markdown import fenced
from afsync.output.values import escape_control


def calendar_markdown(page: Page) -> str:
    """`-` is what is there now, `+` what there will be; without either it stays."""
    parts = [f"### Calendar, {window_title(page.window)}", f"Times of {page.zone}."]
    parts += week_blocks(page) or ["Nothing is published in these weeks."]
    said = [p.message for p in (*page.found.notices, *(p for e in page.found.entries for p in e.notices))]
    if said:
        parts += ["**Worth knowing**", fenced("\n".join(map(escape_control, said)))]
    return "\n\n".join(parts) + "\n"


def week_blocks(page: Page) -> list[str]:
    """A headline and a fence for each week in which there is something."""
    return [_week(week, page) for week in weeks(_both(page), page.window) if any(week.days)]


class _Line(CalendarEntry, frozen=True):
    """An entry at one of its two times, with the symbol of the line."""

    symbol: str = " "


def _both(page: Page) -> Iterator[_Line]:
    for entry in page.found.entries:
        change = entry.change.action if entry.change else None
        if entry.before is not None:
            yield _at(entry, entry.before, "-")
            yield _at(entry, entry.at, "+")
        elif sign(entry).symbol == "-":
            yield _at(entry, entry.at, "-")
        else:
            yield _at(entry, entry.at, "+" if entry.mark is EntryState.PLANNED or change is Action.REPLACE else " ")


def _at(entry: CalendarEntry, moment: datetime, symbol: str) -> _Line:
    counted = symbol != "-"
    return _Line(
        entry.address,
        moment,
        entry.mark,
        title=entry.title,
        platforms=entry.platforms,
        credits=entry.credits if counted else None,
        expected=entry.expected if counted else None,
        status=entry.status,
        change=entry.change,
        symbol=symbol,
    )


def _week(week: Week, page: Page) -> str:
    cost = credits_words(*week.credits)
    title = f"**Week {week.monday.isocalendar().week}**" + (f" ({cost})" if cost else "")
    lines = [_line(e, page) for day in week.days for e in sorted(day, key=lambda e: e.at) if isinstance(e, _Line)]
    return f"{title}\n\n{fenced(chr(10).join(lines), 'diff')}"


def _line(line: _Line, page: Page) -> str:
    local = line.at.astimezone(page.window.zone)
    told = "  ".join(filter(None, (line.key, " ".join(line.platforms), line.title, f"({state_and_change(line)})")))
    return f"{line.symbol} {short_day(local.date()):<10} {local:%H:%M}  {escape_control(told)}"
