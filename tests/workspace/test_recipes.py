"""examples/agency and its pipelines: what they say is what there is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from jsonschema import Draft202012Validator

from afsync.config.document import parse
from afsync.config.workspace import enclosing_workspace
from tests.cli.commands import every_command, options
from tests.harness import Sandbox
from tests.workspace.conftest import Agency, job

ROOT = Path(__file__).parents[2]
AGENCY = ROOT / "examples/agency"
PIPELINES = {p.name: p.read_text("utf-8") for p in sorted((AGENCY / "pipelines").glob("*.yml"))}


def read(name: str) -> Any:
    document = parse(PIPELINES[name].encode(), name)
    assert document.marks == ()
    return document.value


def texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for child in value.values():
                yield from texts(child)
        case list():
            for child in value:
                yield from texts(child)


@pytest.mark.parametrize("name", PIPELINES)
def test_every_flag_is_one_of_the_command(name: str) -> None:
    every, found = every_command(), 0
    for text in texts(read(name)):
        for line in re.findall(r"\bafsync ((?:-C \S+ )?(?:plan|apply|validate|report merge) [^|\n]*)", text):
            words = re.sub(r"^-C \S+ ", "", line).split()
            command = every[("report", "merge")] if words[0] == "report" else every[(words[0],)]
            known = {flag for option in options(command) for flag in option.opts}
            assert {w.split("=")[0] for w in words if w.startswith("--")} <= known, line
            assert isinstance(command, click.Command)
            found += 1
    assert found


def test_the_cron_job_is_one() -> None:
    schema = json.loads((Path(__file__).parent / "cronjob.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    value = read("cronjob.yml")
    Draft202012Validator(schema).validate(value)
    job = value["spec"]["jobTemplate"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    assert container["args"][0].endswith(f'+ 1))/{job["completions"]}"') and job["parallelism"] == job["completions"]


def test_in_github_each_client_is_applied_alone_with_its_own_key() -> None:
    jobs = read("github.yml")["jobs"]
    apply = jobs["apply"]
    assert apply["concurrency"] == {
        "group": "afsync-apply-${{ matrix.client }}",
        "cancel-in-progress": False,
        "queue": "max",
    }
    assert "secrets[format('AURAFLUX_KEY_{0}', matrix.variable)]" in PIPELINES["github.yml"]
    assert not any("secrets." in text for text in texts(apply))
    shards = jobs["plan"]["strategy"]["matrix"]["shard"]
    assert shards == list(range(1, 5)) and '--shard "$SHARD/4"' in PIPELINES["github.yml"]
    clients = sorted(p.name for p in (AGENCY / "clients").iterdir())
    named = [re.sub("[^A-Z0-9]", "_", c.upper()) for c in clients]
    assert re.findall(r"^ +AURAFLUX_KEY_(\w+):", PIPELINES["github.yml"], re.MULTILINE) == named


@pytest.mark.skipif(shutil.which("jq") is None, reason="there is no jq")
def test_in_github_the_clients_that_changed_are_read_from_the_report(repository: Agency) -> None:
    """The lines of the step `list` after the one that writes the report, as the runner runs them."""
    (listing,) = [s for s in read("github.yml")["jobs"]["clients"]["steps"] if s.get("id") == "list"]
    first, _, lines = listing["run"].partition("\n")
    assert "--report json=changed.json" in first

    def listed() -> tuple[int, str]:
        report = f"json={repository.root / 'changed.json'}"
        repository.call("validate", "--all", "--changed-since", "HEAD", "--report", report)
        output = repository.root / "output"
        output.write_text("")
        done = subprocess.run(
            ["bash", "-e", "-c", lines],
            cwd=repository.root,
            env={"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(output)},
            capture_output=True,
            check=False,
            timeout=60,
        )
        return done.returncode, output.read_text()

    assert listed() == (0, "changed=[]\n")
    repository.client("cleo-2", job("new"))
    repository.write("version: 1\njobs: [", "clients/bert/afsync.yaml")
    code, output = listed()
    assert code == 0, "broken files of one client stop no other"
    assert json.loads(output.removeprefix("changed=")) == [
        {"client": "bert", "variable": "BERT"},
        {"client": "cleo-2", "variable": "CLEO_2"},
    ]
    shutil.rmtree(repository.root / "clients/anna")
    assert listed() == (1, ""), "videos of a client that is gone would still be published"


def test_gitlab_runs_all_shards() -> None:
    value = read("gitlab.yml")
    for name in ("plan", "apply"):
        assert value[name]["parallel"] == 4
        assert '--shard "$CI_NODE_INDEX/$CI_NODE_TOTAL"' in " ".join(texts(value[name]))
    assert value["apply"]["interruptible"] is False


def test_the_example_is_a_workspace_of_six(tmp_path: Path) -> None:
    workspace = enclosing_workspace(AGENCY)
    assert workspace is not None and len(workspace.members) == 6 and len(workspace.shared) == 1
    sandbox = Sandbox(tmp_path)
    sandbox.does("init", "--example", "agency")
    sandbox.does("init", "--example", "agency", code=1)
    assert (tmp_path / "clients/tidal/.afsync/state.json").exists()
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    assert "**/.afsync-emulator/" in ignored
    assert [line for line in ignored if not line.startswith(("#", "**/.afsync"))] == []
    lineages = [re.search("^lineage: (.*)$", p.read_text(), re.M) for p in tmp_path.glob("clients/*/afsync.yaml")]
    assert len({found[1] for found in lineages if found}) == 6
    (tmp_path / "afsync.workspace.yaml").write_text(
        (tmp_path / "afsync.workspace.yaml").read_text().replace("max_credits: 30", "max_credits: 11")
    )
    assert (
        "together spend 12 credits, and the limit of the workspace is 11" in sandbox.does("apply", "--all", code=4).out
    )
    done = sandbox.does("apply", "--all", "--account", "tidal")
    assert "Apply complete! Resources: 4 added" in done.out
