"""docs/python-api.md: its examples print what it says they print, it names every method and error, and what it names
is there."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

import afsync
from afsync import errors
from afsync.emulator import running
from tests.harness import Sandbox

PAGE = (Path(__file__).parents[2] / "docs/python-api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL)
DOTTED = sorted(set(re.findall(r"\bafsync(?:\.[A-Za-z_]+)+", PAGE)) - {"afsync.yaml"})
OUTCOMES = re.search(r"types of `([\w.]+)`:\n\n((?:\|.*\n)+)", PAGE)
JOB = """jobs:
  finals: {{url: "https://clips.twitch.tv/finals", topic: The finals, schedule: {at:%Y-%m-%dT%H:%M:00Z}}}
"""


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    """A project, and the same as that of a client."""
    with running(speed="manual") as emulator:
        box = Sandbox(tmp_path, emulator)
        client = Sandbox(tmp_path / "clients/anna", emulator)
        for one in (box, client):
            one.write(JOB.format(at=box.now() + timedelta(days=1)))
            one.does("init")
        yield box


def test_every_example_has_its_output() -> None:
    assert len(EXAMPLES) == PAGE.count("```python") == 3


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
def test_an_example(
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    code: str,
    printed: str,
) -> None:
    for name, value in {**sandbox.environ(), "KEY_OF_ANNA": "of anna"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(sandbox.root)
    exec(compile(code, "docs/python-api.md", "exec"), {"__name__": "example"})

    assert capsys.readouterr() == (printed, "")


def test_every_method_and_error_is_named() -> None:
    methods = [
        name for name in vars(afsync.Project) if not name.startswith("_") and callable(getattr(afsync.Project, name))
    ]
    raised = re.findall(r"^\| `(\w+)` \| ", PAGE.partition("## Errors")[2], re.MULTILINE)

    assert [name for name in methods if f"`{name}(" not in PAGE] == []
    assert raised and all(issubclass(getattr(errors, name), errors.AfsyncError) for name in raised)


@pytest.mark.parametrize("name", DOTTED)
def test_what_it_names_is_there(name: str) -> None:
    pkgutil.resolve_name(name)


def test_the_outcomes_are_where_it_says() -> None:
    assert OUTCOMES is not None
    names = re.findall(r"^\| `(\w+)` ", OUTCOMES[2], re.MULTILINE)
    assert names == ["Applied", "Failed", "Unresolved", "NotAttempted"]
    assert all(isinstance(pkgutil.resolve_name(f"{OUTCOMES[1]}.{name}"), type) for name in names)
