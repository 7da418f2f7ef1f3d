"""The commands there are, as click sees them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from afsync.cli import cli
from afsync.command_list import COMMANDS

Path = tuple[str, ...]


def every_command() -> dict[Path, click.Command]:
    """All of them, those in a group by both words; groups aside."""
    context = cli.make_context("afsync", [], resilient_parsing=True)
    return dict(_below(context, (), tuple(COMMANDS)))


def _below(context: click.Context, path: Path, names: tuple[str, ...]) -> Iterator[tuple[Path, click.Command]]:
    """What is below the group of a context. It descends from the program's own: click keeps the first help option."""
    group = context.command
    assert isinstance(group, click.Group)
    for name in names:
        try:
            command = group.get_command(context, name)
        except ModuleNotFoundError:
            continue  # `test_usage` says so
        if isinstance(command, click.Group):
            inside = click.Context(command, parent=context, info_name=name)
            yield from _below(inside, (*path, name), tuple(command.list_commands(inside)))
        elif command is not None:
            yield (*path, name), command


def options(command: click.Command) -> list[click.Option]:
    return [param for param in command.params if isinstance(param, click.Option)]


def arguments(command: click.Command) -> list[str]:
    """A value for every argument that a command cannot do without."""
    found = [param for param in command.params if isinstance(param, click.Argument) and param.required]
    return ["bash" if isinstance(param.type, click.Choice) else "job.best" for param in found]
