"""`--all`: a command over all accounts of a workspace, each with a context and a block of output of its own."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from afsync import cli
from afsync.app.context import Globs
from afsync.app.side_by_side import Redraw, problems_of, side_by_side
from afsync.app.workspace import ChosenAccounts, choose_accounts
from afsync.commands.account_flags import JOBS, AccountFlags, CommandResult
from afsync.commands.console import messages, print_into, report, stdout_paint
from afsync.commands.context import here, share
from afsync.commands.report import tell_overall
from afsync.commands.report_flags import TEXT
from afsync.core.account_results import AccountResult, Overall, worst
from afsync.core.text import count
from afsync.engine.interrupt import Stops, handling_signals
from afsync.errors import AfsyncError, Exit, Location, Problem
from afsync.output.account_results import block
from afsync.output.problems import in_repository

if TYPE_CHECKING:
    from afsync.config.workspace import Member


class AccountsRun(Struct, frozen=True):
    """One command over several accounts: what was asked for, which accounts, and what they share."""

    command: str
    flags: AccountFlags
    chosen: ChosenAccounts
    stops: Stops
    globs: Globs

    def show(self, result: AccountResult) -> None:
        """Print the block of one account, unless a report is printed in its place."""
        if self.flags.reports.printed == TEXT:
            report()(block(result, stdout_paint()))


def run_everywhere(command: str, flags: AccountFlags, one: Callable[[], CommandResult], *, reads_only: bool) -> int:
    """Run it in every account that was chosen. Returns the exit code."""
    run = begin(command, flags)
    with handling_signals(run.stops):
        results = each(run, run.chosen.members, lambda _: one(), reads_only=reads_only)
    return finish(run, results)


def begin(command: str, flags: AccountFlags) -> AccountsRun:
    """Choose the accounts. UsageError, ConfigError."""
    chosen = choose_accounts(here(), flags.account, flags.changed_since, flags.shard)
    return AccountsRun(command, flags, chosen, Stops(), Globs())


def each(
    run: AccountsRun,
    members: Sequence[Member],
    one: Callable[[Member], CommandResult],
    *,
    reads_only: bool,
    came: Callable[[str, CommandResult], None] = lambda _, __: None,
    shown: bool = True,
) -> tuple[AccountResult, ...]:
    """Run it in every one of `members`, and show what each printed; `came` takes each name and its result."""

    def run_one(member: Member) -> AccountResult:
        result, data = run_in_block(run, member, one)
        came(member.name, data)
        return result

    return side_by_side(
        members,
        run_one,
        jobs=run.flags.jobs or JOBS,
        stops=run.stops,
        fail_fast=run.flags.fail_fast,
        reads_only=reads_only,
        on_result=run.show if shown else lambda _: None,
        on_signal=_say_interrupted,
        display=_display,
    )


def _say_interrupted(running: int) -> None:
    """Without a word it would seem that nothing happens, and the second signal gives submissions up."""
    below = "\n" if sys.stderr.isatty() else ""  # the terminal has just written ^C
    messages()(f"{below}Interrupted: finishing {count(running, 'account')}; nothing more is begun.\n")


def _display(names: Callable[[], Iterable[str]]) -> AbstractContextManager[Redraw]:
    if not (sys.stderr.isatty() and sys.stdout.isatty()):
        return nullcontext(nullcontext)
    # Imported here: it needs rich.
    from afsync.commands.live_display import running_accounts

    return running_accounts(names)


def run_in_block(
    run: AccountsRun, member: Member, one: Callable[[Member], CommandResult]
) -> tuple[AccountResult, CommandResult]:
    """Run a command in the directory of one account, with a context of its own. Whatever is raised becomes a message
    in its block, and its exit code."""
    output = io.StringIO()
    workspace = run.chosen.workspace
    place = str(workspace.root / member.directory)
    context = click.Context(click.Command(run.command), info_name=run.command, obj=place)
    share(context, workspace, run.globs, run.stops)
    print_into(context, output)
    with context.scope(cleanup=False):
        try:
            result = one(member)
        except BaseException as error:  # native code may raise what is no Exception
            result = _failed(error)
        try:
            context.close()
        except BaseException as error:  # what was done stays so
            failed = _failed(error)
            problems = (*result.problems, *failed.problems)
            result = replace(result, code=worst([result.code, failed.code]), problems=problems)
    prefix = f"{member.directory}/"
    account_result = AccountResult(
        member.name,
        member.directory,
        int(result.code),
        result.numbers,
        tuple(_placed(p, prefix) for p in result.problems),
        output.getvalue(),
        result.details,
        changes=result.changes,
        blocked=result.blocked,
    )
    return account_result, result


def _failed(error: BaseException) -> CommandResult:
    if isinstance(error, BrokenPipeError):  # not that of stdout, whose reader may go away: what is printed is collected
        error = AfsyncError("a connection was closed before all was sent", "run it again")
    return CommandResult(cli.failed(error, lambda text: messages()(f"{text}\n")), problems=problems_of(error))


def _placed(problem: Problem, prefix: str) -> Problem:
    """Its place as seen from the workspace."""
    at = problem.location
    return (
        problem
        if at is None
        else replace(problem, location=Location(in_repository(prefix, at.file), at.line, at.column))
    )


def finish(run: AccountsRun, results: Sequence[AccountResult], problems: Sequence[Problem] = (), code: int = 0) -> int:
    """Show the table and write the reports; `problems` concern all accounts, and alone would exit with `code`. Returns
    the exit code."""
    flags, stops = run.flags, run.stops
    for gone in run.chosen.gone:
        run.show(gone)
    codes = [code, stops.main.exit_code if stops.main.signal is not None else Exit.OK]
    if unmatched := run.globs.unmatched:
        problems = [
            *problems,
            *(Problem("no_such_address", f"{glob}: nothing has this address in any account") for glob in unmatched),
        ]
        codes.append(Exit.ERROR)
    every = tuple(sorted([*results, *run.chosen.gone], key=lambda r: r.account))
    shards = () if flags.shard is None else (f"{flags.shard[0]}/{flags.shard[1]}",)
    overall = Overall(run.command, every, shards, tuple(problems), worst(codes), flags.title)
    return tell_overall(overall, flags.reports, run.chosen.workspace.root)
