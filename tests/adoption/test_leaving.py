"""Leaving: nothing is removed from the account, nothing is paid for again, and a script can read all there is."""

from __future__ import annotations

import pytest

from tests.harness import Sandbox

FILES = """
templates:
  weekly: {name: Weekly, format: short, platforms: [tiktok]}
jobs:
  one: {template: weekly, url: "https://clips.twitch.tv/one", topic: One}
  two: {url: "https://clips.twitch.tv/two", topic: Two, publish: held, schedule: "2031-05-05T10:00:00Z"}
"""


def test_everything_is_forgotten_and_nothing_is_sent(sandbox: Sandbox) -> None:
    with sandbox.watched(reads=True) as sent:
        done = sandbox.does("state", "rm", "--all", "--keep-remote")

    assert sent == []
    assert "Forgot 1 template and 2 jobs. All of it stays in the account.\n" in done.out
    assert "nothing does now:\n  job.two\n" in done.out
    assert (
        "The files still declare 3 resources: remove them. Until then an apply would take the templates over again, or "
        "create them; jobs are held back for 30 days.\n"
    ) in done.out
    assert sandbox.ids() == {}
    assert [job["status"] for job in sandbox.control.jobs()] == ["queued", "queued"]


def test_files_that_stay_pay_for_nothing_again(sandbox: Sandbox) -> None:
    serial, ids = sandbox.state["serial"], sandbox.ids()
    sandbox.does("state", "rm", "--all", "--keep-remote")
    with sandbox.watched() as sent:
        sandbox.applied(code=4)

    assert sent == [], "the templates are those that were there"
    sandbox.does("state", "restore", str(serial), "--force")
    assert sandbox.ids() == ids


def test_files_that_go_leave_nothing_to_do(sandbox: Sandbox) -> None:
    sandbox.does("state", "rm", "--all", "--keep-remote")
    sandbox.write("")

    assert "No changes" in sandbox.does("plan").out


@pytest.mark.parametrize("args", [(), ("--all",), ("--keep-remote",), ("job.one", "--all", "--keep-remote")])
def test_it_has_to_be_said_in_full(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    before = sandbox.files()

    assert "--all --keep-remote" in sandbox.does("state", "rm", *args, code=1).err
    assert sandbox.files() == before


def test_an_open_submission_is_resolved_first(sandbox: Sandbox) -> None:
    sandbox.write(FILES + '  three: {url: "https://clips.twitch.tv/three", topic: Three}\n')
    sandbox.control.fault("POST /jobs#*: committed-then-close")
    sandbox.applied(code=3)

    assert "resolve it first" in sandbox.does("state", "rm", "--all", "--keep-remote", code=1).err


def test_a_script_reads_all_that_there_is(sandbox: Sandbox) -> None:
    sandbox.control.seed(key=sandbox.key, status="published", age=86400, fields={"topic": "By hand"})
    before = sandbox.files()
    document = sandbox.does("export", "--json").json

    assert sandbox.files() == before
    assert (document["version"], document["account"]["balance"]) == (1, sandbox.balance)
    jobs = {job["address"]: job for job in document["jobs"]}
    assert jobs["job.one"]["fields"]["url"] == "https://clips.twitch.tv/one"
    assert jobs["job.one"]["credits"] == 1
    assert (jobs["job.two"]["publish_at"], jobs["job.two"]["publish_at_from"]) == ("2031-05-05T10:00:00Z", "state")
    assert jobs[None]["status"] == "published"
    (template,) = document["templates"]
    assert (template["address"], template["name"]) == ("template.weekly", "Weekly")
    assert len(sandbox.control.jobs()) == len(document["jobs"]) == 3

    sandbox.does("state", "rm", "--all", "--keep-remote")
    after = sandbox.does("export", "--json").json
    assert {job["address"] for job in after["jobs"]} == {None}
    assert len(after["jobs"]) == 3


def test_json_goes_with_nothing_else(sandbox: Sandbox) -> None:
    assert "--json prints everything" in sandbox.does("export", "--json", "--templates", code=1).err
