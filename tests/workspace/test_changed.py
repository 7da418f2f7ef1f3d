"""`--changed-since REF`: which accounts a change concerns, asked of a real repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.workspace.conftest import GIT, Agency, git, job


def changed(agency: Agency, ref: str = "HEAD", code: int = 0) -> list[str]:
    report = agency.report("validate", "--changed-since", ref, code=code)
    return [a["account"] for a in report["accounts"]]


def test_nothing_changed(repository: Agency) -> None:
    assert changed(repository) == []


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("clients/bert/rows.csv", ["bert"]),
        ("clients/cleo/media/intro.mp4", ["cleo"]),
        ("clients/anna/new/untracked.yaml", ["anna"]),
        ("shared/templates.yaml", ["anna", "bert", "cleo"]),
        ("afsync.workspace.yaml", ["anna", "bert", "cleo"]),
        ("README.md", []),
        ("clients/anna/.afsync/state.json", []),
        ("clients/anna/.afsync/history/more.json", []),
        ("clients/README.md", []),
    ],
)
def test_a_file_that_differs(file: str, expected: list[str], repository: Agency) -> None:
    path = repository.root / file
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text((path.read_text() if path.exists() else "") + "# more\n")
    assert changed(repository) == expected
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-m", "second")
    assert changed(repository) == []
    assert changed(repository, "HEAD~1") == expected


def test_a_file_that_went(repository: Agency) -> None:
    (repository.root / "clients/bert/rows.csv").unlink()
    assert changed(repository) == ["bert"]


def test_a_shared_file_that_went(repository: Agency) -> None:
    repository.write("templates: {}\n", "shared/more.yaml")
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-m", "second")
    (repository.root / "shared/more.yaml").unlink()
    assert changed(repository) == ["anna", "bert", "cleo"]


def test_an_account_that_is_gone_is_an_error_that_names_it(repository: Agency) -> None:
    shutil.rmtree(repository.root / "clients/bert")
    report = repository.report("validate", "--changed-since", "HEAD", code=1)
    (gone,) = report["accounts"]
    assert (gone["account"], gone["exit_code"], gone["problems"][0]["code"]) == ("bert", 1, "account_gone")
    printed = repository.does("validate", "--all", "--changed-since", "HEAD", code=1).out
    assert printed.count("the account `bert` (clients/bert) was there in HEAD, and is gone") == 1
    assert "scheduled videos will still be published" in printed
    assert repository.does("plan", "--all", "--changed-since", "HEAD", code=1).out.startswith("== bert (clients/bert)")
    git(repository.root, "mv", "clients/anna", "clients/annette")
    assert changed(repository, code=1) == ["anna", "annette", "bert"]
    repository.write("version: 1\naccounts: [clients/c*]\nkey: env:AURAFLUX_KEY_${account}\n", "afsync.workspace.yaml")
    assert changed(repository, code=1) == ["anna", "bert", "cleo"]


def test_a_new_account(repository: Agency) -> None:
    repository.client("dora", job("x"))
    assert changed(repository) == ["dora"]


@pytest.mark.parametrize("ref", ["nothing", "--upload-pack=x", "HEAD~9", "HEAD:clients"])
def test_a_ref_that_is_not_there(ref: str, repository: Agency) -> None:
    done = repository.does("validate", "--all", f"--changed-since={ref}", code=1)
    assert f"--changed-since {ref}: git knows no such commit" in done.err


def test_a_shallow_clone_says_what_to_do(repository: Agency, tmp_path: Path) -> None:
    first = subprocess.run([*GIT, "rev-parse", "HEAD"], cwd=repository.root, capture_output=True, text=True, check=True)
    repository.client("dora", job("x"))
    git(repository.root, "add", ".")
    git(repository.root, "commit", "-m", "second")
    git(repository.root, "clone", "--depth", "1", f"file://{repository.root}", str(tmp_path / "clone"))
    clone = Agency(tmp_path / "clone", repository.emulator)
    done = clone.does("validate", "--all", "--changed-since", first.stdout.strip(), code=1)
    assert "this is a shallow clone that does not hold it" in done.err and "fetch-depth: 0" in done.err


def test_without_a_repository(agency: Agency) -> None:
    done = agency.does("validate", "--all", "--changed-since", "HEAD", code=1)
    assert "the workspace is in no git repository" in done.err
