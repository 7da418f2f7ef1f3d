"""The state deleted after an apply: the plan explains, `import --match` brings back what the dialect lets it."""

from __future__ import annotations

import json
import shutil
from itertools import product
from typing import Any

import pytest

from tests.harness import Sandbox, lines
from tests.scale import EVERYTHING

JOBS = 50
CASES = [("documented", 30), ("deployed", 50), ("router", 30)]
"""How many of the jobs have a publish time, which is what the documented dialect tells them by."""
if EVERYTHING:
    CASES = list(product(("documented", "deployed", "router"), (50, 30, 0)))


def declare(sandbox: Sandbox, *, scheduled: int, template: bool = True) -> None:
    lines = ["templates:", "  weekly: {name: Weekly, tone: hype, platforms: [tiktok]}", "jobs:"]
    for n in range(JOBS):
        made_from = "template: weekly, " if template and n % 2 == 0 else ""
        when = f", schedule: 2031-0{1 + n // 28}-{1 + n % 28:02} 09:00" if n < scheduled else ""
        lines.append(f"  j{n}: {{{made_from}url: 'https://clips.twitch.tv/{n}', topic: Topic {n}{when}}}")
    sandbox.write("\n".join(lines) + "\n")


@pytest.mark.parametrize(("dialect", "scheduled"), CASES)
def test_a_deleted_state(sandbox: Sandbox, dialect: str, scheduled: int, record_property: Any) -> None:
    declare(sandbox, scheduled=scheduled)
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    before, balance = sandbox.ids(), sandbox.balance
    shutil.rmtree(sandbox.root / ".afsync")

    lost = sandbox.call("plan")
    assert lost.code == 7 and "if it is lost: `afsync init`, then `afsync import --match`" in lost.err
    assert "`afsync import --match` first" in sandbox.does("init").out
    plan = sandbox.call("plan")
    assert "import" in plan.out
    refused = sandbox.call("apply", "--auto-approve")
    assert refused.code == 4 and sandbox.balance == balance

    with sandbox.watched() as sent:
        found = sandbox.does("import", "--match", "--auto-approve", "--json").json["matches"]
    assert not sent
    after = sandbox.ids()
    assert all(before[address] == resource_id for address, resource_id in after.items())
    jobs = sum(a.startswith("job.") for a in after)
    assert jobs == (scheduled if dialect == "documented" else JOBS)
    with sandbox.watched() as sent:
        again = sandbox.call("apply", "--auto-approve")
    assert "POST /jobs" not in lines(sent) and sandbox.balance == balance, again.text
    doubtful = sum(m["id"] is None for m in found)
    record_property(
        "figure",
        f"lost state of {JOBS} jobs, {scheduled} scheduled ({dialect}): import --match restored {jobs} and the "
        f"template, {doubtful} left to a person, 0 submitted anew",
    )


@pytest.mark.parametrize("dialect", ["router"])
def test_topics_that_occur_twice(sandbox: Sandbox) -> None:
    """A person says which is which; nothing is paid for again before that or after it."""
    jobs = [f"  j{n}: {{url: 'https://clips.twitch.tv/{n}', topic: Topic {n % 3}}}" for n in range(6)]
    jobs.append("  k: {url: 'https://clips.twitch.tv/k', topic: Alone}")
    sandbox.write("jobs:\n" + "\n".join(jobs) + "\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    before = sandbox.ids()
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")

    with sandbox.watched() as sent:
        sandbox.does("import", "--match", "--auto-approve")
        assert sandbox.ids() == {"job.k": before["job.k"]}
        held = sandbox.call("apply", "--auto-approve")
        assert held.code == 4, held
        for address, job in before.items():
            if address not in sandbox.ids():
                sandbox.does("import", address, job)
        assert sandbox.ids() == before
        sandbox.does("apply", "--auto-approve")
    assert sent == []


@pytest.mark.parametrize("dialect", ["documented", "deployed", "router"])
def test_second_videos_that_are_meant(sandbox: Sandbox) -> None:
    """`allow_duplicate` does not say that what a lost state submitted is to be paid for again."""
    body = "url: 'https://clips.twitch.tv/1', topic: Recap, platforms: [tiktok]"
    jobs = [f"  j{n}: {{{body}, allow_duplicate: true}}" for n in range(6)]
    sandbox.write("\n".join(["jobs:", f"  first: {{{body}, schedule: 2031-01-01 09:00}}", *jobs]) + "\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    (before, balance), first = (sandbox.ids(), sandbox.balance), sandbox.ids()["job.first"]
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")

    with sandbox.watched() as sent:
        sandbox.does("import", "job.first", first)
        held = sandbox.call("apply", "--auto-approve")
        assert held.code == 4 and "`afsync import --none`" in held.text, held
        assert (sandbox.ids(), sandbox.balance) == ({"job.first": first}, balance)
        for address, job in before.items():
            if address != "job.first":
                sandbox.does("import", address, job)
        sandbox.does("apply", "--auto-approve")
    assert sent == [] and sandbox.ids() == before


@pytest.mark.parametrize("dialect", ["deployed"])
def test_saying_that_nothing_is_ours(sandbox: Sandbox) -> None:
    declare(sandbox, scheduled=2)
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--target", "job.j0")
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")
    assert sandbox.call("apply", "--auto-approve", "--target", "job.j0").code == 4

    sandbox.does("import", "--none")
    sandbox.does("apply", "--auto-approve", "--target", "job.j0")
    assert "job.j0" in sandbox.ids()


DIALECTS = ("documented", "deployed", "router")
KINDS = {
    "held": {"topic": "T", "publish": "held", "schedule": "2031-01-01 09:00"},
    "held, no topic": {"publish": "held", "schedule": "2031-01-01 09:00"},
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("exclusive", [None, True])
def test_a_new_state_pays_for_nothing_again(sandbox: Sandbox, kind: str, exclusive: bool | None) -> None:
    """Whatever the service reports, a person says whether what is in the account is declared here."""
    jobs = {k: {"url": f"https://clips.twitch.tv/{k}", "platforms": ["tiktok"], **KINDS[kind]} for k in "ab"}
    api = "" if exclusive is None else "api: {exclusive: true}\n"
    sandbox.write(f"{api}jobs: {json.dumps(jobs)}\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    made = len(sandbox.control.jobs())
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")

    for _ in range(2):
        assert "`afsync import " in sandbox.does("apply", "--auto-approve", code=4).text
        assert len(sandbox.control.jobs()) == made == 2
    sandbox.does("import", "--none")
    sandbox.does("apply", "--auto-approve")
    assert set(sandbox.ids()) == {"job.a", "job.b"} and len(sandbox.control.jobs()) == 4


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("topic", [False, True])
def test_where_only_afsync_submits_an_unknown_job_is_one_of_ours(sandbox: Sandbox, topic: bool) -> None:
    """Jobs without a publish time; another may have been submitted with another topic since."""
    jobs = {k: {"url": f"https://clips.twitch.tv/{k}", **({"topic": f"T {k}"} if topic else {})} for k in "ab"}
    sandbox.write(f"api: {{exclusive: true}}\njobs: {json.dumps(jobs)}\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--target", "job.a")
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")

    with sandbox.watched() as sent:
        held = sandbox.does("apply", "--auto-approve", code=4).text
    assert sent == [] and "`afsync import --none`" in held
    sandbox.does("import", "--none")
    sandbox.does("apply", "--auto-approve")
    assert set(sandbox.ids()) == {"job.a", "job.b"}


def test_others_submit_to_the_account_every_day(sandbox: Sandbox) -> None:
    """There a new state is not held up."""
    sandbox.write("api: {exclusive: false}\njobs:\n  a: {url: 'https://clips.twitch.tv/a'}\n")
    sandbox.does("init")
    sandbox.control.seed(count=1)
    sandbox.does("apply", "--auto-approve")


@pytest.mark.parametrize("dialect", ["router"])
def test_nobody_is_there_to_answer(sandbox: Sandbox) -> None:
    """What there is to answer is shown all the same."""
    declare(sandbox, scheduled=2)
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve", "--target", "job.j1")
    (made,) = sandbox.ids().values()
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")
    done = sandbox.does("import", "--match", code=1)
    assert f"Certain:\n  < job.j1 is {made}: " in done.out
    assert "Nothing in the account looks like:\n" in done.out
    assert "add --auto-approve" in done.err
    assert sandbox.ids() == {}


@pytest.mark.parametrize("dialect", ["documented"])
def test_nobody_is_asked_where_nothing_is_certain(sandbox: Sandbox) -> None:
    sandbox.write("")
    sandbox.does("init")
    assert sandbox.does("import", "--match").out == "Everything that is declared is recorded.\n"


@pytest.mark.parametrize("dialect", ["documented"])
def test_a_job_of_which_nothing_is_reported_is_named_with_the_command_that_records_it(sandbox: Sandbox) -> None:
    """Without topic and time nothing tells it from others; a person may know."""
    timed = "  timed: {url: 'https://clips.twitch.tv/t', topic: Timed, schedule: 2031-01-01 09:00}"
    sandbox.write(f"jobs:\n{timed}\n  loose: {{url: 'https://clips.twitch.tv/l'}}\n")
    sandbox.does("init")
    sandbox.does("apply", "--auto-approve")
    ids = sandbox.ids()
    shutil.rmtree(sandbox.root / ".afsync")
    sandbox.does("init")

    found = sandbox.does("import", "--match", "--auto-approve").out
    command = f"afsync import job.loose {ids['job.loose']}"
    assert "Nothing in the account looks like:\n    job.loose\n" in found
    assert f"    {ids['job.loose']}\n  where you know it: `{command}`\n" in found
    said = sandbox.does("plan").out
    assert ids["job.loose"] in said and f"`{command}`" in said

    sandbox.does(*command.split()[1:])
    sandbox.is_settled()
