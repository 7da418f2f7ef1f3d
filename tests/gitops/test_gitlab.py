"""`.gitlab/afsync.gitlab-ci.yml`, its scripts run as shell against the emulator: what GitLab would see."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.gitops.conftest import PROJECT
from tests.gitops.github import called, on_path, read_yaml
from tests.harness import Done, Sandbox
from tests.store.branch.repo import ALONE, BRANCH, KEY, Repo, git

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("bash", "git"))), reason="needs bash and git")
TEMPLATE = ".gitlab/afsync.gitlab-ci.yml"
MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_PROJECT_ID": "7",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "7",
}
FORK = {**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "8"}
BRANCH_PUSHED = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}
LINE = re.compile(r"((?:exec )?afsync .*?)(?: > (\S+))?( \|\| true)?")
SCHEDULE = {"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}


def flat(lines: Any) -> Iterator[str]:
    """GitLab takes lists in lists, as references make them."""
    if isinstance(lines, str):
        yield lines
    else:
        for line in lines:
            yield from flat(line)


class GitLab:
    """Runs jobs of the template in a project's folder: in this process where a line only calls afsync, or as
    `started` in a shell."""

    def __init__(self, sandbox: Sandbox, temp: Path) -> None:
        self.template = read_yaml(TEMPLATE)
        self.root = sandbox.root
        self.environ = {
            **sandbox.environ(),
            "PATH": on_path(temp / "bin"),
            **{k: str(v) for k, v in self.template["variables"].items()},
            "AFSYNC_INSTALL": "",
            "AFSYNC_STATE_REMOTE": "",
            "GITLAB_CI": "true",
            "CI_PROJECT_DIR": str(sandbox.root),
            "CI_SERVER_HOST": "gitlab.example",
            "CI_JOB_URL": "https://gitlab.example/videos/-/jobs/1",
        }

    def job(self, name: str, variables: Mapping[str, str]) -> Done:
        """The lines of one job, up to the one that fails."""
        job = {**self.template[".afsync"], **self.template[name]}
        done = Done(0, "", "")
        for line in flat(job["script"]):
            call, into, whatever = LINE.fullmatch(line).groups()  # type: ignore[union-attr]
            code, out, err = called(call, {**self.environ, **variables}, self.root)
            if into:
                (self.root / into).write_text(out, "utf-8")
                out = ""
            done = Done(0 if whatever else code, done.out + out, done.err + err)
            if done.code:
                break
        return done

    def in_shell(self, name: str, variables: Mapping[str, str]) -> Done:
        """The same with all that comes before, as one shell runs it."""
        with self.start(name, variables) as shell:
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
    done = passes(gitlab.job("afsync-apply", BRANCH_PUSHED))
    assert "Apply complete! Resources: 3 added, 0 changed, 0 destroyed." in done.out
    lines = (gitlab.root / "afsync-apply.jsonl").read_text().splitlines()
    assert json.loads(lines[-1])["type"] == "summary"
    with sandbox.watched() as sent:
        assert "No changes." in passes(gitlab.job("afsync-apply", BRANCH_PUSHED)).out
    assert sent == []


def test_a_limit_makes_it_red(sandbox: Sandbox, gitlab: GitLab) -> None:
    sandbox.write(PROJECT + "limits: {max_credits: 1}\n")
    done = gitlab.job("afsync-plan", MERGE_REQUEST)
    assert done.code == 4 and "--max-credits 2" in done.out and "would hold something back" in done.err
    with sandbox.watched() as sent:
        assert gitlab.job("afsync-apply", BRANCH_PUSHED).code == 4
    assert sent == []
    gitlab.environ["AFSYNC_APPLY_ARGS"] = "--max-credits 2"
    passes(gitlab.job("afsync-apply", BRANCH_PUSHED))


def test_flags_are_words_and_nothing_else(sandbox: Sandbox, gitlab: GitLab) -> None:
    (sandbox.root / "job.bother").touch()
    gitlab.environ["AFSYNC_PLAN_ARGS"] = gitlab.environ["AFSYNC_APPLY_ARGS"] = "--target job.b*"
    assert "Plan: 2 to add" in passes(gitlab.job("afsync-plan", MERGE_REQUEST)).out
    passes(gitlab.job("afsync-apply", BRANCH_PUSHED))
    assert sorted(sandbox.ids()) == ["job.best", "template.weekly"]


def test_the_folder_can_be_chosen_as_everywhere(sandbox: Sandbox, gitlab: GitLab) -> None:
    code, out, _ = called(f"afsync -C {sandbox.root} pipeline plan", gitlab.environ, sandbox.root.parent)
    assert code == 0 and "Plan: 3 to add" in out


def test_a_fork_has_no_key(sandbox: Sandbox, gitlab: GitLab) -> None:
    del gitlab.environ["AURAFLUX_API_KEY"]
    with sandbox.watched(reads=True) as sent:
        done = passes(gitlab.job("afsync-plan", FORK))
    assert sent == [] and "planned offline" in done.out


def test_a_missing_key_is_red_unless_it_is_a_fork(sandbox: Sandbox, gitlab: GitLab) -> None:
    del gitlab.environ["AURAFLUX_API_KEY"]
    done = gitlab.job("afsync-plan", MERGE_REQUEST)
    assert done.code == 1 and "this is not a request from a fork" in done.err
    assert "planned offline" in passes(gitlab.job("afsync-plan", {**MERGE_REQUEST, "AFSYNC_OFFLINE": "true"})).out


def test_the_scripts_are_shell_and_run_no_python_of_the_checkout(
    sandbox: Sandbox, gitlab: GitLab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`python3 -c` would take a json.py of the merge request, and run it with the key in its environment."""
    proof = tmp_path_factory.mktemp("proof") / "ran"
    (sandbox.root / "json.py").write_text(f"open({str(proof)!r}, 'w')\nfrom _json import *\nload = lambda f: {{}}\n")
    done = passes(gitlab.in_shell("afsync-plan", MERGE_REQUEST))
    assert not proof.exists() and "Plan: 3 to add" in done.out
    assert not [line for job in gitlab.template.values() for line in flat(job.get("script", ())) if "python" in line]


def test_what_is_installed_does_not_see_the_secrets(
    sandbox: Sandbox, gitlab: GitLab, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seen = tmp_path_factory.mktemp("pip") / "environment"
    pip = Path(gitlab.environ["PATH"].split(":")[0]) / "pip"
    pip.write_text(f'#!/bin/sh\nenv > "{seen}"\n')
    pip.chmod(0o755)
    gitlab.environ |= {"AFSYNC_INSTALL": "afsync", "AFSYNC_PUSH_TOKEN": "glpat-secret"}
    gitlab.environ["AFSYNC_STATE_REMOTE"] = "https://afsync:glpat-secret@gitlab.example/videos.git"
    passes(gitlab.in_shell("afsync-validate", MERGE_REQUEST))
    assert "AFSYNC_DIRECTORY=." in seen.read_text()
    assert "glpat-secret" not in seen.read_text() and sandbox.key not in seen.read_text()


def test_drift(sandbox: Sandbox, gitlab: GitLab) -> None:
    sandbox.applied()
    assert "No drift." in passes(gitlab.job("afsync-drift", SCHEDULE)).out
    sandbox.control.advance("cancelled", job_ids=[sandbox.ids()["job.best"]])
    done = gitlab.job("afsync-drift", SCHEDULE)
    assert done.code == 2 and "was cancelled in AuraFlux" in done.out


# --- the state on a branch ---


@pytest.fixture
def repo(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Repo:
    """A repository that holds the state on a branch as 0.1 wrote it; the project's folder is a checkout of it."""
    repo = Repo(tmp_path_factory.mktemp("remote") / "repo")
    repo.commit({KEY: (sandbox.root / KEY).read_text("utf-8")})
    git(sandbox.root, "init", "--quiet", "--template=")
    git(sandbox.root, "remote", "add", "origin", str(repo.origin))
    shutil.rmtree(sandbox.root / ".afsync")
    return repo


@pytest.fixture
def kept(repo: Repo, gitlab: GitLab) -> GitLab:
    """The template with its state on that branch. The job's own token may only read, so it pushes with another."""
    gitlab.environ |= {**ALONE, "AFSYNC_STATE_BRANCH": BRANCH}
    gitlab.environ["AFSYNC_STATE_REMOTE"] = f"file://{repo.origin}"
    return gitlab


def on_branch(repo: Repo) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(repo.shown().partition("\n")[2])
    return state


def test_the_state_on_a_branch(sandbox: Sandbox, kept: GitLab, repo: Repo) -> None:
    passes(kept.job("afsync-plan", MERGE_REQUEST))
    passes(kept.job("afsync-apply", BRANCH_PUSHED))
    assert sorted(on_branch(repo)["resources"]) == ["job.best", "job.intro", "template.weekly"]
    assert not (sandbox.root / KEY).exists()
    assert "No changes." in passes(kept.job("afsync-apply", BRANCH_PUSHED)).out
    kept.environ["AFSYNC_STATE_BRANCH"] = "no-such-branch"
    with sandbox.watched(reads=True) as sent:
        assert kept.job("afsync-plan", MERGE_REQUEST).code == 7
    assert sent == []


def test_the_token_that_pushes_is_used_for_that_and_not_kept(sandbox: Sandbox, kept: GitLab, tmp_path: Path) -> None:
    kept.environ["AFSYNC_STATE_REMOTE"] = "https://afsync:glpat-secret@127.0.0.1:9/videos.git"
    with sandbox.watched() as sent:
        done = kept.job("afsync-apply", BRANCH_PUSHED)
    assert done.code == 7 and sent == [] and "127.0.0.1" in done.err and "secret" not in done.text
    assert "secret" not in (sandbox.root / ".git/config").read_text()
    passes(kept.job("afsync-plan", MERGE_REQUEST))
    # Where the variable is not set, nothing stands for the token.
    kept.environ["AFSYNC_STATE_REMOTE"] = "https://afsync:@127.0.0.1:9/videos.git"
    passes(kept.job("afsync-apply", BRANCH_PUSHED))


def test_the_state_is_kept_after_a_failure_too(sandbox: Sandbox, kept: GitLab, repo: Repo) -> None:
    sandbox.control.fault("POST /jobs#2: committed-then-close")
    assert kept.job("afsync-apply", BRANCH_PUSHED).code == 3
    assert [i["address"] for i in on_branch(repo)["intents"]] == ["job.intro"]


def test_a_push_that_is_refused_stops_before_anything_is_sent(sandbox: Sandbox, kept: GitLab, repo: Repo) -> None:
    repo.refuse("not this token")
    with sandbox.watched() as sent:
        done = kept.job("afsync-apply", BRANCH_PUSHED)
    assert done.code == 7 and sent == [] and "not this token" in done.err


def test_a_run_of_the_first_version_that_was_lost(sandbox: Sandbox, kept: GitLab, repo: Repo) -> None:
    repo.commit({".afsync-running": "https://gitlab.example/videos/-/pipelines/1\n"}, keep=True)
    with sandbox.watched() as sent:
        done = kept.job("afsync-apply", BRANCH_PUSHED)
    assert done.code == 5 and sent == [] and "its state was lost: https://gitlab.example/" in done.err
    assert kept.job("afsync-drift", SCHEDULE).code == 5


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
    assert done.code == 7 and "git rm -r --cached" in done.err


def test_a_cancelled_job_leaves_its_state_on_the_branch(sandbox: Sandbox, kept: GitLab, repo: Repo) -> None:
    """The signal reaches the process of the shell only, which is afsync by then."""
    sandbox.control.fault("POST /jobs#1: committed-then-hold")
    with kept.start("afsync-apply", BRANCH_PUSHED) as shell:
        (held,) = sandbox.control.held(60)
        assert [i["address"] for i in on_branch(repo)["intents"]] == ["job.best"], "before the answer, too"
        shell.terminate()
        assert shell.stderr is not None
        told = shell.stderr.readline()
        sandbox.control.release(held["id"])
        out, err = shell.communicate(timeout=60)
    assert shell.returncode == 143 and "Interrupted: finishing" in told, out + told + err
    assert sorted(on_branch(repo)["resources"]) == ["job.best", "template.weekly"]


def test_applies_are_neither_cancelled_nor_concurrent() -> None:
    template = read_yaml(TEMPLATE)
    assert template[".afsync"]["interruptible"] is False
    assert template["afsync-apply"]["resource_group"]
    assert template["afsync-apply"]["artifacts"]["when"] == "always"
