"""The command line: which commands there are, and where an exception becomes a message and an exit code."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from afsync.__version__ import __version__

if TYPE_CHECKING:
    from afsync.errors import AfsyncError

# name -> what `--help` says of it. The module of the same name in `afsync.commands` is imported when it is used.
COMMANDS = {
    "init": "Write a starter project, or add a lineage to the one that is there.",
    "validate": "Check everything, offline.",
    "fmt": "Bring the files into one layout.",
    "plan": "Show what would change, and what it costs.",
    "apply": "Make the account what the files say.",
    "destroy": "Plan and apply the removal of everything.",
    "show": "Show the state, or a saved plan.",
    "state": "List or show what is recorded; its history.",
    "force-unlock": "Clear a lock whose holder is gone.",
    "status": "Show jobs and how far they are; wait for them.",
    "calendar": "Show what is published when.",
    "notify": "Send messages about jobs to channels.",
    "approve": "Publish jobs that wait for it.",
    "result": "Show or download what jobs produced.",
    "import": "Record what the account holds already.",
    "export": "Write YAML for what the account holds.",
    "explain": "Explain a key of the files.",
    "intents": "Show submissions and approvals whose outcome is not known.",
    "resolve": "Decide a submission whose outcome is unknown.",
    "account": "Show plan, balance and limits.",
    "pipeline": "Run a step of a CI pipeline.",
    "report": "Put reports over many accounts together.",
    "schema": "Print a JSON Schema.",
    "emulator": "Serve AuraFlux on this machine.",
    "demo": "Walk through it all against the emulator.",
    "completion": "Print a shell completion script.",
    "version": "Print the version.",
}

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


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
        help="Work in DIR instead of here.",
        expose_value=False,
        callback=_set_directory,
        type=click.Path(exists=True, file_okay=False),
    )


@click.group(cls=Commands, context_settings=SETTINGS, params=[directory_option()])
@click.version_option(__version__, message="afsync %(version)s")
def cli() -> None:
    """Keep an AuraFlux account in step with YAML under version control.

    Declare templates and scheduled jobs in afsync.yaml; `afsync plan` shows what would change and what it costs in
    credits, `afsync apply` does exactly that.
    """


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
    # Imported here: `--help` needs none of it.
    from afsync.errors import AfsyncError, Exit

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
    from afsync.errors import Exit

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        _say(error.format_message())
        return Exit.ERROR
    context = getattr(error, "ctx", None)
    _say(f"Error: {error.format_message()}")
    if context is not None:
        _say(f"  see `{context.command_path} --help`")
    return Exit.ERROR


def _below() -> str:
    """A line end on a terminal: it has just written ^C, perhaps after a question."""
    return "\n" if sys.stderr.isatty() else ""


def _known(error: AfsyncError, say: Callable[[str], None]) -> int:
    from afsync.commands.ci import publish_error
    from afsync.errors import ConfigError, Interrupted
    from afsync.output.problems import problems_text
    from afsync.output.values import escape_control

    publish_error(error)
    if isinstance(error, ConfigError):
        from afsync.commands.console import stderr_paint

        say(problems_text(error.problems, stderr_paint()).rstrip("\n"))
    else:
        say(f"{_below() if isinstance(error, Interrupted) else ''}Error: {escape_control(error.message)}")
        if error.hint:
            say(f"  {escape_control(error.hint)}")
    return error.exit_code


def _bug(error: BaseException, say: Callable[[str], None]) -> int:
    import traceback

    from afsync.errors import Exit

    say("".join(traceback.format_exception(error)).rstrip("\n"))
    say("")
    say(f"This is a bug in afsync {__version__}, not in what you did. Please report it with the lines above.")
    # A note names an id that is not in the state (`engine.ledger`).
    return Exit.STATE if getattr(error, "__notes__", None) else Exit.ERROR
