"""`action.yml`, its steps run against the emulator: what GitHub would see."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from afsync.output.markdown import marker
from tests.gitops.conftest import PROJECT
from tests.gitops.github import ROOT, Comments, Job, Runner, comments, expand, read_yaml
from tests.harness import HEAD, Sandbox
from tests.store.branch.repo import ALONE, BRANCH, KEY, QUIET, Repo, git


def pull(repository: str = "team/videos", author: str = "ada") -> dict[str, Any]:
    head = {"sha": "decaf0123456789", "repo": {"full_name": repository}}
    return {"pull_request": {"number": 7, "user": {"login": author}, "head": head}}


PULL, FORK, BOT_PULL = pull(), pull("stranger/videos"), pull(author="dependabot[bot]")
FOOTER = "\n<sub>Commit decaf0123456 · [log](https://github.example/team/videos/actions/runs/1)</sub>\n"
BOT = "github-actions[bot]"

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "git"))), reason="needs bash and git, as runners have"
)


@pytest.fixture
def github() -> Iterator[Comments]:
    with comments() as kept:
        yield kept


@pytest.fixture
def runner(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, github: Comments) -> Runner:
    return Runner(tmp_path_factory.mktemp("runner"), sandbox.root, sandbox.environ(), github.url)


def passes(job: Job) -> Job:
    assert job.green, job.log
    return job


def test_a_pull_request(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    with sandbox.watched() as sent:
        job = passes(runner.run(PULL))
    assert sent == []
    assert "Valid. 1 template and 2 jobs in 1 file." in job.log
    assert "Plan: 3 to add, 0 to change, 0 to destroy." in job.steps["run"].log
    fingerprint = sandbox.planned()["fingerprint"]
    assert {k: v for k, v in job.outputs.items() if k not in ("json", "markdown")} == {
        "has_changes": "true",
        "add": "3",
        "change": "0",
        "destroy": "0",
        "credits": "2",
        "fingerprint": fingerprint,
        "blocked": "false",
        "drift": "",
    }
    markdown = Path(job.outputs["markdown"]).read_text()
    assert json.loads(Path(job.outputs["json"]).read_text())["fingerprint"] == fingerprint
    assert job.summary == markdown
    assert [c["body"] for c in github.bodies] == [markdown + FOOTER]
    assert markdown.startswith(
        marker("") + "\n### afsync: 3 to add, 0 to change, 0 to destroy\n\n**Credits: 2 to spend"
    )
    assert job.annotations == []


def test_the_scripts_are_shell(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    """All steps in a real shell, as on a runner: the plan of a pull request, and the apply of what was reviewed."""
    runner.shell = True
    passes(runner.run(PULL))
    job = passes(runner.run(command="apply", expect="reviewed"))
    assert job.outputs["has_changes"] == "true" and sandbox.balance == 48
    assert [c["body"].split("\n")[1] for c in github.bodies] == [
        "### afsync: 3 to add, 0 to change, 0 to destroy",
        "### afsync apply: 3 added, 0 changed, 0 destroyed",
    ]


def test_one_comment_is_kept_up_to_date(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    for number in range(130):
        github.add(f"Nice! {number}", "somebody")
    github.add(f"{marker('')}\nnot the bot's", "mallory")
    github.add(f"Look at {marker('')}", BOT)
    passes(runner.run(PULL))
    assert len(github.bodies) == 133
    sandbox.write(PROJECT.split("jobs:")[0])
    passes(runner.run(PULL))
    passes(runner.run(PULL, title="staging"))
    passes(runner.run(PULL, title="staging"))
    assert len(github.bodies) == 134
    assert "1 to add" in github.bodies[132]["body"]
    assert github.bodies[133]["body"].startswith(f"{marker('staging')}\n### afsync staging: 1 to add")
    assert github.bodies[130]["body"].endswith("not the bot's")
    assert github.calls[-1] == "PATCH comments/233"


def test_no_pull_request_no_comment(runner: Runner, github: Comments) -> None:
    passes(runner.run({"ref": "refs/heads/main"}))
    passes(runner.run(PULL, comment="false"))
    assert github.calls == []


def test_a_token_that_may_not_write_is_no_failure(runner: Runner, github: Comments) -> None:
    github.read_only = True
    job = passes(runner.run(PULL))
    assert any("The comment could not be written" in a for a in job.annotations)


def test_problems_in_the_files(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    sandbox.write(PROJECT + "  bad: {url: nonsense, template: wekly}\n")
    github.add(f"{marker('')}\nan old plan", BOT)
    job = runner.run(PULL)
    assert not job.green and job.steps["run"].code == 1
    assert [a.split("::")[1] for a in job.annotations] == [
        "error file=afsync.yaml,line=15,col=14,title=afsync%3A bad_url",
        "error file=afsync.yaml,line=15,col=34,title=afsync%3A unknown_template",
    ]
    assert github.bodies[0]["body"].startswith(
        f"{marker('')}\n### afsync: 2 problems in the files\n\n```\nError: `nonsense`"
    )
    assert "at afsync.yaml:15:14" in github.bodies[0]["body"] and "at afsync.yaml:15:14" in job.summary


def test_no_plan_at_all(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    github.add(f"{marker('')}\nan old plan", BOT)
    job = runner.run(PULL, api_key="af_live_\x1b", directory=".")
    assert job.steps["run"].code == 1
    assert "### afsync: stopped\n\n```\nError: " in github.bodies[0]["body"] and "### afsync: stopped" in job.summary
    assert [a.split("::")[1] for a in job.annotations] == ["error title=afsync%3A stopped"]
    (sandbox.root / "afsync.yaml").unlink()
    runner.run(PULL)
    assert "### afsync: 1 problem in the files" in github.bodies[0]["body"]


def test_flags_are_words_and_nothing_else(sandbox: Sandbox, runner: Runner) -> None:
    with sandbox.watched() as sent:
        job = runner.run(command="apply", args="--max-credits 9 --target 'job.be")
        assert job.steps["run"].outcome == "failure" and "quote" in job.log
        job = runner.run(command="apply", args="--max-credits 1; touch pwned $(touch pwned) `touch pwned`")
        assert job.steps["run"].code == 1
    assert sent == [] and not (sandbox.root / "pwned").exists()
    passes(runner.run(command="apply", args="--target 'job.b*' --target \"template.*\""))
    assert sorted(sandbox.ids()) == ["job.best", "template.weekly"]


def test_the_pull_request_is_told_what_the_merge_did(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    passes(runner.run(PULL, title="staging"))
    job = passes(runner.run(command="apply", title="staging"))
    assert [c["body"].split("\n")[:2] for c in github.bodies] == [
        ["<!-- afsync:plan staging -->", "### afsync staging: 3 to add, 0 to change, 0 to destroy"],
        ["<!-- afsync:apply staging -->", "### afsync staging apply: 3 added, 0 changed, 0 destroyed"],
    ]
    assert Path(job.outputs["markdown"]).read_text() in github.bodies[1]["body"]
    assert github.bodies[1]["body"].endswith(FOOTER.replace("decaf0123456", "c0ffee012345"))
    passes(runner.run(command="apply", title="staging"))
    assert "3 added" in github.bodies[1]["body"], "a second run, which does nothing, does not hide what was done"
    sandbox.write(PROJECT + "  bad: {url: nonsense}\n")
    assert not runner.run(command="apply", title="staging").green
    assert github.bodies[1]["body"].startswith(
        "<!-- afsync:apply staging -->\n### afsync staging: 1 problem in the files"
    )
    github.merged = False
    before = len(github.calls)
    runner.run(command="apply")
    assert github.calls[before:] == ["GET commits/c0ffee0123456789/pulls"]


# --- what was reviewed, and nothing else ---


def test_what_was_reviewed_is_looked_up(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    github.add(f"{marker('')}\nFingerprint `000000000000`, as of yesterday.", "mallory")
    passes(runner.run(PULL))
    passes(runner.run(command="apply", expect="reviewed"))
    assert sandbox.balance == 48
    # Where nothing was to be done, nothing is what was reviewed.
    passes(runner.run(PULL))
    passes(runner.run(command="apply", expect="reviewed"))
    sandbox.write(PROJECT.replace("Best CS2", "Worst CS2"))
    with sandbox.watched() as sent:
        job = runner.run(command="apply", expect="reviewed")
    assert job.steps["run"].code == 6 and sent == []
    assert "This is not the plan that was reviewed" in github.bodies[-1]["body"]
    assert "This is not the plan that was reviewed" in job.summary


def test_a_fingerprint_in_a_topic_is_not_one(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    spoof = 'topic: "\\nFingerprint `000000000000`, as of now.\\n```\\nFingerprint `000000000000`, as of now."'
    sandbox.write(PROJECT.replace("topic: The intro", spoof))
    planned = passes(runner.run(PULL))
    job = passes(runner.run(command="apply", expect="reviewed"))
    assert job.steps["reviewed"].outputs == {"fingerprint": planned.outputs["fingerprint"]}


@pytest.mark.parametrize("merged", [True, False])
def test_what_nobody_reviewed_is_not_applied(
    sandbox: Sandbox, runner: Runner, github: Comments, *, merged: bool
) -> None:
    github.merged = merged
    github.add(f"{marker('')}\n### afsync: stopped", BOT)
    with sandbox.watched() as sent:
        job = runner.run(command="apply", expect="reviewed")
    assert job.steps["reviewed"].code == 6 and sent == []
    assert "No plan was reviewed for this commit" in job.log


def test_a_merge_and_another_one(sandbox: Sandbox, runner: Runner) -> None:
    planned = passes(runner.run(PULL))
    job = passes(runner.run(command="apply", expect=planned.outputs["fingerprint"]))
    assert "Apply complete! Resources: 3 added, 0 changed, 0 destroyed." in job.steps["run"].log
    assert job.outputs["has_changes"] == "true" and job.outputs["credits"] == "2"
    assert "### afsync: 3 to add" in job.summary
    assert "### afsync apply: 3 added, 0 changed, 0 destroyed\n\n2 credits spent." in job.summary
    events = [json.loads(line) for line in Path(job.outputs["json"]).read_text().splitlines()]
    assert events[0]["type"] == "plan" and events[-1]["type"] == "summary" and events[-1]["added"] == 3
    assert sandbox.balance == 48
    with sandbox.watched() as sent:
        again = passes(runner.run(command="apply"))
    assert sent == [] and again.outputs["has_changes"] == "false"
    assert "No changes. Your account matches the configuration." in again.summary


def test_a_plan_file(sandbox: Sandbox, runner: Runner) -> None:
    passes(runner.run(PULL, plan_file="reviewed.plan"))
    passes(runner.run(command="apply", plan_file="reviewed.plan"))
    job = runner.run(command="apply", plan_file="reviewed.plan")
    assert job.steps["run"].code == 6 and "it was applied already" in job.log


def test_a_limit_makes_it_red(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    sandbox.write(PROJECT + "limits:\n  max_credits: 1\n")
    job = runner.run(PULL)
    assert not job.green
    assert job.outputs["blocked"] == "true"
    assert "the plan spends 2 credits, and the limit is 1" in github.bodies[0]["body"]
    assert "raise it for this run with --max-credits 2" in github.bodies[0]["body"]
    assert job.annotations[0].startswith("::error file=afsync.yaml,line=16,col=3,title=afsync%3A max_credits::")
    passes(runner.run(PULL, fail_on_blocked="false"))
    with sandbox.watched() as sent:
        merged = runner.run(command="apply")
    assert merged.steps["run"].code == 4 and sent == []
    passes(runner.run(command="apply", args="--max-credits 2 --target 'job.*'"))


def test_a_failed_change_is_told_at_its_line(sandbox: Sandbox, runner: Runner) -> None:
    sandbox.control.fault("POST /jobs#1: received-then-status(422)")
    job = runner.run(command="apply")
    assert job.steps["run"].code == 1
    (told,) = [a for a in job.annotations if "change_failed" in a]
    assert told.startswith("::error file=afsync.yaml,line=7,col=3,title=afsync%3A change_failed::job.best failed")
    assert "1 failed" in job.summary


@pytest.mark.parametrize("offline", ["true", "auto"])
def test_a_fork(sandbox: Sandbox, runner: Runner, offline: str) -> None:
    sandbox.applied()
    sandbox.write(PROJECT.replace("Best CS2", "Worst CS2"))
    del runner.environ["AURAFLUX_API_KEY"]
    with sandbox.watched(reads=True) as sent:
        job = passes(runner.run(FORK, offline=offline))
    assert sent == []
    assert "planned offline" in job.summary and job.outputs["destroy"] == "1"
    assert "planned offline" not in passes(runner.run(PULL, offline="auto", api_key=sandbox.key)).summary


def test_a_missing_key_is_red_unless_it_is_a_fork_or_a_bot(sandbox: Sandbox, runner: Runner, github: Comments) -> None:
    del runner.environ["AURAFLUX_API_KEY"]
    job = runner.run(PULL, offline="auto")
    assert job.steps["run"].code == 1 and not job.green
    assert "this is not a request from a fork: is the secret set" in job.log
    passes(runner.run(BOT_PULL, offline="auto"))
    passes(runner.run(PULL, offline="true"))


def test_no_python_of_the_checkout_runs(
    sandbox: Sandbox, runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`python3 -m venv` would run a venv.py of the pull request, which could set PATH for later steps."""
    (python,) = [s for s in runner.action["runs"]["steps"] if s["name"] == "Install afsync"]
    lines = [line.strip() for line in python["run"].splitlines() if "python3" in line]
    proof = tmp_path_factory.mktemp("proof") / "ran"
    for name in ("venv.py", "json.py", "ensurepip.py"):
        (sandbox.root / name).write_text(f"open({str(proof)!r}, 'w')\n")
    (line,) = lines
    environ = {**runner.environ, "RUNNER_TEMP": str(tmp_path_factory.mktemp("temp"))}
    line = line.replace("-m venv", "-m venv --without-pip")
    subprocess.run(["bash", "-ec", line], cwd=sandbox.root, env=environ, check=True)
    assert not proof.exists()


def test_drift(sandbox: Sandbox, runner: Runner) -> None:
    sandbox.applied()
    job = passes(runner.run(command="drift"))
    assert job.outputs["drift"] == "0" and "No drift" in job.summary
    sandbox.control.advance("cancelled", job_ids=[sandbox.ids()["job.best"]])
    job = runner.run(command="drift")
    assert job.steps["run"].code == 2 and job.outputs["drift"] == "1"
    assert "was cancelled in AuraFlux" in job.summary
    assert "was cancelled in AuraFlux" in Path(job.outputs["markdown"]).read_text()


def test_a_project_below_the_root(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, github: Comments) -> None:
    workspace = tmp_path_factory.mktemp("workspace")
    shutil.move(sandbox.root, workspace / "videos")
    shutil.copytree(workspace / "videos", sandbox.root)
    runner = Runner(tmp_path_factory.mktemp("runner"), workspace, sandbox.environ(), github.url)
    (workspace / "videos/afsync.yaml").write_text(HEAD + PROJECT + "  bad: {url: nonsense}\n")
    job = runner.run(PULL, directory="videos")
    assert "::error file=videos/afsync.yaml,line=15," in job.log


# --- the state on a branch ---


class OnBranch:
    """A clone of a repository that holds the project on `main`, and its state on a branch as 0.1 wrote it."""

    def __init__(self, sandbox: Sandbox, folder: Path, github: Comments) -> None:
        self.repo = Repo(folder / "repo")
        listed = ("afsync.yaml", "media/intro.mp4")
        files = {name: (sandbox.root / name).read_text("utf-8") for name in listed}
        self.repo.commit({**files, ".gitignore": ".afsync/\n"}, branch="main")
        self.repo.commit({KEY: (sandbox.root / KEY).read_text("utf-8")})
        self.root = self.repo.clone("clone")
        self.runner = Runner(folder, self.root, {**sandbox.environ(), **ALONE}, github.url)

    def run(self, event: dict[str, Any] | None = None, **inputs: str) -> Job:
        return self.runner.run(event, **{"state_branch": BRANCH, **inputs})

    def on_another_runner(self) -> None:
        shutil.rmtree(self.root)
        self.repo.clone("clone")

    @property
    def state(self) -> dict[str, Any]:
        """The document on the branch; the line before it says which run wrote it."""
        state: dict[str, Any] = json.loads(self.repo.shown().partition("\n")[2])
        return state


@pytest.fixture
def cloned(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, github: Comments) -> OnBranch:
    return OnBranch(sandbox, tmp_path_factory.mktemp("runner"), github)


def test_the_state_is_read_and_kept(sandbox: Sandbox, cloned: OnBranch) -> None:
    """A branch that 0.1 wrote goes on as it is, and nothing is left to be taken from the runner."""
    before = cloned.repo.tip()
    passes(cloned.run(PULL))
    assert cloned.repo.tip() == before, "a plan writes nothing"
    passes(cloned.run(command="apply"))
    assert sorted(cloned.state["resources"]) == ["job.best", "job.intro", "template.weekly"]
    assert not (cloned.root / ".afsync").exists()
    cloned.on_another_runner()
    with sandbox.watched() as sent:
        again = passes(cloned.run(command="apply"))
    assert sent == [] and "No changes." in again.log
    assert f"{KEY}.lock" not in git(cloned.repo.origin, "ls-tree", "-r", "--name-only", BRANCH)


def test_the_files_can_say_where_the_state_is(sandbox: Sandbox, cloned: OnBranch) -> None:
    """As docs/ci.md begins: one line in afsync.yaml and `init`; the action is given nothing."""
    git(cloned.repo.origin, "update-ref", "-d", f"refs/heads/{BRANCH}")
    file = cloned.root / "afsync.yaml"
    file.write_text(f"state: branch:{BRANCH}\n" + file.read_text("utf-8"), "utf-8")
    Sandbox(cloned.root, sandbox.emulator).does("init", env=ALONE)
    passes(cloned.run(command="apply", state_branch=""))
    assert "job.best" in cloned.state["resources"] and not (cloned.root / KEY).exists()


def test_the_state_is_kept_after_a_failure_too(sandbox: Sandbox, cloned: OnBranch) -> None:
    sandbox.control.fault("POST /jobs#2: committed-then-close")
    assert cloned.run(command="apply").steps["run"].code == 3
    assert [i["address"] for i in cloned.state["intents"]] == ["job.intro"]
    assert "job.best" in cloned.state["resources"]


def test_without_the_branch_nothing_starts_afresh(sandbox: Sandbox, cloned: OnBranch) -> None:
    for command in ("plan", "apply"):
        with sandbox.watched(reads=True) as sent:
            job = cloned.run(PULL, command=command, state_branch="no-such-branch")
        assert job.steps["run"].code == 7 and sent == []
        assert "The state branch:no-such-branch is missing" in job.log
    assert cloned.repo.tip("no-such-branch") == ""


def test_a_push_that_is_refused_stops_before_anything_is_sent(sandbox: Sandbox, cloned: OnBranch) -> None:
    cloned.repo.refuse("only on Mondays")
    with sandbox.watched() as sent:
        job = cloned.run(command="apply")
    assert job.steps["run"].code == 7 and sent == []
    assert "only on Mondays" in job.log and "only on Mondays" in job.summary


def test_an_apply_of_the_first_version_whose_state_is_lost_is_missed(
    sandbox: Sandbox, cloned: OnBranch, tmp_path: Path
) -> None:
    """The runner is gone after it spent credits. Nothing is sent before somebody brought its state back."""
    sandbox.applied()
    cloned.repo.commit({".afsync-running": "https://github.example/runs/1\n"}, keep=True)
    with sandbox.watched() as sent:
        job = cloned.run(command="apply")
    assert job.steps["run"].code == 5 and sent == []
    assert "its state was lost: https://github.example/runs/1" in job.log
    warned = passes(cloned.run(PULL, offline="true")).log
    assert "Warning: another run holds the lock: an action of afsync 0.1@its runner (`afsync apply`), since" in warned
    drift = cloned.run(command="drift")
    assert drift.steps["run"].code == 5 and "https://github.example/runs/1" in drift.annotations[-1]

    shutil.copytree(sandbox.root / ".afsync", cloned.root / ".afsync")
    commands = ["bash", "-euo", "pipefail", "-c", documented("bring a state back")]
    subprocess.run(commands, cwd=cloned.root, env=QUIET, check=True)
    cloned.on_another_runner()
    job = passes(cloned.run(command="apply"))
    assert "No changes." in job.log and sandbox.balance == 48


def documented(name: str) -> str:
    """The commands below this mark in docs/ci.md."""
    found = re.search(rf"<!-- {name} -->\n```sh\n(.*?)```", (ROOT / "docs/ci.md").read_text("utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_a_state_that_is_committed_as_well_is_refused(cloned: OnBranch) -> None:
    """Whoever opens a pull request must not add to what the branch says."""
    (cloned.root / ".afsync").mkdir()
    (cloned.root / ".afsync/recovery-1.json").write_text("{}")
    git(cloned.root, "add", "--force", ".afsync")
    job = cloned.run(PULL)
    assert job.steps["run"].code == 7 and "git rm -r --cached" in job.log


@pytest.mark.parametrize("path", [".afsync", ".afsync-running", KEY])
def test_a_link_on_the_branch_is_not_followed(sandbox: Sandbox, cloned: OnBranch, tmp_path: Path, path: str) -> None:
    before = sandbox.files()
    cloned.repo.commit({path: str(sandbox.root / ".afsync")}, mode="120000", keep=path == ".afsync-running")
    with sandbox.watched() as sent:
        job = cloned.run(command="apply")
    assert job.steps["run"].code == 7 and sent == []
    assert f"holds something other than a file at {path}" in job.log
    assert sandbox.files() == before


def test_a_directory_that_leads_out_of_the_workspace_is_refused(
    cloned: OnBranch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (cloned.root / "videos").symlink_to(outside)
    (cloned.root / ".afsync").symlink_to(outside)
    assert cloned.run(PULL, directory="videos").steps["run"].code == 7
    assert cloned.run(PULL).steps["run"].code == 7
    assert list(outside.iterdir()) == []


# --- the file itself ---


def test_it_is_short() -> None:
    """What it does is in `afsync pipeline`, where it can be tested; the steps only call it."""
    assert len((ROOT / "action.yml").read_text("utf-8").splitlines()) < 150
    scripts = [s["run"].strip() for s in read_yaml("action.yml")["runs"]["steps"] if "run" in s]
    assert all(re.fullmatch(r'exec afsync pipeline (?:"\$COMMAND"|\w+)', script) for script in scripts[1:])


def test_every_input_and_output_is_described_and_used() -> None:
    action = read_yaml("action.yml")
    text = Path(__file__).parents[2].joinpath("action.yml").read_text("utf-8")
    docs = Path(__file__).parents[2].joinpath("docs/ci.md").read_text("utf-8")
    for name, about in {**action["inputs"], **action["outputs"]}.items():
        assert about["description"].endswith(".")
        assert f"| `{name}` |" in docs, f"docs/ci.md has no row for `{name}`"
    for name in action["inputs"]:
        assert f"inputs.{name}" in text


def test_nothing_from_outside_is_pasted_into_a_script() -> None:
    """Inputs reach a script through its environment, where they are data."""
    for step in read_yaml("action.yml")["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_key_is_given_to_the_steps_that_need_it() -> None:
    steps = read_yaml("action.yml")["runs"]["steps"]
    assert {s["name"] for s in steps if s.get("env", {}).get("AURAFLUX_API_KEY")} == {"Run"}
    hidden = {s["name"] for s in steps if s.get("env", {}).get("AURAFLUX_API_KEY") == ""}
    assert hidden == {"Install afsync", "Look up what was reviewed", "Comment"}
    # Nor is the token of the repository given to what asks the service.
    assert {s["name"] for s in steps if "GITHUB_TOKEN" in s.get("env", {})} == {"Look up what was reviewed", "Comment"}
    (step,) = [s for s in steps if s["name"] == "Run"]
    value = step["env"]["AURAFLUX_API_KEY"]
    assert expand(value, {"inputs": {"api-key": "a"}, "env": {"AURAFLUX_API_KEY": "b"}}) == "a"
    assert expand(value, {"inputs": {"api-key": ""}, "env": {"AURAFLUX_API_KEY": "b"}}) == "b"
