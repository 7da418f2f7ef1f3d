"""What messages advise to enter: every command line is one of the program, and its words are quoted for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from afsync.cli import cli
from afsync.core import command_lines
from afsync.core.command_lines import FlagName, import_command, rename_command, resolve_command
from tests.cli.commands import every_command, options

COMMANDS = every_command()
GIVEN: Mapping[str, tuple[tuple[Any, ...], Mapping[str, Any]]] = {
    "approve_command": (("job.a",), {"platform": True}),
    "forget_command": (("job.a",), {}),
    "import_command": (("job.a", "job_1"), {"force": True}),
    "plan_command": (("2026-12-01T00:00:00Z",), {}),
    "rename_command": (("job.a", "job.b"), {}),
    "replace_command": (("job.a",), {}),
    "resolve_command": (("job.a",), {}),
    "restore_command": ((3,), {}),
    "result_command": (("job.a",), {}),
    "unlock_command": (("0123abcd",), {}),
}


def lines() -> dict[str, str]:
    made: dict[str, Callable[..., str]] = {n: f for n, f in vars(command_lines).items() if n.endswith("_command")}
    assert set(made) == set(GIVEN)
    fixed = {name: value for name, value in vars(command_lines).items() if name.isupper()}
    return fixed | {name: made[name](*args, **more) for name, (args, more) in GIVEN.items()}


@pytest.mark.parametrize(("name", "line"), lines().items(), ids=list(lines()))
def test_every_command_line_is_one_of_the_program(name: str, line: str) -> None:
    program, *words = shlex.split(line.strip("`"))
    assert program == "afsync", name
    path = tuple(words[: 2 if tuple(words[:2]) in COMMANDS else 1])
    command, rest = COMMANDS[path], words[len(path) :]
    flags = {flag for option in options(command) for flag in option.opts}
    assert {word for word in rest if word.startswith("--")} <= flags
    if len(rest) > len([word for word in rest if word.startswith("--")]):  # it is whole
        program_context = cli.make_context(
            "afsync", [], resilient_parsing=True
        )  # click keeps the help option of the first
        command.make_context(name, [w for w in rest if w not in ("NAME", "--platform")], parent=program_context)


def test_every_flag_is_one_of_the_program() -> None:
    shown = {flag for command in COMMANDS.values() for o in options(command) if not o.hidden for flag in o.opts}
    assert {str(flag) for flag in FlagName} <= shown


def test_words_are_quoted_for_a_shell() -> None:
    address = 'job.show["2026-12-07"]'
    assert import_command(address, "a b") == "`afsync import 'job.show[\"2026-12-07\"]' 'a b'`"
    assert shlex.split(rename_command(address, "job.a").strip("`"))[-2:] == [address, "job.a"]
    assert shlex.split(resolve_command("job.$(x)"))[-1] == "job.$(x)"
