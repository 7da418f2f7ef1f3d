"""The three views of the calendar page: months, weeks and the list. A browser shows one; a printer and a reader that
runs no script get all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from afsync.core.calendar import Week, weeks
from afsync.output.calendar_labels import MONTHS, WEEKDAYS, Page, credits_words, long_day, short_day
from afsync.output.calendar_page_entries import Facets, Placed, card, chip, day_id, placed, row
from afsync.output.html import Element, tag

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
