"""`.gitlab/afsync.gitlab-ci.yml`, its scripts run as shell against the emulator: what GitLab would see."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gitops.conftest import PROJECT
from tests.gitops.github import on_path, read_yaml
from tests.harness import Done, Sandbox

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("bash", "git"))), reason="needs bash and git")
TEMPLATE = ".gitlab/afsync.gitlab-ci.yml"
MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7",
}
FORK = {**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8"}
BRANCH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
SCHEDULE = {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}


def flat(lines: Any) -> Iterator[str]:
    """GitLab takes lists in lists, as references make them."""
    if isinstance(lines, str):
        yield lines
    else:
        for line in lines:
            yield from flat(line)


class GitLab:
    """Runs jobs of the template in a project's folder."""

    def __init__(self, sandbox: Sandbox, temp: Path, remote: str = "") -> None:
        self.template = read_yaml(TEMPLATE)
        self.root = sandbox.root
        self.environ = {
            **sandbox.environ(),
            "PATH": on_path(temp / "bin"),
            **{k: str(v) for k, v in self.template["variables"].items()},
            "AFSYNC_INSTALL": "",
            "AFSYNC_STATE_REMOTE": remote,
            "CI_REPOSITORY_URL": remote,
            "CI_PROJECT_DIR": str(sandbox.root),
            "CI_SERVER_HOST": "gitlab.example",
            "CI_COMMIT_SHA": "c0ffee",
            "CI_PIPELINE_ID": "1",
            "CI_PIPELINE_URL": "https://gitlab.example/videos/-/pipelines/1",
        }

    def job(self, name: str, variables: Mapping[str, str]) -> Done:
        """The scripts of one job, as one shell runs them; then its `after_script`, whatever happened."""
        job = {**self.template[".afsync"], **self.template[name]}
        done = self._shell([job["before_script"], job["script"]], variables)
        if "after_script" in job:
            self._shell(job["after_script"], variables)
        return done

    def _shell(self, lines: Any, variables: Mapping[str, str]) -> Done:
        with self._started(lines, variables) as shell:
            out, err = shell.communicate(timeout=120)
        return Done(shell.returncode, out, err)

    def start(self, name: str, variables: Mapping[str, str]) -> subprocess.Popen[str]:
        """The scripts of one job, left running."""
        job = {**self.template[".afsync"], **self.template[name]}
        return self._started([job["before_script"], job["script"]], variables)

    def _started(self, lines: Any, variables: Mapping[str, str]) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-c", "set -eo pipefail\n" + "\n".join(flat(lines))],
            cwd=self.root,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def file(self, name: str) -> Any:
        return json.loads((self.root / name).read_text("utf-8"))


@pytest.fixture
def gitlab(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> GitLab:
    return GitLab(sandbox, tmp_path_factory.mktemp("gitlab"))


def passes(done: Done) -> Done:
    assert done.code == 0, done.text
    return done


def test_a_merge_request(sandbox: Sandbox, gitlab: GitLab) -> None:
    passes(gitlab.job("afsync-validate", MERGE_REQUEST))
    assert gitlab.file("gl-code-quality.json") == []
    with sandbox.watched() as sent:
        done = passes(gitlab.job("afsync-plan", MERGE_REQUEST))
    assert sent == []
    assert "Plan: 3 to add, 0 to change, 0 to destroy." in done.out
    assert gitlab.file("afsync-report.json") == {"create": 3, "update": 0, "delete": 0}
    assert "### afsync: 3 to add" in (gitlab.root / "afsync-plan.md").read_text()
    assert gitlab.file("afsync-plan.json")["credits"]["spend"] == 2


def test_problems_in_the_files(sandbox: Sandbox, gitlab: GitLab) -> None:
    sandbox.write(PROJECT + "  bad: {url: nonsense}\n")
    done = gitlab.job("afsync-validate", MERGE_REQUEST)
    assert done.code == 1 and "afsync.yaml:15:14" in done.err
    (issue,) = gitlab.file("gl-code-quality.json")
    assert issue["location"] == {"path": "afsync.yaml", "lines": {"begin": 15}}


def test_a_merge_and_another_one(sandbox: Sandbox, gitlab: GitLab) -> None:
    done = passes(gitlab.job("afsync-apply", BRANCH))
    assert "Apply complete! Resources: 3 added, 0 changed, 0 destroyed." in done.out
    lines = (gitlab.root / "afsync-apply.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["type"] == "summary"
    with sandbox.watched() as sent:
        assert "No changes." in passes(gitlab.job("afsync-apply", BRANCH)).out
    assert sent == []


def test_a_limit_makes_it_red(sandbox: Sandbox, gitlab: GitLab) -> None:
    sandbox.write(PROJECT + "limits: {max_credits: 1}\n")
    done = gitlab.job("afsync-plan", MERGE_REQUEST)
    assert done.code == 4 and "--max-credits 2" in done.out
    with sandbox.watched() as sent:
        assert gitlab.job("afsync-apply", BRANCH).code == 4
    assert sent == []
    gitlab.environ["AFSYNC_APPLY_ARGS"] = "--max-credits 2"
    passes(gitlab.job("afsync-apply", BRANCH))


def test_flags_are_words_and_nothing_else(sandbox: Sandbox, gitlab: GitLab) -> None:
    (sandbox.root / "job.bother").touch()
    gitlab.environ["AFSYNC_PLAN_ARGS"] = gitlab.environ["AFSYNC_APPLY_ARGS"] = "--target job.b*"
    assert "Plan: 2 to add" in passes(gitlab.job("afsync-plan", MERGE_REQUEST)).out
    passes(gitlab.job("afsync-apply", BRANCH))
    assert sorted(sandbox.ids()) == ["job.best", "template.weekly"]


def test_a_fork_has_no_key(sandbox: Sandbox, gitlab: GitLab) -> None:
    del gitlab.environ["AURAFLUX_API_KEY"]
    with sandbox.watched(reads=True) as sent:
        done = passes(gitlab.job("afsync-plan", FORK))
    assert sent == [] and "planned offline" in done.out


def test_a_missing_key_is_red_unless_it_is_a_fork(sandbox: Sandbox, gitlab: GitLab) -> None:
    del gitlab.environ["AURAFLUX_API_KEY"]
    done = gitlab.job("afsync-plan", MERGE_REQUEST)
    assert done.code == 1 and "this merge request is not from a fork" in done.out
    assert "planned offline" in passes(gitlab.job("afsync-plan", {**MERGE_REQUEST, "AFSYNC_OFFLINE": "true"})).out


def test_no_python_of_the_checkout_runs(
    sandbox: Sandbox, gitlab: GitLab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`python3 -c` would take a json.py of the merge request, and run it with the key in its environment."""
    proof = tmp_path_factory.mktemp("proof") / "ran"
    (sandbox.root / "json.py").write_text(f"open({str(proof)!r}, 'w')\nfrom _json import *\nload = lambda f: {{}}\n")
    script = "\n".join(flat(gitlab.template["afsync-plan"]["script"]))
    passes(gitlab.job("afsync-plan", MERGE_REQUEST))
    assert not proof.exists() and "python3 -I" in script


def test_what_is_installed_does_not_see_the_secrets(
    sandbox: Sandbox, gitlab: GitLab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seen = tmp_path_factory.mktemp("pip") / "environment"
    pip = Path(gitlab.environ["PATH"].split(":")[0]) / "pip"
    pip.write_text(f'#!/bin/sh\nenv > "{seen}"\n')
    pip.chmod(0o755)
    gitlab.environ |= {"AFSYNC_INSTALL": "afsync", "AFSYNC_PUSH_TOKEN": "glpat-secret"}
    gitlab.environ["AFSYNC_STATE_REMOTE"] = "https://afsync:glpat-secret@gitlab.example/videos.git"
    passes(gitlab.job("afsync-validate", MERGE_REQUEST))
    assert "AFSYNC_DIRECTORY=." in seen.read_text()
    assert "glpat-secret" not in seen.read_text() and sandbox.key not in seen.read_text()


def test_drift(sandbox: Sandbox, gitlab: GitLab) -> None:
    sandbox.applied()
    assert "No drift." in passes(gitlab.job("afsync-drift", SCHEDULE)).out
    sandbox.control.advance("cancelled", job_ids=[sandbox.ids()["job.best"]])
    done = gitlab.job("afsync-drift", SCHEDULE)
    assert done.code == 2 and "was cancelled in AuraFlux" in done.out


# --- the state on a branch ---


def git(folder: Path, *args: str) -> str:
    name = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *name, *args], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def remote(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository that holds the state on the branch `afsync-state`; the project's folder is another one."""
    temp = tmp_path_factory.mktemp("remote")
    git(temp, "init", "--quiet", "--bare", "videos.git")
    git(temp, "init", "--quiet", "--initial-branch=afsync-state", "state")
    shutil.copytree(sandbox.root / ".afsync", temp / "state/.afsync")
    git(temp / "state", "add", "--all", "--force")
    git(temp / "state", "commit", "--quiet", "--message", "The state")
    git(temp / "state", "push", "--quiet", str(temp / "videos.git"), "afsync-state")
    git(sandbox.root, "init", "--quiet")
    shutil.rmtree(sandbox.root / ".afsync")
    return temp / "videos.git"


@pytest.fixture
def kept(sandbox: Sandbox, remote: Path, tmp_path_factory: pytest.TempPathFactory) -> GitLab:
    """The template with its state on that branch."""
    gitlab = GitLab(sandbox, tmp_path_factory.mktemp("gitlab"), str(remote))
    gitlab.environ["AFSYNC_STATE_BRANCH"] = "afsync-state"
    return gitlab


def on_branch(remote: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(git(remote, "show", "afsync-state:.afsync/state.json"))
    return state


def reject(remote: Path, pushes: str) -> None:
    """Let the repository refuse pushes whose newest commit says this (a pattern)."""
    hook = remote / "hooks/pre-receive"
    hook.write_text(f'#!/bin/sh\nread old new ref\n! git log -1 --format=%s "$new" | grep -q "{pushes}"\n')
    hook.chmod(0o755)


def test_the_state_on_a_branch(sandbox: Sandbox, kept: GitLab, remote: Path) -> None:
    passes(kept.job("afsync-apply", BRANCH))
    assert sorted(on_branch(remote)["resources"]) == ["job.best", "job.intro", "template.weekly"]
    shutil.rmtree(sandbox.root / ".afsync")
    assert "No changes." in passes(kept.job("afsync-apply", BRANCH)).out
    names = git(remote, "ls-tree", "-r", "--name-only", "afsync-state").split()
    assert not [n for n in names if n.endswith((".afsync-running", "lock"))]
    kept.environ["AFSYNC_STATE_BRANCH"] = "no-such-branch"
    with sandbox.watched(reads=True) as sent:
        assert kept.job("afsync-plan", MERGE_REQUEST).code != 0
    assert sent == []


def test_the_state_is_kept_after_a_failure_too(sandbox: Sandbox, kept: GitLab, remote: Path) -> None:
    sandbox.control.fault("POST /jobs#2: committed-then-close")
    assert kept.job("afsync-apply", BRANCH).code == 3
    assert [i["address"] for i in on_branch(remote)["intents"]] == ["job.intro"]


def test_a_state_that_cannot_be_pushed_is_no_success(sandbox: Sandbox, kept: GitLab, remote: Path) -> None:
    reject(remote, "^State after")
    done = kept.job("afsync-apply", BRANCH)
    assert done.code == 7 and "Error: the state could not be pushed" in done.out and sandbox.balance == 48
    shutil.rmtree(sandbox.root / ".afsync")
    with sandbox.watched() as sent:
        done = kept.job("afsync-apply", BRANCH)
    assert done.code == 5 and sent == []
    assert "cut off before it could bring its state back:\nhttps://gitlab.example/videos/-/pipelines/1\n" in done.out
    drift = kept.job("afsync-drift", SCHEDULE)
    assert drift.code == 5 and "so nothing can be said of it" in drift.out


def test_who_cannot_say_that_it_begins_does_not_begin(sandbox: Sandbox, kept: GitLab, remote: Path) -> None:
    reject(remote, "^Apply")
    with sandbox.watched() as sent:
        assert kept.job("afsync-apply", BRANCH).code == 5
    assert sent == [] and on_branch(remote)["resources"] == {}


@pytest.mark.parametrize("path", [".afsync", ".afsync-running", ".afsync/history", ".afsync/state.json", "elsewhere"])
def test_a_link_on_the_branch_is_not_followed(
    sandbox: Sandbox, kept: GitLab, remote: Path, tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret").write_text("of the runner")
    work = tmp_path_factory.mktemp("branch")
    git(work, "clone", "--quiet", "--branch", "afsync-state", str(remote), "b")
    link = work / "b" / path
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.symlink_to(outside / "new" if path == ".afsync-running" else outside)
    git(work / "b", "add", "--all", "--force")
    git(work / "b", "commit", "--quiet", "--message", "A link")
    git(work / "b", "push", "--quiet", "origin", "afsync-state")
    for name, when in (("afsync-plan", MERGE_REQUEST), ("afsync-apply", BRANCH), ("afsync-drift", SCHEDULE)):
        with sandbox.watched(reads=True) as sent:
            done = kept.job(name, when)
        assert done.code == 7 and sent == []
        assert f"holds something else than the files of a state:\n{path}" in done.out
    assert [p.name for p in outside.iterdir()] == ["secret"]


def test_a_directory_that_leads_out_of_the_checkout_is_refused(
    sandbox: Sandbox, kept: GitLab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (sandbox.root / "videos").symlink_to(outside)
    (sandbox.root / ".afsync").symlink_to(outside)
    assert kept.job("afsync-plan", {**MERGE_REQUEST, "AFSYNC_DIRECTORY": "videos"}).code == 7
    assert kept.job("afsync-plan", MERGE_REQUEST).code == 7
    assert list(outside.iterdir()) == []


def test_a_state_that_is_committed_as_well_is_refused(sandbox: Sandbox, kept: GitLab) -> None:
    (sandbox.root / ".afsync").mkdir()
    (sandbox.root / ".afsync/recovery-1.json").write_text("{}")
    git(sandbox.root, "add", "--force", ".afsync")
    done = kept.job("afsync-plan", MERGE_REQUEST)
    assert done.code == 7 and "git rm -r --cached" in done.out


def test_a_cancelled_job_brings_its_state_back(sandbox: Sandbox, kept: GitLab, remote: Path) -> None:
    """The signal reaches the shell only; what was submitted by then is on the branch."""
    sandbox.control.fault("POST /jobs#1: committed-then-hold")
    shell = kept.start("afsync-apply", BRANCH)
    (held,) = sandbox.control.held(60)
    shell.terminate()
    time.sleep(1)  # nothing tells that the shell has handed the signal on
    sandbox.control.release(held["id"])
    out, err = shell.communicate(timeout=60)
    assert shell.returncode == 143, out + err
    assert sorted(on_branch(remote)["resources"]) == ["job.best", "template.weekly"]


def test_applies_are_neither_cancelled_nor_concurrent() -> None:
    template = read_yaml(TEMPLATE)
    assert template[".afsync"]["interruptible"] is False
    assert template["afsync-apply"]["resource_group"]
    assert template["afsync-apply"]["artifacts"]["when"] == "always"
