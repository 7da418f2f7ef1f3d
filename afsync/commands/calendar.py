"""`afsync calendar`."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from afsync.app.addresses import check_globs
from afsync.app.files import write_shared
from afsync.app.project import at_moment, load_project
from afsync.app.project_state import read_state
from afsync.commands.account_flags import AccountFlags, account_flags, check_together, run
from afsync.commands.command_result import CommandResult
from afsync.commands.context import here
from afsync.commands.options import Number, moment, with_links_flag
from afsync.commands.screen import links_shown, messages, stdout, stdout_paint, tell
from afsync.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from afsync.app.connection import Service
    from afsync.config.project import Project
    from afsync.core.calendar import Window
    from afsync.core.calendar_entries import Known
    from afsync.output.calendar_words import Page

WEEKS = 4
BACK, AHEAD = 4, 26
"""Weeks before and after today's that a feed or a page has where nothing else is said."""
_MONTH = re.compile(r"(\d{4})-(\d\d)", re.ASCII)


class Wanted(Struct, frozen=True):
    """Which days, which entries, and in which form."""

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
    wanted = Wanted(**given)
    if len(wanted.forms) > 1:
        raise UsageError(f"{' and '.join(wanted.forms)} exclude each other")
    if [wanted.ics, wanted.html].count("-") + len(wanted.forms) > 1:
        raise UsageError("only one form can be printed at a time", "give --ics and --html a FILE")
    if over.every:
        check_together(
            hint="run it for each account: `afsync calendar -C DIR`, with this flag",
            json=wanted.as_json,
            csv=wanted.as_csv,
            markdown=wanted.markdown,
            ics=wanted.ics,
            html=wanted.html,
        )
    return run("calendar", over, lambda: calendar_here(wanted))


def calendar_here(wanted: Wanted) -> CommandResult:
    """Show the calendar of the project in this directory."""
    page = make(wanted)
    written = _write(page, wanted)
    if written and not wanted.forms:
        return CommandResult(0)
    return CommandResult(tell(_printed(page, wanted)), problems=tuple(page.found.notices))


def make(wanted: Wanted) -> Page:
    """Read, plan, and put together what is shown. Nothing is written."""
    from msgspec.structs import replace

    from afsync.commands.calendar_facts import known_at
    from afsync.core.calendar import without_links
    from afsync.core.calendar_entries import entries
    from afsync.output.calendar_words import Page

    now = moment(wanted.at) if wanted.at is not None else here().now()
    files = load_project(here())
    name = wanted.zone or files.settings.timezone or "UTC"
    window = _window(wanted, name, now)
    recorded, _ = read_state(here(), files)
    project = at_moment(here(), files, recorded, now)
    links = links_shown(wanted.with_links, machine=bool(wanted.forms or wanted.ics or wanted.html))
    service = _connected(project) if wanted.live else None
    known, problems = known_at(files, project, recorded, now, window, service=service, links=links)
    check_globs(here(), wanted.only, {*project.desired.jobs, *recorded.jobs, *known.upcoming})
    found = entries(known, window, wanted.only, wanted.platform)
    if not links:
        found = replace(found, entries=tuple(map(without_links, found.entries)))
    found = replace(found, notices=(*problems, *found.notices))
    pictures = _pictures(service, known) if wanted.html and wanted.with_links and service else {}
    return Page(found, window, name, now, files.root.resolve().name, recorded.lineage, wanted.live, pictures)


def _connected(project: Project) -> Service:
    from afsync.app.connection import connect

    return connect(here(), project, writes=False, silent=True)


def _pictures(service: Service, known: Known) -> dict[str, str]:
    from afsync.api.previews import pictures

    return pictures(service.session, known.seen.previews)


def _window(wanted: Wanted, zone: str, now: datetime) -> Window:
    from afsync.config.problems import Wrong
    from afsync.config.times import parse_zone
    from afsync.core.calendar import Window

    try:
        there = parse_zone(zone)
    except Wrong as error:
        raise UsageError(f"--zone {zone}: {error}", error.hint) from None
    if wanted.month is not None:
        if wanted.first is not None or wanted.weeks is not None:
            raise UsageError("--month does not go with --from and --weeks")
        return Window(*_month(wanted.month), there)
    today = now.astimezone(there).date()
    first = _date(wanted.first) if wanted.first is not None else today
    monday = first - timedelta(days=first.weekday())
    span = wanted.weeks or WEEKS
    if wanted.first is None and wanted.weeks is None and (wanted.ics or wanted.html):
        monday, span = monday - timedelta(weeks=BACK), BACK + AHEAD
    return Window(monday, monday + timedelta(days=7 * span - 1), there)


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


def _write(page: Page, wanted: Wanted) -> list[str]:
    """The files that were written."""
    forms: list[tuple[str | None, Callable[[Page], str]]] = [(wanted.ics, _ics), (wanted.html, _html)]
    written = []
    for name, text_of in forms:
        if name is not None and name != "-":
            write_shared(Path(name), text_of(page))
            written.append(name)
            messages()(f"Wrote {name}.\n")
    return written


def _ics(page: Page) -> str:
    from afsync.output.ics import ics

    return ics(page)


def _html(page: Page) -> str:
    from afsync.output.calendar_page import calendar_page

    return calendar_page(page)


def _printed(page: Page, wanted: Wanted) -> str:
    if wanted.ics == "-":
        return _ics(page)
    if wanted.html == "-":
        return _html(page)
    if wanted.as_json or wanted.as_csv:
        from afsync.output.calendar_rows import calendar_csv, calendar_json

        return calendar_json(page) if wanted.as_json else calendar_csv(page)
    if wanted.markdown:
        from afsync.output.calendar_markdown import calendar_markdown

        return calendar_markdown(page)
    return _on_terminal(page, wanted)


def _on_terminal(page: Page, wanted: Wanted) -> str:
    import shutil

    from afsync.output.calendar_text import NARROWEST, calendar_grid, calendar_list

    columns = shutil.get_terminal_size().columns if stdout().isatty() else 0
    if wanted.agenda or columns < NARROWEST:
        return calendar_list(page, stdout_paint())
    return calendar_grid(page, columns, stdout_paint())
