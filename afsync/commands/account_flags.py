"""The flags with which a command runs over all accounts of a workspace, and the result that it gives for one."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import click
from msgspec import Struct

from afsync.commands.options import Number
from afsync.commands.report_flags import Reports, hint_with_all
from afsync.core.account_results import Numbers
from afsync.errors import Problem, UsageError

F = TypeVar("F", bound=Callable[..., Any])

JOBS = 8


class AccountFlags(Struct, frozen=True):
    """Which accounts, how many at a time, and where the reports go. `account` are globs over names."""

    every: bool = False
    account: tuple[str, ...] = ()
    changed_since: str | None = None
    shard: tuple[int, int] | None = None
    jobs: int | None = None
    fail_fast: bool = False
    reports: Reports = Reports()
    title: str = ""

    def check_alone(self, *, account: bool = False, fail_fast: bool = False) -> None:
        """UsageError for what only makes sense with --all; `account` and `fail_fast`: except for these."""
        given = {
            "--account": self.account and not account,
            "--changed-since": self.changed_since,
            "--shard": self.shard,
            "--jobs": self.jobs,
            "--fail-fast": self.fail_fast and not fail_fast,
        }
        if wrong := [name for name, value in given.items() if value]:
            raise UsageError(f"{wrong[0]} is for many accounts", "add --all")


def check_together(command: str, **flags: object) -> None:
    """UsageError for flags of one account together with --all: `from_account` is --from-account."""
    for name, value in flags.items():
        if value:
            raise UsageError(f"--{name.replace('_', '-')} does not go with --all", hint_with_all(command))


class _Shard(click.ParamType):  # type: ignore[type-arg]  # click 8.1 takes no argument here
    name = "K/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", str(value), re.ASCII)
        if found is None or int(found[1]) > int(found[2]):
            self.fail(f"{value!r} is not a shard: write it as 2/8, the second of eight.", param, ctx)
        return int(found[1]), int(found[2])


_ACCOUNT = click.option("--account", multiple=True, metavar="GLOB", help="With --all: only accounts of these names.")

_FAIL_FAST = click.option("--fail-fast", is_flag=True, help="With --all: begin no more once one failed.")

_FLAGS: tuple[Callable[[F], F], ...] = (
    click.option("--all", "every", is_flag=True, help="Over all accounts of the workspace, side by side."),
    click.option("--changed-since", metavar="REF", help="With --all: only accounts of which files differ from REF."),
    click.option("--shard", type=_Shard(), help="With --all: only the Kth of N parts."),
    click.option("--jobs", type=Number(1, 64), metavar="N", help=f"With --all: so many at a time; {JOBS} otherwise."),
)


def account_flags(*, own_account: bool = False, own_fail_fast: bool = False) -> Callable[[F], F]:
    """Adds them, as one argument `over`, with the reports of `report_flags`. A command may have its own --account and
    --fail-fast, which it then hands over itself."""
    flags = [*_FLAGS, *([] if own_account else [_ACCOUNT]), *([] if own_fail_fast else [_FAIL_FAST])]
    names = ["every", "changed_since", "shard", "jobs"]
    names += ([] if own_account else ["account"]) + ([] if own_fail_fast else ["fail_fast"])

    def decorate(command: F) -> F:
        @wraps(command)
        def gathered(*args: Any, **given: Any) -> Any:
            over = AccountFlags(reports=given.pop("overall"), **{name: given.pop(name) for name in names})
            return command(*args, over=over, **given)

        decorated = cast("F", gathered)
        for flag in reversed(flags):
            decorated = flag(decorated)
        return decorated

    return decorate


class CommandResult(Struct, frozen=True):
    """`code` is the exit code, `details` Markdown; the others are as in `core.account_results.AccountResult`.
    `fingerprint` is that of the plan, where one was made."""

    code: int
    numbers: Numbers = Numbers()
    problems: tuple[Problem, ...] = ()
    details: str = ""
    changes: bool = False
    blocked: bool = False
    fingerprint: str | None = None
