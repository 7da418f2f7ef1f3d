"""What `init` writes, and what it says of the key and the service."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from afsync.emulator import Running
from tests.harness import LINEAGE, NO_CHANGES, Environ, Sandbox

KEY = "af_live_nobody_asked_for"
NO_SERVICE = {"AURAFLUX_BASE_URL": "http://127.0.0.1:9/v1", "AURAFLUX_API_KEY": KEY}


@pytest.fixture
def folder(tmp_path: Path) -> Sandbox:
    """Nothing yet."""
    return Sandbox(tmp_path)


@pytest.mark.parametrize("url", ["", "emulator"])
def test_with_the_emulator_no_key_is_said_to_work(folder: Sandbox, url: str) -> None:
    done = folder.does("init", env={"AURAFLUX_BASE_URL": url})
    assert "key works" not in done.text
    assert done.err == "This project uses the built-in emulator: 50 pretend credits, no key needed.\n"


@pytest.mark.parametrize(
    ("environ", "way"),
    [
        ({"AURAFLUX_API_KEY": KEY}, "remove `base_url: emulator` from afsync.yaml"),
        ({"AURAFLUX_API_KEY_FILE": "/keys/mine"}, "remove `base_url: emulator` from afsync.yaml"),
        (
            {"AURAFLUX_API_KEY": KEY, "AURAFLUX_BASE_URL": "emulator"},
            "unset AURAFLUX_BASE_URL and remove `base_url: emulator` from afsync.yaml",
        ),
    ],
)
def test_a_key_that_is_not_used_is_told_how_it_would_be(folder: Sandbox, environ: Environ, way: str) -> None:
    done = folder.does("init", env=environ)
    assert done.err == (
        "This project uses the built-in emulator: 50 pretend credits. Your key is not used there.\n"
        f"  for your own account: {way}\n"
    )


@pytest.mark.parametrize("args", [(), ("--from-account",)], ids=["starter", "from account"])
def test_the_service_that_the_state_is_for_is_written_down(
    folder: Sandbox, emulator: Running, args: tuple[str, ...]
) -> None:
    folder.emulator, folder.key = emulator, f"af_live_{folder.root.name}"
    folder.does("init", *args)
    assert f"api:\n  base_url: {emulator.url}\n" in (folder.root / "afsync.yaml").read_text()
    folder.applied()
    folder.does("plan", env={"AURAFLUX_BASE_URL": None})


def test_a_variable_that_says_otherwise_than_the_file_is_pointed_out(folder: Sandbox, emulator: Running) -> None:
    folder.emulator = emulator
    folder.write("api: {base_url: emulator}\n")
    assert "AURAFLUX_BASE_URL decides here: afsync.yaml names emulator" in folder.does("init").err


def test_a_variable_that_is_no_address_stops_before_anything_is_written(folder: Sandbox) -> None:
    done = folder.does("init", code=1, env={"AURAFLUX_BASE_URL": "http://elsewhere.example/v1"})
    assert "AURAFLUX_BASE_URL" in done.err
    assert folder.files() == {}


def test_without_a_key_that_comes_first(folder: Sandbox) -> None:
    folder.write("")
    done = folder.does("init")
    assert "There is no API key" in done.err
    assert done.out.endswith("\nFirst set a key that works, then edit afsync.yaml, then run `afsync plan`.\n")


def test_without_a_service_that_comes_first(folder: Sandbox) -> None:
    folder.write("")
    assert "\nFirst see to what is said above, then edit" in folder.does("init", env=NO_SERVICE).out


@pytest.fixture
def without_lineage(fresh: Sandbox) -> Sandbox:
    """A project that was applied, and lost the line."""
    file = fresh.root / "afsync.yaml"
    file.write_text(file.read_text().replace(f"lineage: {LINEAGE}\n", ""))
    return fresh


def test_the_lineage_of_the_state_that_is_there_is_taken_up(without_lineage: Sandbox) -> None:
    assert LINEAGE in without_lineage.does("init").out
    assert f"\nlineage: {LINEAGE}\n" in (without_lineage.root / "afsync.yaml").read_text()
    assert NO_CHANGES in without_lineage.does("plan").out


def test_a_state_that_cannot_be_read_changes_nothing(without_lineage: Sandbox) -> None:
    (without_lineage.root / ".afsync/state.json").write_text("{")
    before = without_lineage.files()
    done = without_lineage.does("init", code=7)
    assert f"nothing was changed: write `lineage: {LINEAGE}` into afsync.yaml" in done.err
    assert without_lineage.files() == before


def test_files_with_a_problem_get_no_lineage(folder: Sandbox) -> None:
    folder.write("version: 1\njobs: {a: {url: 3}}\n", head=False)
    before = folder.files()
    folder.does("init", code=1)
    assert folder.files() == before


def test_a_starter_names_what_its_reader_has(folder: Sandbox) -> None:
    folder.does("init")
    text = (folder.root / "afsync.yaml").read_text()
    assert "`afsync explain`" in text and "docs/" not in text


def test_lost_files_get_the_lineage_and_the_service_of_the_state(fresh: Sandbox) -> None:
    fresh.applied()
    url = fresh.state["account"]["base_url"]
    (fresh.root / "afsync.yaml").unlink()
    fresh.does("init", env={"AURAFLUX_BASE_URL": None})
    text = (fresh.root / "afsync.yaml").read_text()
    assert f"\nlineage: {LINEAGE} " in text and f"base_url: {url}\n" in text


@pytest.mark.parametrize("text", ["", "\n", "# mine\n---\n"])
def test_an_empty_file_is_filled(folder: Sandbox, text: str) -> None:
    (folder.root / "afsync.yaml").write_text(text)
    assert "Wrote afsync.yaml.\n" in folder.does("init").out
    assert ("# mine\n" in text) == (folder.root / "afsync.yaml").read_text().startswith("# mine\n")
    folder.does("validate")


@pytest.mark.parametrize("content", ["old", "{"])
def test_no_second_state_beside_one_that_cannot_be_used(fresh: Sandbox, content: str) -> None:
    for command in (("init", "-q", "--bare", "remote"), ("init", "-q"), ("remote", "add", "origin", "./remote")):
        subprocess.run(["git", *command], cwd=fresh.root, check=True)
    file = fresh.root / ".afsync/state.json"
    before = file.read_text()
    if content == "old":
        (fresh.root / f".afsync/history/00009999.{LINEAGE}.json").write_text(before)
    else:
        file.write_text(content)
    text = (fresh.root / "afsync.yaml").read_text()
    (fresh.root / "afsync.yaml").write_text(f"{text}\nstate: branch:third\n")
    refused = fresh.does("init", code=7)
    assert "This project has its state here, and none in branch:third" in refused.err
    assert "`afsync state restore" in refused.err and "`afsync state migrate branch:third`" in refused.err
