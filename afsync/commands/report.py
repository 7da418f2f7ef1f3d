"""`afsync report merge`."""

from __future__ import annotations

from pathlib import Path

import click

from afsync.app.files import read_text
from afsync.commands.options import check_title, title_flag
from afsync.commands.overall_report import tell_overall
from afsync.commands.reports import Reports, report_flags
from afsync.core.workspace import Overall, worst
from afsync.errors import Exit, Problem, UsageError
from afsync.output.overall_json import read_overall

ONE_RUN = "merge those of one run"


@click.group
def command() -> None:
    """Reports over many accounts."""


@command.command
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(dir_okay=False))
@report_flags("report merge", json_help=None)
@title_flag
def merge(files: tuple[str, ...], reports: Reports, title: str) -> int:
    """Put the reports of all shards together, as if it had been one run.

    Each FILE is what `--report json=FILE` wrote. Exits with the worst code of all; a shard without a
    report is an error.
    """
    check_title(title)
    parts = [read_overall(read_text(Path(name)), name) for name in files]
    return tell_overall(merged(parts, title), reports, Path())


def merged(parts: list[Overall], title: str) -> Overall:
    """One report of several. UsageError where they are of different commands."""
    commands = sorted({p.command for p in parts})
    if len(commands) > 1:
        raise UsageError(f"these are reports of {' and '.join(commands)}", "merge those of one command")
    results = sorted((r for p in parts for r in p.results), key=lambda r: r.account)
    shards = [shard for part in parts for shard in part.shards]
    problems = [*(q for p in parts for q in p.problems), *_missing(shards), *_twice([r.account for r in results])]
    own = [p.own_code for p in parts]
    if len(problems) > sum(len(p.problems) for p in parts):
        own.append(Exit.ERROR)
    return Overall(commands[0], tuple(results), (), tuple(problems), worst(own), title or parts[0].title)


def _missing(shards: list[str]) -> list[Problem]:
    """The shards of which there is no report: what was done in their accounts is unknown."""
    counts = {shard.partition("/")[2] for shard in shards}
    if len(counts) > 1:
        text = f"the reports are of {' and of '.join(sorted(counts))} shards"
        return [Problem("shards_differ", text, ONE_RUN)]
    wanted = [f"{n}/{count}" for count in counts for n in range(1, int(count) + 1)]
    hint = "see the log of that job: the outcome of its accounts is unknown here"
    missing = [Problem("shard_missing", f"there is no report of shard {s}", hint) for s in wanted if s not in shards]
    twice = [s for s in wanted if shards.count(s) > 1]
    return missing + [Problem("shard_twice", f"there are several reports of shard {s}", ONE_RUN) for s in twice]


def _twice(accounts: list[str]) -> list[Problem]:
    twice = sorted({name for name in accounts if accounts.count(name) > 1})
    return [
        Problem("account_twice", f"`{name}` is in more than one report", "merge those of one run") for name in twice
    ]
