"""`afsync calendar`."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from afsync.app.calendar import WEEKS, CalendarRequest, calendar
from afsync.app.files import write_shared
from afsync.commands.account_flags import AccountFlags, CommandResult, account_flags, check_together
from afsync.commands.account_run import run
from afsync.commands.console import links_shown, messages, print_report, stdout, stdout_paint
from afsync.commands.context import here
from afsync.commands.options import Number, moment, with_links_flag
from afsync.errors import UsageError
from afsync.output.calendar_json import calendar_csv, calendar_json
from afsync.output.calendar_labels import Page
from afsync.output.calendar_markdown import calendar_markdown
from afsync.output.calendar_page import calendar_page
from afsync.output.calendar_text import NARROWEST, calendar_grid, calendar_list
from afsync.output.ics import ics

BACK, AHEAD = 4, 26
"""Weeks before and after today's that a feed or a page has where nothing else is said."""
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)


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
    markdown: bool
    as_json: bool
    as_csv: bool
    ics: str | None
    html: str | None
    with_links: bool
    at: str | None

    @property
    def forms(self) -> list[str]:
        given = {"--markdown": self.markdown, "--json": self.as_json, "--csv": self.as_csv, "--agenda": self.agenda}
        return [name for name, is_given in given.items() if is_given]


@click.command
@click.option("--from", "first", metavar="DATE", help="Begin with the week of that day; today's otherwise.")
@click.option("--weeks", type=Number(1, 530), metavar="N", help="So many weeks; 4 otherwise.")
@click.option("--month", metavar="MONTH", help="The weeks of one month, as in 2026-12.")
@click.option("--platform", multiple=True, metavar="NAME", help="Only what is published there.")
@click.option("--only", multiple=True, metavar="GLOB", help="Only these addresses.")
@click.option("--zone", metavar="ZONE", help="Show times of this zone; those of the project otherwise.")
@click.option("--live", is_flag=True, help="Look at the account, too; otherwise no key and no network are needed.")
@click.option("--agenda", is_flag=True, help="A list, also where there is room for a grid.")
@click.option("--markdown", is_flag=True, help="Print it for a pull request: before and after.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a table for spreadsheets.")
@click.option("--ics", metavar="FILE", help="Write a feed for calendar apps; - prints it.")
@click.option("--html", metavar="FILE", help="Write one page for browsers, which loads nothing; - prints it.")
@with_links_flag
@click.option("--now", "at", metavar="TIME", help="Show it as if it were TIME (2026-12-01T09:00:00Z).")
@account_flags()
def command(over: AccountFlags, **given: Any) -> int:
    """Show what is published when: recorded, declared and upcoming, and what the plan would change.

    Reads the files and the state, and with --live the account; changes nothing.
    """
    flags = CalendarFlags(**given)
    if len(flags.forms) > 1:
        raise UsageError(f"{' and '.join(flags.forms)} exclude each other")
    if [flags.ics, flags.html].count("-") + len(flags.forms) > 1:
        raise UsageError("only one form can be printed at a time", "give --ics and --html a FILE")
    if over.every:
        check_together(
            hint="run it for each account: `afsync calendar -C DIR`, with this flag",
            json=flags.as_json,
            csv=flags.as_csv,
            markdown=flags.markdown,
            ics=flags.ics,
            html=flags.html,
        )
    return run("calendar", over, lambda: calendar_here(flags))


def calendar_here(flags: CalendarFlags) -> CommandResult:
    """Show the calendar of the project in this directory."""
    page = calendar(here(), _request(flags))
    written = _write(page, flags)
    if written and not flags.forms:
        return CommandResult(0)
    return CommandResult(print_report(_printed(page, flags)), problems=tuple(page.found.notices))


def _request(flags: CalendarFlags) -> CalendarRequest:
    if flags.month is not None and (flags.first is not None or flags.weeks is not None):
        raise UsageError("--month does not go with --from and --weeks")
    links = links_shown(flags.with_links, machine=bool(flags.forms or flags.ics or flags.html))
    wide = flags.first is None and flags.weeks is None and bool(flags.ics or flags.html)
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
        pictures=bool(flags.html and flags.with_links),
        at=moment(flags.at) if flags.at is not None else None,
    )


def _month(text: str) -> tuple[date, date]:
    found = _MONTH.fullmatch(text)
    if found is None or not 2000 <= int(found[1]) < 2500 or not 1 <= int(found[2]) <= 12:
        raise UsageError(f"--month {text}: not a month", "write it as 2026-12")
    first = date(int(found[1]), int(found[2]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
        if 2000 <= found.year < 2500:
            return found
    except ValueError:
        pass
    raise UsageError(f"--from {text}: not a day", "write it as 2026-12-01")


def _write(page: Page, flags: CalendarFlags) -> list[str]:
    """The files that were written."""
    forms: list[tuple[str | None, Callable[[Page], str]]] = [(flags.ics, ics), (flags.html, calendar_page)]
    written = []
    for name, text_of in forms:
        if name is not None and name != "-":
            write_shared(Path(name), text_of(page))
            written.append(name)
            messages()(f"Wrote {name}.\n")
    return written


def _printed(page: Page, flags: CalendarFlags) -> str:
    if flags.ics == "-":
        return ics(page)
    if flags.html == "-":
        return calendar_page(page)
    if flags.as_json or flags.as_csv:
        return calendar_json(page) if flags.as_json else calendar_csv(page)
    if flags.markdown:
        return calendar_markdown(page)
    return _on_terminal(page, flags)


def _on_terminal(page: Page, flags: CalendarFlags) -> str:
    columns = shutil.get_terminal_size().columns if stdout().isatty() else 0
    if flags.agenda or columns < NARROWEST:
        return calendar_list(page, stdout_paint())
    return calendar_grid(page, columns, stdout_paint())
