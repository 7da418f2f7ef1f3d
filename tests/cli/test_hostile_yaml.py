"""A file made to end the process ends every command that reads it with a located problem."""

from __future__ import annotations

import re

import pytest

from tests.config.test_forms import HOSTILE
from tests.harness import Sandbox

COMMANDS = {
    "validate": ("validate",),
    "plan": ("plan",),
    "fmt": ("fmt", "--check"),
    "init": ("init",),
    "import": ("import", "--match"),
    "export": ("export", "--into", "."),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_where(command: str, sandbox: Sandbox) -> None:
    for name in HOSTILE if command == "validate" else ("dashes", "questions", "steps", "an alias", "a version"):
        sandbox.write(HOSTILE[name] + "\n", head=False)
        done = sandbox.call(*COMMANDS[command])
        assert done.code == 1, (name, done.text)
        assert re.search(r"afsync\.yaml:\d+:\d+", done.text), (name, done.text)
        assert "bug" not in done.text, (name, done.text)
        assert len(done.text) < 3000, (name, len(done.text))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_process_of_its_own_survives_twenty_thousand_dashes(command: str, sandbox: Sandbox) -> None:
    sandbox.write("include: [part.yaml]\n")
    sandbox.write(HOSTILE["dashes"] + "\n", "part.yaml")
    done = sandbox.run(*COMMANDS[command])
    assert done.code == 1, done.text
    assert re.search(r"part\.yaml:\d+:\d+", done.text), done.text
