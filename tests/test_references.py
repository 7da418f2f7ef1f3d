"""Wherever code and tests name a page of docs/, the page is there, and so is its heading."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from afsync.command_list import COMMANDS
from tools.site import slug

ROOT = Path(__file__).parent.parent
CODE = [path for folder in ("afsync", "benchmarks", "tests", "tools") for path in (ROOT / folder).rglob("*.py")]
PAGES = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}

_REFERENCE = re.compile(r"\bdocs/[\w./-]+\.md(?:#[\w-]+)?")
_CAPITALS = re.compile(r"\b[A-Z]{3,}\.md\b")


def headings(page: Path) -> set[str]:
    text = re.sub(r"^(```|~~~).*?^\1", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return {slug(heading) for heading in re.findall(r"^#{1,6} +(.+?) *#*$", text, re.MULTILINE)}


@pytest.mark.parametrize("path", [p for p in CODE if "docs/" in p.read_text("utf-8")], ids=lambda p: str(p.name))
def test_a_page_that_is_named_is_there(path: Path) -> None:
    for reference in _REFERENCE.findall(path.read_text(encoding="utf-8")):
        page, _, heading = reference.partition("#")
        assert (ROOT / page).is_file(), reference
        assert not heading or heading in headings(ROOT / page), reference


def test_no_page_is_named_that_stands_elsewhere() -> None:
    known = {path.name for path in [*ROOT.glob("*.md"), *ROOT.glob("*/*.md")]} | PAGES
    named = {(path.name, name) for path in CODE for name in _CAPITALS.findall(path.read_text(encoding="utf-8"))}

    assert {(file, name) for file, name in named if name not in known} == set()


def test_only_known_pages_stand_at_the_top() -> None:
    """What a command wrote there while it was tried is not part of the project."""
    assert {path.name for path in ROOT.glob("*.md")} == PAGES


CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_FILE = re.compile(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|py|toml))(?:::\w+)?`")
_MADE_UP = re.compile(r"\b(?:NAME|DIR)\b|NAME_")


def test_every_file_that_contributing_names_is_there() -> None:
    named = {name for name in _FILE.findall(CONTRIBUTING) if not _MADE_UP.search(name)}
    assert len(named) > 50
    assert {name for name in named if not any((place / name).exists() for place in (ROOT, ROOT / "afsync"))} == set()


def test_what_contributing_runs_and_changes_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)", CONTRIBUTING.partition("## How")[0])) - {"them"} <= targets


ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("layer", ["core", "config", "store", "api", "output", "app", "commands", "emulator"])
def test_every_module_has_its_question_in_the_architecture(layer: str) -> None:
    """And every module that a question names is there."""
    _, _, table = ARCHITECTURE.partition(f"| question | module in `{layer}/`")
    rows = table.partition("\n\n")[0].splitlines()
    named = {name for row in rows[1:] for name in re.findall(r"`([\w/]+)(?:/…)?`", row.split("|")[2])}
    named |= {name.replace("-", "_") for name in COMMANDS} if layer == "commands" else set()
    here = ROOT / "afsync" / layer
    modules = {p.relative_to(here).with_suffix("").as_posix() for p in here.rglob("*.py") if p.name != "__init__.py"}
    assert named - modules - {p.name for p in here.iterdir() if p.is_dir()} == set()
    assert {name for name in modules - named if name.partition("/")[0] not in named} == set()
