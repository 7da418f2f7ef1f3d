"""`plan --refresh-only` and paid jobs in the account that nothing declares."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from afsync.emulator import running
from tests.harness import Sandbox
from tests.scenarios.world import valid

JOBS = "jobs:\n  one: {url: 'https://clips.twitch.tv/one'}\n"
LOOK = ("plan", "--refresh-only", "--detailed-exitcode")
EXCLUSIVE, SHARED, LEFT_OUT = "api: {exclusive: true}\n", "api: {exclusive: false}\n", ""


@pytest.fixture(params=["documented", "deployed", "router"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sandbox]:
    with running(dialect=request.param, speed="manual", rpm=100_000, credits=1000) as emulator:
        sandbox = Sandbox(tmp_path, emulator)
        sandbox.write(EXCLUSIVE + JOBS)
        sandbox.does("init")
        sandbox.applied()
        yield sandbox


def stranger(sandbox: Sandbox) -> str:
    sandbox.pass_time(minutes=1)
    (job,) = sandbox.control.seed(count=1)
    return str(job)


def test_is_drift_where_only_this_project_submits(sandbox: Sandbox) -> None:
    assert "No drift. The account is as afsync left it." in sandbox.does(*LOOK).out
    job = stranger(sandbox)

    done = sandbox.does(*LOOK, code=2)
    assert f"{job} (" in done.out and "was not submitted from here" in done.out and "1 difference." in done.out
    document = sandbox.does(*LOOK, "--json", code=2).json
    valid("validate", document)
    assert [(p["code"], p["severity"]) for p in document["problems"]] == [("drift_undeclared", "warning")]
    sandbox.does(*LOOK, "--target", "job.one")
    with sandbox.watched() as sent:
        sandbox.does("plan", "--refresh-only")
    assert not sent

    sandbox.does("import", "--none")
    assert "No drift. The account is as afsync left it." in sandbox.does(*LOOK).out


def test_is_a_note_where_it_is_not_known_who_submits(sandbox: Sandbox) -> None:
    sandbox.write(LEFT_OUT + JOBS)
    job = stranger(sandbox)
    summary = sandbox.root / "summary.md"
    output = sandbox.root / "output"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(output)}

    done = sandbox.does(*LOOK, env=env)
    assert f"Note: in the account and not submitted from here: {job} (" in done.out
    assert done.out.endswith("No drift. What is recorded is as afsync left it.\n") and "difference" not in done.out
    assert "drift=0\n" in output.read_text() and job in summary.read_text() and "No drift." in summary.read_text()
    problems = sandbox.does(*LOOK, "--json").json["problems"]
    assert [(p["code"], p["severity"]) for p in problems] == [("drift_undeclared", "note")]

    sandbox.control.advance("cancelled", job_ids=[sandbox.ids()["job.one"]])
    done = sandbox.does(*LOOK, env=env, code=2)
    assert job in done.out and done.out.endswith("1 difference.\n") and "drift=1\n" in output.read_text()


def test_is_not_listed_where_others_submit(sandbox: Sandbox) -> None:
    sandbox.write(SHARED + JOBS)
    job = stranger(sandbox)
    done = sandbox.does(*LOOK)
    assert job not in done.out and "No drift. The account is as afsync left it." in done.out


def test_a_job_that_was_let_go_of_is_no_drift(sandbox: Sandbox) -> None:
    """What a rerun or a removal leaves behind in the account was submitted here."""
    old = sandbox.ids()["job.one"]
    sandbox.control.advance("published", job_ids=[old])
    sandbox.pass_time(minutes=1)
    sandbox.write(EXCLUSIVE + JOBS.replace("one: {", "one: {rerun: again, "))
    sandbox.applied()
    assert sandbox.ids()["job.one"] != old

    done = sandbox.does(*LOOK)
    assert f"Note: in the account and not in the state: {old} (" in done.out and "No drift." in done.out


def test_cancelled_and_open_submissions_are_no_drift(sandbox: Sandbox) -> None:
    job = stranger(sandbox)
    sandbox.control.advance("cancelled", job_ids=[job])
    assert job not in sandbox.does(*LOOK).out

    sandbox.pass_time(minutes=1)
    sandbox.write(EXCLUSIVE + JOBS + "  two: {url: 'https://clips.twitch.tv/two'}\n")
    sandbox.control.fault("POST /jobs#1: committed-then-close")
    sandbox.applied(code=3)
    assert "drift_undeclared" not in sandbox.does("plan", "--refresh-only", "--json").out


def test_does_not_hold_back_a_free_take_over_and_stays_in_doubt(sandbox: Sandbox) -> None:
    job = stranger(sandbox)
    sandbox.pass_time(minutes=1)
    (mine,) = sandbox.control.seed(count=1, fields={"url": "https://clips.twitch.tv/two"})
    two = f"{EXCLUSIVE}import: {{job.two: {mine}}}\n{JOBS}  two: {{url: 'https://clips.twitch.tv/two'}}\n"
    sandbox.write(two)

    with sandbox.watched() as sent:
        done = sandbox.applied()
        assert "job.two: taken over after" in done.out and f"{job}, created in the account after" in done.text
        assert sandbox.ids()["job.two"] == mine
        sandbox.write(f"{two}  three: {{url: 'https://clips.twitch.tv/three'}}\n")
        refused = sandbox.applied(code=4)
    assert f"job.three may have been submitted already: {job}, created after" in refused.out and not sent


def test_holds_back_a_take_over_into_a_state_that_has_known_no_job(sandbox: Sandbox) -> None:
    """Once one is recorded, what is older would count as known."""
    one = sandbox.ids()["job.one"]
    job = stranger(sandbox)
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.write(f"{EXCLUSIVE}import: {{job.one: {one}}}\n{JOBS}")
    sandbox.does("init")
    refused = sandbox.applied(code=4)
    assert f"job.one is to be taken over by `import:`, but the account holds {job}, this state" in refused.out
    assert "may have been submitted" not in refused.out
    sandbox.does("import", "--none")
    sandbox.applied()
    assert sandbox.ids() == {"job.one": one}
