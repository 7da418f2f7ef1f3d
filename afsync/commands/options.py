"""Flags that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from afsync.app.files import read_text
from afsync.core.regex import regex
from afsync.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


class Number(click.IntRange):
    """An integer, called so in messages."""

    name = "integer"


class FileName(click.Path):
    """A path, which an unset variable is not."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail(f"the {self.name} name is empty.", param, ctx)
        return super().convert(value, param, ctx)


YEAR = 366 * 24 * 3600.0


class Seconds(click.FloatRange):
    """A number of seconds, of which a clock can count that many."""

    name = "number of seconds"

    def __init__(self, least: float = 0.0) -> None:
        super().__init__(least, YEAR)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds: float = super().convert(value, param, ctx)
        if seconds != seconds:
            self.fail(f"{value!r} is not a number.", param, ctx)
        return seconds


_FLAGS: tuple[Callable[[F], F], ...] = (
    click.option("--target", multiple=True, metavar="GLOB", help="Only these addresses, and what they need."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="All but these addresses."),
    click.option(
        "--target-file",
        multiple=True,
        metavar="FILE",
        type=FileName(),
        help="The same, a glob a line; # begins a comment.",
    ),
    click.option("--exclude-file", multiple=True, metavar="FILE", type=FileName(), help="The same for --exclude."),
)

_MORE: tuple[Callable[[F], F], ...] = (
    click.option("--replace", multiple=True, metavar="ADDR", help="Submit or make this one again; costs credits."),
    click.option("--allow-empty", is_flag=True, help="Allow a configuration that declares nothing."),
    click.option("--ignore-policy", is_flag=True, help="Only warn of what the policy forbids."),
    click.option("--accept-unstaged", is_flag=True, help="Let jobs go out whose review the service ignores."),
    click.option("--ignore-horizon", is_flag=True, help="Leave out what only enters by the `horizon` of a series."),
    click.option("--max-credits", type=Number(0), metavar="N", help="Spend at most N credits."),
    click.option("--max-creates", type=Number(0), metavar="N", help="Add at most N resources."),
    click.option("--max-deletes", metavar="N|N%", help="Destroy at most N, or N percent, of what is recorded."),
)


def selection_flags(command: F) -> F:
    """The flags of plan and apply that end up in a `Selection`."""
    return _with(command, (*_FLAGS, *_MORE))


def choice_flags(command: F) -> F:
    """Those of them that say which resources are meant, which is all there is to say of a removal."""
    return _with(command, _FLAGS)


def _with(command: F, flags: tuple[Callable[[F], F], ...]) -> F:

    @wraps(command)
    def with_files(*args: Any, target_file: tuple[str, ...], exclude_file: tuple[str, ...], **given: Any) -> Any:
        given["target"] += _globs(target_file)
        given["exclude"] += _globs(exclude_file)
        return command(*args, **given)

    decorated = cast("F", with_files)
    for flag in reversed(flags):
        decorated = flag(decorated)
    return decorated


def _globs(files: tuple[str, ...]) -> tuple[str, ...]:
    """The globs in files, one a line; empty lines and what follows a `#` mean nothing."""
    lines = [line.split("#")[0].strip() for name in files for line in read_text(Path(name)).splitlines()]
    found = tuple(line for line in lines if line)
    if files and not found:
        raise UsageError(f"{', '.join(files)}: no address in it", "write one address or glob on each line")
    return found


def moment(text: str) -> datetime:
    """The instant of `--now`: ISO 8601 with an offset or Z, to UTC."""
    try:
        value = datetime.fromisoformat(text.strip())
        if value.tzinfo is not None and 2000 <= value.year < 9000:
            return value.astimezone(UTC)
    except ValueError:
        pass
    raise UsageError(f"--now {text}: not a time with an offset, from 2000 to 8999", "write it as 2026-12-01T09:00:00Z")


TITLE = regex(r"([A-Za-z0-9][A-Za-z0-9 ._/-]{0,59})?")

title_flag = click.option("--title", default="", metavar="NAME", help="Name it in Markdown, where there are several.")


with_links_flag = click.option(
    "--with-links", is_flag=True, help="Also print links that open to whoever has them, as on a terminal."
)


lock_timeout_flag = click.option(
    "--lock-timeout", default=0.0, type=Seconds(), metavar="SECONDS", help="Wait for the lock."
)

auto_approve_flag = click.option("--auto-approve", is_flag=True, help="Do not ask. Needed where there is no terminal.")


json_flag = click.option("--json", "as_json", is_flag=True, help="Print a JSON document.")

fail_fast_flag = click.option("--fail-fast", is_flag=True, help="Stop at the first change that fails.")


def now_flag(what: str) -> Callable[[F], F]:
    """Another time than the clock's, which `moment` reads; `what` is done at it."""
    return click.option("--now", "at", metavar="TIME", help=f"{what} as if it were TIME (2026-12-01T09:00:00Z).")


account_flag = click.option(
    "--account", metavar="ID", help="Refuse any account but this one (the emulator and loopback are not checked)."
)


def check_title(title: str) -> None:
    """It stands outside of the fences, so it has to be plain."""
    if not TITLE.fullmatch(title):
        raise UsageError(f"--title {title}: not a name", "use letters, digits, spaces and . _ / -")
