"""What is allowed in the files and may not be meant, as every output shows it."""

from __future__ import annotations

import click
import pytest

from afsync.commands import context
from tests.harness import Sandbox

URL = "url: https://a.b/c"


def test_they_are_in_every_output(sandbox: Sandbox) -> None:
    path = sandbox.root / "afsync.yaml"
    path.write_text(path.read_text("utf-8") + f"  cut: {{{URL}, topic: x #1\n   }}\n", encoding="utf-8")
    said = "`topic` is only `x`"
    (found,) = sandbox.does("validate", "--json").json["problems"]
    assert (found["code"], found["severity"], found["file"]) == ("cut_text", "warning", "afsync.yaml")
    (found,) = [w for w in sandbox.does("plan", "--json").json["warnings"] if w["code"] == "cut_text"]
    assert said in found["message"] and found["line"] > 1 and found["column"] > 1
    assert said in sandbox.does("plan").text and said in sandbox.does("validate").text
    on_github = sandbox.does("validate", env={"GITHUB_ACTIONS": "true"})
    assert any(line.startswith("::warning file=afsync.yaml,") for line in on_github.text.splitlines())


class BusyOnce:
    """A stream whose reader is busy for the first write."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self._busy = True

    def write(self, text: str) -> None:
        if self._busy:
            self._busy = False
            raise BlockingIOError
        self.written.append(text)

    def flush(self) -> None:
        pass


def test_one_that_cannot_be_written_silences_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = BusyOnce()
    monkeypatch.setattr(context, "stderr", lambda: stream)
    with click.Context(click.Command("plan")):
        say = context.here().say
        for text in ("first\n", "second\n", "third\n"):
            say(text)
    assert stream.written == ["second\n", "third\n"]
