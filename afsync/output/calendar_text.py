"""The calendar for a terminal: a grid of weeks, or a list where there is no room or no terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice, zip_longest

from afsync.core.addresses import occurrence_of, parse_instance
from afsync.core.calendar import CalendarEntry, Week, weeks
from afsync.output.budget import budget_text
from afsync.output.calendar_labels import (
    Page,
    clock,
    credits_words,
    entry_credits,
    own_time,
    short_day,
    short_platform,
    sign,
    signs_used,
    state_and_change,
    time_label,
    window_title,
)
from afsync.output.problems import hinted, labelled
from afsync.output.tables import Cell, table, width
from afsync.output.values import Paint, count, escape_control, no_paint

NARROWEST = 80
"""Columns that a grid needs."""
_WIDEST = 24
_HEAD = ("DAY", "TIME", "", "JOB", "OWN TIME", "STATE", "PLATFORMS", "CREDITS", "TOPIC")


def calendar_grid(page: Page, columns: int, paint: Paint = no_paint) -> str:
    """The calendar as a grid: seven columns for the days of each week, within `columns`; ends in a newline."""
    wide = min(columns // 7 - 1, _WIDEST)
    lines = [*_title(page, paint)]
    for week in weeks(page.found.entries, page.window):
        lines += ["", *_week(week, page, wide, paint)]
    return "\n".join([*lines, *_legend(page, paint), *_notices(page, paint)]) + "\n"


def calendar_list(page: Page, paint: Paint = no_paint) -> str:
    """The calendar as a list: one line per entry, below its week; ends in a newline."""
    found = [week for week in weeks(page.found.entries, page.window) if any(week.days)]
    rows = [_row(entry, page) for week in found for entry in week.entries]
    lines = [*_title(page, paint), ""]
    if not rows:
        lines.append("Nothing is published in these weeks.")
    else:
        head, *written = table(_HEAD, rows, paint)
        lines.append(head)
        following = iter(written)
        for week in found:
            lines += [*([""] if week is not found[0] else []), _week_line(week, paint)]
            for day in week.days:
                lines += _once(list(islice(following, len(day))))
    return "\n".join([*lines, *_notices(page, paint)]) + "\n"


def _once(lines: list[str]) -> list[str]:
    """The lines of one day; the day's name is kept in the first only."""
    named = len(lines[0].split("  ")[0]) if lines else 0
    return [*lines[:1], *(" " * named + line[named:] for line in lines[1:])]


def _title(page: Page, paint: Paint) -> Iterator[str]:
    looked = "with a look at the account" if page.live else "from the state"
    yield f"{paint(window_title(page.window), 'bold')}  {page.zone}, {looked}"


def _week_line(week: Week, paint: Paint) -> str:
    sunday = week.monday + timedelta(days=6)
    title = f"Week {week.monday.isocalendar().week}, {short_day(week.monday)[4:]} to {short_day(sunday)[4:]}"
    cost = credits_words(*week.credits)
    return paint(title, "bold") + (f"  {cost}" if cost else "")


def _week(week: Week, page: Page, wide: int, paint: Paint) -> Iterator[str]:
    yield _week_line(week, paint)
    yield " ".join(_heading(week, n, page, wide, paint) for n in range(7)).rstrip()
    cells = [[line for entry in day for line in _cell(entry, page, wide)] for day in week.days]
    for line in zip_longest(*cells, fillvalue=Cell("")):
        yield " ".join(_padded(cell, wide, paint) for cell in line).rstrip()


def _heading(week: Week, number: int, page: Page, wide: int, paint: Paint) -> str:
    day = week.monday + timedelta(days=number)
    name = short_day(day)[:-4]
    if day == page.today:
        return _padded(Cell(f"[{name}]", "bold"), wide, paint)
    return _padded(Cell(name, "dim"), wide, paint)


def _cell(entry: CalendarEntry, page: Page, wide: int) -> Iterator[Cell]:
    """Time, sign and platforms, as many as fit; the key below."""
    mark = sign(entry)
    time = time_label(entry, page.window.zone)
    if width(time) + 2 > wide:  # a move, in a narrow column
        first, _, last = time.rpartition("→")
        yield Cell(_cut(f"{first.split()[-1]}→", wide), mark.colour)
        time = last
    line = f"{time} {mark.symbol}"
    for platform in map(short_platform, entry.platforms):
        if width(f"{line} {platform}") <= wide:
            line += f" {platform}"
    yield Cell(_cut(line, wide), mark.colour)
    yield Cell(_cut(escape_control(_name(entry)), wide))


def _name(entry: CalendarEntry) -> str:
    """The key of an entry; for an occurrence on a date its series, since the grid names the day."""
    parts = occurrence_of(entry.address)
    if parts is None:
        return entry.key
    return parts[0] if parse_instance(parts[1]) else parts[1]


def _padded(cell: Cell, wide: int, paint: Paint) -> str:
    space = " " * (wide - width(cell.text))
    return (paint(cell.text, cell.colour) if cell.colour and cell.text else cell.text) + space


def _cut(text: str, wide: int) -> str:
    if width(text) <= wide:
        return text
    while width(text) >= wide:
        text = text[:-1]
    return text + "…"


def _row(entry: CalendarEntry, page: Page) -> list[Cell]:
    mark = sign(entry)
    day = short_day(entry.at.astimezone(page.window.zone).date())
    return [
        Cell(day),
        Cell(time_label(entry, page.window.zone)),
        Cell(mark.symbol, mark.colour),
        Cell(escape_control(entry.key)),
        Cell(own_time(entry, page.zone)),
        Cell(state_and_change(entry), mark.colour),
        Cell(escape_control(" ".join(entry.platforms))),
        Cell(entry_credits(entry)),
        Cell(escape_control(entry.title)),
    ]


def _legend(page: Page, paint: Paint) -> Iterator[str]:
    used = signs_used(page.found.entries)
    if used:
        yield ""
        yield "   ".join(f"{paint(s.symbol, s.colour)} {s.word}" for s in used)
        platforms = sorted({p for e in page.found.entries for p in e.platforms})
        yield "   ".join(f"{short_platform(p)} {escape_control(p)}" for p in platforms)


def _notices(page: Page, paint: Paint) -> Iterator[str]:
    found = page.found
    if found.budget is not None:
        yield ""
        yield f"Budget: {escape_control(budget_text(found.budget))}."
    if found.without_time:
        few = ", ".join(map(escape_control, found.without_time[:3]))
        more = f" and {len(found.without_time) - 3} more" if len(found.without_time) > 3 else ""
        yield ""
        yield f"{count(len(found.without_time), 'job')} without a publish time: {few}{more}."
    said = [*((e, p) for e in found.entries for p in e.notices), *((None, p) for p in found.notices)]
    if said:
        yield ""
    for entry, problem in said:
        at = f"{_moment(entry, page)}: " if entry else ""
        place = f"{problem.location}: " if problem.location else ""
        yield labelled(problem.severity, f"{at}{place}{problem.message}", paint)
        if problem.hint:
            yield hinted(problem.hint, paint)


def _moment(entry: CalendarEntry, page: Page) -> str:
    local = entry.at.astimezone(page.window.zone)
    return f"{short_day(local.date())} {clock(entry.at, page.window.zone)}"
