"""`afsync explain`."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

import click

from afsync.commands.console import print_report, stdout_paint
from afsync.config.problems import Code
from afsync.config.reference import Key, below, explain, is_key
from afsync.core.plan.actions import MEANINGS as PLAN_CODES
from afsync.core.plan.actions import REASONS
from afsync.core.service_statuses import AFSYNC_STATUSES
from afsync.core.service_statuses import MEANINGS as STATUSES
from afsync.output.values import Paint

WIDEST = 100
"""Longer lines are hard to read, however wide the terminal is."""


@click.command
@click.argument("path", required=False)
def command(path: str | None) -> int:
    """Explain a key of the files, such as job.schedule or api.base_url, a status such as status.sendback, or the
    code of a message such as code.cut_text; without PATH, list all keys."""
    width = max(40, min(shutil.get_terminal_size().columns, WIDEST))
    if path is None:
        # What is piped is searched, and is whole for that.
        lines = [*_listed(below(), width if sys.stdout.isatty() else None)]
    elif path.startswith("status.") and (meaning := {**STATUSES, **AFSYNC_STATUSES}.get(path.removeprefix("status."))):
        lines = [stdout_paint()(path, "bold"), "", *_wrapped(meaning, "  ", "  ", width)]
    # A word without a dot may be a key of the files, too: that is meant then.
    elif (code := path.removeprefix("code.")) and (meaning := _codes().get(code)) and not is_key(path):
        lines = [stdout_paint()(f"code.{code}", "bold"), "", *_wrapped(meaning, "  ", "  ", width)]
    else:
        key = explain(path)
        lines = [*_whole(key, below(key.path), width, stdout_paint())]
    return print_report("\n".join(lines) + "\n")


def _codes() -> dict[str, str]:
    """What each code of a plan or of the files means; a code of both means what the files' say."""
    files = {code.value: code.meaning for code in Code}
    return {**{reason.value: meaning for reason, meaning in REASONS.items()}, **PLAN_CODES, **files}


def _whole(key: Key, inner: Sequence[Key], width: int, paint: Paint) -> Iterator[str]:
    yield from (paint(key.path, "bold"), "")
    yield from _wrapped(key.meaning, "  ", "  ", width)
    yield ""
    yield from _wrapped(key.type, "  type:    ", " " * 11, width)
    # Not wrapped: they are there to be copied.
    yield from [f"  default: {key.default}"] if key.default else []
    yield from [f"  example: {key.example}"] if key.example else []
    if inner:
        yield from ("", paint("  Keys below it:", "dim"))
        yield from (f"    {line}" for line in _listed(inner, width - 4))


def _wrapped(text: str, first: str, others: str, width: int) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=others, break_long_words=False, break_on_hyphens=False
    )


def _listed(keys: Sequence[Key], width: int | None) -> Iterator[str]:
    """A line each, with the first sentence of what it means, as far as there is room."""
    column = max(len(key.path) for key in keys) + 2
    for key in keys:
        line = f"{key.path:{column}}{key.meaning.split('. ')[0].removesuffix('.')}"
        yield line if width is None or len(line) <= width else f"{line[: width - 1].rstrip()}…"
