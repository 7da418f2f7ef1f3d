"""The command line: how commands are found and run, and where an exception becomes a message and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

import click

from afsync.__version__ import __version__
from afsync.command_list import COMMANDS, DIRECTORY_HELP, WIDEST, help_text
from afsync.errors import AfsyncError, ConfigError, Exit, Interrupted, Problem

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST}


class Commands(click.Group):
    """A group whose commands are imported only when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"afsync.commands.{cmd_name.replace('-', '_')}").command
        for one in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
            if not any(p.name == "directory" for p in one.params):
                one.params.append(directory_option())
            one.short_help = one.short_help or _first_sentence(one.help or "")  # else it is cut, not wrapped
        if "_AFSYNC_COMPLETE" in os.environ:  # as the shell sets it to ask what could follow
            from afsync.commands.completion import attach

            attach(cmd_name, command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"no such command: {args[0]}{_did_you_mean(args[0])}", ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002
        return help_text().rstrip("\n")


def _first_sentence(text: str) -> str:
    first, found, _ = " ".join(text.split("\n\n")[0].split()).partition(". ")
    return f"{first}." if found else first


def _did_you_mean(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, COMMANDS, n=1)
    return f". Did you mean `{close[0]}`?" if close else ""


def _set_directory(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.find_root().obj = value


def directory_option() -> click.Option:
    """`-C DIR`, before the command or after it."""
    return click.Option(
        ["-C", "directory"],
        metavar="DIR",
        help=DIRECTORY_HELP,
        expose_value=False,
        callback=_set_directory,
        type=click.Path(exists=True, file_okay=False),
    )


@click.group(cls=Commands, context_settings=SETTINGS, params=[directory_option()])
@click.version_option(__version__, message="afsync %(version)s")
def cli() -> None:
    """The flags that stand before a command."""


def run(args: Sequence[str] | None = None) -> int:
    """Run a command; what it raises becomes a message on stderr and an exit code."""
    try:
        result: Any = cli.main(args=args, prog_name="afsync", standalone_mode=False)
        return int(result or 0)
    except click.exceptions.Exit as error:
        return error.exit_code
    except SystemExit:
        return 0  # click leaves so where the reader of what it prints itself went away (`afsync --help | head`)
    except click.ClickException as error:
        return _usage(error)
    except (Exception, KeyboardInterrupt) as error:
        return failed(error, _say)


def failed(error: BaseException, say: Callable[[str], None]) -> int:
    """Tell what was raised, and give the exit code."""
    match error:
        case KeyboardInterrupt() | click.Abort():
            say(f"{_below()}Interrupted.")
            return Exit.INTERRUPTED
        case BrokenPipeError():
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return Exit.OK
        case AfsyncError():
            return _known(error, say)
        case OSError(errno=errno.ENOSPC | errno.EDQUOT | errno.EFBIG | errno.EIO, filename=None):
            say(f"afsync: the report could not be written: {error.strerror}")  # as click printed the help
            return Exit.ERROR
        case _:
            return _bug(error, say)


def _say(text: str) -> None:
    try:
        click.echo(text, err=True)
    except OSError:
        return


def _usage(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        _say(error.format_message())
        return Exit.ERROR
    from afsync.commands.console import stderr_paint
    from afsync.output.tables import wrapped

    context = getattr(error, "ctx", None)
    if isinstance(error, click.NoSuchOption) and context is not None:
        hidden = {name for p in context.command.params if getattr(p, "hidden", False) for name in p.opts}
        known = [name for name in error.possibilities or () if name not in hidden]
        error = click.NoSuchOption(error.option_name, possibilities=known, ctx=context)
    _say(f"Error: {wrapped(error.format_message(), stderr_paint().columns, len('Error: '))}")
    if context is not None:
        _say(f"  see `{context.command_path} --help`")
    return Exit.ERROR


def _below() -> str:
    """A line end on a terminal: it has just written ^C, perhaps after a question."""
    return "\n" if sys.stderr.isatty() else ""


def _known(error: AfsyncError, say: Callable[[str], None]) -> int:
    from afsync.commands.ci import publish_error
    from afsync.commands.console import stderr_paint
    from afsync.output.problems import problem_block, problems_text

    publish_error(error)
    if isinstance(error, ConfigError):
        say(problems_text(error.problems, stderr_paint()).rstrip("\n"))
    else:
        below = _below() if isinstance(error, Interrupted) else ""
        say(below + problem_block(Problem("stopped", error.message, error.hint), stderr_paint()))
    return error.exit_code


def _bug(error: BaseException, say: Callable[[str], None]) -> int:
    import traceback

    say("".join(traceback.format_exception(error)).rstrip("\n"))
    say("")
    say(f"This is a bug in afsync {__version__}, not in what you did. Please report it with the lines above.")
    # A note names an id that is not in the state (`engine.current_state`).
    return Exit.STATE if getattr(error, "__notes__", None) else Exit.ERROR
