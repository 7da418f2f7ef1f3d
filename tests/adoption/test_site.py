"""The site: every page is in its navigation, every link leads somewhere, and the reference is what the program says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from unittest import mock

import pytest

from afsync.app import files
from afsync.command_list import COMMANDS
from afsync.config.schema import config_schema
from tests.harness import Sandbox
from tools import site

ROOT = Path(__file__).parents[2]
FREE = {"clipSpec", "effects"}
"""Keys whose values are passed on as they are, and are not documented by the service."""
LINKS = "# A b\n[x](b.md) [y](a.md#a-b) [z](#nothing)\n~~~\n[no](link.md)\n~~~\n"


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return site.pages()


def test_every_link_leads_somewhere_and_every_page_is_found() -> None:
    assert site.wrong() == []


def test_broken_links_are_found() -> None:
    assert [*site.broken({"a.md": LINKS})] == ["a.md: b.md leads nowhere", "a.md: #nothing names no heading of a.md"]


def test_the_reference_has_every_command_and_key(pages: dict[str, str]) -> None:
    for name in COMMANDS:
        assert f"## afsync {name}\n" in pages["reference/commands.md"]
    assert "### job.schedule\n" in pages["reference/keys.md"]
    assert "| 130, 143 |" in pages["reference/exit-codes.md"]
    for path in (ROOT / "schemas").glob("*.json"):
        assert path.name in pages["reference/schemas.md"]


def test_what_the_generator_reads_is_written(tmp_path: Path) -> None:
    site.write(tmp_path / "site")
    schema = tmp_path / "site/pages/schemas" / site.release() / "afsync.schema.json"
    assert schema.read_bytes() == (ROOT / "schemas/afsync.schema.json").read_bytes()
    assert (tmp_path / "site/pages/pictures/plan.svg").is_file()


def test_the_entry_for_the_schema_store_names_what_the_site_has() -> None:
    entry = json.loads((ROOT / "tools/schemastore.json").read_text(encoding="utf-8"))
    address = tomllib.loads(site.CONFIG.read_text(encoding="utf-8"))["project"]["site_url"]
    assert entry["url"] == f"{address}schemas/latest/afsync.schema.json"
    assert entry["versions"] == {site.release(): f"{address}schemas/{site.release()}/afsync.schema.json"}


def test_editors_explain_every_key_and_show_an_example() -> None:
    schema = config_schema()
    for part, definition in {"": schema, **schema["definitions"]}.items():
        for name, prop in definition.get("properties", {}).items():
            assert prop.get("description"), f"{part}.{name}"
            assert "$ref" in json.dumps(prop) or name in FREE or {"examples", "default"} & prop.keys(), f"{part}.{name}"


def test_pictures_load_nothing_from_elsewhere() -> None:
    for path in (ROOT / "docs/pictures").glob("*.svg"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"url\(.?http|href=.http|@import|<script", text), path.name


def test_an_example_is_copied_without_what_trying_it_left_there(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for name in ("__pycache__", ".afsync"):
        (tmp_path / "examples/tested" / name).mkdir(exist_ok=True)
        (tmp_path / "examples/tested" / name / "left").write_bytes(b"")
    project = tmp_path / "project"
    project.mkdir()
    with mock.patch.object(files, "data_folder", lambda folder: tmp_path / folder):
        Sandbox(project).does("init", "--example", "tested")
    assert (project / "tests/conftest.py").is_file()
    assert not [*project.rglob("left")]


def test_schemas_of_earlier_releases_stay_on_the_site(tmp_path: Path) -> None:
    def git(*args: str) -> None:
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *args], cwd=tmp_path, check=True)

    git("init", "--quiet")
    (tmp_path / "schemas").mkdir()
    for tag, text in (("v0.9.9", "early"), ("v0.10.0", "first"), ("v0.10.1", "fixed"), ("v1.0.0", "next")):
        (tmp_path / "schemas/afsync.schema.json").write_text(text)
        (tmp_path / "schemas/README.md").write_text(text)
        git("add", ".")
        git("commit", "--quiet", "-m", text)
        git("tag", tag)

    found = site.released_schemas(tmp_path)

    assert found == {
        "0.9": {"afsync.schema.json": b"early"},
        "0.10": {"afsync.schema.json": b"fixed"},
        "1.0": {"afsync.schema.json": b"next"},
    }
    assert site.released_schemas(tmp_path.parent) == {}
