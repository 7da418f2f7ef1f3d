"""The repository itself: its workflows, its forms, who owns it, its lock, and the image."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afsync.config.document import parse
from tools.lowest import lowest
from tools.owner import owner_of, replaced, set_owner

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def read(path: Path) -> Any:
    document = parse(path.read_bytes(), path.name)
    assert document.marks == ()
    return document.value


def jobs(path: Path) -> Iterator[dict[str, Any]]:
    yield from read(path)["jobs"].values()


def steps(path: Path) -> Iterator[dict[str, Any]]:
    for job in jobs(path):
        yield from job["steps"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_actions_are_pinned_to_commits_and_say_which_version_that_is(path: Path) -> None:
    for line in path.read_text(encoding="utf-8").splitlines():
        if "uses:" in line:
            assert re.search(r"uses: [\w./-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_a_workflow_may_do_nothing_that_a_job_does_not_say(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {}
    assert "pull_request_target" not in workflow["on"]
    for job in jobs(path):
        assert job["timeout-minutes"] <= 45
        assert job["permissions"]
        writes = {what for what, how in job["permissions"].items() if how == "write"}
        assert not writes or path.stem != "checks"
    for step in steps(path):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_nothing_from_outside_is_put_into_a_script(path: Path) -> None:
    assert [s["run"] for s in steps(path) if "${{" in s.get("run", "")] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_what_they_run_is_there(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    asked = {name for step in steps(path) for name in re.findall(r"\bmake ([a-z]+)", step.get("run", ""))}
    assert asked <= targets


def test_every_supported_python_is_tested() -> None:
    matrix = read(ROOT / ".github/workflows/checks.yml")["jobs"]["tests"]["strategy"]["matrix"]
    classifiers = tomllib.loads(PYPROJECT)["project"]["classifiers"]
    assert matrix["python"] == [c.rpartition(" ")[2] for c in classifiers if "Python :: 3." in c]


def test_the_forms_are_forms() -> None:
    for path in (ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"):
        form = read(path)
        assert path.stem == "config" or {"name", "description", "body"} <= form.keys()
        ids = [part["id"] for part in form.get("body", ()) if "id" in part]
        assert len(ids) == len(set(ids))


# --- who owns it ---


def known_to_git() -> list[str]:
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip("this is no repository")
    return [name for name in found.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_the_owner_is_set_everywhere(tmp_path: Path) -> None:
    files = [name for name in known_to_git() if re.search(r"(\.(md|yml|yaml|toml|json)|Dockerfile)$", name)]
    files = [name for name in files if not name.startswith("tests/")]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    old = owner_of(PYPROJECT)
    changed = set_owner(tmp_path, files, "some-org")
    assert {"pyproject.toml", "README.md", "docs/ci.md", "SECURITY.md", "tools/schemastore.json"} <= {*changed}
    assert owner_of((tmp_path / "pyproject.toml").read_text(encoding="utf-8")) == "some-org"
    named = re.compile(rf"\b{old}(/|\.github\.io)")
    assert [name for name in files if named.search((tmp_path / name).read_text(encoding="utf-8"))] == []
    assert set_owner(tmp_path, files, "some-org") == []
    set_owner(tmp_path, files, old)
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == (ROOT / "README.md").read_text(encoding="utf-8")


def test_only_the_owner_of_this_repository_is_replaced() -> None:
    text = "uses: your-org/afsync@v0, not-your-org/afsync, your-org/other, https://your-org.github.io/afsync/"
    assert (
        replaced(text, "your-org", "x")
        == "uses: x/afsync@v0, not-your-org/afsync, your-org/other, https://x.github.io/afsync/"
    )


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "x" * 40, "$(id)"])
def test_what_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        set_owner(tmp_path, [], name)


# --- versions ---


def test_every_dependency_has_a_floor() -> None:
    floors = dict(line.split("==") for line in lowest(PYPROJECT))
    assert tuple(map(int, floors["deepdiff"].split("."))) >= (8, 6, 1), "earlier ones have a known hole"
    assert re.search(r'"uvicorn>=[0-9.]+,<\d', PYPROJECT), "the emulator uses what is inside of it"
    assert re.search(r'"yaml-rs==', PYPROJECT)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "tools/requirements.txt"])
def test_everything_that_is_locked_has_its_hashes(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert blocks
    assert [b.splitlines()[0] for b in blocks if "==" not in b or "--hash=sha256:" not in b] == []
    assert "http" not in re.sub(r"^ *#.*$", "", text, flags=re.MULTILINE).replace("httpx", "").replace("httpcore", "")


@pytest.mark.parametrize("lock", ["requirements-dev", "tools/requirements"])
def test_everything_that_is_asked_for_is_locked(lock: str) -> None:
    asked = (ROOT / f"{lock}.in").read_text(encoding="utf-8").splitlines()
    if lock == "requirements-dev":
        asked += lowest(PYPROJECT)[: len(tomllib.loads(PYPROJECT)["project"]["dependencies"])]
    names = {re.split(r"[\[=<>~; ]", line)[0].lower() for line in asked if line and not line.startswith("#")}
    locked = re.findall(r"^([a-z0-9.-]+)==", (ROOT / f"{lock}.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name.replace(".", "-") for name in names} <= {*locked}


def test_what_runs_is_locked_as_it_is_tested() -> None:
    def pinned(name: str) -> set[str]:
        return set(re.findall(r"^[a-zA-Z0-9._-]+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))

    assert pinned("requirements.txt") <= pinned("requirements-dev.txt")


# --- the image ---


def test_the_image_is_as_the_docs_say() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    stages = text.split("\nFROM ")[1:]
    assert len(stages) == 2
    assert all(stage.startswith("python:3.12-slim") for stage in stages)
    assert re.search(r"^USER \d+:\d+$", stages[1], re.MULTILINE)
    assert "HEALTHCHECK" not in text
    assert "--require-hashes" in text
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE):
        for name in line.split():
            assert f"!{name.removeprefix('./')}" in ignored, name
            assert (ROOT / name).exists()


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git")
def test_nothing_that_is_built_is_in_the_repository() -> None:
    assert [n for n in known_to_git() if n.startswith(("dist/", "site/", ".venv/"))] == []
