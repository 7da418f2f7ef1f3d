"""`afsync result ADDR…`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from afsync.app.results import download_results, read_job_results
from afsync.commands.console import links_shown, messages, on_terminal, report, report_code, stdout_paint
from afsync.commands.context import here
from afsync.commands.options import FileName, json_flag, with_links_flag
from afsync.core.remote_account import result_without_links
from afsync.errors import Exit
from afsync.output.results import not_ready, result_json, result_text

if TYPE_CHECKING:
    from afsync.app.partial_download import OnBytes
    from afsync.app.results import DownloadDisplay
    from afsync.output.results import Results


@click.command
@click.argument("globs", nargs=-1, required=True, metavar="ADDR...")
@json_flag
@with_links_flag
@click.option("--download", "folder", metavar="DIR", type=FileName(path_type=Path), help="Fetch the files into DIR.")
def command(globs: tuple[str, ...], as_json: bool, with_links: bool, folder: Path | None) -> int:
    """Show what jobs produced: video, thumbnail, copy, and the result on each platform.

    With --download the files are fetched too: what an earlier run left unfinished is resumed, and nothing is ever
    overwritten. Exits 1 when one of the jobs is not finished, or a file could not be fetched; the others are shown.
    """
    read = read_job_results(here(), globs)
    results = read.results
    out = report()
    printed = results if links_shown(with_links, machine=as_json) else _without_links(results)
    out(result_json(printed) if as_json else result_text(printed, stdout_paint()))
    failed = not_ready(printed)
    if folder is not None:
        with _display() as display:
            failed += download_results(read.service.session, results, folder, display)
    for line in failed:
        messages()(f"Error: {line}\n")
    written = report_code(out)
    return Exit.ERROR if failed else written


def _without_links(results: Results) -> Results:
    return {a: (job_id, found and result_without_links(found)) for a, (job_id, found) in results.items()}


@contextmanager
def _display() -> Iterator[DownloadDisplay]:
    """Bars on a terminal, elsewhere a line for each file."""
    if not on_terminal():
        yield DownloadLines()
        return
    # Imported here: it needs rich.
    from afsync.commands.live_display import DownloadBars

    with DownloadBars() as bars:
        yield bars


class DownloadLines:
    """A line for each file that is complete."""

    @contextmanager
    def file(self, _name: str) -> Iterator[OnBytes]:
        yield lambda _done, _total: None

    def say(self, text: str) -> None:
        messages()(f"{text}\n")
