"""One account's part of a command over many: where it is, what it prints, and how it ends."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from afsync import cli
from afsync.app.context import Globs
from afsync.commands.command_result import CommandResult
from afsync.commands.context import share
from afsync.commands.screen import messages, print_into
from afsync.core.workspace import AccountResult, worst
from afsync.errors import AfsyncError, ConfigError, Exit, Location, Problem
from afsync.output.values import visible

if TYPE_CHECKING:
    from afsync.config.workspace import Member, Workspace
    from afsync.engine.interrupt import Stops


class Shared(Struct, frozen=True):
    """What the parts of one command have in common."""

    command: str
    workspace: Workspace
    stops: Stops
    globs: Globs


def run_in_block(
    shared: Shared, member: Member, one: Callable[[Member], CommandResult]
) -> tuple[AccountResult, CommandResult]:
    """Run a command in the directory of one account, with a context of its own. Whatever is raised becomes a message
    in its block, and its exit code."""
    block = io.StringIO()
    place = str(shared.workspace.root / member.directory)
    context = click.Context(click.Command(shared.command), info_name=shared.command, obj=place)
    share(context, shared.workspace, shared.globs, shared.stops)
    print_into(context, block)
    with context.scope(cleanup=False):
        try:
            came = one(member)
        except BaseException as error:  # native code may raise what is no Exception
            came = _failed(error)
        try:
            context.close()
        except BaseException as error:  # what was done stays so
            failed = _failed(error)
            came = replace(came, code=worst([came.code, failed.code]), problems=(*came.problems, *failed.problems))
    prefix = f"{member.directory}/"
    result = AccountResult(
        member.name,
        member.directory,
        int(came.code),
        came.numbers,
        tuple(_placed(p, prefix) for p in came.problems),
        block.getvalue(),
        came.details,
        changes=came.changes,
        blocked=came.blocked,
    )
    return result, came


def _failed(error: BaseException) -> CommandResult:
    if isinstance(error, BrokenPipeError):  # not that of stdout, whose reader may go away: what is printed is collected
        error = AfsyncError("a connection was closed before all was sent", "run it again")
    return CommandResult(cli.failed(error, lambda text: messages()(f"{text}\n")), problems=_told(error))


def _told(error: BaseException) -> tuple[Problem, ...]:
    match error:
        case ConfigError():
            return error.problems
        case AfsyncError():
            return (Problem("stopped", error.message, error.hint),)
        case _:
            return (Problem("stopped", f"a bug in afsync: {type(error).__name__}", "see the log, and report it"),)


def _placed(problem: Problem, prefix: str) -> Problem:
    """Its place as seen from the workspace."""
    from afsync.output.problems import in_repository

    at = problem.location
    return (
        problem
        if at is None
        else replace(problem, location=Location(in_repository(prefix, at.file), at.line, at.column))
    )


def broken(member: Member, error: BaseException) -> AccountResult:
    """For one of which not even the failure could be shown."""
    told = _told(error)
    text = "".join(f"Error: {problem.message}\n  {visible(str(error))}\n" for problem in told)
    return AccountResult(member.name, member.directory, Exit.ERROR, problems=told, output=text)


def not_begun(member: Member) -> AccountResult:
    return AccountResult(member.name, member.directory, begun=False)


def interrupted(member: Member, code: int = Exit.INTERRUPTED) -> AccountResult:
    """For one that only read, and was left alone when the signal came."""
    told = Problem("interrupted", "it was interrupted while it read; nothing was changed")
    return AccountResult(member.name, member.directory, code, problems=(told,), output=f"{told.message}\n")
