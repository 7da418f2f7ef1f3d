"""The tables of README.md say what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from afsync.command_list import COMMANDS
from afsync.commands import schema
from afsync.errors import Exit
from tests.cli.commands import every_command, options

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
EVERY = every_command()


def table(heading: str) -> list[list[str]]:
    """The rows of the table that begins with this cell."""
    start = README.index(f"| {heading} |")
    lines = README[start : README.index("\n\n", start)].splitlines()[2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def code(cell: str) -> list[str]:
    """What stands between backticks."""
    return [text.replace("\\|", "|") for text in re.findall(r"`([^`]*)`", cell)]


def named(words: list[str]) -> tuple[str, ...]:
    """The command at the beginning of a line."""
    for length in (2, 1):
        if tuple(words[:length]) in EVERY:
            return tuple(words[:length])
    raise AssertionError(f"there is no command `{' '.join(words)}`")


ROWS = [(named(line.split()), line, does) for cell, does in table("command") for line in code(cell)]


def test_every_command_is_in_the_table_once() -> None:
    listed = [words for words, _, _ in ROWS]
    assert sorted(listed) == sorted(set(listed))
    assert set(EVERY) - set(listed) == set()
    assert {words[0] for words in listed} == set(COMMANDS)


@pytest.mark.parametrize(("words", "line", "does"), ROWS, ids=[line for _, line, _ in ROWS])
def test_flags_and_arguments_are_those_of_the_command(words: tuple[str, ...], line: str, does: str) -> None:
    command = EVERY[words]
    flags = {flag: option for option in options(command) for flag in option.opts}
    for written in code(does):
        if not written.startswith("--"):
            continue
        flag, _, value = written.partition(" ")
        assert flag in flags, f"`afsync {' '.join(words)}` has no {flag}"
        assert bool(value) <= (not flags[flag].is_flag), f"{flag} takes no value"
    takes = [p for p in command.params if isinstance(p, click.Argument)]
    assert len(line.split()[len(words) :]) <= len(takes)


def test_the_names_of_schemas_are_those_there_are() -> None:
    (line,) = [line for _, line, _ in ROWS if line.startswith("schema")]
    assert line == f"schema [{'|'.join(schema.FILES)}]"


def test_exit_codes_are_those_there_are() -> None:
    written = [int(number) for cell, _ in table("exit") for number in cell.split(", ")]
    assert written == [int(code) for code in Exit]


def test_every_flag_that_the_text_names_exists() -> None:
    known = {flag for command in EVERY.values() for option in options(command) for flag in option.opts}
    known |= {"--help", "--version"}
    mentioned = set(re.findall(r"`(--[a-z-]+)", README))
    assert mentioned - known == set()
