"""What docs/ci.md says can be copied is what there is."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from afsync.config.document import parse
from tests.gitops.github import ROOT, read_yaml

DOCS = (ROOT / "docs/ci.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", DOCS, re.DOTALL | re.MULTILINE)
YAML = [text for language, text in BLOCKS if language == "yaml"]
SHELL = [text for language, text in BLOCKS if language == "sh"]


def below(value: Any) -> Iterator[Any]:
    yield value
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for child in children:
        yield from below(child)


@pytest.mark.parametrize("text", YAML, ids=range(len(YAML)))
def test_the_pipelines_are_yaml_and_use_what_there_is(text: str) -> None:
    document = parse(text.encode(), "ci.yaml")
    assert document.marks == ()
    inputs = read_yaml("action.yml")["inputs"]
    for step in below(document.value):
        if isinstance(step, dict) and "afsync@" in str(step.get("uses")):
            assert step["with"].keys() <= inputs.keys()


def test_an_apply_is_never_cancelled_and_its_state_is_always_kept() -> None:
    jobs = [j for text in YAML for j in below(parse(text.encode(), "ci.yaml").value) if is_apply(j)]
    assert len(jobs) == 4
    for job in jobs:
        kept = [s for s in job["steps"] if "upload-artifact" in s.get("uses", "")]
        assert [s["if"] for s in kept] == ["always()"]
        assert kept[0]["with"]["include-hidden-files"] is True and kept[0]["with"]["path"] == ".afsync/"
        assert job.get("concurrency", {}).get("cancel-in-progress") is not True
    assert DOCS.count("{group: afsync, cancel-in-progress: false, queue: max}") == 4


def test_what_is_due_is_published_by_every_recipe_one_at_a_time() -> None:
    part = DOCS.split("## Publish at the time")[1].split("\n## ")[0]
    blocks = dict(re.findall(r"^```(yaml|crontab|ini)\n(.*?)^```$", part, re.DOTALL | re.MULTILINE))
    github, gitlab = (
        parse(t.encode(), "ci.yaml").value for t in re.findall(r"^```yaml\n(.*?)^```$", part, re.S | re.M)
    )
    (job,) = github["jobs"].values()
    assert job["steps"][1]["with"]["args"] == "--due"
    apply = read_yaml(".gitlab/afsync.gitlab-ci.yml")[gitlab["afsync-due"]["extends"]]
    assert "resource_group" in apply and "$AFSYNC_APPLY_ARGS" in str(apply["script"])
    assert gitlab["afsync-due"]["variables"] == {"AFSYNC_APPLY_ARGS": "--due"}
    from afsync.cli import cli

    for line in (blocks["crontab"].splitlines()[1], blocks["ini"]):
        assert "afsync apply --due --auto-approve" in line
    described = CliRunner().invoke(cli, ["apply", "--help"]).output
    assert "--due" in described and "--auto-approve" in described
    assert "Type=oneshot" in blocks["ini"]
    assert [github["on"]["schedule"][0]["cron"], "OnCalendar=*:0/10"][0].startswith("*/10")


def is_apply(job: Any) -> bool:
    steps = job.get("steps") if isinstance(job, dict) else None
    return any(s.get("with", {}).get("command") == "apply" for s in steps or ())


@pytest.mark.parametrize("text", SHELL, ids=range(len(SHELL)))
def test_the_scripts_are_shell_and_use_commands_that_exist(text: str) -> None:
    bash = shutil.which("bash")
    if bash:
        subprocess.run([bash, "-n", "-c", text], check=True)
    from afsync.cli import cli

    for line in re.findall(r"^(?:exec )?afsync (.*)", text, re.MULTILINE):
        name, *words = line.split()
        done = CliRunner().invoke(cli, [name, "--help"])
        assert done.exit_code == 0, name
        for flag in (w for w in words if w.startswith("--")):
            assert flag in done.output, f"{name} {flag}"


def test_the_hooks_run_commands_that_exist() -> None:
    hooks = read_yaml(".pre-commit-hooks.yaml")
    assert {h["id"]: h["entry"] for h in hooks} == {"afsync-validate": "afsync validate", "afsync-fmt": "afsync fmt"}
    for hook in hooks:
        assert hook["pass_filenames"] is False and hook["language"] == "python"
        assert f"- id: {hook['id']}" in DOCS


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", DOCS):
        assert "://" in target or (Path("docs") / target).exists()
