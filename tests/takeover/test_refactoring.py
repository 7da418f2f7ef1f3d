"""Any refactoring of the files plans no writing request."""

from __future__ import annotations

import random
import shutil
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.harness import NO_CHANGES, Sandbox
from tests.scale import scaled
from tests.takeover.refactorings import Project, made_up, refactored, written

STATUSES = ("queued", "running", "processing", "complete", "published", "failed", "cancelled")
KINDS = {
    "job renamed", "template renamed", "job and its template renamed", "reordered", "one file", "several files",
    "json", "flow", "block", "block scalar", "merged from an anchor", "${var.…}", "${env.…}", "other timezone",
    "time written otherwise", "service's default spelled out", "project's default spelled out", "left to a default",
    "factored out", "file moved",
}  # fmt: skip


def write(sandbox: Sandbox, project: Project, dice: random.Random) -> dict[str, str]:
    """Anew, and nothing else is left. The environment that the files need."""
    for folder in ("p", "media", "moved"):
        shutil.rmtree(sandbox.root / folder, ignore_errors=True)
    files, environ, _ = written(project, dice)
    for name, text in files.items():
        sandbox.write(text, name, head=False)
    for name, content in project.media.items():
        (sandbox.root / name).parent.mkdir(exist_ok=True)
        (sandbox.root / name).write_bytes(content)
    return environ


@pytest.mark.parametrize("dialect", ["documented", "deployed"])
@settings(max_examples=scaled(8), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_nothing_is_sent_for_a_refactoring(sandbox: Sandbox, seed: int) -> None:
    dice = random.Random(seed)
    shutil.rmtree(sandbox.root / ".afsync", ignore_errors=True)
    sandbox.key = f"af_live_{dice.getrandbits(64):x}"
    project = made_up(dice)
    environ = write(sandbox, project, dice)
    sandbox.does("init", env=environ)
    sandbox.does("apply", "--auto-approve", env=environ)
    for job in sandbox.control.jobs(key=sandbox.key):
        # What is published before its time was not kept, and that is said.
        early = ("published",) if job["publish_at"] else ()
        sandbox.control.advance(dice.choice([s for s in STATUSES if s not in early]), job_ids=[job["job_id"]])
    before = sorted(sandbox.ids().values())

    other, renamed = refactored(project, dice)
    environ = write(sandbox, other, dice)
    if dice.random() < 0.5:
        sandbox.does("fmt")

    plan = sandbox.does("plan", "--json", env=environ).json
    assert [c["action"] for c in plan["changes"]] == ["move"] * renamed, plan["changes"]
    assert not plan["violations"] and plan["requests"] == 0 and plan["credits"]["spend"] == 0
    assert "moved_finished" not in {w["code"] for w in plan["warnings"]}
    with sandbox.watched() as sent:
        sandbox.does("apply", "--auto-approve", env=environ)
    assert sent == []
    assert sorted(sandbox.ids().values()) == before
    assert sandbox.planned(env=environ)["changes"] == []


def test_every_kind_of_refactoring_happens() -> None:
    seen: Counter[str] = Counter()
    for seed in range(200):
        dice = random.Random(seed)
        other, _ = refactored(made_up(dice), dice)
        seen.update(written(other, dice)[2].done)
    assert set(seen) == KINDS
    assert min(seen.values()) >= 10, seen


@pytest.mark.parametrize("dialect", ["deployed"])
def test_what_is_renamed_and_edited_is_no_refactoring(sandbox: Sandbox) -> None:
    """The other way round: the test above would see it."""
    sandbox.write("jobs: {a: {url: 'https://a.b/c', tone: calm}}\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    sandbox.write("jobs: {b: {url: 'https://a.b/c', tone: hype}}\n")
    assert sandbox.does("plan", "--json").json["requests"] > 0


@pytest.mark.parametrize("dialect", ["deployed"])
@pytest.mark.parametrize(
    "part", ["template.new", "template.old", "job.b", "job.a", "job.same", "--exclude=job.*", "--exclude=template.*"]
)
def test_renaming_in_parts_sends_nothing_either(sandbox: Sandbox, part: str) -> None:
    """A template and a job made from it are renamed, and a partial apply takes over one of the two."""
    jobs = "jobs:\n  {1}: {{url: 'https://a.b/c', template: {0}}}\n  same: {{url: 'https://a.b/d', template: {0}}}\n"
    text = "templates: {{{0}: {{name: T}}}}\n" + jobs
    sandbox.write(text.format("old", "a"))
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    before = sorted(sandbox.ids().values())
    sandbox.write(text.format("new", "b"))

    with sandbox.watched() as sent:
        sandbox.does("apply", "--auto-approve", part if part.startswith("--") else f"--target={part}")
        assert {c["action"] for c in sandbox.does("plan", "--json").json["changes"]} <= {"move"}
        sandbox.does("apply", "--auto-approve")

    assert sent == []
    assert NO_CHANGES in sandbox.does("plan").out
    assert sorted(sandbox.ids().values()) == before
