"""A state on a branch as people meet it: made by `init`, taken there by `state migrate`, shared by projects."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.emulator import running
from tests.harness import LINEAGE, Sandbox
from tests.store.branch.repo import ALONE, BRANCH, KEY, Repo, git

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

PROJECT = "jobs:\n  best: {url: https://clips.twitch.tv/one, topic: Best}\n"
ON_BRANCH = f"state: branch:{BRANCH}\n{PROJECT}"


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)
    return Repo(tmp_path / "repo")


@pytest.fixture
def sandbox(repo: Repo) -> Iterator[Sandbox]:
    with running(speed="manual", rpm=100_000, concurrent=100) as emulator:
        yield Sandbox(repo.clone(), emulator)


def on_branch(repo: Repo) -> list[str]:
    return git(repo.origin, "ls-tree", "-r", "--name-only", BRANCH).split()


def test_a_state_is_taken_to_a_branch(sandbox: Sandbox, repo: Repo) -> None:
    sandbox.write(PROJECT)
    sandbox.does("init")
    sandbox.applied()
    sandbox.write(ON_BRANCH)
    refused = sandbox.does("init", code=7)
    assert "has its state in .afsync/state.json, and none in branch:afsync-state" in refused.err
    assert repo.tip() == "", "no second state is made, which would not know of what was paid for"
    sandbox.write(PROJECT)
    sandbox.does("state", "migrate", f"branch:{BRANCH}")
    assert f"branch:{BRANCH}" in sandbox.does("plan", code=7).err
    sandbox.write(ON_BRANCH)
    with sandbox.watched() as sent:
        assert "No changes." in sandbox.applied().out
    assert sent == [] and KEY in on_branch(repo)
    (sandbox.root / KEY).unlink()
    assert "branch:afsync-state is there already" in sandbox.does("init").out


def test_the_same_branch_under_another_name_is_no_other_place(sandbox: Sandbox, repo: Repo) -> None:
    sandbox.write(ON_BRANCH)
    sandbox.does("init")
    sandbox.applied()
    git(sandbox.root, "remote", "add", "mirror", f"file://{repo.origin}")
    for remote in ("origin", "mirror"):
        place = f"branch:{BRANCH}?remote={remote}"
        assert f"the state is kept in {place} already" in sandbox.does("state", "migrate", place, code=1).err
        assert "No changes." in sandbox.does("plan").out


def test_projects_of_one_repository_share_a_branch(sandbox: Sandbox, repo: Repo) -> None:
    projects = [Sandbox(sandbox.root / name, sandbox.emulator, f"af_live_{name}") for name in ("ada", "bo")]
    for number, project in enumerate(projects):
        text = ON_BRANCH.replace("/one", f"/{number}")
        project.write(f"version: 1\nlineage: {LINEAGE[:-1]}{number}\ntimezone: UTC\n{text}", head=False)
        project.does("init")
    for project in projects:
        project.applied()
        assert project.balance == 49
    assert [path for path in on_branch(repo) if path.endswith("state.json")] == [f"ada/{KEY}", f"bo/{KEY}"]
    assert git(sandbox.root, "status", "--porcelain", "--untracked-files=no") == ""


def test_two_pushes_a_submission(sandbox: Sandbox, repo: Repo) -> None:
    """Before it and after it; that its publish time is set goes out with the next."""
    jobs = [f'  j{n}: {{url: "https://clips.twitch.tv/{n}", schedule: "{sandbox.at(days=n)}"}}\n' for n in range(2, 8)]
    sandbox.write(f"state: branch:{BRANCH}\njobs:\n{''.join(jobs[:3])}")
    sandbox.does("init")
    sandbox.applied()
    before = len(repo.subjects())
    sandbox.write(f"state: branch:{BRANCH}\njobs:\n{''.join(jobs)}")
    sandbox.applied()
    pushed = repo.subjects()[: len(repo.subjects()) - before]
    states = [subject for subject in pushed if subject == f"Write {KEY} [skip ci]"]
    assert len(states) <= 2 * 3 + 3, pushed
    sandbox.is_settled()
