"""`afsync calendar`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import click
from msgspec import Struct

from afsync.app.calendar import WEEKS, CalendarRequest, calendar
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags
from afsync.commands.account_run import run
from afsync.commands.console import links_shown, messages, print_report, stdout, stdout_paint
from afsync.commands.context import here
from afsync.commands.options import Number, moment, now_flag, with_links_flag
from afsync.commands.report_flags import TEXT, Reports, report_flags
from afsync.core.regex import regex
from afsync.errors import UsageError
from afsync.output.calendar_ics import ics
from afsync.output.calendar_json import calendar_csv, calendar_json
from afsync.output.calendar_labels import Page
from afsync.output.calendar_markdown import calendar_markdown
from afsync.output.calendar_page import calendar_page
from afsync.output.calendar_text import NARROWEST, calendar_grid, calendar_list

BACK, AHEAD = 4, 26
"""Weeks before and after today's that a feed or a page has where nothing else is said."""
_MONTH = regex(r"(\d{4})-(\d\d)", re.ASCII)


class CalendarFlags(Struct, frozen=True):
    """Which days, which entries, and in which form, as it was written."""

    first: str | None
    weeks: int | None
    month: str | None
    platform: tuple[str, ...]
    only: tuple[str, ...]
    zone: str | None
    live: bool
    agenda: bool
    reports: Reports
    with_links: bool
    at: str | None


@click.command
@click.option("--from", "first", metavar="DATE", help="Begin with the week of that day; today's otherwise.")
@click.option("--weeks", type=Number(1, 530), metavar="N", help="So many weeks; 4 otherwise.")
@click.option("--month", metavar="MONTH", help="The weeks of one month, as in 2026-12.")
@click.option("--platform", multiple=True, metavar="NAME", help="Only what is published there.")
@click.option("--only", multiple=True, metavar="GLOB", help="Only these addresses.")
@click.option("--zone", metavar="ZONE", help="Show times of this zone; those of the project otherwise.")
@click.option("--live", is_flag=True, help="Look at the account, too; otherwise no key and no network are needed.")
@click.option("--agenda", is_flag=True, help="A list, also where there is room for a grid.")
@report_flags("calendar", "Print a JSON document.")
@with_links_flag
@now_flag("Show it")
@account_flags()
def command(over: AccountFlags, **given: Any) -> int:
    """Show what is published when: recorded, declared and upcoming, and what the plan would change.

    Reads the files and the state, and with --live the account; changes nothing.
    """
    flags = CalendarFlags(**given)
    if flags.agenda and flags.reports.printed != TEXT:
        raise UsageError(f"{flags.reports.printed_by} and --agenda exclude each other", "give the report a FILE")
    return run("calendar", over, lambda: calendar_here(flags))


def calendar_here(flags: CalendarFlags) -> CommandResult:
    """Show the calendar of the project in this directory."""
    page = calendar(here(), _request(flags))
    reports = flags.reports
    reports.write(lambda form: _DOCUMENTS[form](page))
    for _, file in reports.files:
        messages()(f"Wrote {file}.\n")
    if reports.files and reports.printed == TEXT and not flags.agenda:
        return CommandResult(0)
    text = _on_terminal(page, flags) if reports.printed == TEXT else _DOCUMENTS[reports.printed](page)
    return CommandResult(print_report(text), problems=tuple(page.found.notices))


def _request(flags: CalendarFlags) -> CalendarRequest:
    if flags.month is not None and (flags.first is not None or flags.weeks is not None):
        raise UsageError("--month does not go with --from and --weeks")
    links = links_shown(flags.with_links, machine=flags.agenda or flags.reports != Reports())
    published = flags.reports.wants("ics") or flags.reports.wants("html")
    wide = flags.first is None and flags.weeks is None and published
    return CalendarRequest(
        first=_date(flags.first) if flags.first is not None else None,
        weeks=BACK + AHEAD if wide else flags.weeks or WEEKS,
        back=BACK if wide else 0,
        month=_month(flags.month) if flags.month is not None else None,
        zone=flags.zone,
        only=flags.only,
        platforms=flags.platform,
        live=flags.live,
        links=links,
        pictures=flags.reports.wants("html") and flags.with_links,
        at=moment(flags.at) if flags.at is not None else None,
    )


def _month(text: str) -> tuple[date, date]:
    found = _MONTH.fullmatch(text)
    if found is None or not 2000 <= int(found[1]) < 2500 or not 1 <= int(found[2]) <= 12:
        raise UsageError(f"--month {text}: not a month from 2000 to 2499", "write it as 2026-12")
    first = date(int(found[1]), int(found[2]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
        if 2000 <= found.year < 2500:
            return found
    except ValueError:
        pass
    raise UsageError(f"--from {text}: not a day from 2000 to 2499", "write it as 2026-12-01")


_DOCUMENTS: Mapping[str, Callable[[Page], str]] = {
    "json": calendar_json,
    "csv": calendar_csv,
    "markdown": calendar_markdown,
    "ics": ics,
    "html": calendar_page,
}


def _on_terminal(page: Page, flags: CalendarFlags) -> str:
    columns = shutil.get_terminal_size().columns if stdout().isatty() else 0
    if flags.agenda or columns < NARROWEST:
        return calendar_list(page, stdout_paint())
    return calendar_grid(page, columns, stdout_paint())
