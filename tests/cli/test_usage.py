"""A command line that makes no sense exits with 1 and says so on stderr; 2 is for `plan --detailed-exitcode` alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import afsync
from afsync import cli
from afsync.command_list import COMMANDS
from tests.cli.commands import Path as Words
from tests.cli.commands import arguments, every_command, options
from tests.harness import Done, Sandbox

EVERY = every_command()


def wrong_values(command: click.Command) -> Iterator[list[str]]:
    """For each flag: without its value, with one that it does not take, and twice where that is once too often."""
    for option in options(command):
        flag = option.opts[-1]
        if option.is_flag:
            yield [f"{flag}=x"]
            continue
        yield [flag]
        if isinstance(option.type, click.Choice | click.IntRange | click.FloatRange | click.types.IntParamType):
            yield [flag, "nonsense"]
        if isinstance(option.type, click.IntRange | click.FloatRange) and option.type.min is not None:
            yield [flag, str(option.type.min - 1)]


WRONG = [
    pytest.param(words, [*arguments(command), *more], id=" ".join([*words, *more]))
    for words, command in EVERY.items()
    for more in (["--no-such-flag"], ["-Z"], *wrong_values(command))
]
TOO_MANY = [
    words
    for words, command in EVERY.items()
    if not any(isinstance(p, click.Argument) and p.nargs == -1 for p in command.params)
]


def refused(done: Done) -> None:
    assert done.code == 1
    assert done.out == ""
    assert done.err.startswith("Error: ")
    assert len(done.err.splitlines()) <= 5


@pytest.mark.parametrize(("words", "more"), WRONG)
def test_a_flag_that_is_wrong_exits_1(words: Words, more: list[str], sandbox: Sandbox) -> None:
    with sandbox.watched(reads=True) as sent:
        refused(sandbox.call(*words, *more))
    assert sent == []


@pytest.mark.parametrize("words", TOO_MANY, ids=" ".join)
def test_an_argument_too_many_exits_1(words: Words, sandbox: Sandbox) -> None:
    least = [p for p in EVERY[words].params if isinstance(p, click.Argument)]
    refused(sandbox.call(*words, *["x"] * (len(least) + 1)))


@pytest.mark.parametrize("words", [w for w, c in EVERY.items() if arguments(c)], ids=" ".join)
def test_an_argument_too_few_exits_1(words: Words, sandbox: Sandbox) -> None:
    refused(sandbox.call(*words))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_takes_a_directory_behind_it(words: Words, sandbox: Sandbox) -> None:
    refused(done := sandbox.call(*words, *arguments(EVERY[words]), "-C", "/nowhere/at/all"))
    assert "/nowhere/at/all" in done.err


def test_a_command_of_a_group_works_in_that_directory(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["state", "list", "-C", str(sandbox.root)]) == 0
    assert "job.best\n" in capsys.readouterr().out


def test_no_command_shows_what_there_is_and_exits_1(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    done = sandbox.call("state")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("Usage: afsync state")
    assert cli.run([]) == 1
    out, err = capsys.readouterr()
    assert (out, err[:14]) == ("", "Usage: afsync ")
    assert "Commands:\n" in err
    refused(sandbox.call())  # `-C DIR` and no more


@pytest.mark.parametrize("words", [(), ("state",), *EVERY], ids=lambda words: " ".join(words) or "afsync")
def test_help_is_a_report_and_exits_0(words: Words, sandbox: Sandbox) -> None:
    for flag in ("--help", "-h"):
        done = sandbox.call(*words, flag)
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith(f"Usage: {' '.join(['afsync', *words])} ")


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_flag_is_explained(words: Words) -> None:
    assert [option.opts[-1] for option in options(EVERY[words]) if not option.help and not option.show_default] == []
    assert EVERY[words].help


def test_every_command_that_is_listed_exists() -> None:
    """The list does not import them."""
    assert [name for name in COMMANDS if not any(words[0] == name for words in EVERY)] == []


def test_a_real_process_exits_1_too(sandbox: Sandbox) -> None:
    for args in (("plan", "--nope"), ("nope",), (), ("apply",)):
        assert sandbox.run(*args).code == 1


def test_exit_2_is_changes_of_a_plan(sandbox: Sandbox) -> None:
    sandbox.does("plan", "--detailed-exitcode", code=0)
    sandbox.write("jobs: {other: {url: 'https://clips.twitch.tv/new'}}\n")
    sandbox.does("plan", code=0)
    sandbox.does("plan", "--json", code=0)
    sandbox.does("plan", "--detailed-exitcode", code=2)
    sandbox.does("plan", "--json", "--detailed-exitcode", code=2)
    assert sandbox.run("plan", "--detailed-exitcode").code == 2
    sandbox.does("plan", "--detailed-exitcode", "--nope", code=1)
    sandbox.does("plan", "--detailed-exitcode", code=1, env={"AURAFLUX_API_KEY": None})


def test_exit_2_is_written_in_one_place_only() -> None:
    """Nothing else can ever exit with it: no other file says so, not by name and not by number."""
    package = Path(afsync.__file__).parent
    # The workspace only says which of several codes is the worst.
    named = [p.name for p in package.rglob("*.py") if "Exit.CHANGES" in p.read_text(encoding="utf-8")]
    assert sorted(named) == ["account_results.py", "plan_report.py"]
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "exit(" in text else ():
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("sys.exit", "exit", "os._exit", "ctx.exit"):
                assert ast.unparse(node) in ("os._exit(code)", "sys.exit(main())"), path


def test_show_of_an_address_names_the_command_that_shows_it(sandbox: Sandbox) -> None:
    assert "`afsync state show job.x`" in sandbox.does("show", "job.x", code=1).err


def test_a_flag_that_help_does_not_show_is_not_suggested(sandbox: Sandbox) -> None:
    assert "--format" not in sandbox.does("plan", "--foo", code=1).err
    assert "--json" in sandbox.does("plan", "--jso", code=1).err


def test_the_help_of_a_group_is_not_cut(sandbox: Sandbox) -> None:
    assert "...\n" not in sandbox.does("state", "--help").out.split("Commands:")[1]
