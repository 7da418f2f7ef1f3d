"""`.gitlab/afsync.gitlab-ci.yml`, its scripts run as shell against the emulator: what GitLab would see."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gitops.conftest import PROJECT
from tests.gitops.github import on_path, read_yaml
from tests.harness import Done, Sandbox

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("bash", "git"))), reason="needs bash and git")
TEMPLATE = ".gitlab/afsync.gitlab-ci.yml"
MERGE_REQUEST = {"CI_PIPELINE_SOURCE": "merge_request_event"}
BRANCH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
SCHEDULE = {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}


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
        }

    def job(self, name: str, variables: Mapping[str, str]) -> Done:
        """The scripts of one job, as one shell runs them; then its `after_script`, whatever happened."""
        job = {**self.template[".afsync"], **self.template[name]}
        done = self._shell([*job["before_script"], *job["script"]], variables)
        if "after_script" in job:
            after = self._shell(job["after_script"], variables)
            assert after.code == 0, after.text
        return done

    def _shell(self, lines: list[str], variables: Mapping[str, str]) -> Done:
        script = "set -eo pipefail\n" + "\n".join(lines)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", script],
            cwd=self.root,
            env={**self.environ, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

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


def test_a_fork_has_no_key(sandbox: Sandbox, gitlab: GitLab) -> None:
    del gitlab.environ["AURAFLUX_API_KEY"]
    with sandbox.watched(reads=True) as sent:
        done = passes(gitlab.job("afsync-plan", MERGE_REQUEST))
    assert sent == [] and "planned offline" in done.out


def test_drift(sandbox: Sandbox, gitlab: GitLab) -> None:
    sandbox.applied()
    assert "No drift." in passes(gitlab.job("afsync-drift", SCHEDULE)).out
    sandbox.control.advance("cancelled", job_ids=[sandbox.ids()["job.best"]])
    done = gitlab.job("afsync-drift", SCHEDULE)
    assert done.code == 2 and "was cancelled in AuraFlux" in done.out


def test_the_state_on_a_branch(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
    temp = tmp_path_factory.mktemp("gitlab")
    remote = temp / "videos.git"

    def git(*args: str, cwd: Path = temp) -> str:
        name = ("-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *name, *args], cwd=cwd, capture_output=True, text=True, check=True)
        return done.stdout

    git("init", "--quiet", "--bare", str(remote))
    git("init", "--quiet", "--initial-branch=afsync-state", str(temp / "state"))
    shutil.copytree(sandbox.root / ".afsync", temp / "state/.afsync")
    git("add", "--all", "--force", cwd=temp / "state")
    git("commit", "--quiet", "--message", "The state", cwd=temp / "state")
    git("push", "--quiet", str(remote), "afsync-state", cwd=temp / "state")

    gitlab = GitLab(sandbox, temp, str(remote))
    gitlab.environ["AFSYNC_STATE_BRANCH"] = "afsync-state"
    for _ in range(2):
        shutil.rmtree(sandbox.root / ".afsync")
        done = passes(gitlab.job("afsync-apply", BRANCH))
    assert "No changes." in done.out
    kept = json.loads(git("show", "afsync-state:.afsync/state.json", cwd=remote))
    assert sorted(kept["resources"]) == ["job.best", "job.intro", "template.weekly"]

    gitlab.environ["AFSYNC_STATE_BRANCH"] = "no-such-branch"
    with sandbox.watched(reads=True) as sent:
        assert gitlab.job("afsync-plan", MERGE_REQUEST).code != 0
    assert sent == []


def test_applies_are_neither_cancelled_nor_concurrent() -> None:
    template = read_yaml(TEMPLATE)
    assert template[".afsync"]["interruptible"] is False
    assert template["afsync-apply"]["resource_group"]
    assert template["afsync-apply"]["artifacts"]["when"] == "always"
    assert template["afsync-apply"]["script"][-1].startswith("exec ")
