"""What `afsync --help` prints without click is what click would print."""

from __future__ import annotations

import shutil

import click
import pytest

from afsync import command_list
from afsync.cli import cli
from afsync.command_list import COMMANDS, WIDEST, help_text

ABOUT = "\n\n".join(command_list._ABOUT)


class InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


def test_it_is_in_the_layout_of_click(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = {name: click.Command(name, short_help=meaning) for name, meaning in COMMANDS.items()}
    plain = InOrder("afsync", commands, params=cli.params, help=ABOUT)
    for columns in (20, *range(50, 106)):
        monkeypatch.setenv("COLUMNS", str(columns))
        context = click.Context(plain, info_name="afsync", help_option_names=["-h", "--help"], max_content_width=WIDEST)
        assert help_text() == f"{plain.get_help(context)}\n"


@pytest.mark.parametrize("given", ["", "0", "-3", "many", "66", " 67 ", "+68", "1_00", "9" * 5000])
def test_the_width_is_that_of_the_standard_library(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", given)
    assert command_list._columns() == shutil.get_terminal_size().columns
